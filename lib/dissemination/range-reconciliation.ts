import type { Audited } from '../core/audit.ts';
import type { Effects } from '../core/effects.ts';
import type { MessageId, PeerRef } from '../core/ids.ts';
import type { IdOf } from '../core/message-key.ts';
import type { MessageLog } from '../core/message-log.ts';
import { IDS_MAX, type IdRange, RANGES_MAX, type RangeMessage, type RangeOffer, type RangeWant, type Ranges, nextHop } from '../core/messages.ts';
import type { Random } from '../core/random.ts';
import { RangeIndex } from '../core/range-index.ts';

/** Parts that a range whose fingerprints differ is cut into. A guess: more make fewer rounds of more bytes. */
export const PARTS = 16;

/** A range of at most so many messages is listed in place of being cut. A guess: two parts' worth. */
export const LISTED_MAX = 32;

/** Ranges of one message that are looked into; of more a random window is, and the rest comes in later cycles. */
export const ANSWERED_MAX = 256;

/** Messages looked at for one offer. */
const LOOKED_MAX = 65_536;

/** Messages asked for in one cycle; further ones are left to later cycles. */
const ASKED_MAX = 16_384;

/**
 * Range-based set reconciliation: how two peers find out which of their kept messages
 * the other one lacks, at a cost that grows with the difference, and with the logarithm
 * of what they keep.
 *
 * A. Meyer: "Range-based set reconciliation", SRDS 2023. One sends the fingerprint of
 * all that it keeps. Whoever gets a fingerprint that differs from its own of the same
 * range cuts the range into 16 parts with equally many of its own messages and answers
 * with their fingerprints, or lists what it has there when that is little. Nothing is
 * remembered of an exchange: each message says all that its answer needs.
 *
 * Deviation: what is compared is what two bounded histories keep, and the difference is
 * not all missing: what a peer has seen and keeps no longer need not be sent. So nothing
 * is sent on a difference alone. The peer that gets a list offers, by their ids, the
 * messages that are not in it, and whoever learns of ids asks for those that it has not
 * seen. Such lasting differences cost some bytes in every cycle.
 *
 * Every message is answered by a bounded number of others, which is found in bounded
 * time, and none without being asked.
 */
export class RangeReconciliation {
  private readonly log: MessageLog;
  private readonly index: RangeIndex;
  private readonly batchMax: number;
  private readonly random: Random;
  /** Keys of what was asked for in this cycle: several partners may offer the same. */
  private readonly asked = new Set<string>();
  /** How many of them were asked of each peer. */
  private readonly askedOf = new Map<PeerRef, number>();
  readonly counters = { rangesLeftOut: 0, wantsLeftOut: 0, malformed: 0 };

  /** @param batchMax messages sent, offered or asked for in answer to one message at most. */
  constructor(log: MessageLog, idOf: IdOf, batchMax: number, random: Random) {
    this.log = log;
    this.index = new RangeIndex(idOf);
    this.batchMax = Math.min(batchMax, IDS_MAX);
    this.random = random;
    log.observeHistory(this.index);
  }

  /** A cycle begins: what was asked for in the last one and has not come may be asked for again. */
  onCycle(): void {
    this.asked.clear();
    this.askedOf.clear();
  }

  /** What it counts, counted anew. */
  get audit(): readonly Audited[] {
    const { asked, askedOf, index, log } = this;
    let there = 0;
    for (const count of askedOf.values()) there += count;
    return [{ what: 'messages asked for by ranges', counted: asked.size, there }, ...index.audit(log.kept - log.evicted)];
  }

  /** Messages asked for in this cycle. */
  get askedFor(): number {
    return this.asked.size;
  }

  /** Begins an exchange with `partner`. */
  begin(partner: PeerRef, mode: Ranges['mode'], effects: Effects): void {
    const fingerprint = this.index.fingerprint(0, this.index.size);
    const ranges: IdRange[] = [{ kind: 'fingerprint', upper: '', fingerprint }];
    effects.sendUnreliable(partner, { kind: 'ranges', group: this.log.group, mode, lower: '', ranges, ids: [] });
  }

  /** @param mark what came in from it on is not sent: see `MessageLog.kept`. */
  onMessage(from: PeerRef, message: RangeMessage, mark: number, effects: Effects): void {
    switch (message.kind) {
      case 'ranges': return this.onRanges(from, message, effects);
      case 'rangeOffer': return this.onRangeOffer(from, message, effects);
      case 'rangeWant': return this.onRangeWant(from, message, mark, effects);
    }
  }

  private onRanges(from: PeerRef, { mode, lower, ranges, ids }: Ranges, effects: Effects): void {
    const first = ranges[0];
    if (first === undefined || (first.upper !== '' && first.upper <= lower)) {
      this.counters.malformed++;
      return;
    }
    const listed: Part[] = [];
    const different: Part[] = [];
    let start = lower;
    let rank = this.index.rankOf(lower);
    for (const range of ranges) {
      const { upper } = range;
      const end = upper === '' ? this.index.size : this.index.rankOf(upper);
      const part = { lower: start, upper, from: rank, to: end };
      if (range.kind === 'ids') listed.push(part);
      else if (range.kind === 'fingerprint' && range.fingerprint !== this.index.fingerprint(rank, end)) different.push(part);
      [start, rank] = [upper, end];
    }
    if (mode !== 'pull') this.want(from, ids, effects);
    if (mode !== 'push') this.offer(from, listed, ids, effects);
    this.answer(from, mode === 'pushPull' ? mode : mode === 'push' ? 'pull' : 'push', different, effects);
  }

  private onRangeOffer(from: PeerRef, { ids }: RangeOffer, effects: Effects): void {
    this.want(from, ids, effects);
  }

  private onRangeWant(from: PeerRef, { ids }: RangeWant, mark: number, effects: Effects): void {
    for (const id of ids.slice(0, this.batchMax)) {
      const message = this.log.find(id, mark);
      if (message !== undefined) effects.send(from, { ...nextHop(message), repair: true });
    }
  }

  /** Asks for what is not here of these; no peer, which may be lying, for more than half of what may be asked for. A newcomer that does not know yet what it is owed asks for nothing. */
  private want(from: PeerRef, ids: readonly MessageId[], effects: Effects): void {
    if (this.log.catchingUp) return;
    const before = this.askedOf.get(from) ?? 0;
    const wanted: MessageId[] = [];
    for (const id of ids) {
      const isSeen = this.log.has(id);
      if (wanted.length >= this.batchMax || this.asked.size >= ASKED_MAX || before + wanted.length >= ASKED_MAX / 2) {
        if (!isSeen) this.counters.wantsLeftOut++;
        continue;
      }
      const key = this.index.keyOf(id);
      // Of the past a newcomer fetches everything once: else those behind it would never get it.
      if (this.asked.has(key) || (isSeen && !this.log.fetchOne(id))) continue;
      this.asked.add(key);
      wanted.push(id);
    }
    if (wanted.length === 0) return;
    this.askedOf.set(from, before + wanted.length);
    effects.send(from, { kind: 'rangeWant', group: this.log.group, ids: wanted });
  }

  /**
   * Offers what is here and not in the list of the other. Of more than can be offered
   * some at random: the first ones may be such as the other has seen, and will not want.
   */
  private offer(to: PeerRef, listed: readonly Part[], ids: readonly MessageId[], effects: Effects): void {
    const theirs = new Set(ids.map((id) => this.index.keyOf(id)));
    const offered: MessageId[] = [];
    let looksLeft = LOOKED_MAX;
    const look = (key: string, id: MessageId): boolean => {
      if (!theirs.has(key)) offered.push(plain(id));
      return --looksLeft > 0 && offered.length < this.batchMax;
    };
    for (const part of rotated(listed, this.random)) {
      const { from, to: end } = part;
      const begin = end - from > this.batchMax ? from + this.random.below(end - from) : from;
      for (const [low, high] of [[begin, end], [from, begin]] as const) {
        if (low < high && looksLeft > 0 && offered.length < this.batchMax) this.index.visit(low, high, look);
      }
    }
    if (offered.length > 0) effects.send(to, { kind: 'rangeOffer', group: this.log.group, ids: offered });
  }

  /** Looks closer at ranges that differ: cuts them, or lists what is there. */
  private answer(to: PeerRef, mode: Ranges['mode'], different: readonly Part[], effects: Effects): void {
    let chosen = different;
    if (different.length > ANSWERED_MAX) {
      this.counters.rangesLeftOut += different.length - ANSWERED_MAX;
      chosen = rotated(different, this.random).slice(0, ANSWERED_MAX).sort((x, y) => x.from - y.from || (x.lower < y.lower ? -1 : 1));
    }
    const writer = new RangesWriter((said) => effects.send(to, { kind: 'ranges', group: this.log.group, mode, ...said }));
    for (const part of chosen) {
      if (part.to - part.from > LISTED_MAX) writer.add(part.lower, this.cut(part), []);
      else writer.add(part.lower, [{ kind: 'ids', upper: part.upper }], this.idsOf(part));
    }
    writer.flush();
  }

  private cut({ upper, from, to }: Part): IdRange[] {
    return Array.from({ length: PARTS }, (_, i) => {
      const [begin, end] = [i, i + 1].map((part) => from + Math.floor(((to - from) * part) / PARTS)) as [number, number];
      const bound = i === PARTS - 1 ? upper : boundBetween(this.index.keyAt(end - 1), this.index.keyAt(end));
      return { kind: 'fingerprint', upper: bound, fingerprint: this.index.fingerprint(begin, end) };
    });
  }

  private idsOf({ from, to }: Part): MessageId[] {
    const ids: MessageId[] = [];
    this.index.visit(from, to, (_, id) => ids.push(plain(id)) > 0);
    return ids;
  }
}

/** A range and the ranks between which this peer's messages lie in it. */
interface Part {
  readonly lower: string;
  readonly upper: string;
  readonly from: number;
  readonly to: number;
}

/** The id alone, where a whole message stands for it. */
function plain({ origin, epoch, seq }: MessageId): MessageId {
  return { origin, epoch, seq };
}

/** What a message of ranges says beside its group and mode. */
type Said = Pick<Ranges, 'lower' | 'ranges' | 'ids'>;

/** Puts ranges that are added in rising order into as few messages as hold them. */
class RangesWriter {
  private readonly send: (said: Said) => void;
  private lower = '';
  private ranges: IdRange[] = [];
  private ids: MessageId[] = [];

  constructor(send: (said: Said) => void) {
    this.send = send;
  }

  /** Ranges that follow each other, from `lower` on, and what is listed of them. */
  add(lower: string, ranges: readonly IdRange[], ids: readonly MessageId[]): void {
    const isFull = this.ranges.length + 1 + ranges.length > RANGES_MAX || this.ids.length + ids.length > IDS_MAX;
    if (isFull) this.flush();
    const last = this.ranges.at(-1);
    if (last === undefined) this.lower = lower;
    else if (last.upper !== lower) this.ranges.push({ kind: 'skip', upper: lower });
    this.ranges.push(...ranges);
    this.ids.push(...ids);
  }

  flush(): void {
    if (this.ranges.length === 0) return;
    this.send({ lower: this.lower, ranges: this.ranges, ids: this.ids });
    this.ranges = [];
    this.ids = [];
  }
}

/** The shortest bound above `below` and not above `key`, of two different keys in order. */
function boundBetween(below: string, key: string): string {
  let same = 0;
  while (below[same] === key[same]) same++;
  return key.slice(0, same + 1);
}

/** The same list from a random one of its elements on. */
function rotated<T>(list: readonly T[], random: Random): T[] {
  const start = list.length < 2 ? 0 : random.below(list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}
