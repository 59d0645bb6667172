import { assert } from '../../core/errors.ts';
import type { Account } from '../account.ts';

/**
 * How many frame ids from the lowest open one on can be told apart. A sender of
 * reliable frames stays within it. A guess: some 1400 packets of small frames.
 */
export const FRAME_WINDOW = 16_384;

/** Which of the numbers 0, 1, 2, ... are done: all below `next`, and a bitmap of those past it. Exact within the window. */
export class FrameWindow {
  /** The lowest number that is not done. */
  next = 0;
  /** Bit `n % FRAME_WINDOW`: n is done, for n past `next`. Allocated when numbers first come out of order. */
  private bits: Uint32Array | undefined = undefined;
  /** How many bits are set. */
  private beyond = 0;

  has(number: number): boolean {
    if (number <= this.next || this.beyond === 0) return number < this.next;
    return number < this.next + FRAME_WINDOW && this.bit(number);
  }

  /** Whether `number` is not past the window. */
  fits(number: number): boolean {
    return number < this.next + FRAME_WINDOW;
  }

  /** Records a number that fits and is not done. */
  add(number: number): void {
    assert(this.fits(number), 'a number within the window');
    if (number === this.next) {
      this.next++;
      this.skipDone();
      return;
    }
    this.bits ??= new Uint32Array(FRAME_WINDOW / 32);
    this.bits[(number % FRAME_WINDOW) >>> 5] = (this.bits[(number % FRAME_WINDOW) >>> 5] as number) | (1 << (number & 31));
    this.beyond++;
  }

  /** Moves the window up until `number` fits; what falls out of it counts as done. */
  slideTo(number: number): void {
    const from = number - FRAME_WINDOW + 1;
    if (from <= this.next) return;
    const end = Math.min(from, this.next + FRAME_WINDOW);
    while (this.beyond > 0 && this.next < end) this.clear(this.next++);
    this.next = from;
    this.skipDone();
  }

  accounts(): Account[] {
    let held = 0;
    for (let word of this.bits ?? []) for (; word !== 0; word &= word - 1) held++;
    return [{ what: 'frames done beyond the lowest that is not', counted: this.beyond, held }];
  }

  private skipDone(): void {
    while (this.beyond > 0 && this.bit(this.next)) this.clear(this.next++);
  }

  private bit(number: number): boolean {
    return this.bits !== undefined && (((this.bits[(number % FRAME_WINDOW) >>> 5] as number) >>> (number & 31)) & 1) === 1;
  }

  private clear(number: number): void {
    if (this.bits === undefined || !this.bit(number)) return;
    this.bits[(number % FRAME_WINDOW) >>> 5] = (this.bits[(number % FRAME_WINDOW) >>> 5] as number) & ~(1 << (number & 31));
    this.beyond--;
  }
}
