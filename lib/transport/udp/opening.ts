/** Before an INIT is repeated, in ms; twice as long each time. A guess. */
const REPEAT_MS = 250;
const REPEAT_MAX_MS = 1000;

/** Cookies that one opening takes; the first may be too old by the time that it gets through. */
const RETRIES_MAX = 4;

/** The side that dials, until its link is up: when to say INIT, and with which cookie. */
export class Opening {
  cookie: Uint8Array = new Uint8Array(0);
  /** When the next INIT goes. */
  dueMs: number;
  private repeatMs = REPEAT_MS;
  private retries = 0;
  private sentMs = 0;
  /** How many INITs went with the cookie that there is. */
  private sent = 0;

  constructor(nowMs: number) {
    this.dueMs = nowMs;
  }

  /** Whether the other end has said anything. */
  get answered(): boolean {
    return this.retries > 0;
  }

  onSent(nowMs: number): void {
    this.sent++;
    this.sentMs = nowMs;
    this.dueMs = nowMs + this.repeatMs;
    this.repeatMs = Math.min(REPEAT_MAX_MS, 2 * this.repeatMs);
  }

  /** The other end wants its cookie back. Answers whether it will have it. */
  onRetry(cookie: Uint8Array, nowMs: number): boolean {
    if (this.retries >= RETRIES_MAX) return false;
    this.retries++;
    this.sent = 0;
    this.cookie = cookie.slice();
    this.dueMs = nowMs;
    this.repeatMs = REPEAT_MS;
    return true;
  }

  /** The round trip that ends now, unless nobody knows which INIT was answered (Karn's algorithm; RFC 6298, section 3). */
  rttMs(nowMs: number): number | undefined {
    return this.sent === 1 ? nowMs - this.sentMs : undefined;
  }
}
