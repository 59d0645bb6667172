import { assert } from './errors.ts';

/**
 * The one source of randomness: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits
 * of state, seeded from a number or a label. Integer arithmetic only, so that the
 * same seed gives the same numbers on every machine and engine.
 *
 * A generator is forked by label (`random.fork('faults')`), never shared between
 * concerns: drawing one number more for one concern must not shift another.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed any safe integer; @param stream tells generators of one seed apart. */
  constructor(seed: number, stream = 0) {
    this.a = mix(seed | 0);
    this.b = mix(Math.floor(seed / 0x1_0000_0000) ^ this.a);
    this.c = mix(stream ^ this.b);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A generator of its own for `label`, and for the `index`-th of its kind; does not advance this one. */
  fork(label: string, index = 0): Random {
    let hash = 0x811c9dc5 ^ index;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    return new Random((this.a ^ mix(hash)) >>> 0, mix(this.b ^ hash) ^ mix(index));
  }

  /** Uniform in 0 .. 2^32 - 1. */
  uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in 0 <= x < 1, with 53 bits. */
  float(): number {
    return ((this.uint32() >>> 5) * 0x400_0000 + (this.uint32() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** Uniform in 0 .. bound - 1, without modulo bias, for 1 <= bound <= 2^32. */
  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, 'a bound of a random number is from 1 to 2^32');
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let x = this.uint32();
    while (x >= limit) x = this.uint32();
    return x % bound;
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return p > 0 && this.float() < p;
  }

  /** One of `items`, or `undefined` when there is none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = items[i] as T;
      items[i] = items[j] as T;
      items[j] = swapped;
    }
    return items;
  }

  /** Up to `count` different items in random order; `items` stays as it is. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = items.slice();
    const size = Math.min(count, pool.length);
    for (let i = 0; i < size; i++) {
      const j = i + this.below(pool.length - i);
      const chosen = pool[j] as T;
      pool[j] = pool[i] as T;
      pool[i] = chosen;
    }
    pool.length = size;
    return pool;
  }
}

/** Avalanches 32 bits (the finaliser of MurmurHash3). */
function mix(x: number): number {
  let h = (x ^ 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
