import type { Audited } from './audit.ts';
import type { Effects, GapTimer } from './effects.ts';
import type { GroupRef, PeerRef } from './ids.ts';
import type { MessageOrder } from './message-order.ts';
import type { DataMessage, DigestEntry } from './messages.ts';

/**
 * FIFO order: the messages of one publisher reach the application in the order in
 * which it published them. A message that arrives early is held back until the gap
 * before it is filled, or has stayed open for `gapTimeoutMs` (counted anew for each
 * gap behind another), or the buffer is full; then the gap is given up with a `lost`
 * event, never silently. A new incarnation of a publisher, which closes the gaps of
 * the one before it for good, gives them up too.
 */
export class FifoOrder implements MessageOrder {
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly gapTimeoutMs: number;
  private readonly heldMax: number;
  private readonly origins = new Map<PeerRef, OriginOrder>();
  private held = 0;
  private holding: boolean;
  late = 0;

  constructor(group: GroupRef, session: number, gapTimeoutMs: number, heldMax: number, holding = false) {
    this.group = group;
    this.session = session;
    this.gapTimeoutMs = gapTimeoutMs;
    this.heldMax = heldMax;
    this.holding = holding;
  }

  accept(message: DataMessage, from: PeerRef, effects: Effects): void {
    const order = this.orderOf(message.origin, message.epoch, effects);
    if (message.epoch < order.epoch || message.seq < order.next) {
      this.late++;
      effects.emit({ kind: 'dropped', group: this.group, origin: message.origin, seq: message.seq, reason: 'too-old' });
      return;
    }
    // What it publishes itself has crossed no hop, and starts at 0 for certain.
    if (message.seq === order.next && !(this.holding && message.hops > 0)) {
      order.next++;
      effects.deliver(message, from);
      this.release(order, effects);
      return;
    }
    if (order.held.size === 0 && !this.holding) this.setGapTimer(message, order, effects);
    order.held.set(message.seq, { message, from });
    this.held++;
    if (this.held > this.heldMax && this.holding) {
      this.startAtLowest();
      this.begin(effects);
    }
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

  forget(origin: PeerRef, effects: Effects): void {
    const order = this.origins.get(origin);
    if (order === undefined) return;
    this.origins.delete(origin);
    this.dropBelowNext(order);
    while (order.held.size > 0) this.giveUpGap(origin, order, effects);
  }

  startAt(origin: PeerRef, epoch: number, next: number, effects: Effects): void {
    const order = this.orderOf(origin, epoch, effects);
    if (order.epoch === epoch) order.next = Math.max(order.next, next);
  }

  begunAt(origin: PeerRef, epoch: number): number | undefined {
    const order = this.origins.get(origin);
    return this.holding || order === undefined || order.epoch !== epoch || order.next === 0 ? undefined : order.next;
  }

  giveUpBelow(origin: PeerRef, epoch: number, next: number, effects: Effects): void {
    const order = this.orderOf(origin, epoch, effects);
    while (order.epoch === epoch && order.next < next) this.giveUpGap(origin, order, effects, next);
  }

  startAtLowest(): void {
    if (!this.holding) return;
    for (const order of this.origins.values()) order.next = Math.max(order.next, lowest(order)?.message.seq ?? 0);
  }

  begin(effects: Effects): void {
    this.holding = false;
    for (const order of [...this.origins.values()]) {
      // What has come without a gap up to where the stream starts is delivered too.
      while (order.held.has(order.next - 1)) order.next--;
      this.dropBelowNext(order);
      this.release(order, effects);
      const first = lowest(order);
      if (first !== undefined) this.setGapTimer(first.message, order, effects);
    }
  }

  positions(): DigestEntry[] {
    return Array.from(this.origins, ([origin, { epoch, next }]) => ({ origin, epoch, next, beyond: [] }));
  }

  heldBack(messagesMax: number): DataMessage[] {
    const messages: DataMessage[] = [];
    for (const { held } of this.origins.values()) for (const { message } of held.values()) if (messages.length < messagesMax) messages.push(message);
    return messages;
  }

  get audit(): readonly Audited[] {
    let there = 0;
    for (const { held } of this.origins.values()) there += held.size;
    return [{ what: 'messages held back', counted: this.held, there }];
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { held } of this.origins.values()) for (const { from } of held.values()) visit(from);
  }

  private orderOf(origin: PeerRef, epoch: number, effects: Effects): OriginOrder {
    let order = this.origins.get(origin);
    if (order === undefined || epoch > order.epoch) {
      this.forget(origin, effects);
      order = { epoch, next: 0, timerSeq: 0, held: new Map() };
      this.origins.set(origin, order);
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

  /** What came before the start of its stream was known, and is not owed. */
  private dropBelowNext(order: OriginOrder): void {
    for (const seq of [...order.held.keys()]) if (seq < order.next && order.held.delete(seq)) this.held--;
  }

  /** Up to the first message held, or to `below` if that comes earlier. */
  private giveUpGap(origin: PeerRef, order: OriginOrder, effects: Effects, below = Infinity): void {
    const end = Math.min(lowest(order)?.message.seq ?? Infinity, below);
    if (end === Infinity) return;
    const { epoch, next } = order;
    order.next = Math.max(next, end);
    if (end > next) effects.emit({ kind: 'lost', group: this.group, origin, epoch, fromSeq: next, toSeq: end - 1 });
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
