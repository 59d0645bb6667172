import type { AntiEntropyOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Digest, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { OwnMessages } from './own-messages.ts';
import { randomPartner } from './partner.ts';

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
  ) {
    this.self = self;
    this.session = session;
    this.options = options;
    this.log = log;
    this.neighbours = neighbours;
    this.random = random;
    this.role = role;
  }

  /** The first cycle begins at a random moment, so that peers started together do not act together. */
  start(_nowMs: number, effects: Effects): void {
    this.setTimer(this.random.below(this.options.cycleMs), effects);
  }

  /** Half of the history is for what is on its way to others; what they have not got when it goes, they never get from here. */
  hasRoom(): boolean {
    const { historyMessagesMax, historyBytesMax } = this.log.limits;
    const { own } = this;
    return own === undefined || (own.waiting < historyMessagesMax / 2 && own.waitingBytes < historyBytesMax / 2);
  }

  /** A message of one's own waits for the next comparison; it goes to nobody at once. */
  publish(message: DataMessage, _nowMs: number, _effects: Effects): number {
    this.own ??= new OwnMessages(message.epoch, this.log.limits.historyMessagesMax);
    this.own.onPublished(message);
    return 0;
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    if (message.kind === 'data') this.log.accept(message, from, effects);
    else if (message.kind === 'digest') this.onDigest(from, message, effects);
  }

  onTimer(timer: Timer, _nowMs: number, effects: Effects): void {
    if (timer.kind !== 'antiEntropy') return;
    this.setTimer(this.options.cycleMs, effects);
    this.keptBefore = this.kept;
    this.kept = this.log.kept;
    // A newcomer that does not know yet what it is owed asks for nothing.
    if (this.log.catchingUp) return;
    const partner = randomPartner(this.neighbours, this.self, this.random);
    const { mode } = this.options;
    if (partner !== undefined) this.sendDigest(partner, mode === 'push-pull' ? 'pushPull' : mode, effects);
  }

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(peer: PeerRef): void {
    this.own?.forget(peer);
  }

  eachPeer(_visit: (peer: PeerRef) => void): void {}

  private onDigest(from: PeerRef, digest: Digest, effects: Effects): void {
    this.log.fetchFor(digest.entries);
    if (this.own !== undefined && this.neighbours.includes(from)) this.own.onDigest(from, digest.entries.find(({ origin }) => origin === this.self));
    if (digest.mode !== 'push') {
      const mark = this.role === 'repair' ? this.keptBefore : Infinity;
      for (const message of this.log.lackedBy(digest.entries, this.options.batchMax, mark)) {
        effects.send(from, { ...nextHop(message), repair: true });
      }
    }
    // An offer is answered by asking, with what is here already.
    if (digest.mode !== 'pull' && !this.log.catchingUp && this.log.lacksFrom(digest.entries)) this.sendDigest(from, 'pull', effects);
  }

  private sendDigest(to: PeerRef, mode: Digest['mode'], effects: Effects): void {
    effects.sendUnreliable(to, { kind: 'digest', group: this.log.group, mode, entries: this.log.digest() });
  }

  private setTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'antiEntropy', group: this.log.group, session: this.session }, afterMs);
  }
}
