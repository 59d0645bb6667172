import type { Audited } from './audit.ts';
import { CausalStream, type Held } from './causal-stream.ts';
import type { Effects, GapTimer } from './effects.ts';
import type { GroupRef, PeerRef } from './ids.ts';
import type { MessageOrder } from './message-order.ts';
import { CAUSAL_ENTRIES_MAX, type CausalEntry, type DataMessage, type DigestEntry } from './messages.ts';

/** Entries of all messages that are held back; a bound on memory of some 20 MB. A guess. */
const HELD_ENTRIES_MAX = 262_144;

/**
 * Causal order: a message is delivered after all that its publisher had delivered or
 * published before it.
 *
 * By vector clocks, sent as differences: M. Singhal, A. Kshemkalyani: "An efficient
 * implementation of vector clocks", Information Processing Letters 43, 1992. A message
 * names what has changed in its publisher's vector since that one's message before;
 * since a publisher's messages are delivered in its order, this is as good as the
 * whole vector.
 *
 * Guarantees, where publishers are honest:
 * - Of two messages delivered here, of which one happened before the other, that one is
 *   delivered first, as long as no `lost` event here has named a message that happened
 *   before the other. Where one has, only what was named by lost messages alone may
 *   come too late.
 * - No message is held longer than `gapTimeoutMs`: then all that is missing of its past
 *   is given up with `lost` events, and dropped if it comes later. So is the past of
 *   the message held longest when a buffer is full. A new incarnation of a publisher
 *   ends the one before it: what is held of that is lost, with an event.
 * - A newcomer that is told how far a neighbour's application is, is in order from
 *   there on. One that nobody answers starts with the lowest numbers that it holds; of
 *   what is older it knows only what the messages held name themselves.
 *
 * The work for a message is linear in its entries: each is looked at once when the
 * message comes, and once when it is fulfilled.
 */
export class CausalOrder implements MessageOrder {
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly gapTimeoutMs: number;
  private readonly heldMax: number;
  private holding: boolean;
  /** What is heard of, an incarnation for each origin; the log knows, and bounds, the same. */
  private readonly streams = new Map<PeerRef, CausalStream>();
  /** Incarnations that were named in an entry and are not heard of; the one named longest ago goes first. */
  private readonly named = new Map<string, CausalStream>();
  /** What is held back, in order of arrival. */
  private readonly held = new Set<Held>();
  private heldEntries = 0;
  /** The streams of which something was delivered since the last stamp. */
  private readonly changed = new Map<PeerRef, CausalStream>();
  late = 0;

  constructor(group: GroupRef, session: number, gapTimeoutMs: number, heldMax: number, holding = false) {
    this.group = group;
    this.session = session;
    this.gapTimeoutMs = gapTimeoutMs;
    this.heldMax = heldMax;
    this.holding = holding;
  }

  /** Ends an earlier incarnation of `self`, which may release what waited for it: the next message of `self` comes after that. */
  beginOwn(self: PeerRef, epoch: number, effects: Effects): void {
    this.streamOf(self, epoch, effects);
  }

  /** What the next message of `self` comes after, beside its own; what it answers is not named again. */
  stamp(self: PeerRef): readonly CausalEntry[] | undefined {
    this.changed.delete(self);
    if (this.changed.size === 0) return undefined;
    const entries = Array.from(this.changed.values(), ({ origin, epoch, next }): CausalEntry => ({ origin, epoch, next }));
    this.changed.clear();
    return entries;
  }

  accept(message: DataMessage, from: PeerRef, effects: Effects): void {
    const stream = this.streamOf(message.origin, message.epoch, effects);
    if (message.epoch < stream.epoch || message.seq < Math.max(stream.next, stream.givenUp)) {
      this.late++;
      effects.emit({ kind: 'dropped', group: this.group, origin: message.origin, seq: message.seq, reason: 'too-old' });
      return;
    }
    const held: Held = { message, from, stream, unmet: 0 };
    stream.held.set(message.seq, held);
    this.held.add(held);
    this.heldEntries += entriesOf(message).length;
    // What it publishes itself has crossed no hop, starts at 0 for certain, and comes after what it has delivered.
    if (this.holding && message.hops > 0) return this.boundHold(effects);
    if (!this.isReady(held)) this.setGapTimer(held, effects);
    this.advance([stream], effects);
    this.bound(effects);
  }

  /** The message has been held for its time. */
  onGapTimer(timer: GapTimer, effects: Effects): void {
    const stream = this.streams.get(timer.origin);
    const held = stream?.epoch === timer.epoch ? stream.held.get(timer.seq) : undefined;
    if (held !== undefined) this.force(held, effects);
  }

  forget(origin: PeerRef, effects: Effects): void {
    const stream = this.streams.get(origin);
    if (stream === undefined) return;
    this.streams.delete(origin);
    this.changed.delete(origin);
    this.close(stream, effects);
  }

  startAt(origin: PeerRef, epoch: number, next: number, effects: Effects): void {
    const stream = this.streamOf(origin, epoch, effects);
    if (stream.epoch !== epoch) return;
    if (this.holding) stream.next = Math.max(stream.next, next);
    else stream.givenUp = Math.max(stream.givenUp, next);
  }

  begunAt(origin: PeerRef, epoch: number): number | undefined {
    const stream = this.streams.get(origin);
    return this.holding || stream === undefined || stream.epoch !== epoch || stream.next === 0 ? undefined : stream.next;
  }

  giveUpBelow(origin: PeerRef, epoch: number, next: number, effects: Effects): void {
    const stream = this.streamOf(origin, epoch, effects);
    if (stream.epoch !== epoch) return;
    this.giveUp(stream, next, effects);
    this.advance([stream], effects);
  }

  /** What messages held come after, and is not here, is older than the start. */
  startAtLowest(): void {
    if (!this.holding) return;
    for (const stream of this.streams.values()) stream.next = Math.max(stream.next, stream.lowest ?? 0);
    for (const { message } of this.held) {
      for (const entry of entriesOf(message)) {
        const stream = this.unmet(entry);
        if (stream !== undefined && !this.streams.has(stream.origin)) stream.next = entry.next;
      }
    }
  }

  begin(effects: Effects): void {
    const streams = [...this.streams.values()];
    if (this.holding) {
      this.holding = false;
      // What has come without a gap up to the start comes before all else. Of several
      // publishers it is not delivered, since their order among each other is not known.
      const early = streams.filter((stream) => stream.held.has(stream.next - 1));
      const [first] = early;
      if (first !== undefined && early.length === 1) {
        while (first.held.has(first.next - 1)) first.next--;
        streams.unshift(first);
      }
      for (const held of this.held) if (held.message.seq < held.stream.next) this.remove(held);
      for (const held of this.held) this.isReady(held);
      this.advance(streams, effects);
      for (const held of this.held) this.setGapTimer(held, effects);
    } else {
      this.advance(streams, effects);
    }
    this.bound(effects);
  }

  positions(): DigestEntry[] {
    const streams = [...this.streams.values(), ...[...this.named.values()].filter(({ next }) => next > 0)];
    return streams.map(({ origin, epoch, next }) => ({ origin, epoch, next, beyond: [] }));
  }

  heldBack(messagesMax: number): DataMessage[] {
    return Array.from(this.held, ({ message }) => message).slice(0, messagesMax);
  }

  get audit(): readonly Audited[] {
    let there = 0;
    let entries = 0;
    for (const { held } of this.streams.values()) {
      there += held.size;
      for (const { message } of held.values()) entries += entriesOf(message).length;
    }
    return [{ what: 'messages held back', counted: this.held.size, there }, { what: 'entries of messages held back', counted: this.heldEntries, there: entries }];
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { origin } of this.named.values()) visit(origin);
    for (const { message, from } of this.held) {
      visit(from);
      visit(message.origin);
      for (const { origin } of entriesOf(message)) visit(origin);
    }
  }

  /** Whether it can be delivered at once; else it waits wherever an entry of it is not fulfilled. */
  private isReady(held: Held): boolean {
    for (const entry of entriesOf(held.message)) this.unmet(entry)?.wait(entry.next, held);
    return held.unmet === 0 && held.message.seq === held.stream.next;
  }

  /** The message is held no longer than this. */
  private setGapTimer({ message: { origin, epoch, seq } }: Held, effects: Effects): void {
    effects.setTimer({ kind: 'gap', group: this.group, session: this.session, origin, epoch, seq }, this.gapTimeoutMs);
  }

  /** Delivers what these streams have for it, and what that releases. */
  private advance(streams: readonly CausalStream[], effects: Effects): void {
    const ready = [...streams];
    for (const stream of ready) this.run(stream, ready, effects);
  }

  private run(stream: CausalStream, ready: CausalStream[], effects: Effects): void {
    for (;;) {
      const head = stream.held.get(stream.next);
      if (head === undefined) {
        if (stream.next >= stream.givenUp) return;
        stream.moveTo(Math.min(stream.lowest ?? Infinity, stream.givenUp), ready);
      } else {
        if (head.unmet > 0) return;
        this.remove(head);
        this.changed.set(stream.origin, stream);
        // All is in place before the application hears of it: it may publish at once.
        stream.moveTo(stream.next + 1, ready);
        effects.deliver(head.message, head.from);
      }
    }
  }

  /**
   * Delivers the message whatever is missing: all that is missing of its past is given
   * up. Of what is held then can only stand in a circle, which no honest publishers
   * make; it is lost too.
   */
  private force(held: Held, effects: Effects): void {
    const past = new Set([held]);
    const reached = new Map<CausalStream, number>();
    const reach = (stream: CausalStream, below: number): void => {
      if ((reached.get(stream) ?? -1) >= below) return;
      reached.set(stream, below);
      for (const [seq, other] of stream.held) if (seq < below) past.add(other);
      this.giveUp(stream, below, effects);
    };
    for (const { message, stream } of past) {
      reach(stream, message.seq);
      for (const entry of entriesOf(message)) {
        const named = this.unmet(entry);
        if (named !== undefined) reach(named, entry.next);
      }
    }
    this.advance([...reached.keys()], effects);
    past.delete(held);
    for (const other of [...past, held]) if (this.held.has(held)) this.lose(other, effects);
  }

  private lose(held: Held, effects: Effects): void {
    if (!this.held.has(held)) return;
    const { stream, message } = held;
    this.remove(held);
    stream.givenUp = Math.max(stream.givenUp, message.seq + 1);
    this.emitLost(stream, message.seq, message.seq, effects);
    this.advance([stream], effects);
  }

  private giveUp(stream: CausalStream, below: number, effects: Effects): void {
    const ranges = stream.giveUp(below);
    for (let i = 0; i + 1 < ranges.length; i += 2) this.emitLost(stream, ranges[i] as number, ranges[i + 1] as number, effects);
  }

  /** Nothing more of this incarnation will be delivered. */
  private close(stream: CausalStream, effects: Effects): void {
    const { next, givenUp } = stream;
    const held = [...stream.held.values()].filter(({ message }) => message.seq >= next);
    for (const each of [...stream.held.values()]) this.remove(each);
    let highest = -1;
    for (const { message: { seq } } of held) {
      if (seq < givenUp) this.emitLost(stream, seq, seq, effects);
      highest = Math.max(highest, seq);
    }
    const from = Math.max(next, givenUp);
    if (highest >= from) this.emitLost(stream, from, highest, effects);
    const ready: CausalStream[] = [];
    stream.wakeAll(ready);
    this.advance(ready, effects);
  }

  private remove(held: Held): void {
    const { stream, message } = held;
    stream.held.delete(message.seq);
    this.held.delete(held);
    this.heldEntries -= entriesOf(message).length;
    if (held.unmet === 0) return;
    for (const { origin, epoch, next } of entriesOf(message)) this.peek(origin, epoch)?.cancel(next, held);
  }

  private bound(effects: Effects): void {
    for (const oldest of this.held) {
      if (!this.isOverfull) break;
      this.force(oldest, effects);
    }
    for (const [key, stream] of this.named) {
      if (this.named.size <= CAUSAL_ENTRIES_MAX) return;
      for (let waiter = stream.waiter; waiter !== undefined; waiter = stream.waiter) this.force(waiter, effects);
      this.named.delete(key);
    }
  }

  private boundHold(effects: Effects): void {
    if (!this.isOverfull) return;
    this.startAtLowest();
    this.begin(effects);
  }

  private get isOverfull(): boolean {
    return this.held.size > this.heldMax || this.heldEntries > HELD_ENTRIES_MAX;
  }

  /** The stream that has not come to where the entry says. */
  private unmet({ origin, epoch, next }: CausalEntry): CausalStream | undefined {
    const heard = this.streams.get(origin);
    // An incarnation that has ended here fulfils everything.
    if (next === 0 || (heard !== undefined && heard.epoch > epoch)) return undefined;
    const stream = this.peek(origin, epoch) ?? new CausalStream(origin, epoch);
    if (heard?.epoch !== epoch) this.named.set(keyOf(origin, epoch), stream);
    return stream.next >= next ? undefined : stream;
  }

  private peek(origin: PeerRef, epoch: number): CausalStream | undefined {
    const heard = this.streams.get(origin);
    return heard?.epoch === epoch ? heard : this.named.get(keyOf(origin, epoch));
  }

  /** The stream of an incarnation that is heard of from now on; a newer one, where there is one. */
  private streamOf(origin: PeerRef, epoch: number, effects: Effects): CausalStream {
    const known = this.streams.get(origin);
    if (known !== undefined && known.epoch >= epoch) return known;
    const key = keyOf(origin, epoch);
    const stream = this.named.get(key) ?? new CausalStream(origin, epoch);
    this.named.delete(key);
    this.streams.set(origin, stream);
    if (known !== undefined) this.close(known, effects);
    // Those before it that were named and never heard of are over as well.
    for (const [other, earlier] of this.named) {
      if (earlier.origin === origin && earlier.epoch < epoch && this.named.delete(other)) this.close(earlier, effects);
    }
    return stream;
  }

  private emitLost({ origin, epoch }: CausalStream, fromSeq: number, toSeq: number, effects: Effects): void {
    effects.emit({ kind: 'lost', group: this.group, origin, epoch, fromSeq, toSeq });
  }
}

const NONE: readonly CausalEntry[] = [];

function entriesOf({ after }: DataMessage): readonly CausalEntry[] {
  return after ?? NONE;
}

function keyOf(origin: PeerRef, epoch: number): string {
  return `${origin}/${epoch}`;
}
