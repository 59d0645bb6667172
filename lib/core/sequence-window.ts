/**
 * Which messages of one publisher's incarnation have been seen: every number below
 * `next`, and a bitmap of those past it. Exact, never forgets within the window,
 * and small: while messages arrive in order it is two integers.
 */

/** How many numbers from `next` on can be told apart; a bound on memory, not a guess about the network. */
export const WINDOW_SIZE = 4096;

const INLINE_BITS = 32;

export class SequenceWindow {
  /** The lowest number not seen; everything below has been seen, or given up. */
  next = 0;
  /** Bit i: `next + 1 + i` has been seen. */
  private bits = 0;
  /** Numbers past the inline bits; allocated only while there are some. */
  private far: FarNumbers | undefined = undefined;

  has(seq: number): boolean {
    const ahead = seq - this.next;
    if (ahead <= 0) return ahead < 0;
    if (ahead <= INLINE_BITS) return ((this.bits >>> (ahead - 1)) & 1) === 1;
    return this.far !== undefined && this.far.seen.has(seq);
  }

  /** Whether `seq` can be recorded without giving up on older numbers. */
  fits(seq: number): boolean {
    return seq - this.next < WINDOW_SIZE;
  }

  /** Records `seq`, which must fit and must not have been seen. */
  add(seq: number): void {
    const ahead = seq - this.next;
    if (ahead === 0) this.stepPastSeen();
    else if (ahead <= INLINE_BITS) this.bits |= 1 << (ahead - 1);
    else (this.far ??= new FarNumbers()).add(seq);
  }

  /** Gives up on what is missing below `seq`. Answers the ranges given up, flat: from, to (inclusive), ... */
  skipTo(seq: number): number[] {
    const lost: number[] = [];
    while (this.next < seq) {
      const from = this.next;
      let seen = false;
      while (!seen && this.next < seq) {
        if (this.bits === 0 && this.far === undefined) this.next = seq;
        else seen = this.step();
      }
      lost.push(from, this.next - 1);
      if (seen) this.stepPastSeen();
    }
    return lost;
  }

  /** Ranges seen past `next`, flat (from, to inclusive), rising, at most `rangesMax` of them. */
  beyond(rangesMax: number): readonly number[] {
    if (this.bits === 0 && this.far === undefined) return NONE;
    const ranges: number[] = [];
    for (const seq of this.seenBeyond()) {
      if (ranges[ranges.length - 1] === seq - 1) ranges[ranges.length - 1] = seq;
      else if (ranges.length === 2 * rangesMax) break;
      else ranges.push(seq, seq);
    }
    return ranges;
  }

  /** The highest number seen; -1 while there is none. */
  get highest(): number {
    if (this.far !== undefined) return this.far.highest;
    return this.bits === 0 ? this.next - 1 : this.next + INLINE_BITS - Math.clz32(this.bits);
  }

  /** How many numbers below the highest seen are missing. */
  get missing(): number {
    const seen = this.seenBeyond();
    const highest = seen[seen.length - 1];
    return highest === undefined ? 0 : highest - this.next - (seen.length - 1);
  }

  private seenBeyond(): number[] {
    const seen: number[] = [];
    for (let i = 0; i < INLINE_BITS; i++) if (((this.bits >>> i) & 1) === 1) seen.push(this.next + 1 + i);
    if (this.far !== undefined) seen.push(...[...this.far.seen].sort((x, y) => x - y));
    return seen;
  }

  /** `next` has been seen: moves to the lowest number that has not. */
  private stepPastSeen(): void {
    while (this.step());
  }

  /** Moves `next` up by one; answers whether the new `next` has been seen. */
  private step(): boolean {
    const seen = (this.bits & 1) === 1;
    this.bits >>>= 1;
    this.next++;
    if (this.far !== undefined) this.pullFar();
    return seen;
  }

  /** The number that has come within the inline bits moves there. */
  private pullFar(): void {
    if (this.far?.seen.delete(this.next + INLINE_BITS) === true) this.bits |= 1 << (INLINE_BITS - 1);
    if (this.far?.seen.size === 0) this.far = undefined;
  }
}

/** Numbers too far past `next` for the bitmap, of which there are some. */
class FarNumbers {
  readonly seen = new Set<number>();
  /** Of those seen; stays true as the lower ones go. */
  highest = -1;

  add(seq: number): void {
    this.seen.add(seq);
    if (seq > this.highest) this.highest = seq;
  }
}

const NONE: readonly number[] = [];

/** Whether flat ranges as in a digest contain `seq`. */
export function inRanges(ranges: readonly number[], seq: number): boolean {
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    if (seq >= (ranges[i] as number) && seq <= (ranges[i + 1] as number)) return true;
  }
  return false;
}
