import type { PeerRef } from './ids.ts';
import type { DataMessage } from './messages.ts';

/** A message that is held back. */
export interface Held {
  readonly message: DataMessage;
  readonly from: PeerRef;
  readonly stream: CausalStream;
  /** Entries of the message that are not fulfilled yet. */
  unmet: number;
}

/** The messages of one publisher's incarnation as causal order sees them: how far it is, what is held, and who waits for more. */
export class CausalStream {
  readonly origin: PeerRef;
  readonly epoch: number;
  /** The number to be delivered next. */
  next = 0;
  /** What is missing below this will not come. */
  givenUp = 0;
  readonly held = new Map<number, Held>();
  /** Messages of other streams, by what `next` must come to for them. */
  private readonly waiting = new Map<number, Held[]>();

  constructor(origin: PeerRef, epoch: number) {
    this.origin = origin;
    this.epoch = epoch;
  }

  /** `held` waits until `next` has come to `until`. */
  wait(until: number, held: Held): void {
    held.unmet++;
    const others = this.waiting.get(until);
    if (others === undefined) this.waiting.set(until, [held]);
    else others.push(held);
  }

  /** `held` is gone, and waits no more. */
  cancel(until: number, held: Held): void {
    const others = this.waiting.get(until)?.filter((other) => other !== held);
    if (others === undefined) return;
    if (others.length === 0) this.waiting.delete(until);
    else this.waiting.set(until, others);
  }

  /** Somebody who waits. */
  get waiter(): Held | undefined {
    for (const [first] of this.waiting.values()) return first;
    return undefined;
  }

  /** Moves on to `next`; adds to `ready` the streams of those who waited for nothing else. */
  moveTo(next: number, ready: CausalStream[]): void {
    const far = next > this.next + 1;
    this.next = next;
    if (this.waiting.size === 0) return;
    if (!far) return this.wake(next, ready);
    for (const until of [...this.waiting.keys()]) if (until <= next) this.wake(until, ready);
  }

  /** Nothing more will come: who waits need not. */
  wakeAll(ready: CausalStream[]): void {
    for (const until of [...this.waiting.keys()]) this.wake(until, ready);
  }

  /** The lowest number that is held. */
  get lowest(): number | undefined {
    let lowest: number | undefined;
    for (const seq of this.held.keys()) if (lowest === undefined || seq < lowest) lowest = seq;
    return lowest;
  }

  /** Gives up what is missing below `below`; answers the ranges, flat: from, to (inclusive), ... */
  giveUp(below: number): number[] {
    let from = Math.max(this.next, this.givenUp);
    if (below <= from) return [];
    this.givenUp = below;
    const ranges: number[] = [];
    for (const seq of [...this.held.keys()].filter((held) => held >= from && held < below).sort((x, y) => x - y)) {
      if (seq > from) ranges.push(from, seq - 1);
      from = seq + 1;
    }
    if (below > from) ranges.push(from, below - 1);
    return ranges;
  }

  private wake(until: number, ready: CausalStream[]): void {
    const woken = this.waiting.get(until);
    if (woken === undefined) return;
    this.waiting.delete(until);
    for (const held of woken) if (--held.unmet === 0) ready.push(held.stream);
  }
}
