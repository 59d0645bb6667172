import type { Audited } from './audit.ts';
import { CAUSAL_ENTRY_BYTES, type DataMessage } from './messages.ts';
import { arrayWithRoom } from './room.ts';

/** Room made at first; an array that grows from nothing makes a little more. */
const ROOM_MIN = 16;

/** A history of more messages than this is searched by an index, a smaller one from its newest message back. */
const SEARCHED_MAX = 512;

/** What a history may keep; see `DEFAULTS` in `config.ts`. */
export interface HistoryLimits {
  readonly historyMessagesMax: number;
  /** Of payloads, and of what goes with them in causal order; one message is kept if its payload is no larger. */
  readonly historyBytesMax: number;
}

/** Told of what a history takes in and drops. */
export interface HistoryObserver {
  onKept(message: DataMessage): void;
  onDropped(message: DataMessage): void;
}

/**
 * The most recent messages of a group, kept to send again; the oldest go first when a
 * limit is reached. Messages are numbered as they come in, from 0; the one numbered n
 * stands in slot n modulo the number of slots.
 */
export class History {
  private slots: (DataMessage | undefined)[] = arrayWithRoom(ROOM_MIN);
  private bytes = 0;
  private readonly limits: HistoryLimits;
  /** Messages dropped to stay within the limits: the number of the oldest that is kept. */
  evicted = 0;
  /** Messages that were ever added, those dropped since included: the number of the next one. */
  added = 0;
  private index: HistoryIndex | undefined = undefined;
  /** To be set while nothing is kept yet. */
  observer: HistoryObserver | undefined = undefined;

  constructor(limits: HistoryLimits) {
    this.limits = limits;
  }

  add(message: DataMessage): void {
    const { historyMessagesMax, historyBytesMax } = this.limits;
    if (message.payload.length > historyBytesMax || historyMessagesMax === 0) return;
    const bytes = weightOf(message);
    while (this.added - this.evicted >= historyMessagesMax || (this.bytes + bytes > historyBytesMax && this.added > this.evicted)) this.evict();
    if (this.added - this.evicted === this.slots.length) this.grow();
    this.slots[this.slotOf(this.added)] = message;
    this.index?.add(this.added, message.origin, message.seq);
    this.added++;
    this.bytes += bytes;
    this.observer?.onKept(message);
  }

  /** Of the messages numbered below `end`; newest first, since what is asked for is mostly recent. */
  find(origin: number, epoch: number, seq: number, end = Infinity): DataMessage | undefined {
    const { evicted, index } = this;
    let number = index === undefined ? this.added - 1 : index.last(origin, seq);
    while (number >= evicted) {
      const message = this.slots[this.slotOf(number)] as DataMessage;
      if (message.seq === seq && message.origin === origin && message.epoch === epoch) return number < end ? message : undefined;
      number = index === undefined ? number - 1 : index.before(number);
    }
    return undefined;
  }

  /** Visits what is kept, oldest first, of the messages numbered below `end`; stops when `visit` answers false. */
  scan(end: number, visit: (message: DataMessage) => boolean): void {
    const { slots } = this;
    const stop = Math.min(end, this.added);
    let slot = this.slotOf(this.evicted);
    for (let number = this.evicted; number < stop; number++) {
      if (!visit(slots[slot] as DataMessage)) return;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
  }

  /** Oldest first; a copy. */
  get messages(): readonly DataMessage[] {
    const messages: DataMessage[] = [];
    this.scan(Infinity, (message) => messages.push(message) > 0);
    return messages;
  }

  /** What it keeps, counted anew. */
  get audit(): readonly Audited[] {
    let messages = 0;
    let bytes = 0;
    for (const message of this.slots) {
      if (message === undefined) continue;
      messages++;
      bytes += weightOf(message);
    }
    return [{ what: 'messages in the history', counted: this.added - this.evicted, there: messages }, { what: 'bytes in the history', counted: this.bytes, there: bytes }];
  }

  private evict(): void {
    const slot = this.slotOf(this.evicted++);
    const message = this.slots[slot] as DataMessage;
    this.bytes -= weightOf(message);
    this.slots[slot] = undefined;
    this.observer?.onDropped(message);
  }

  private grow(): void {
    // As long as nothing was dropped, the next number is that of the next slot.
    if (this.evicted === 0) this.slots.push(undefined);
    else this.moveTo(Math.min(this.limits.historyMessagesMax, 2 * this.slots.length));
    const room = this.slots.length;
    if (room > SEARCHED_MAX && (this.index === undefined || room > this.index.room)) this.makeIndex();
  }

  private moveTo(room: number): void {
    const { messages } = this;
    this.slots = new Array<DataMessage | undefined>(room).fill(undefined);
    for (const [i, message] of messages.entries()) this.slots[this.slotOf(this.evicted + i)] = message;
  }

  private makeIndex(): void {
    this.index = new HistoryIndex(2 * this.slots.length);
    for (const [i, { origin, seq }] of this.messages.entries()) this.index.add(this.evicted + i, origin, seq);
  }

  private slotOf(number: number): number {
    return number % this.slots.length;
  }
}

/**
 * Chains of the numbers whose messages hash alike, newest first. Nothing is ever taken
 * out: what was dropped from the history stands at the end of its chain, where a search
 * stops.
 */
class HistoryIndex {
  /** Messages for which there is room. */
  readonly room: number;
  private readonly mask: number;
  /** The newest number of each chain, plus 1; 0 for none. */
  private readonly newest: Float64Array;
  /** The number before, plus 1, of that in each slot. */
  private readonly earlier: Float64Array;

  constructor(room: number) {
    const slots = 2 ** Math.ceil(Math.log2(room));
    this.room = room;
    this.mask = slots - 1;
    this.newest = new Float64Array(slots);
    this.earlier = new Float64Array(slots);
  }

  add(number: number, origin: number, seq: number): void {
    const chain = this.chainOf(origin, seq);
    this.earlier[number & this.mask] = this.newest[chain] as number;
    this.newest[chain] = number + 1;
  }

  /** The newest number that may be of this message; -1 for none. */
  last(origin: number, seq: number): number {
    return (this.newest[this.chainOf(origin, seq)] as number) - 1;
  }

  /** The next older number of the same chain; -1 for none. */
  before(number: number): number {
    return (this.earlier[number & this.mask] as number) - 1;
  }

  private chainOf(origin: number, seq: number): number {
    const mixed = Math.imul(Math.imul(origin, 0x9e3779b1) ^ seq, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.mask;
  }
}

function weightOf({ payload, after }: DataMessage): number {
  return after === undefined ? payload.length : payload.length + after.length * CAUSAL_ENTRY_BYTES;
}
