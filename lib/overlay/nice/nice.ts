import type { NiceOptions } from '../../core/config.ts';
import type { Effects, NiceTimer, Timer } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { Message, NiceCluster, NiceHeartbeat, NiceJoin, NiceLeader, NiceQuery, NiceReply, NiceTransfer, RttMessage } from '../../core/messages.ts';
import { NICE_TOP_LAYER } from '../../core/messages/nice.ts';
import type { NeighbourListener, TreeOverlay } from '../../core/protocol.ts';
import type { Random } from '../../core/random.ts';
import { RttMeter } from '../rtt-meter.ts';
import { Calm } from './calm.ts';
import type { Cluster } from './cluster.ts';
import { Election } from './election.ts';
import { HEIGHT_MAX, Layers } from './layers.ts';
import { type Act, type Bounds, countSmall, nextAct, split } from './maintenance.ts';
import { Reshaping } from './reshaping.ts';
import { Seeker } from './seeker.ts';
import { Speaker } from './speaker.ts';

/**
 * NICE: a hierarchy of clusters of near members, and multicast along it.
 *
 * S. Banerjee, B. Bhattacharjee, C. Kommareddy: "Scalable Application Layer Multicast",
 * SIGCOMM 2002. The hierarchy and the way of data: section 2; join: 3.1; heartbeats,
 * split, merge and moves to a nearer leader: 3.2; departures and new leaders: 3.3.
 *
 * Deviations:
 * - A peer is the member of one cluster that it does not lead, and keeps that cluster's
 *   leader as its parent. The leader's list of members counts, so that two members do
 *   not disagree for longer than a heartbeat.
 * - A leader that is replaced hands over its place in all layers above at once.
 * - The rendezvous is any member: it points to the root, whom heartbeats name.
 * - Who has no parent is the root of what is below it, a newcomer of itself alone; roots
 *   ask contacts and members that were lost or met, and of two hierarchies the lower one
 *   joins the higher as a whole. So partitions, orphans and newcomers are one case.
 * - Every sixth heartbeat each peer asks one that it has lost or met, in which hierarchy
 *   it is, and tells its root if that is another one. So a group whose leaders fail all
 *   at once, or that is parted, grows together again without a rendezvous.
 * - A leader with too few members that leads the layer above, too, takes those of the
 *   nearest other leader, in place of giving its own away with all that it leads.
 * - Moves to a nearer leader and changes of leaders must gain some percent, and moves
 *   leave no cluster too small: otherwise peers would go on moving for ever. As it is,
 *   moves and the splits that they lead to can only add clusters.
 *
 * Guarantees: parents are higher than their children, so that there are no circles; no
 * cluster has more than twice the largest size for a moment, nor more than the largest
 * for longer than a heartbeat. While peers can reach each other or a contact, there is
 * one hierarchy again within 20 heartbeats after the last failure that was noticed, and
 * within 20 after a partition ends. Messages sent meanwhile may be missed; repair brings
 * them.
 */
export class Nice implements TreeOverlay {
  readonly neighbours: PeerRef[] = [];
  /** This peer's place. */
  readonly layers: Layers;
  readonly seeker: Seeker;
  readonly counters = { joins: 0, refused: 0, elections: 0, moves: 0, orphaned: 0, ignored: 0 };
  private readonly reshaping: Reshaping;
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: NiceOptions;
  private readonly random: Random;
  private readonly listener: NeighbourListener;
  private readonly meter: RttMeter;
  private readonly speaker: Speaker;
  private readonly bounds: Bounds;
  /** The leader that this peer wants to go over to; `sent`: because its own said so, else because it is nearer. */
  private move: { readonly to: PeerRef; readonly sent: boolean } | undefined = undefined;
  private moveNumber = 0;
  private election: Election | undefined = undefined;
  /** A lost peer that was asked whether it is in another hierarchy. */
  private recalled: PeerRef | undefined = undefined;
  private readonly calm = new Calm();
  /** Heartbeats so far, from a random number on, so that peers do not measure together. */
  private beats: number;

  constructor(self: PeerRef, group: GroupRef, session: number, options: NiceOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random.fork('nice');
    this.listener = listener;
    this.meter = new RttMeter(group, METERED_MAX);
    this.layers = new Layers(self, (peer) => microseconds(this.meter.rttMs(peer)));
    this.speaker = new Speaker(group, this.layers);
    this.reshaping = new Reshaping(self, group, this.layers, this.speaker);
    this.seeker = new Seeker(self, group, session, options, this.random, this.layers, this.meter);
    const { clusterSizeMin, improvementPercent } = options;
    this.bounds = { sizeMin: clusterSizeMin, sizeMax: 3 * clusterSizeMin - 1, improvement: improvementPercent / 100 };
    this.beats = this.random.below(BEATS_PER_REFRESH);
  }

  /** Counts the times at which all distances are measured. */
  private get refresh(): number {
    return Math.floor(this.beats / BEATS_PER_REFRESH);
  }

  /** Splits, merges and hand-overs so far. */
  get reshaped(): Reshaping['counters'] {
    return this.reshaping.counters;
  }

  forwardTo(_origin: PeerRef, from: PeerRef): readonly PeerRef[] {
    return this.layers.forwardTo(from);
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    for (const peer of peers) this.seeker.recall.addContact(peer);
    this.seeker.begin(nowMs, effects);
    this.setTimer('heartbeat', 0, this.random.below(this.options.heartbeatIntervalMs), effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    if (from === this.self) return;
    switch (message.kind) {
      case 'niceQuery': return this.onQuery(from, message, effects);
      case 'niceReply': return this.onReply(from, message, nowMs, effects);
      case 'niceJoin': return this.onJoin(from, message, nowMs, effects);
      case 'niceCluster': return this.onCluster(from, message, nowMs, effects);
      case 'niceHeartbeat': return this.onHeartbeat(from, message, nowMs, effects);
      case 'niceLeave': return this.onLeave(from, message.layer, nowMs, effects);
      case 'niceTransfer': return this.onTransfer(from, message, nowMs, effects);
      case 'niceLeader': return this.onLeader(from, message, effects);
      case 'niceMerge': return this.onMerge(from, message.layer, nowMs, effects);
      case 'niceRoot': return this.seeker.consider(message.root, nowMs, effects);
      case 'rttProbe':
      case 'rttReply': return this.onRtt(from, message, nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'nice') return;
    switch (timer.step) {
      case 'heartbeat': return this.onHeartbeatTimer(nowMs, effects);
      case 'search': return this.afterSearch(() => this.seeker.onTimer(timer, nowMs, effects), nowMs, effects);
      case 'retry': return this.seeker.onTimer(timer, nowMs, effects);
      case 'move': return timer.number === this.moveNumber ? this.onMoveFailed(nowMs, effects) : undefined;
      case 'elect': return timer.number === this.election?.number ? this.elect(nowMs, effects) : undefined;
    }
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.neighbours.includes(peer)) this.seeker.recall.lose(peer);
    this.meter.forget(peer);
    this.election?.strike(peer);
    if (this.move?.to === peer) this.onMoveFailed(nowMs, effects);
    for (const cluster of this.layers.led) if (cluster.remove(peer)) this.speaker.announce(cluster, effects);
    if (this.layers.parent === peer) this.onParentLost(peer, nowMs, effects);
    else this.layers.upper?.remove(peer);
    this.sync(nowMs, effects);
    this.afterSearch(() => this.seeker.onFailure(peer, nowMs, effects), nowMs, effects);
  }

  addContact(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.seeker.recall.addContact(peer);
    if (this.layers.isRoot) this.seeker.begin(nowMs, effects, peer);
    else if (!this.neighbours.includes(peer)) this.ask(peer, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    this.seeker.stop();
    this.reshaping.leave(effects);
    this.sync(nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    const { layers } = this;
    for (const peers of [this.neighbours, layers.supers, layers.listed, this.election?.survivors ?? [], this.election?.supers ?? []]) peers.forEach(visit);
    for (const peer of [layers.root, layers.parent, this.move?.to, this.recalled]) if (peer !== undefined) visit(peer);
    this.seeker.eachPeer(visit);
    this.meter.eachPeer(visit);
  }

  private onQuery(from: PeerRef, { layer }: NiceQuery, effects: Effects): void {
    const { isRoot, led, height } = this.layers;
    if (layer !== NICE_TOP_LAYER) return this.speaker.reply(from, layer, led[layer]?.members ?? [], effects);
    if (isRoot) return this.speaker.reply(from, height - 1, led[height - 1]?.members ?? [], effects);
    this.speaker.reply(from, layer, this.random.sample(this.neighbours, ACQUAINTANCES), effects);
  }

  private onReply(from: PeerRef, reply: NiceReply, nowMs: number, effects: Effects): void {
    const { root, isRoot } = this.layers;
    if (this.recalled === from || this.seeker.awaited === from) this.seeker.recall.meet(reply.members);
    if (this.recalled === from) {
      this.recalled = undefined;
      if (reply.root === root || reply.root === this.self) this.seeker.recall.find(from);
      else if (!isRoot) effects.send(root, { kind: 'niceRoot', group: this.group, root: reply.root });
    }
    if (this.move?.to === from) this.onMoveFailed(nowMs, effects);
    this.afterSearch(() => this.seeker.onReply(from, reply, nowMs, effects), nowMs, effects);
  }

  /** Section 3.1: the leader takes the newcomer in; a root also one as high as itself, which makes a layer more. */
  private onJoin(from: PeerRef, { layer }: NiceJoin, nowMs: number, effects: Effects): void {
    const { layers } = this;
    // Who says that it is no higher than this peer is no parent of it.
    if (from === layers.parent && layer <= layers.height) this.orphan(nowMs, effects);
    const cluster = this.clusterFor(layer);
    const isFull = cluster !== undefined && !cluster.has(from) && cluster.size >= 2 * this.bounds.sizeMax;
    if (cluster === undefined || isFull) {
      this.counters.refused++;
      this.speaker.reply(from, layer, layers.led[layer]?.members ?? [], effects);
      if (layer >= layers.height) this.seeker.consider(from, nowMs, effects);
      return;
    }
    this.counters.joins++;
    const changed = layers.remove(from, layer);
    cluster.add(from, nowMs);
    cluster.heard(from, nowMs);
    for (const each of [...changed, cluster]) this.speaker.announce(each, effects);
    if (cluster.size >= 2 * this.bounds.sizeMax) this.perform(split(cluster, this.bounds), nowMs, effects);
    this.sync(nowMs, effects);
  }

  /** The cluster that somebody may join in `layer`. While this peer asks to be let in itself, the layer that it asks for must stay. */
  private clusterFor(layer: number): Cluster | undefined {
    const { layers, seeker } = this;
    const { height, isRoot, isChildless } = layers;
    if (seeker.isJoining && isChildless) return undefined;
    if (layer < height) return layers.led[layer];
    const mayRaise = isRoot && layer === height && !isChildless && !seeker.isJoining && height < HEIGHT_MAX;
    return mayRaise ? layers.raise() : undefined;
  }

  /** A leader's list: from the parent, or from whom this peer wants to be its parent. */
  private onCluster(from: PeerRef, message: NiceCluster, nowMs: number, effects: Effects): void {
    const { layers, seeker } = this;
    const { layer, root } = message;
    if (from === layers.parent && layer === layers.height) return this.view(from, message, nowMs, effects);
    const wanted = layers.isRoot
      ? layer === layers.layerToJoin && (from === seeker.joining || this.election?.survivors.includes(from) === true)
      : layer === layers.height && from === this.move?.to;
    if (wanted) return this.attach(from, message, nowMs, effects);
    this.speaker.part([from], layer, effects);
    seeker.consider(root, nowMs, effects);
  }

  private onHeartbeat(from: PeerRef, { layer, toLeader, distances }: NiceHeartbeat, nowMs: number, effects: Effects): void {
    const cluster = this.layers.clusterOf(layer);
    if (cluster === undefined || !cluster.has(from) || (toLeader && layer >= this.layers.height)) {
      // It lives, and looks for another leader when it is told.
      if (toLeader) this.speaker.part([from], layer, effects);
      return;
    }
    cluster.heard(from, nowMs);
    cluster.report(from, distances);
    if (layer < this.layers.height && cluster.size > this.bounds.sizeMax && cluster.isMeasured) this.maintain(nowMs, effects);
  }

  private onLeave(from: PeerRef, layer: number, nowMs: number, effects: Effects): void {
    const { layers } = this;
    if (from === layers.parent && layer === layers.height) {
      this.orphan(nowMs, effects);
      this.seeker.begin(nowMs, effects, from);
    } else if (layer < layers.height) {
      const cluster = layers.led[layer];
      if (cluster?.remove(from) === true) this.speaker.announce(cluster, effects);
    } else if (layer === layers.height) {
      layers.upper?.remove(from);
    }
    this.sync(nowMs, effects);
    if (this.move?.to === from) this.onMoveFailed(nowMs, effects);
    this.afterSearch(() => this.seeker.onRefusal(from, nowMs, effects), nowMs, effects);
  }

  /** Leader transfer and the new half of a split: this peer leads in more layers. */
  private onTransfer(from: PeerRef, { height, members, parent }: NiceTransfer, nowMs: number, effects: Effects): void {
    const { layers } = this;
    const below = layers.height;
    if (from !== layers.parent || height <= below || height > HEIGHT_MAX) {
      this.counters.ignored++;
      return;
    }
    this.orphan(nowMs, effects);
    while (layers.height < height) layers.raise();
    for (const { layer, peer } of members) {
      const cluster = layer >= below ? layers.led[layer] : undefined;
      if (cluster !== undefined && cluster.size < 2 * this.bounds.sizeMax) cluster.add(peer, nowMs);
    }
    for (const cluster of layers.led.slice(below)) this.speaker.announce(cluster, effects);
    if (parent !== undefined && parent !== this.self) this.seeker.join(parent, nowMs, effects);
    this.sync(nowMs, effects);
  }

  private onLeader(from: PeerRef, { layer, leader }: NiceLeader, effects: Effects): void {
    if (from !== this.layers.parent || layer !== this.layers.height || leader === this.self) return;
    this.moveTo(leader, true, effects);
  }

  private onMerge(from: PeerRef, layer: number, nowMs: number, effects: Effects): void {
    if (from !== this.layers.parent || layer !== this.layers.height - 1) return;
    this.perform({ kind: 'dissolve', into: from }, nowMs, effects);
  }

  private onRtt(from: PeerRef, message: RttMessage, nowMs: number, effects: Effects): void {
    const isFirst = this.meter.rttMs(from) === undefined;
    if (this.meter.onMessage(from, message, nowMs, effects) === undefined) return;
    const { upper } = this.layers;
    // A newcomer has measured its cluster: its leader may be waiting for that.
    if (isFirst && upper?.has(from) === true && upper.unmeasured().length === 0) this.speaker.beatUpper(effects);
    this.seeker.onMeasured(nowMs, effects);
  }

  private onHeartbeatTimer(nowMs: number, effects: Effects): void {
    this.setTimer('heartbeat', 0, this.options.heartbeatIntervalMs, effects);
    this.beats++;
    this.dropSilent(nowMs, effects);
    countSmall(this.layers, this.bounds);
    this.maintain(nowMs, effects);
    this.speaker.beat(effects);
    this.measure(nowMs, effects);
    if (this.layers.isRoot) this.lookForOthers(nowMs, effects);
    else if (this.beats % BEATS_PER_REFRESH === 1) this.refine(effects);
    if (!this.layers.isRoot && this.beats % BEATS_PER_REFRESH === 3) this.ask(this.seeker.recall.next(), effects);
  }

  private dropSilent(nowMs: number, effects: Effects): void {
    const { layers } = this;
    const sinceMs = nowMs - this.options.heartbeatIntervalMs * this.options.heartbeatsMissedMax;
    for (const cluster of layers.led) {
      for (const peer of cluster.silentSince(sinceMs)) {
        cluster.remove(peer);
        this.seeker.recall.lose(peer);
        this.speaker.part([peer], cluster.layer, effects);
      }
    }
    const { parent, upper } = layers;
    const isSilent = parent !== undefined && upper?.silentSince(sinceMs).includes(parent) === true;
    if (isSilent) {
      this.seeker.recall.lose(parent);
      this.onParentLost(parent, nowMs, effects);
    }
    this.sync(nowMs, effects);
  }

  /** One change at a time, and none while the place of this peer is about to change. */
  private maintain(nowMs: number, effects: Effects): void {
    if (!this.seeker.isIdle || this.move !== undefined || this.election !== undefined) return;
    const act = nextAct(this.layers, this.bounds, this.calm.allows(this.refresh));
    if (act?.kind === 'transfer') this.calm.changed(this.refresh);
    if (act !== undefined) this.perform(act, nowMs, effects);
  }

  private perform(act: Act, nowMs: number, effects: Effects): void {
    const wasRoot = this.layers.isRoot;
    if (wasRoot && this.seeker.isJoining) return;
    if (act.kind === 'dissolve' || act.kind === 'transfer') this.seeker.recall.meet(this.neighbours);
    const join = this.reshaping.perform(act, nowMs, effects);
    if (join !== undefined) {
      this.seeker.stop();
      this.move = undefined;
      this.seeker.join(join, nowMs, effects);
    }
    this.sync(nowMs, effects);
  }

  /** All distances within clusters: those that are missing now, all of them and those to the super-cluster now and then. */
  private measure(nowMs: number, effects: Effects): void {
    const isTime = this.beats % BEATS_PER_REFRESH === 0;
    const { layers } = this;
    const peers = new Set(layers.clusters.flatMap((cluster) => (isTime ? cluster.members : cluster.unmeasured())));
    if (isTime) for (const peer of layers.supers) peers.add(peer);
    peers.delete(this.self);
    for (const peer of peers) this.meter.probe(peer, nowMs, effects);
  }

  /** Section 3.2.2: a member goes over to a leader that is nearer than its own. */
  private refine(effects: Effects): void {
    const { parent, upper, supers } = this.layers;
    if (parent === undefined || upper === undefined || this.move !== undefined || upper.size <= this.bounds.sizeMin || !this.calm.allows(this.refresh)) return;
    let leastMs = (this.meter.rttMs(parent) ?? 0) * (1 - this.bounds.improvement);
    let nearest: PeerRef | undefined;
    for (const peer of supers) {
      const ms = this.meter.rttMs(peer) ?? Infinity;
      if (peer !== this.self && peer !== parent && ms < leastMs) [nearest, leastMs] = [peer, ms];
    }
    if (nearest !== undefined) this.moveTo(nearest, false, effects);
  }

  private lookForOthers(nowMs: number, effects: Effects): void {
    const { isChildless } = this.layers;
    if (isChildless && this.seeker.recall.hasContacts) effects.emit({ kind: 'isolated', group: this.group });
    this.seeker.lookForOthers(nowMs, effects);
  }

  /** Asks a peer in which hierarchy it is. */
  private ask(peer: PeerRef | undefined, effects: Effects): void {
    this.recalled = peer;
    if (peer !== undefined) effects.sendUnreliable(peer, { kind: 'niceQuery', group: this.group, layer: NICE_TOP_LAYER });
  }

  private moveTo(to: PeerRef, sent: boolean, effects: Effects): void {
    this.move = { to, sent };
    effects.send(to, { kind: 'niceJoin', group: this.group, layer: this.layers.height });
    this.setTimer('move', ++this.moveNumber, this.options.queryTimeoutMs, effects);
  }

  /** The old leader does not keep one that it has sent away. */
  private onMoveFailed(nowMs: number, effects: Effects): void {
    const { move } = this;
    this.move = undefined;
    this.moveNumber++;
    if (move?.sent !== true) return;
    const { root } = this.layers;
    this.orphan(nowMs, effects);
    this.seeker.begin(nowMs, effects, root);
    this.sync(nowMs, effects);
  }

  private attach(from: PeerRef, message: NiceCluster, nowMs: number, effects: Effects): void {
    const { layers } = this;
    const { layer } = message;
    if (this.move !== undefined) {
      if (!this.move.sent) this.partFromUpper(effects);
      layers.upper = undefined;
    }
    this.move = undefined;
    this.moveNumber++;
    this.election = undefined;
    this.seeker.stop();
    const cluster = layers.attach(layer, from, nowMs);
    this.view(from, message, nowMs, effects);
    this.seeker.recall.meet([...cluster.members, ...message.supers]);
    for (const peer of cluster.unmeasured()) this.meter.probe(peer, nowMs, effects);
    if (cluster.unmeasured().length === 0) this.speaker.beatUpper(effects);
  }

  /** This peer has found a nearer leader, and tells the cluster that it has been in. */
  private partFromUpper(effects: Effects): void {
    const { upper, height } = this.layers;
    this.counters.moves++;
    this.calm.changed(this.refresh);
    this.speaker.part(upper?.members ?? [], height, effects);
  }

  /** Takes over what the parent says of the cluster and of what is above. */
  private view(parent: PeerRef, { members, supers, root }: NiceCluster, nowMs: number, effects: Effects): void {
    const { layers } = this;
    const { upper } = layers;
    if (upper === undefined) return;
    const listed = members.map(({ peer }) => peer);
    upper.replace([parent, ...listed.filter((peer) => peer !== this.self)], nowMs);
    upper.heard(parent, nowMs);
    upper.report(parent, members);
    layers.listed = listed;
    layers.supers = supers;
    const isNews = layers.root !== root;
    layers.root = root;
    if (isNews) for (const cluster of layers.led) this.speaker.announce(cluster, effects);
    this.sync(nowMs, effects);
  }

  /** This peer has no parent any more, and is the root of what is below it. */
  private orphan(nowMs: number, effects: Effects): void {
    const { layers } = this;
    this.counters.orphaned++;
    this.move = undefined;
    this.moveNumber++;
    this.election = undefined;
    this.seeker.stop();
    this.seeker.recall.meet([...(layers.upper?.members ?? []), ...layers.supers]);
    layers.detach();
    this.sync(nowMs, effects);
  }

  /** Section 3.3: the members choose a new leader; a moment later, since others may have failed, too. */
  private onParentLost(parent: PeerRef, nowMs: number, effects: Effects): void {
    const { upper, supers, listed } = this.layers;
    if (upper === undefined) return;
    upper.remove(parent);
    const survivors = listed.filter((peer) => peer === this.self || upper.has(peer));
    this.calm.reset();
    const election = new Election(++this.moveNumber, upper, survivors, supers);
    this.orphan(nowMs, effects);
    this.election = election;
    this.counters.elections++;
    this.setTimer('elect', election.number, ELECTION_DELAY_MS, effects);
  }

  private elect(nowMs: number, effects: Effects): void {
    const { election, layers, seeker } = this;
    if (election === undefined) return;
    // A search that has begun meanwhile may find a parent, which ends the election.
    if (!seeker.isIdle) return this.setTimer('elect', election.number, ELECTION_DELAY_MS, effects);
    const { survivors, layer, supers } = election;
    // Somebody may have chosen this peer already.
    const isChosen = survivors.length > 1 && (layers.led[layer]?.members.length !== 0 && layers.height > layer || election.winner === this.self);
    if (!isChosen) {
      if (survivors.length > 1) return seeker.join(election.winner, nowMs, effects);
      this.election = undefined;
      return seeker.begin(nowMs, effects, supers.find((peer) => peer !== this.self));
    }
    this.election = undefined;
    while (layers.height <= layer) layers.raise();
    const cluster = layers.led[layer];
    for (const peer of survivors) cluster?.add(peer, nowMs);
    if (cluster !== undefined) this.speaker.announce(cluster, effects);
    this.sync(nowMs, effects);
    const [first] = supers.filter((peer) => peer !== this.self);
    if (first !== undefined) seeker.begin(nowMs, effects, first);
  }

  /** When who should become the leader cannot be joined, another one is chosen. */
  private afterSearch(act: () => void, nowMs: number, effects: Effects): void {
    const { seeker } = this;
    const { joining } = seeker;
    act();
    if (this.election === undefined || joining === undefined || seeker.joining !== undefined) return;
    this.election.strike(joining);
    seeker.stop();
    this.elect(nowMs, effects);
  }

  /** Makes the neighbours those who share a cluster with this peer. */
  private sync(nowMs: number, effects: Effects): void {
    const now = this.layers.neighbours();
    for (const peer of this.neighbours.filter((one) => !now.includes(one))) {
      this.neighbours.splice(this.neighbours.indexOf(peer), 1);
      effects.closeLink(peer);
      this.listener.onNeighbourDown(peer, nowMs, effects);
    }
    for (const peer of now) {
      if (this.neighbours.includes(peer)) continue;
      this.neighbours.push(peer);
      effects.openLink(peer);
      this.listener.onNeighbourUp(peer, nowMs, effects);
    }
  }

  private setTimer(step: NiceTimer['step'], number: number, afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'nice', group: this.group, session: this.session, step, number }, afterMs);
  }
}

/** Peers whose distances are known at most: more than those of a place in a group of a million. */
const METERED_MAX = 512;

/** Heartbeats from one measurement of all distances, move and question for other hierarchies to the next. A guess. */
const BEATS_PER_REFRESH = 6;

/** Members that are named to who asks for the root: so a peer comes to know some of other clusters, for the case that all its leaders fail. A guess. */
const ACQUAINTANCES = 8;

/** From the failure of a leader to the choice of the next one, in ms: others may fail with it. A guess. */
const ELECTION_DELAY_MS = 200;

/** In whole microseconds, at least 1: 0 stands for a distance that has not been measured. */
function microseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(Math.max(1, Math.round(ms * 1000)), 0xffff_ffff);
}
