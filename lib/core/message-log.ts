import type { Effects, GapTimer } from './effects.ts';
import type { DropReason } from './effects.ts';
import { FifoOrder } from './fifo-order.ts';
import { History } from './history.ts';
import type { GroupRef, MessageId, PeerRef } from './ids.ts';
import type { DataMessage, DigestEntry } from './messages.ts';
import { SequenceWindow, WINDOW_SIZE, inRanges } from './sequence-window.ts';

/** Stands for no origin: a log has a window from the start, side by side with it in memory. */
const NOBODY = -1 as PeerRef;

/** Origins by which the beginning of a digest moves on; as many with a gap or two each fit into one message. */
const DIGEST_STEP = 1024;

/** Limits of a log; see `DEFAULTS` in `config.ts` for meanings and values. */
export interface LogLimits {
  readonly order: 'none' | 'fifo';
  readonly historyMessagesMax: number;
  readonly historyBytesMax: number;
  readonly originsMax: number;
  readonly gapTimeoutMs: number;
  readonly orderBufferMax: number;
  readonly digestRangesMax: number;
}

/** Largest overlay hop count on the wire (two bytes). A message that comes with it could not be counted further: it is in a loop. */
export const HOPS_MAX = 0xffff;

/**
 * What one peer has seen, kept and delivered in one group: a sequence window per
 * origin suppresses duplicates exactly, a bounded history answers those who missed
 * a message, and the group's order decides when the application gets it.
 */
export class MessageLog {
  // The fields that every duplicate touches stand first, side by side in memory.
  /** The origin heard last; most messages come in runs, and most groups have few publishers. */
  private current: OriginLog = new OriginLog();
  duplicates = 0;
  readonly group: GroupRef;
  private readonly session: number;
  private readonly limits: LogLimits;
  /** All origins in order of first appearance; made when there is a second one. */
  private origins: Map<PeerRef, OriginLog> | undefined = undefined;
  private history: History | undefined = undefined;
  private fifo: FifoOrder | undefined = undefined;
  private digestStart = 0;
  /** Until something new arrives; in quiet times every cycle asks for the same. */
  private digestMade: readonly DigestEntry[] | undefined = undefined;
  accepted = 0;
  dropped = 0;

  constructor(group: GroupRef, session: number, limits: LogLimits) {
    this.group = group;
    this.session = session;
    this.limits = limits;
  }

  /**
   * Takes a message that arrived from `from` (this peer itself when it publishes).
   * True when it is new: it was recorded, kept and handed to the application (or
   * held back for order). False for duplicates and what had to be dropped.
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
    this.digestMade = undefined;
    this.accepted++;
    this.keep(message);
    if (this.limits.order === 'none') effects.deliver(message, from);
    else this.fifoOrder().accept(message, from, effects);
    return true;
  }

  /** Counts and refuses a copy of what is in the window of the origin heard last; for others `accept` decides. */
  isDuplicate(message: DataMessage): boolean {
    const { current } = this;
    if (current.origin !== message.origin || current.epoch !== message.epoch || !current.has(message.seq)) return false;
    this.duplicates++;
    return true;
  }

  /** Whether the message has been seen (or given up). */
  has(id: MessageId): boolean {
    const log = this.peek(id.origin);
    if (log === undefined || log.epoch < id.epoch) return false;
    return log.epoch > id.epoch || log.has(id.seq);
  }

  /** The message, while it is in the history. */
  find(id: MessageId): DataMessage | undefined {
    return this.history?.find(id.origin, id.epoch, id.seq);
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

  /** Messages of the history that the owner of `digest` lacks, of those kept before the mark, oldest first, at most `messagesMax`. */
  lackedBy(digest: readonly DigestEntry[], messagesMax: number, mark = Infinity): DataMessage[] {
    const lacked: DataMessage[] = [];
    if (this.history === undefined) return lacked;
    const theirs = new Map(digest.map((entry) => [entry.origin, entry]));
    const { messages, evicted } = this.history;
    for (let i = 0; i < messages.length && i < mark - evicted && lacked.length < messagesMax; i++) {
      const message = messages[i] as DataMessage;
      if (!covers(theirs.get(message.origin), message)) lacked.push(message);
    }
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

  onGapTimer(timer: GapTimer, effects: Effects): void {
    this.fifo?.onGapTimer(timer, effects);
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
    if (known === undefined || message.epoch > known.epoch) return this.openLog(message, effects);
    if (message.epoch < known.epoch) {
      this.drop(message, 'stale-epoch', effects);
      return undefined;
    }
    this.current = known;
    return known;
  }

  private openLog(message: DataMessage, effects: Effects): OriginLog {
    const { current } = this;
    const log = current.origin === NOBODY ? current : new OriginLog();
    log.origin = message.origin;
    log.epoch = message.epoch;
    // A stream joined late owes nothing from before the window.
    if (!log.fits(message.seq)) log.skipTo(message.seq - WINDOW_SIZE + 1);
    if (current.origin !== message.origin && this.origins === undefined) {
      this.origins = new Map([[current.origin, current]]);
    }
    if (this.origins !== undefined) {
      this.origins.set(message.origin, log);
      if (this.origins.size > this.limits.originsMax) this.evictOrigin(message.origin, effects);
    }
    this.current = log;
    return log;
  }

  /** Policy: the origin known longest goes, since nothing tells a live one from an invented one. */
  private evictOrigin(newest: PeerRef, effects: Effects): void {
    for (const [origin, log] of this.origins ?? []) {
      if (origin === newest) continue;
      this.origins?.delete(origin);
      this.fifo?.forget(origin);
      this.dropped++;
      effects.emit({ kind: 'dropped', group: this.group, origin, seq: log.next, reason: 'too-many-origins' });
      return;
    }
  }

  private giveUp(log: OriginLog, seq: number, effects: Effects): void {
    const lost = log.skipTo(seq);
    // With FIFO order the gap is announced once, where it holds messages back.
    if (this.limits.order === 'fifo') return;
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
    this.history ??= new History(this.limits.historyMessagesMax, this.limits.historyBytesMax);
    this.history.add(message);
  }

  private fifoOrder(): FifoOrder {
    const { gapTimeoutMs, orderBufferMax } = this.limits;
    return (this.fifo ??= new FifoOrder(this.group, this.session, gapTimeoutMs, orderBufferMax));
  }
}

/** The window of one publisher's incarnation; one object, since every message that arrives looks at it. */
class OriginLog extends SequenceWindow {
  origin: PeerRef = NOBODY;
  epoch = 0;
}

function covers(entry: DigestEntry | undefined, id: MessageId): boolean {
  if (entry === undefined || entry.epoch < id.epoch) return false;
  return entry.epoch > id.epoch || id.seq < entry.next || inRanges(entry.beyond, id.seq);
}

/** Ranges come from the network: look only at the part that the window can tell apart. */
function rangeHasUnseen(window: SequenceWindow, ranges: readonly number[], i: number): boolean {
  const to = Math.min(ranges[i + 1] ?? 0, window.next + WINDOW_SIZE);
  for (let seq = Math.max(ranges[i] ?? 0, window.next); seq <= to; seq++) if (!window.has(seq)) return true;
  return false;
}
