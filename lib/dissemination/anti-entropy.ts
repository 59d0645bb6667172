import type { Audited } from '../core/audit.ts';
import type { AntiEntropyOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type ConnectReply, type DataMessage, type Digest, type DigestEntry, type Message, type Recent, nextHop } from '../core/messages.ts';
import type { Dissemination, Distances, HashOf } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { Contacts } from './contacts.ts';
import { OwnMessages } from './own-messages.ts';
import { partnersOf } from './partner.ts';
import type { RangeReconciliation } from './range-reconciliation.ts';
import { RecentUpdates } from './recent-updates.ts';

/**
 * Anti-entropy: in every cycle each peer compares what it has with a random partner,
 * and what one of them lacks is sent. Alone it is a dissemination; beside another
 * one it repairs what that missed.
 *
 * A. Demers et al.: "Epidemic algorithms for replicated database maintenance", PODC
 * 1987, section 1.3: push, pull or both; all at once, or checksums and recent updates
 * first. Section 1.4: connection limit and hunting. Section 3: spatial partner selection.
 *
 * What the paper compares entry by entry is here, for each publisher, which numbers a
 * peer has seen: a digest, so that a peer that missed messages gets those and no others.
 *
 * Deviations: with `exchange: 'recent'` the paper sends recent updates and checksums by
 * turns; here both sides say of which publishers something came lately, what they have
 * of them and the checksum of all, and whoever asked works out the checksums of the rest.
 * The paper's peel back, which goes on with ever older entries until the checksums agree,
 * is left out. What is no longer in the partner's bounded history cannot be sent. Cycles
 * of different peers are not aligned.
 *
 * With `reconcile: 'ranges'` no digest is sent: the partner is handed the fingerprint of
 * what is kept here, and the two find the difference (see `RangeReconciliation`). Then
 * what was no longer kept is not told apart from what was never here: who starts `since`
 * `now` does not fetch for others what it is not owed itself.
 *
 * As a repair it sends only what has been here for a whole cycle. What is younger may
 * still be on its way to the partner by the other protocol, and a copy that overtakes
 * it there does harm: it is not forwarded, and makes the awaited one a duplicate, which
 * stops a flood and prunes a tree.
 *
 * Guarantees: in a group whose members can reach each other, every live member gets
 * every message that stays in the history of a neighbour, however many packets are lost,
 * and so every message as long as no history drops it. The expected time is logarithmic in the number of members.
 */
export class AntiEntropy implements Dissemination {
  readonly ignoresDuplicates = true;
  private readonly self: PeerRef;
  private readonly session: number;
  private readonly options: AntiEntropyOptions;
  private readonly log: MessageLog;
  private readonly neighbours: readonly PeerRef[];
  private readonly random: Random;
  private readonly contacts: Contacts;
  private readonly recent: RecentUpdates | undefined;
  private readonly ranges: RangeReconciliation | undefined;
  private readonly role: 'dissemination' | 'repair';
  /** What the log had kept when this cycle began, and when the one before it did. */
  private kept = 0;
  private keptBefore = 0;
  /** What this peer has published; as a dissemination. */
  private own: OwnMessages | undefined = undefined;

  constructor(
    self: PeerRef,
    session: number,
    options: AntiEntropyOptions,
    log: MessageLog,
    neighbours: readonly PeerRef[],
    random: Random,
    role: 'dissemination' | 'repair',
    { distances, hashOf = (peer) => peer, ranges }: AntiEntropyHelp = {},
  ) {
    this.self = self;
    this.session = session;
    this.options = options;
    this.log = log;
    this.neighbours = neighbours;
    this.random = random;
    this.role = role;
    const partners = partnersOf(options, neighbours, self, random, distances);
    this.contacts = new Contacts({ group: log.group, protocol: 'antiEntropy', options, partners });
    this.ranges = ranges;
    this.recent = options.exchange === 'recent' ? new RecentUpdates(options.recentMs, hashOf) : undefined;
  }

  /** The first cycle begins at a random moment, so that peers started together do not act together. */
  start(_nowMs: number, effects: Effects): void {
    this.setTimer(this.random.below(this.options.cycleMs), effects);
  }

  /**
   * Half of the history is for what is on its way to others; what they have not got when
   * it goes, they never get from here. Where ranges are compared there is always room:
   * they do not tell what a neighbour has.
   */
  hasRoom(): boolean {
    const { historyMessagesMax, historyBytesMax } = this.log.limits;
    const { own } = this;
    return own === undefined || (own.waiting < historyMessagesMax / 2 && own.waitingBytes < historyBytesMax / 2);
  }

  /** A message of one's own waits for the next comparison; it goes to nobody at once. */
  publish(message: DataMessage, _nowMs: number, _effects: Effects): number {
    if (this.ranges !== undefined) return 0;
    this.own ??= new OwnMessages(message.epoch, this.log.limits.historyMessagesMax);
    this.own.onPublished(message);
    return 0;
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data': return void this.log.accept(message, from, effects);
      case 'digest': return this.onDigest(from, message, effects);
      case 'recent': return this.onRecent(from, message, nowMs, effects);
      case 'connect': return this.contacts.onConnect(from, message, nowMs, effects);
      case 'connectReply': return this.onConnectReply(from, message, nowMs, effects);
      case 'ranges':
      case 'rangeOffer':
      case 'rangeWant': return this.ranges?.onMessage(from, message, this.mark, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'antiEntropy') return;
    this.setTimer(this.options.cycleMs, effects);
    this.keptBefore = this.kept;
    this.kept = this.log.kept;
    this.ranges?.onCycle();
    // A newcomer that does not know yet what it is owed asks for nothing.
    if (this.log.catchingUp) return;
    const partner = this.contacts.open(nowMs, effects);
    if (partner !== undefined) this.compareWith(partner, nowMs, effects);
  }

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(peer: PeerRef): void {
    this.own?.forget(peer);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.contacts.eachPeer(visit);
  }

  get audit(): readonly Audited[] {
    return [...(this.own?.audit ?? []), ...(this.ranges?.audit ?? [])];
  }

  get unfinished(): Readonly<Record<string, number>> {
    return { 'messages asked for by ranges': this.ranges?.askedFor ?? 0 };
  }

  /** The contact of this cycle: all is compared, or what changed lately at first. */
  private compareWith(partner: PeerRef, nowMs: number, effects: Effects): void {
    const mode = this.options.mode === 'push-pull' ? 'pushPull' : this.options.mode;
    if (this.ranges !== undefined) return this.ranges.begin(partner, mode, effects);
    this.recent?.note(this.log.digest(), nowMs);
    const entries = this.recent?.entries() ?? [];
    if (this.recent === undefined || entries.length > RECENT_ENTRIES_MAX) this.sendDigest(partner, mode, effects);
    else this.sendRecent(partner, 'ask', mode, entries, effects);
  }

  private onConnectReply(from: PeerRef, reply: ConnectReply, nowMs: number, effects: Effects): void {
    const partner = this.contacts.onConnectReply(from, reply, effects);
    if (partner !== undefined) this.compareWith(partner, nowMs, effects);
  }

  /** A peer that compares all at once takes no part: whoever asked gets its digest, and everything is compared. */
  private onRecent(from: PeerRef, message: Recent, nowMs: number, effects: Effects): void {
    const { recent, log } = this;
    const mine = message.entries.find(({ origin }) => origin === this.self);
    if (mine !== undefined && this.neighbours.includes(from)) this.own?.onDigest(from, mine);
    if (log.catchingUp) return;
    if (message.step === 'fetch') return this.sendLackedOf(from, message.entries, effects);
    if (recent === undefined) return message.step === 'ask' ? this.sendDigest(from, 'pushPull', effects) : undefined;
    recent.note(log.digest(), nowMs);
    if (message.step === 'ask') {
      this.sendRecent(from, 'answer', message.mode, recent.entriesWith(message.entries), effects);
    } else if (!recent.agreesBeside(message)) {
      this.sendDigest(from, message.mode, effects);
    } else {
      if (message.mode !== 'pull') this.sendLackedOf(from, message.entries, effects);
      const lacking = message.mode === 'push' ? [] : message.entries.filter((entry) => log.lacksFrom([entry]));
      if (lacking.length > 0) this.sendRecent(from, 'fetch', message.mode, recent.entriesFor(lacking), effects);
    }
  }

  /** What the other side lacks of the publishers listed: of all others it is taken to have what is here. */
  private sendLackedOf(to: PeerRef, entries: readonly DigestEntry[], effects: Effects): void {
    const listed = new Set(entries.map(({ origin }) => origin));
    this.sendLacked(to, [...this.log.digest().filter(({ origin }) => !listed.has(origin)), ...entries], effects);
  }

  private onDigest(from: PeerRef, digest: Digest, effects: Effects): void {
    this.log.fetchFor(digest.entries);
    if (this.neighbours.includes(from)) this.own?.onDigest(from, digest.entries.find(({ origin }) => origin === this.self));
    if (digest.mode !== 'push') this.sendLacked(from, digest.entries, effects);
    // An offer is answered by asking, with what is here already.
    if (digest.mode !== 'pull' && !this.log.catchingUp && this.log.lacksFrom(digest.entries)) this.sendDigest(from, 'pull', effects);
  }

  private sendLacked(to: PeerRef, digest: readonly DigestEntry[], effects: Effects): void {
    for (const message of this.log.lackedBy(digest, this.options.batchMax, this.mark)) {
      effects.send(to, { ...nextHop(message), repair: true });
    }
  }

  /** What the log has kept from it on is too young to be sent. */
  private get mark(): number {
    return this.role === 'repair' ? this.keptBefore : Infinity;
  }

  private sendRecent(to: PeerRef, step: Recent['step'], mode: Recent['mode'], entries: readonly DigestEntry[], effects: Effects): void {
    const checksum = step === 'fetch' || this.recent === undefined ? NO_CHECKSUM : this.recent.checksum;
    effects.sendUnreliable(to, { kind: 'recent', group: this.log.group, step, mode, checksum, entries });
  }

  private sendDigest(to: PeerRef, mode: Digest['mode'], effects: Effects): void {
    effects.sendUnreliable(to, { kind: 'digest', group: this.log.group, mode, entries: this.log.digest() });
  }

  private setTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'antiEntropy', group: this.log.group, session: this.session }, afterMs);
  }
}

/** What anti-entropy is helped with, where its options ask for it. */
export interface AntiEntropyHelp {
  readonly distances?: Distances;
  /** Default: the number that the peer has here, which in a simulation is the same everywhere. */
  readonly hashOf?: HashOf;
  /** With `reconcile: 'ranges'`. */
  readonly ranges?: RangeReconciliation;
}

/** Publishers in one question at most; when more have sent something lately, all is compared at once. */
const RECENT_ENTRIES_MAX = 256;

const NO_CHECKSUM = { high: 0, low: 0 };
