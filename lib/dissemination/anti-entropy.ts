import type { AntiEntropyOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Digest, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { randomPartner } from './partner.ts';
import type { RangeReconciliation } from './range-reconciliation.ts';

/**
 * Anti-entropy: in every cycle each peer compares what it has with a random partner,
 * and what one of them lacks is sent. Alone it is a dissemination; beside another
 * one it repairs what that missed.
 *
 * A. Demers et al.: "Epidemic algorithms for replicated database maintenance", PODC
 * 1987, section 1.3: push, pull or both.
 *
 * Deviations: the paper exchanges checksums and recent updates; here the digest says
 * exactly, for each publisher, which numbers a peer has seen, so that a peer that
 * missed messages gets those and no others. What is no longer in the partner's
 * bounded history cannot be sent. Cycles of different peers are not aligned.
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
 * every message that stays in the history of one, however many packets are lost;
 * the expected time is logarithmic in the number of members.
 */
export class AntiEntropy implements Dissemination {
  readonly ignoresDuplicates = true;
  private readonly self: PeerRef;
  private readonly session: number;
  private readonly options: AntiEntropyOptions;
  private readonly log: MessageLog;
  private readonly neighbours: readonly PeerRef[];
  private readonly random: Random;
  private readonly role: 'dissemination' | 'repair';
  private readonly ranges: RangeReconciliation | undefined;
  /** What the log had kept when this cycle began, and when the one before it did. */
  private kept = 0;
  private keptBefore = 0;

  constructor(
    self: PeerRef,
    session: number,
    options: AntiEntropyOptions,
    log: MessageLog,
    neighbours: readonly PeerRef[],
    random: Random,
    role: 'dissemination' | 'repair',
    ranges?: RangeReconciliation,
  ) {
    this.self = self;
    this.session = session;
    this.options = options;
    this.log = log;
    this.neighbours = neighbours;
    this.random = random;
    this.role = role;
    this.ranges = ranges;
  }

  /** The first cycle begins at a random moment, so that peers started together do not act together. */
  start(_nowMs: number, effects: Effects): void {
    this.setTimer(this.random.below(this.options.cycleMs), effects);
  }

  /** A message of one's own waits for the next comparison; it goes to nobody at once. */
  publish(_message: DataMessage, _nowMs: number, _effects: Effects): number {
    return 0;
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    if (message.kind === 'data') this.log.accept(message, from, effects);
    else if (message.kind === 'digest') this.onDigest(from, message, effects);
    else if (message.kind === 'ranges' || message.kind === 'rangeOffer' || message.kind === 'rangeWant') {
      this.ranges?.onMessage(from, message, this.mark, effects);
    }
  }

  onTimer(timer: Timer, _nowMs: number, effects: Effects): void {
    if (timer.kind !== 'antiEntropy') return;
    this.setTimer(this.options.cycleMs, effects);
    this.keptBefore = this.kept;
    this.kept = this.log.kept;
    // A newcomer that does not know yet what it is owed asks for nothing.
    if (this.log.catchingUp) return;
    const partner = randomPartner(this.neighbours, this.self, this.random);
    if (partner === undefined) return;
    const mode = this.options.mode === 'push-pull' ? 'pushPull' : this.options.mode;
    if (this.ranges !== undefined) this.ranges.begin(partner, mode, effects);
    else this.sendDigest(partner, mode, effects);
  }

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  eachPeer(_visit: (peer: PeerRef) => void): void {}

  private onDigest(from: PeerRef, digest: Digest, effects: Effects): void {
    this.log.fetchFor(digest.entries);
    if (digest.mode !== 'push') {
      for (const message of this.log.lackedBy(digest.entries, this.options.batchMax, this.mark)) {
        effects.send(from, { ...nextHop(message), repair: true });
      }
    }
    // An offer is answered by asking, with what is here already.
    if (digest.mode !== 'pull' && !this.log.catchingUp && this.log.lacksFrom(digest.entries)) this.sendDigest(from, 'pull', effects);
  }

  /** What the log has kept from it on is too young to be sent. */
  private get mark(): number {
    return this.role === 'repair' ? this.keptBefore : Infinity;
  }

  private sendDigest(to: PeerRef, mode: Digest['mode'], effects: Effects): void {
    effects.sendUnreliable(to, { kind: 'digest', group: this.log.group, mode, entries: this.log.digest() });
  }

  private setTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'antiEntropy', group: this.log.group, session: this.session }, afterMs);
  }
}
