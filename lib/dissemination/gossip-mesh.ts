import type { Audited } from '../core/audit.ts';
import type { GossipMeshOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { MessageId, PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type Announcement, type DataMessage, type IHave, type IWant, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';

/**
 * A gossip mesh: payloads flood over the mesh, some of the overlay's links, of which
 * each peer has between D_low and D_high; a few of the other neighbours are told at
 * each heartbeat which messages came lately, and ask for what they have missed.
 *
 * After gossipsub as libp2p specifies it, version 1.0 (mesh, heartbeat, gossip) with
 * what 1.1 adds about PRUNE: a peer that was pruned, or has pruned, is left alone for
 * a backoff time, and a GRAFT of who was pruned within it, or at a peer with D_high in its
 * mesh, is answered by a PRUNE. Defaults are those of version 1.0 and of 1.1's backoff.
 *
 * Left out: scores, and all that rests on them (opportunistic grafting, thresholds,
 * retention by score, flood publishing); quotas of outbound links; peers in PRUNE, since
 * the overlay finds peers; fanout, since who publishes is a member.
 *
 * Deviations:
 * - Candidates for the mesh are the neighbours in the overlay: links that both ends
 *   keep open, more of them than D_high. Gossipsub takes all connections there are.
 * - A neighbour that comes while the mesh is below D_low is grafted at once, and not at
 *   the next heartbeat: a newcomer then takes part from its first neighbour on. A GRAFT
 *   that arrives before the word that its sender is a neighbour waits for that, until
 *   the next heartbeat.
 * - Every few heartbeats one peer of the mesh gets a GRAFT again, all in turn: one end of
 *   a link may have lost and found the other while that noticed nothing, and then has it
 *   in its mesh no more. In gossipsub a connection that fails does so at both ends.
 * - While the mesh is below D_low, what is published goes to other neighbours too.
 * - An announced message is asked for once between two heartbeats, however many
 *   announce it.
 * - Requests are answered from the group's history, which is bounded by messages and
 *   bytes in place of heartbeats. A message that anti-entropy brought as a repair is
 *   neither passed on nor announced.
 *
 * Guarantees: the mesh has at most D_high peers and is mutual once what is under way has
 * arrived, or after D_high times `GRAFT_AGAIN` heartbeats where one end alone has lost the
 * other for a while. While the mesh is connected and links are reliable, every peer gets every
 * message; what a break of the mesh withholds is announced to random neighbours for
 * `gossipWindow` heartbeats, so that it comes with high probability, and not for certain.
 */
export class GossipMesh implements Dissemination {
  readonly ignoresDuplicates = true;
  private readonly self: PeerRef;
  private readonly session: number;
  private readonly options: GossipMeshOptions;
  private readonly log: MessageLog;
  private readonly neighbours: readonly PeerRef[];
  private readonly random: Random;
  private readonly links: PeerRef[] = [];
  /** Peers in backoff, in the order in which that was settled. */
  private readonly backoffs = new Map<PeerRef, Backoff>();
  /** Peers that sent a GRAFT and are no neighbours yet. */
  private readonly early = new Set<PeerRef>();
  /** What came in since the last heartbeat, between that and the one before, and so on. */
  private windows: Announcement[][] = [[]];
  /** Messages asked for since the last heartbeat. */
  private readonly asked = new Set<string>();
  /** How many of them were asked of each neighbour. */
  private readonly askedOf = new Map<PeerRef, number>();
  /** Messages sent on request since the last heartbeat, by who asked. */
  private readonly answered = new Map<PeerRef, number>();
  private heartbeats = 0;
  readonly counters = { announcementsDropped: 0, missingDropped: 0, requestsDropped: 0, graftsRefused: 0 };

  constructor(self: PeerRef, session: number, options: GossipMeshOptions, log: MessageLog, neighbours: readonly PeerRef[], random: Random) {
    this.self = self;
    this.session = session;
    this.options = options;
    this.log = log;
    this.neighbours = neighbours;
    this.random = random;
  }

  /** The first heartbeat comes at a random moment, so that peers started together do not act together. */
  start(nowMs: number, effects: Effects): void {
    this.fill(nowMs, effects);
    this.setTimer(this.random.below(this.options.heartbeatMs), effects);
  }

  publish(message: DataMessage, _nowMs: number, effects: Effects): number {
    this.remember(message);
    const copy = nextHop(message);
    const { links } = this;
    const more = links.length < this.options.dLow ? this.random.sample(this.others(), this.options.d - links.length) : NOBODY;
    for (const peer of links) effects.send(peer, copy);
    for (const peer of more) effects.send(peer, copy);
    return links.length + more.length;
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data': return this.onData(from, message, effects);
      case 'iHave': return this.onIHave(from, message, effects);
      case 'iWant': return this.onIWant(from, message, effects);
      case 'graft': return this.onGraft(from, nowMs, effects);
      case 'prune': return this.onPrune(from, nowMs);
      default: return;
    }
  }

  /** The heartbeat: mends the mesh, then announces what came lately. */
  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'gossipMesh') return;
    this.setTimer(this.options.heartbeatMs, effects);
    for (const peer of this.early) this.refuse(peer, nowMs, effects);
    this.early.clear();
    this.fill(nowMs, effects);
    this.graftAgain(effects);
    this.announce(effects);
    this.windows = [[], ...this.windows.slice(0, this.options.gossipWindow - 1)];
    this.asked.clear();
    this.askedOf.clear();
    this.answered.clear();
  }

  onNeighbourUp(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.early.delete(peer)) this.onGraft(peer, nowMs, effects);
    else if (this.links.length < this.options.dLow && !this.inBackoff(peer, nowMs)) this.graft(peer, effects);
  }

  onNeighbourDown(peer: PeerRef): void {
    this.early.delete(peer);
    this.unlink(peer);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.early.forEach(visit);
    for (const window of this.windows) for (const { origin } of window) visit(origin);
  }

  /** The peers that payloads go to. */
  get mesh(): readonly PeerRef[] {
    return this.links;
  }

  get audit(): readonly Audited[] {
    let there = 0;
    for (const count of this.askedOf.values()) there += count;
    return [{ what: 'messages asked for', counted: this.asked.size, there }];
  }

  /** Heartbeats whose messages are announced still. */
  get announcedHeartbeats(): number {
    return this.windows.length;
  }

  /** What is to be done still, by name: 0 where nothing is. */
  get unfinished(): Readonly<Record<string, number>> {
    const [announced, asked, answered] = [this.windows.flat().length, this.asked.size, this.answered.size];
    return { 'messages to announce': announced, 'messages asked for': asked, 'peers answered in this heartbeat': answered };
  }

  private onData(from: PeerRef, message: DataMessage, effects: Effects): void {
    if (!this.log.accept(message, from, effects) || message.repair) return;
    this.remember(message);
    const copy = nextHop(message);
    for (const peer of this.links) if (peer !== from) effects.send(peer, copy);
  }

  /** One neighbour, which may be lying, is asked for no more than half of what may be asked for. */
  private onIHave(from: PeerRef, { announcements }: IHave, effects: Effects): void {
    if (!this.neighbours.includes(from)) return;
    const { missingMax } = this.options;
    const before = this.askedOf.get(from) ?? 0;
    const ids: MessageId[] = [];
    for (const { origin, epoch, seq } of announcements) {
      const key = `${origin}/${epoch}/${seq}`;
      if (this.asked.has(key) || this.log.has({ origin, epoch, seq })) continue;
      if (this.asked.size >= missingMax || before + ids.length >= Math.ceil(missingMax / 2)) {
        this.counters.missingDropped++;
        continue;
      }
      this.asked.add(key);
      ids.push({ origin, epoch, seq });
    }
    if (ids.length === 0) return;
    this.askedOf.set(from, before + ids.length);
    effects.send(from, { kind: 'iWant', group: this.log.group, ids });
  }

  private onIWant(from: PeerRef, { ids }: IWant, effects: Effects): void {
    if (!this.neighbours.includes(from)) return;
    let answered = this.answered.get(from) ?? 0;
    for (const id of ids) {
      const message = this.log.find(id);
      if (message === undefined) continue;
      if (answered >= this.options.batchMax) {
        this.counters.requestsDropped++;
        continue;
      }
      answered++;
      effects.send(from, nextHop(message));
    }
    this.answered.set(from, answered);
  }

  private onGraft(from: PeerRef, nowMs: number, effects: Effects): void {
    if (from === this.self || this.links.includes(from)) return;
    if (!this.neighbours.includes(from)) {
      if (this.early.size < EARLY_MAX) this.early.add(from);
      return;
    }
    if (this.links.length >= this.options.dHigh || nowMs < (this.backoffs.get(from)?.refusedUntilMs ?? 0)) return this.refuse(from, nowMs, effects);
    this.links.push(from);
  }

  /**
   * Who was pruned waits a little longer than who has pruned, since a GRAFT that comes too
   * early is refused, and not exactly as long as others do. Who has pruned may graft when
   * it likes: if each refused the other while it waited itself, they might never come together.
   */
  private onPrune(from: PeerRef, nowMs: number): void {
    const { heartbeatMs, pruneBackoffMs } = this.options;
    this.unlink(from);
    const untilMs = nowMs + pruneBackoffMs + heartbeatMs + this.random.below(heartbeatMs);
    this.backOff(from, { untilMs, refusedUntilMs: this.backoffs.get(from)?.refusedUntilMs ?? 0 });
  }

  private fill(nowMs: number, effects: Effects): void {
    const { d, dLow } = this.options;
    if (this.links.length >= dLow) return;
    const candidates = this.others().filter((peer) => !this.inBackoff(peer, nowMs));
    for (const peer of this.random.sample(candidates, d - this.links.length)) this.graft(peer, effects);
  }

  private graftAgain(effects: Effects): void {
    if (++this.heartbeats % GRAFT_AGAIN !== 0) return;
    const peer = this.links[(this.heartbeats / GRAFT_AGAIN) % this.links.length];
    if (peer !== undefined) effects.send(peer, { kind: 'graft', group: this.log.group });
  }

  private announce(effects: Effects): void {
    const recent = this.windows.flat();
    if (recent.length === 0) return;
    const peers = this.random.sample(this.others(), this.options.dLazy);
    for (let i = 0; i < recent.length; i += this.options.iHaveBatchMax) {
      const batch: IHave = { kind: 'iHave', group: this.log.group, announcements: recent.slice(i, i + this.options.iHaveBatchMax) };
      for (const peer of peers) effects.send(peer, batch);
    }
  }

  private remember({ origin, epoch, seq, hops }: DataMessage): void {
    const [window] = this.windows;
    if (window === undefined || window.length >= WINDOW_MAX) this.counters.announcementsDropped++;
    else window.push({ origin, epoch, seq, hops });
  }

  private graft(peer: PeerRef, effects: Effects): void {
    this.links.push(peer);
    effects.send(peer, { kind: 'graft', group: this.log.group });
  }

  private refuse(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.counters.graftsRefused++;
    const untilMs = nowMs + this.options.pruneBackoffMs;
    this.backOff(peer, { untilMs, refusedUntilMs: untilMs });
    effects.send(peer, { kind: 'prune', group: this.log.group });
  }

  private unlink(peer: PeerRef): void {
    const index = this.links.indexOf(peer);
    if (index >= 0) this.links.splice(index, 1);
  }

  private backOff(peer: PeerRef, backoff: Backoff): void {
    this.backoffs.delete(peer);
    this.backoffs.set(peer, backoff);
    for (const oldest of this.backoffs.keys()) {
      if (this.backoffs.size <= BACKOFFS_MAX) return;
      this.backoffs.delete(oldest);
    }
  }

  private inBackoff(peer: PeerRef, nowMs: number): boolean {
    const untilMs = this.backoffs.get(peer)?.untilMs;
    if (untilMs === undefined) return false;
    if (nowMs >= untilMs) this.backoffs.delete(peer);
    return nowMs < untilMs;
  }

  /** Neighbours that are not in the mesh. */
  private others(): PeerRef[] {
    return this.neighbours.filter((peer) => peer !== this.self && !this.links.includes(peer));
  }

  private setTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'gossipMesh', group: this.log.group, session: this.session }, afterMs);
  }
}

/** What follows a PRUNE, at either end. */
interface Backoff {
  /** Until then the peer is not grafted. */
  readonly untilMs: number;
  /** Until then a GRAFT of the peer, which was pruned, is refused. */
  readonly refusedUntilMs: number;
}

const NOBODY: readonly PeerRef[] = [];

/** Heartbeats from one repeated GRAFT to the next. A guess: a mesh of D_high has been gone round in a minute, as long as a backoff. */
const GRAFT_AGAIN = 5;

/** Peers whose GRAFT waits for the word that they are neighbours; of further ones it is lost. */
const EARLY_MAX = 64;

/** Peers in backoff; of more the one settled longest ago goes. */
const BACKOFFS_MAX = 1024;

/** Messages announced of one heartbeat at most; the limit of an IHAVE in libp2p's Go implementation is 5000. */
const WINDOW_MAX = 4096;
