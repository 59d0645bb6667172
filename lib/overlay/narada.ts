import type { NaradaOptions } from '../core/config.ts';
import type { Effects, NaradaTimer, Timer } from '../core/effects.ts';
import { unreachable } from '../core/errors.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Message, NaradaDescribe, NaradaLink, NaradaLinkReply, NaradaMembers, NaradaRefresh, RttMessage } from '../core/messages.ts';
import { DESCRIBED_MAX } from '../core/messages/narada.ts';
import type { NeighbourListener, TreeOverlay } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { Contacts } from './narada/contacts.ts';
import { Inquiries, type Unanswered } from './narada/inquiries.ts';
import { LinkRequests } from './narada/link-requests.ts';
import { MemberList } from './narada/member-list.ts';
import { type MeshLink, MeshLinks, forgetLeft, measured, renew } from './narada/mesh-links.ts';
import { type Mesh, MeshUpkeep } from './narada/mesh-upkeep.ts';
import { PartitionQueue } from './narada/partition-queue.ts';
import { Refreshes } from './narada/refreshes.ts';
import { RouteTable } from './narada/route-table.ts';
import { RttMeter } from './rtt-meter.ts';

/**
 * Narada, the protocol of End System Multicast: every member knows all others, the
 * members keep a mesh of links that are short and few, and data travel along the
 * reverse shortest paths of that mesh, a tree for each source.
 *
 * Y. Chu, S. G. Rao, H. Zhang: "A Case for End System Multicast", SIGMETRICS 2000; with
 * S. Seshan in IEEE JSAC 20(8), 2002. Membership: section 3.1 (`MemberList`,
 * `Refreshes`, `PartitionQueue`); quality of the mesh: 3.2 (`MeshUpkeep`, `utility`);
 * data delivery: 3.3 (`RouteTable`, `forwardTo`).
 *
 * Deviations:
 * - A newcomer asks its contact for the list of members, which the paper takes from
 *   outside the protocol. Refreshes name members by id; who has never heard of one asks
 *   the neighbour how to reach it.
 * - Between refreshes, changed routes are told after `updateDelayMs`, so that data do not
 *   wait for several refreshes after a failure.
 * - A message is forwarded to all who use this member as their next hop to its source,
 *   whoever brought it first: the paper drops what did not come from this member's own
 *   next hop, but copies are refused by the log here. Who turns to another next hop is
 *   sent messages for a second more, so that none is lost while routes change.
 * - Members measure each other ever more rarely while that comes to nothing, where the
 *   paper keeps one pace: the mesh comes to rest.
 * - A member that leaves is gone at once; only links that are dropped keep carrying data
 *   for `transientMs` (the paper's Transient Forward cost).
 * - The dead are asked again now and then while they are remembered, about four of them
 *   in a group at each refresh, so that two halves of a network meet again after each
 *   has declared the other dead.
 *
 * Guarantees: views never contain this member itself or a peer twice; at most
 * `membersMax` members and twice `degreeMax` links are kept; routes have no loop once
 * refreshes have spread, and every member then gets each message once. A partition of
 * the mesh is mended while one member can reach another one on the far side. Who
 * is declared dead by a liar can refute it: no sequence number is the last one.
 */
export class Narada implements TreeOverlay, Mesh {
  readonly self: PeerRef;
  readonly group: GroupRef;
  readonly options: NaradaOptions;
  readonly random: Random;
  readonly members: MemberList;
  readonly links: MeshLinks;
  readonly routes: RouteTable;
  readonly meter: RttMeter;
  private readonly session: number;
  private readonly listener: NeighbourListener;
  private readonly refreshes: Refreshes;
  private readonly inquiries: Inquiries;
  private readonly queue: PartitionQueue;
  private readonly upkeep: MeshUpkeep;
  private readonly contacts: Contacts;
  private readonly requests: LinkRequests;
  private updateDue = false;
  readonly counters = { strangers: 0, requestsLeftOut: 0 };

  constructor(self: PeerRef, group: GroupRef, session: number, options: NaradaOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random.fork('narada');
    this.listener = listener;
    this.links = new MeshLinks(2 * options.degreeMax);
    this.members = new MemberList(options.membersMax - 1, this.links.max);
    this.routes = new RouteTable(self, this.members, this.links);
    this.meter = new RttMeter(group, options.membersMax);
    this.refreshes = new Refreshes(self, group, this.members, this.links, this.routes);
    this.inquiries = new Inquiries(this.meter, options.probeTimeoutMs);
    this.queue = new PartitionQueue(options.repairWaitMs);
    this.upkeep = new MeshUpkeep(this);
    this.contacts = new Contacts(group, options.probeTimeoutMs);
    this.requests = new LinkRequests(options.probeTimeoutMs);
  }

  get neighbours(): readonly PeerRef[] {
    return this.links.neighbours;
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    for (const peer of peers) if (peer !== this.self) this.contacts.add(peer);
    this.contacts.ask(this.random, nowMs, effects);
    // At random moments at first, so that members started together do not act together.
    for (const [step, everyMs] of this.periods()) this.setTimer(step, this.random.below(everyMs), effects);
  }

  /** To the neighbours that use this member as their next hop to the source (section 3.3). */
  forwardTo(origin: PeerRef, from: PeerRef): readonly PeerRef[] {
    const serves = (link: MeshLink): boolean => link.peer !== from && link.peer !== origin && this.routes.serves(link, origin);
    return this.links.all.filter(serves).map(({ peer }) => peer);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    if (from === this.self) return;
    switch (message.kind) {
      case 'naradaJoin': return this.onJoin(from, effects);
      case 'naradaMembers': return this.onMembers(from, message, nowMs, effects);
      case 'naradaDescribe': return this.onDescribe(from, message, effects);
      case 'naradaLink': return this.onLink(from, message, nowMs, effects);
      case 'naradaLinkReply': return this.onLinkReply(from, message, nowMs, effects);
      case 'naradaDrop': return this.onDrop(from, nowMs, effects);
      case 'naradaLeave': return this.onLeave(from, message.seq, nowMs, effects);
      case 'naradaRefresh': return this.onRefresh(from, message, nowMs, effects);
      case 'naradaAskCosts': return this.onAskCosts(from, effects);
      case 'naradaCosts': return this.upkeep.onCosts(from, message, nowMs, effects);
      case 'rttProbe':
      case 'rttReply': return this.onRtt(from, message, nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'narada') return;
    for (const [step, everyMs] of this.periods()) if (step === timer.step) this.setTimer(step, everyMs, effects);
    switch (timer.step) {
      case 'refresh': return this.onRefreshTimer(nowMs, effects);
      case 'update': return this.onUpdateTimer(effects);
      case 'probe': return this.upkeep.onProbeTimer(nowMs, effects);
      case 'repair': return this.onRepairTimer(nowMs, effects);
      case 'check': return this.onCheckTimer(nowMs, effects);
      default: return unreachable(timer);
    }
  }

  /** A neighbour that cannot be reached is asked whether it is alive (section 3.1.2). */
  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.requests.end(peer);
    const link = this.links.find(peer);
    if (link !== undefined) this.removeLink(link, nowMs, effects);
    if (this.members.isAlive(peer)) this.inquiries.ask(peer, nowMs, effects);
  }

  addContact(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.contacts.add(peer);
    const asked = this.links.neighbours.length === 0 ? this.contacts.ask(this.random, nowMs, effects) : undefined;
    if (asked !== peer && this.routes.costUs(peer) === undefined) this.requestLink(peer, true, nowMs, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    const { seq } = this.refreshes;
    for (const link of [...this.links.all]) {
      effects.send(link.peer, { kind: 'naradaLeave', group: this.group, seq });
      this.removeLink(link, nowMs, effects);
    }
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { peer, undescribed } of this.links.all) [peer, ...undescribed].forEach(visit);
    for (const { peer, told } of this.members.all()) {
      visit(peer);
      for (const route of told) route?.path.forEach(visit);
    }
    for (const part of [this.contacts, this.requests, this.meter, this.inquiries]) part.eachPeer(visit);
  }

  /** Asks `peer` for a link; an urgent one may make more links than `degreeMax`. */
  requestLink(peer: PeerRef, urgent: boolean, nowMs: number, effects: Effects): void {
    const link = this.links.find(peer);
    if (this.requests.has(peer) || (link !== undefined && link.fadingSinceMs === undefined)) return;
    if (this.links.all.length + this.requests.size >= this.links.max) {
      this.counters.requestsLeftOut++;
      return;
    }
    this.requests.add(peer, nowMs);
    effects.send(peer, { kind: 'naradaLink', group: this.group, urgent });
  }

  /** Section 3.3: the link costs more than any other route from now on, and goes when routes have had time to leave it. */
  dropLink(link: MeshLink, nowMs: number, effects: Effects): void {
    effects.send(link.peer, { kind: 'naradaDrop', group: this.group });
    this.fade(link, nowMs, effects);
  }

  /** Section 3.1.1: the newcomer learns who is in the group, and finds neighbours among them. */
  private onJoin(from: PeerRef, effects: Effects): void {
    const peers = [this.self, ...this.members.sample('alive', DESCRIBED_MAX - 1, this.random, (peer) => peer !== from)];
    effects.send(from, { kind: 'naradaMembers', group: this.group, peers });
  }

  /** Members and how to reach them, from a contact or a neighbour that was asked for them. */
  private onMembers(from: PeerRef, { peers }: NaradaMembers, nowMs: number, effects: Effects): void {
    const isContact = this.contacts.onAnswer(from);
    if (!isContact && this.links.find(from) === undefined) return;
    for (const peer of peers) if (peer !== this.self) this.members.admit(peer, nowMs);
    if (isContact && this.links.neighbours.length === 0) this.seekNeighbours(nowMs, effects);
  }

  /** The descriptions go first, then what was told of these members again, since it could not be used. */
  private onDescribe(from: PeerRef, { peers }: NaradaDescribe, effects: Effects): void {
    if (this.links.find(from) === undefined) return;
    const known = new Set(peers.filter((peer) => this.members.isAlive(peer)));
    if (known.size === 0) return;
    effects.send(from, { kind: 'naradaMembers', group: this.group, peers: [...known] });
    this.refreshes.sendOf(known, from, effects);
  }

  private onLink(from: PeerRef, { urgent }: NaradaLink, nowMs: number, effects: Effects): void {
    const link = this.links.find(from);
    const hasRoom = !this.links.isFull && (urgent || this.links.degree < this.options.degreeMax);
    const accepted = link !== undefined || (hasRoom && this.members.admit(from, nowMs) !== undefined);
    effects.send(from, { kind: 'naradaLinkReply', group: this.group, accepted });
    if (accepted) this.takeLink(from, nowMs, effects);
  }

  private onLinkReply(from: PeerRef, { accepted }: NaradaLinkReply, nowMs: number, effects: Effects): void {
    const wanted = this.requests.end(from);
    // Who has no neighbour then asks others at the next check, not at once: all may refuse.
    if (!accepted) return this.upkeep.onRefused();
    const hasRoom = this.links.find(from) !== undefined || !this.links.isFull;
    if (wanted && hasRoom && this.members.admit(from, nowMs) !== undefined) return this.takeLink(from, nowMs, effects);
    // A link that is no longer wanted is given back, or only one end would have it.
    if (this.links.find(from) === undefined) effects.send(from, { kind: 'naradaDrop', group: this.group });
  }

  private onDrop(from: PeerRef, nowMs: number, effects: Effects): void {
    this.requests.end(from);
    const link = this.links.find(from);
    if (link !== undefined && link.fadingSinceMs === undefined) this.fade(link, nowMs, effects);
  }

  /** Section 3.1.2: the neighbours of a member that leaves tell the others. */
  private onLeave(from: PeerRef, seq: number, nowMs: number, effects: Effects): void {
    const link = this.links.find(from);
    if (link !== undefined) this.removeLink(link, nowMs, effects);
    const member = this.members.get(from);
    if (member !== undefined && this.members.hear(member, seq, 'left', nowMs) === 'died') this.refreshes.onEndOrReturn(member);
    this.tellChanges(effects);
  }

  private onRefresh(from: PeerRef, refresh: NaradaRefresh, nowMs: number, effects: Effects): void {
    const link = this.links.find(from);
    if (link === undefined) return this.onStranger(from, effects);
    this.refreshes.apply(link, refresh, nowMs);
    this.refreshes.askWhoTheyAre(link, this.options.probeTimeoutMs, nowMs, effects);
    this.tellChanges(effects);
  }

  /** It takes this member for its neighbour, and learns that it is none, unless the word that it is one is on its way. */
  private onStranger(from: PeerRef, effects: Effects): void {
    if (this.requests.has(from)) return;
    this.counters.strangers++;
    effects.send(from, { kind: 'naradaDrop', group: this.group });
  }

  private onAskCosts(from: PeerRef, effects: Effects): void {
    const costs = [{ member: this.self, costUs: 0 }];
    for (const { peer, best } of this.members.all()) if (best !== undefined) costs.push({ member: peer, costUs: best.costUs });
    effects.send(from, { kind: 'naradaCosts', group: this.group, degree: this.links.degree, costs });
  }

  private onRtt(from: PeerRef, message: RttMessage, nowMs: number, effects: Effects): void {
    const peer = this.meter.onMessage(from, message, nowMs, effects);
    const rttMs = peer === undefined ? undefined : this.meter.rttMs(peer);
    if (peer === undefined || rttMs === undefined) return;
    const link = this.links.find(peer);
    if (link !== undefined && measured(link, rttMs)) this.chooseRoutes(effects);
    if (this.inquiries.onAnswer(peer)) this.onFound(peer, nowMs, effects);
    this.upkeep.onMeasured(peer, nowMs, effects);
  }

  /** Section 3.1.3: a member that was lost sight of lives: a link to it joins what had come apart. */
  private onFound(peer: PeerRef, nowMs: number, effects: Effects): void {
    const member = this.members.get(peer);
    const isLost = member === undefined || member.status !== 'alive' || nowMs - member.heardMs > this.options.memberTimeoutMs;
    if (isLost || this.routes.costUs(peer) === undefined) this.requestLink(peer, true, nowMs, effects);
  }

  private onRefreshTimer(nowMs: number, effects: Effects): void {
    this.members.flush(this.options.deadMemberMs, nowMs);
    this.refreshes.sendFull(effects);
    for (const { peer } of this.links.all) this.meter.probe(peer, nowMs, effects);
    if (this.random.chance(DEAD_ASKED / (this.members.aliveCount + 1))) {
      for (const peer of this.members.sample('failed', 1, this.random)) this.inquiries.ask(peer, nowMs, effects);
    }
  }

  private onUpdateTimer(effects: Effects): void {
    this.updateDue = false;
    if (this.routes.changed.size > 0) this.refreshes.sendChanged(effects);
  }

  /** Section 3.1.3, figure 3. */
  private onRepairTimer(nowMs: number, effects: Effects): void {
    this.queue.update(this.members.silent(this.options.memberTimeoutMs, nowMs), nowMs);
    for (const peer of this.queue.next(this.members.aliveCount + 1, nowMs, this.random)) this.inquiries.ask(peer, nowMs, effects);
  }

  private onCheckTimer(nowMs: number, effects: Effects): void {
    const { probeTimeoutMs, refreshIntervalMs, transientMs } = this.options;
    for (const unanswered of this.inquiries.check(nowMs, effects)) this.onUnanswered(unanswered, nowMs, effects);
    this.requests.check(nowMs);
    for (const link of [...this.links.all]) {
      forgetLeft(link);
      const hasFaded = link.fadingSinceMs !== undefined && nowMs - link.fadingSinceMs >= transientMs;
      if (hasFaded && !this.routes.isOnlyWay(link)) this.removeLink(link, nowMs, effects);
      else if (hasFaded) this.requestLink(link.peer, true, nowMs, effects);
      else if (nowMs - link.heardMs > REFRESHES_MISSED * refreshIntervalMs) this.onLinkDown(link.peer, nowMs, effects);
      else if (link.delayUs === undefined) this.meter.probe(link.peer, nowMs, effects);
      else this.refreshes.askWhoTheyAre(link, probeTimeoutMs, nowMs, effects);
    }
    if (this.links.neighbours.length === 0 && this.requests.size === 0) this.seekNeighbours(nowMs, effects);
  }

  /** It counts as dead, unless news of it came another way meanwhile. */
  private onUnanswered({ peer, startMs }: Unanswered, nowMs: number, effects: Effects): void {
    const member = this.members.get(peer);
    if (member === undefined || member.heardMs > startMs) return;
    const link = this.links.find(peer);
    if (link !== undefined) this.removeLink(link, nowMs, effects);
    if (this.members.hear(member, member.seq, 'failed', nowMs) === 'died') this.refreshes.onEndOrReturn(member);
    this.tellChanges(effects);
  }

  /** Section 3.1.1: asks a few random members for links, or a contact for members where none is known. */
  private seekNeighbours(nowMs: number, effects: Effects): void {
    const lacking = Math.max(0, this.options.degreeMin - this.requests.size);
    const peers = this.members.sample('alive', lacking, this.random, (peer) => !this.requests.has(peer));
    for (const peer of peers) this.requestLink(peer, true, nowMs, effects);
    if (this.requests.size === 0) this.contacts.ask(this.random, nowMs, effects);
  }

  /** The link is up at this end: a new one, or one that was about to go. */
  private takeLink(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.requests.end(peer);
    const known = this.links.find(peer);
    const link = known ?? this.links.add(peer, nowMs);
    renew(link, nowMs);
    if (known === undefined) {
      effects.openLink(peer);
      this.listener.onNeighbourUp(peer, nowMs, effects);
    }
    const rttMs = this.meter.rttMs(peer);
    if (rttMs !== undefined) measured(link, rttMs);
    this.meter.probe(peer, nowMs, effects);
    this.refreshes.sendFullTo(peer, effects);
    this.chooseRoutes(effects);
  }

  private fade(link: MeshLink, nowMs: number, effects: Effects): void {
    link.fadingSinceMs = nowMs;
    this.chooseRoutes(effects);
  }

  private removeLink(link: MeshLink, nowMs: number, effects: Effects): void {
    this.links.remove(link);
    this.routes.forgetLink(link);
    effects.closeLink(link.peer);
    this.listener.onNeighbourDown(link.peer, nowMs, effects);
    this.tellChanges(effects);
  }

  /** The links, or their costs, have changed. */
  private chooseRoutes(effects: Effects): void {
    this.routes.chooseAll();
    this.tellChanges(effects);
  }

  private tellChanges(effects: Effects): void {
    if (this.updateDue || this.routes.changed.size === 0) return;
    this.updateDue = true;
    this.setTimer('update', this.options.updateDelayMs, effects);
  }

  /** The steps that come again and again, and how often. */
  private periods(): readonly (readonly [NaradaTimer['step'], number])[] {
    const { refreshIntervalMs, probeIntervalMs, repairIntervalMs } = this.options;
    return [['refresh', refreshIntervalMs], ['probe', probeIntervalMs], ['repair', repairIntervalMs], ['check', CHECK_INTERVAL_MS]];
  }

  private setTimer(step: NaradaTimer['step'], afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'narada', step, group: this.group, session: this.session }, afterMs);
  }
}

/** How often what waits for an answer is looked at, in ms. A guess. */
const CHECK_INTERVAL_MS = 1000;

/** A neighbour that has sent nothing for this many refresh intervals is taken for lost. A guess. */
const REFRESHES_MISSED = 3;

/** Members of a whole group that ask a dead one again at each refresh, on average. A guess. */
const DEAD_ASKED = 4;
