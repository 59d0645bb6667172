import type { GapTimer } from './effects.ts';
import type { Effects } from './effects.ts';
import type { GroupRef, PeerRef } from './ids.ts';
import type { DataMessage } from './messages.ts';

/**
 * FIFO order: the messages of one publisher reach the application in the order in
 * which it published them. A message that arrives early is held back until the gap
 * before it is filled, or has stayed open for `gapTimeoutMs` (twice that at most,
 * when it opened behind another gap), or the buffer is full; then the gap is given
 * up with a `lost` event, never silently.
 */
export class FifoOrder {
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly gapTimeoutMs: number;
  private readonly heldMax: number;
  private readonly origins = new Map<PeerRef, OriginOrder>();
  private held = 0;
  /** Messages that came after their place had been given up. */
  late = 0;

  constructor(group: GroupRef, session: number, gapTimeoutMs: number, heldMax: number) {
    this.group = group;
    this.session = session;
    this.gapTimeoutMs = gapTimeoutMs;
    this.heldMax = heldMax;
  }

  /** Delivers `message` and what it releases, or holds it back. Every message must come here at most once. */
  accept(message: DataMessage, from: PeerRef, effects: Effects): void {
    const order = this.orderOf(message);
    if (message.epoch < order.epoch || message.seq < order.next) {
      this.late++;
      effects.emit({ kind: 'dropped', group: this.group, origin: message.origin, seq: message.seq, reason: 'too-old' });
      return;
    }
    if (message.seq === order.next) {
      order.next++;
      effects.deliver(message, from);
      this.release(order, effects);
      return;
    }
    if (order.held.size === 0) this.setGapTimer(message, order, effects);
    order.held.set(message.seq, { message, from });
    this.held++;
    if (this.held > this.heldMax) this.giveUpGap(message.origin, order, effects);
  }

  onGapTimer(timer: GapTimer, effects: Effects): void {
    const order = this.origins.get(timer.origin);
    // Only the timer set last counts, or each that outlives its gap would start another.
    if (order === undefined || order.epoch !== timer.epoch || order.timerSeq !== timer.seq || order.held.size === 0) return;
    if (order.next <= timer.seq) this.giveUpGap(timer.origin, order, effects);
    const first = lowest(order);
    if (first !== undefined) this.setGapTimer(first.message, order, effects);
  }

  /** Nothing more of this origin is expected to be released: forgets it. */
  forget(origin: PeerRef): void {
    this.held -= this.origins.get(origin)?.held.size ?? 0;
    this.origins.delete(origin);
  }

  private orderOf(message: DataMessage): OriginOrder {
    let order = this.origins.get(message.origin);
    if (order === undefined || message.epoch > order.epoch) {
      this.forget(message.origin);
      order = { epoch: message.epoch, next: 0, timerSeq: 0, held: new Map() };
      this.origins.set(message.origin, order);
    }
    return order;
  }

  /** Delivers what is held and follows without a gap. */
  private release(order: OriginOrder, effects: Effects): void {
    for (let entry = order.held.get(order.next); entry !== undefined; entry = order.held.get(order.next)) {
      order.held.delete(order.next);
      this.held--;
      order.next++;
      effects.deliver(entry.message, entry.from);
    }
  }

  private giveUpGap(origin: PeerRef, order: OriginOrder, effects: Effects): void {
    const first = lowest(order);
    if (first === undefined) return;
    const toSeq = first.message.seq - 1;
    effects.emit({ kind: 'lost', group: this.group, origin, epoch: order.epoch, fromSeq: order.next, toSeq });
    order.next = first.message.seq;
    this.release(order, effects);
  }

  /** The timer names the first number held: once `next` has passed it, the gap it was set for is closed. */
  private setGapTimer(held: DataMessage, order: OriginOrder, effects: Effects): void {
    const { origin, epoch, seq } = held;
    order.timerSeq = seq;
    effects.setTimer({ kind: 'gap', group: this.group, session: this.session, origin, epoch, seq }, this.gapTimeoutMs);
  }
}

interface OriginOrder {
  readonly epoch: number;
  next: number;
  /** What the timer set last names. */
  timerSeq: number;
  readonly held: Map<number, Held>;
}

interface Held {
  readonly message: DataMessage;
  readonly from: PeerRef;
}

function lowest(order: OriginOrder): Held | undefined {
  let first: Held | undefined;
  for (const entry of order.held.values()) if (first === undefined || entry.message.seq < first.message.seq) first = entry;
  return first;
}
