/**
 * A running hash of everything that happens in a world: two runs with the same hash
 * did the same things in the same order. 64 bits in two lanes of 32-bit arithmetic;
 * for comparing runs, not for security.
 */
export class TraceHash {
  private a = 0x6a09e667;
  private b = 0xbb67ae85 | 0;

  /** @param seed part of what happens, even where nothing is drawn from it. */
  constructor(seed: number) {
    this.add(seed, Math.floor(seed / 0x1_0000_0000), 0);
  }

  /** Mixes in three 32-bit words. */
  add(x: number, y: number, z: number): void {
    let { a, b } = this;
    a = Math.imul(a ^ x, 0x9e3779b1);
    b = Math.imul(b ^ y, 0x85ebca77);
    a = ((a << 13) | (a >>> 19)) + b;
    b = Math.imul(b ^ z ^ (a >>> 15), 0xc2b2ae3d);
    this.a = a | 0;
    this.b = (b + a) | 0;
  }

  /** 16 hexadecimal digits. */
  get hex(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** Tells kinds apart in the trace: no two messages, and no two timers, share length, first, middle and last letter. */
export function kindWord({ kind }: { readonly kind: string }): number {
  const { length } = kind;
  return (length << 26) ^ (kind.charCodeAt(0) << 19) ^ (kind.charCodeAt(length >> 1) << 12) ^ (kind.charCodeAt(length - 1) << 5);
}
