import type { Audited } from './audit.ts';
import { CausalOrder } from './causal-order.ts';
import type { DropReason, Effects, GapTimer } from './effects.ts';
import { FifoOrder } from './fifo-order.ts';
import { History, type HistoryObserver } from './history.ts';
import type { GroupRef, MessageId, PeerRef } from './ids.ts';
import { lackedOf } from './lacked-messages.ts';
import { type LogLimits, MARKS_MAX } from './log-limits.ts';
import type { MessageOrder } from './message-order.ts';
import type { CausalEntry, DataMessage, DigestEntry } from './messages.ts';
import { NOBODY, OriginLog, markSeen, rangeHasUnseen } from './origin-log.ts';
import { WINDOW_SIZE } from './sequence-window.ts';
import { StartPoints } from './start-points.ts';

/** Origins by which the beginning of a digest moves on; as many with a gap or two each fit into one message. */
const DIGEST_STEP = 1024;

/** Largest overlay hop count on the wire (two bytes). A message that comes with it could not be counted further: it is in a loop. */
export const HOPS_MAX = 0xffff;

/**
 * What one peer has seen, kept and delivered in one group: a sequence window per
 * origin suppresses duplicates exactly, a bounded history answers those who missed
 * a message, and the group's order decides when the application gets it.
 */
export class MessageLog {
  // The fields that nearly every duplicate touches stand first, side by side in memory.
  /** The message accepted last. Most duplicates are copies of it, and its origin's window is one look into memory further away. */
  private last: DataMessage | undefined = undefined;
  duplicates = 0;
  /** The origin heard last; most messages come in runs, and most groups have few publishers. */
  private current: OriginLog = new OriginLog();
  readonly group: GroupRef;
  readonly session: number;
  readonly limits: LogLimits;
  /** All origins in order of first appearance; made when there is a second one. */
  private origins: Map<PeerRef, OriginLog> | undefined = undefined;
  private history: History | undefined = undefined;
  private order: MessageOrder | undefined = undefined;
  private digestStart = 0;
  private unsureSent = 0;
  /** Until something new arrives; in quiet times every cycle asks for the same. */
  private digestMade: readonly DigestEntry[] | undefined = undefined;
  accepted = 0;
  dropped = 0;
  /** With `since: 'now'`. */
  private readonly starts: StartPoints | undefined;

  constructor(group: GroupRef, session: number, limits: LogLimits) {
    this.group = group;
    this.session = session;
    this.limits = limits;
    this.starts = limits.since === 'now' ? new StartPoints() : undefined;
  }

  /**
   * Takes a message that arrived from `from` (this peer itself when it publishes).
   * True when it is new: it was recorded, kept and handed to the application (or
   * held back for order, or not owed to it). False for duplicates and what had to be dropped.
   */
  accept(message: DataMessage, from: PeerRef, effects: Effects): boolean {
    if (message.hops >= HOPS_MAX) return this.drop(message, 'too-many-hops', effects);
    const log = this.logOf(message, effects);
    if (log === undefined) return false;
    if (log.has(message.seq)) {
      this.duplicates++;
      return false;
    }
    if (!log.fits(message.seq)) this.giveUp(log, message.seq - WINDOW_SIZE + 1, effects);
    log.add(message.seq);
    if (this.origins !== undefined && 2 * this.origins.size > this.limits.originsMax) this.moveToEnd(log, this.origins);
    this.digestMade = undefined;
    this.accepted++;
    this.last = message;
    this.keep(message);
    if (this.starts !== undefined && this.starts.passesOver(message)) return true;
    if (this.limits.order === 'none') effects.deliver(message, from);
    else this.messageOrder().accept(message, from, effects);
    return true;
  }

  /** To be called before each stamp: ends, at the first message of this incarnation of `self`, whatever is awaited of an earlier one. */
  beginOwn(self: PeerRef, epoch: number, effects: Effects): void {
    if (this.limits.order === 'causal' && this.order instanceof CausalOrder) this.order.beginOwn(self, epoch, effects);
  }

  /** Causal order: what a message that `self` publishes now comes after. */
  stamp(self: PeerRef): readonly CausalEntry[] | undefined {
    return this.limits.order === 'causal' && this.order instanceof CausalOrder ? this.order.stamp(self) : undefined;
  }

  /** Counts and refuses a copy of the message accepted last; about others, of any group, it says nothing: `accept` decides. */
  refusesCopy(message: DataMessage): boolean {
    const { last } = this;
    if (last === undefined || last.seq !== message.seq || last.origin !== message.origin) return false;
    if (last.epoch !== message.epoch || last.group !== message.group) return false;
    this.duplicates++;
    return true;
  }

  /** Whether the message has been seen (or given up). */
  has(id: MessageId): boolean {
    const log = this.peek(id.origin);
    return log !== undefined && (log.epoch > id.epoch || (log.epoch === id.epoch && log.has(id.seq)));
  }

  /** The highest number seen of the publisher's incarnation; -1 where there is none, `Infinity` for one that is past. */
  highest({ origin, epoch }: MessageId): number {
    const log = this.peek(origin);
    if (log === undefined || log.epoch < epoch) return -1;
    return log.epoch > epoch ? Infinity : log.highest;
  }

  /** The message, while it is in the history, if it was kept before the mark. */
  find(id: MessageId, mark = Infinity): DataMessage | undefined {
    return this.history?.find(id.origin, id.epoch, id.seq, mark);
  }

  /**
   * What this peer has, an entry for each origin, in order of first appearance. Of very
   * many origins a message may hold only the first: then each digest begins where the
   * last one did plus `DIGEST_STEP`, so that none is left out for ever.
   */
  digest(): readonly DigestEntry[] {
    if (this.digestMade === undefined) this.digestMade = this.makeDigest();
    const made = this.digestMade;
    if (made.length <= DIGEST_STEP) return made;
    this.digestStart = (this.digestStart + DIGEST_STEP) % made.length;
    return made.slice(this.digestStart).concat(made.slice(0, this.digestStart));
  }

  /** How many messages the history has taken so far: a mark in time for `lackedBy`. */
  get kept(): number {
    return this.history?.added ?? 0;
  }

  /** How many messages the history has let go to stay within its bounds. */
  get evicted(): number {
    return this.history?.evicted ?? 0;
  }

  /** What history and order count, counted anew. */
  get audit(): readonly Audited[] {
    return [...(this.history?.audit ?? []), ...(this.order?.audit ?? [])];
  }

  /** To be called before anything is kept. */
  observeHistory(observer: HistoryObserver): void {
    this.history ??= new History(this.limits);
    this.history.observer = observer;
  }

  /** Messages of the history that the owner of `digest` lacks, of those kept before the mark, as `lackedOf` has it, at most `messagesMax`. */
  lackedBy(digest: readonly DigestEntry[], messagesMax: number, mark = Infinity): DataMessage[] {
    if (this.history === undefined || messagesMax === 0) return [];
    const [lacked, unsure] = lackedOf(this.history, digest, { messagesMax, mark, rangesMax: this.limits.digestRangesMax, start: this.unsureSent });
    this.unsureSent += unsure;
    return lacked;
  }

  /** Whether the owner of `digest` has seen something that this peer has not. */
  lacksFrom(digest: readonly DigestEntry[]): boolean {
    return digest.some((entry) => {
      const log = this.peek(entry.origin);
      if (log === undefined || log.epoch < entry.epoch) return entry.next > 0 || entry.beyond.length > 0;
      if (log.epoch > entry.epoch) return false;
      if (log.next < entry.next) return true;
      return entry.beyond.some((_, i) => i % 2 === 0 && rangeHasUnseen(log, entry.beyond, i));
    });
  }

  /** Messages missing between those that arrived, over all origins. */
  get missing(): number {
    return this.all().reduce((sum, log) => sum + log.missing, 0);
  }

  /** The publishers of everything seen or kept. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { origin } of this.all()) visit(origin);
    for (const { origin, after } of this.history?.messages ?? []) {
      visit(origin);
      after?.forEach((entry) => visit(entry.origin));
    }
    this.order?.eachPeer(visit);
  }

  onGapTimer(timer: GapTimer, effects: Effects): void {
    this.order?.onGapTimer(timer, effects);
  }

  /** How far the application has got: in an order what was delivered, without one what was seen. */
  positions(): readonly DigestEntry[] {
    return this.limits.order === 'none' ? this.makeDigest() : (this.order?.positions() ?? []);
  }

  /** What was seen and waits for its turn, at most `messagesMax`. */
  heldBack(messagesMax: number): DataMessage[] {
    return this.order?.heldBack(messagesMax) ?? [];
  }

  /**
   * For each origin the number below which everything was here and is no longer kept.
   * Nothing is said of an origin of which this peer, as a newcomer, never had the beginning.
   */
  oldestKept(): DigestEntry[] {
    const kept = new Map<PeerRef, number>();
    for (const { origin, epoch, seq } of this.history?.messages ?? []) {
      if (this.peek(origin)?.epoch === epoch) kept.set(origin, Math.min(kept.get(origin) ?? seq, seq));
    }
    return this.all().flatMap((log) => {
      const { origin, epoch } = log;
      const next = Math.min(kept.get(origin) ?? log.next, log.next);
      return this.starts?.isBefore({ origin, epoch, seq: next - 1 }) === true ? [] : [{ origin, epoch, next, beyond: [] }];
    });
  }

  /** `since: 'now'`, and it is not known yet what need not be brought any more: nothing is asked for, and an order holds back what comes. */
  get catchingUp(): boolean {
    return this.starts !== undefined && !this.starts.known;
  }

  /**
   * Ends `catchingUp`: what is in `known` need not be brought any more. `undefined`: nobody
   * has told; then each origin starts with the lowest number that is here.
   */
  startAt(known: readonly DigestEntry[] | undefined, effects: Effects): void {
    let marksLeft = MARKS_MAX;
    for (const { origin, epoch, next, beyond } of known ?? []) {
      const window = this.windowOf({ origin, epoch }, effects);
      if (window === undefined) continue;
      // A stream that has begun already, since its buffer was full, leaves nothing out.
      const start = Math.min(next, this.order?.begunAt(origin, epoch) ?? Infinity);
      this.skip(window, start, start === next ? beyond : undefined);
      if (start === next) marksLeft -= markSeen(window, beyond, marksLeft);
      if (this.limits.order !== 'none') this.messageOrder().startAt(origin, epoch, start, effects);
    }
    if (known === undefined) {
      for (const window of this.all()) this.skip(window, window.next > 0 ? 0 : (window.beyond(1)[0] ?? 0));
      this.order?.startAtLowest();
    }
    if (this.starts !== undefined) this.starts.known = true;
    this.digestMade = undefined;
    this.order?.begin(effects);
  }

  /** The owner of `digest` may need what this peer, as a newcomer, has not got: from now on its own digests show that that is missing. */
  fetchFor(digest: readonly DigestEntry[]): void {
    if (this.starts?.known !== true) return;
    const theirs = new Map(digest.map((entry) => [entry.origin, entry]));
    let left = MARKS_MAX;
    for (const log of this.all()) {
      const [lacking, looked] = this.starts.lacking(log, theirs.get(log.origin), this.isKept, left);
      left -= looked;
      if (lacking !== undefined) this.replace(log, lacking);
    }
  }

  /** A message of the past that this newcomer is not owed and never had: from now on it counts as not seen, so that it can be fetched, to be passed on. Answers whether it is one. */
  fetchOne(id: MessageId): boolean {
    const log = this.peek(id.origin);
    const lacking = this.starts?.known === true && log?.epoch === id.epoch ? this.starts.lackingOne(log, id, this.isKept) : undefined;
    if (log === undefined || lacking === undefined) return false;
    this.replace(log, lacking);
    return true;
  }

  private readonly isKept = (id: MessageId): boolean => this.find(id) !== undefined;

  private replace(log: OriginLog, by: OriginLog): void {
    if (this.current === log) this.current = by;
    this.origins?.set(log.origin, by);
    this.digestMade = undefined;
  }

  /** In an order: what is missing below these numbers is kept nowhere any more, and is lost. */
  giveUpOlder(kept: readonly DigestEntry[], effects: Effects): void {
    if (this.limits.order === 'none') return;
    this.digestMade = undefined;
    for (const entry of kept) {
      const window = this.windowOf(entry, effects);
      if (window === undefined) continue;
      window.skipTo(entry.next);
      this.messageOrder().giveUpBelow(entry.origin, entry.epoch, entry.next, effects);
    }
  }

  private skip(log: OriginLog, start: number, beyond?: readonly number[]): void {
    log.skipTo(start);
    this.starts?.set(log, start, beyond);
  }

  /** The window of an origin that another peer tells of; `undefined` when a later incarnation is known, or there are too many. */
  private windowOf({ origin, epoch }: Pick<DigestEntry, 'origin' | 'epoch'>, effects: Effects): OriginLog | undefined {
    const known = this.peek(origin);
    if (known !== undefined) return known.epoch > epoch ? undefined : known.epoch === epoch ? known : this.openLog(origin, epoch, effects);
    return (this.origins?.size ?? 0) < this.limits.originsMax ? this.openLog(origin, epoch, effects) : undefined;
  }

  private makeDigest(): readonly DigestEntry[] {
    return this.all().map((log) => ({
      origin: log.origin,
      epoch: log.epoch,
      next: log.next,
      beyond: log.beyond(this.limits.digestRangesMax),
    }));
  }

  private peek(origin: PeerRef): OriginLog | undefined {
    if (this.current.origin === origin) return this.current;
    return this.origins?.get(origin);
  }

  private all(): OriginLog[] {
    if (this.origins !== undefined) return [...this.origins.values()];
    return this.current.origin === NOBODY ? [] : [this.current];
  }

  /** The log of the message's origin, made on first contact; `undefined` when the message had to be dropped. */
  private logOf(message: DataMessage, effects: Effects): OriginLog | undefined {
    const known = this.peek(message.origin);
    if (known === undefined || message.epoch > known.epoch) {
      const log = this.openLog(message.origin, message.epoch, effects);
      if (log.fits(message.seq)) return log;
      // A stream joined late owes nothing from before the window; one that began since then owes all.
      if (this.starts?.known === true) this.giveUp(log, message.seq - WINDOW_SIZE + 1, effects);
      else log.skipTo(message.seq - WINDOW_SIZE + 1);
      return log;
    }
    if (message.epoch < known.epoch) {
      this.drop(message, 'stale-epoch', effects);
      return undefined;
    }
    this.current = known;
    return known;
  }

  private openLog(origin: PeerRef, epoch: number, effects: Effects): OriginLog {
    const { current } = this;
    const log = current.origin === NOBODY ? current : new OriginLog();
    log.origin = origin;
    log.epoch = epoch;
    if (current.origin !== origin && this.origins === undefined) {
      this.origins = new Map([[current.origin, current]]);
    }
    if (this.origins !== undefined) {
      this.origins.set(origin, log);
      if (this.origins.size > this.limits.originsMax) this.evictOrigin(origin, effects);
    }
    this.current = log;
    return log;
  }

  /** From half of `originsMax` on origins stand in the order in which they were heard last. */
  private moveToEnd(log: OriginLog, origins: Map<PeerRef, OriginLog>): void {
    origins.delete(log.origin);
    origins.set(log.origin, log);
  }

  /** Policy: the origin goes from which nothing new came for longest. Whoever invents origins then pushes out inventions before it does those who publish. */
  private evictOrigin(newest: PeerRef, effects: Effects): void {
    for (const [origin, log] of this.origins ?? []) {
      if (origin === newest) continue;
      this.origins?.delete(origin);
      this.order?.forget(origin, effects);
      this.starts?.forget(origin);
      this.dropped++;
      effects.emit({ kind: 'dropped', group: this.group, origin, seq: log.next, reason: 'too-many-origins' });
      return;
    }
  }

  private giveUp(log: OriginLog, seq: number, effects: Effects): void {
    const lost = log.skipTo(seq);
    // In an order the gap is announced once, where it holds messages back.
    if (this.limits.order !== 'none') return;
    for (let i = 0; i + 1 < lost.length; i += 2) {
      const [fromSeq, toSeq] = [lost[i] as number, lost[i + 1] as number];
      effects.emit({ kind: 'lost', group: this.group, origin: log.origin, epoch: log.epoch, fromSeq, toSeq });
    }
  }

  private drop(message: DataMessage, reason: DropReason, effects: Effects): false {
    this.dropped++;
    effects.emit({ kind: 'dropped', group: this.group, origin: message.origin, seq: message.seq, reason });
    return false;
  }

  private keep(message: DataMessage): void {
    if (this.limits.historyMessagesMax === 0) return;
    this.history ??= new History(this.limits);
    this.history.add(message);
  }

  private messageOrder(): MessageOrder {
    if (this.order !== undefined) return this.order;
    const { order, gapTimeoutMs, orderBufferMax } = this.limits;
    const Order = order === 'causal' ? CausalOrder : FifoOrder;
    return (this.order = new Order(this.group, this.session, gapTimeoutMs, orderBufferMax, this.catchingUp));
  }
}
