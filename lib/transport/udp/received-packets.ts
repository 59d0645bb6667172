import type { Account } from '../account.ts';
import { ACK_RANGES_MAX } from './packet.ts';

/** How long an acknowledgement may wait for others, or for a packet that takes it along, in ms. A guess. */
export const ACK_DELAY_MAX_MS = 5;

/** Packets that share an acknowledgement at most. A guess. */
const ACK_PACKETS_MAX = 8;

/**
 * Which packets have arrived, and when that is to be acknowledged: at once when one
 * came out of order or asks for it, after `ACK_PACKETS_MAX` of them, or after
 * `ACK_DELAY_MAX_MS`.
 */
export class ReceivedPackets {
  /** Flat ranges (from, to inclusive), rising; `ACK_RANGES_MAX` of them at most. */
  private readonly seen: number[] = [];
  /** Everything up to here counts as seen: nobody can tell any more. */
  private floor = -1;
  private largest = -1;
  private largestMs = 0;
  /** Packets that are to be acknowledged and have not been. */
  private unacknowledged = 0;
  private dueMs = Infinity;

  has(number: number): boolean {
    if (number <= this.floor) return true;
    if (number > this.largest) return false;
    for (let i = this.seen.length - 2; i >= 0; i -= 2) {
      if (number > (this.seen[i + 1] as number)) return false;
      if (number >= (this.seen[i] as number)) return true;
    }
    return false;
  }

  /** Records a packet that was not there before. @param eliciting it asks for an acknowledgement; @param atOnce without delay. */
  add(number: number, eliciting: boolean, atOnce: boolean, nowMs: number): void {
    const inOrder = number === this.largest + 1;
    if (number > this.largest) {
      this.largest = number;
      this.largestMs = nowMs;
    }
    this.insert(number);
    if (!eliciting) return;
    this.unacknowledged++;
    if (atOnce || !inOrder || this.unacknowledged >= ACK_PACKETS_MAX) this.dueMs = -Infinity;
    else this.dueMs = Math.min(this.dueMs, nowMs + ACK_DELAY_MAX_MS);
  }

  /** When the acknowledgement has to go, or `Infinity` while there is nothing to acknowledge. */
  get ackDueMs(): number {
    return this.dueMs;
  }

  /** How many ranges an acknowledgement has now. */
  get rangeCount(): number {
    return this.seen.length / 2;
  }

  /** What arrived, flat and falling as in `AckChunk`; counts as sent. */
  takeAck(nowMs: number): { readonly ranges: readonly number[]; readonly delayMs: number } {
    this.unacknowledged = 0;
    this.dueMs = Infinity;
    const ranges: number[] = [];
    for (let i = this.seen.length - 2; i >= 0; i -= 2) ranges.push(this.seen[i] as number, this.seen[i + 1] as number);
    return { ranges, delayMs: Math.max(0, nowMs - this.largestMs) };
  }

  accounts(): Account[] {
    const below = this.seen.filter((number, i) => number <= (i === 0 ? this.floor : (this.seen[i - 1] as number)) && i % 2 === 0).length;
    return [{ what: 'ranges of packets that lie below others, or below what is given up', counted: 0, held: below }, { what: 'ranges of packets', counted: this.rangeCount, held: this.seen.length / 2, max: ACK_RANGES_MAX }];
  }

  private insert(number: number): void {
    const { seen } = this;
    let i = seen.length - 2;
    while (i >= 0 && number < (seen[i] as number)) i -= 2;
    // Range i is the last one that begins at or before the number.
    const joinsBefore = i >= 0 && (seen[i + 1] as number) === number - 1;
    const joinsAfter = i + 2 < seen.length && (seen[i + 2] as number) === number + 1;
    if (joinsBefore && joinsAfter) seen.splice(i + 1, 2);
    else if (joinsBefore) seen[i + 1] = number;
    else if (joinsAfter) seen[i + 2] = number;
    else seen.splice(i + 2, 0, number, number);
    if (seen.length > 2 * ACK_RANGES_MAX) {
      this.floor = seen[1] as number;
      seen.splice(0, 2);
    }
  }
}
