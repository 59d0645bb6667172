import { createHmac, timingSafeEqual } from 'node:crypto';

/** A cookie is valid for one to two times as long, in ms. */
const PERIOD_MS = 15_000;

const SECRET_BYTES = 32;
const MAC_BYTES = 16;

/**
 * Proves that a stranger receives what is sent to its address, without keeping
 * anything about it: a keyed hash of the address, the port and its connection id,
 * under a secret that changes with each period.
 */
export class Cookies {
  private readonly randomBytes: (count: number) => Uint8Array;
  /** The secrets of this period and the one before, by the number of the period. */
  private readonly secrets = new Map<number, Uint8Array>();

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.randomBytes = randomBytes;
  }

  /** One byte that tells the period, and the hash. */
  mint(host: string, port: number, connectionId: number, nowMs: number): Uint8Array {
    return this.cookieOf(Math.floor(nowMs / PERIOD_MS), host, port, connectionId);
  }

  isValid(cookie: Uint8Array, host: string, port: number, connectionId: number, nowMs: number): boolean {
    if (cookie.length !== 1 + MAC_BYTES) return false;
    const period = Math.floor(nowMs / PERIOD_MS);
    const issued = cookie[0] === (period & 0xff) ? period : period - 1;
    return this.secrets.has(issued) && timingSafeEqual(cookie, this.cookieOf(issued, host, port, connectionId));
  }

  private cookieOf(period: number, host: string, port: number, connectionId: number): Uint8Array {
    const mac = createHmac('sha256', this.secretOf(period)).update(`${host} ${port} ${connectionId}`).digest();
    const cookie = new Uint8Array(1 + MAC_BYTES);
    cookie[0] = period;
    cookie.set(mac.subarray(0, MAC_BYTES), 1);
    return cookie;
  }

  private secretOf(period: number): Uint8Array {
    const known = this.secrets.get(period);
    if (known !== undefined) return known;
    const secret = this.randomBytes(SECRET_BYTES);
    this.secrets.set(period, secret);
    for (const old of this.secrets.keys()) if (old < period - 1) this.secrets.delete(old);
    return secret;
  }
}
