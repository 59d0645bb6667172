import type { NiceOptions } from '../../core/config.ts';
import type { Effects, Timer } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { Message, NiceCluster, NiceHeartbeat, NiceJoin, NiceLeader, NiceReply, NiceTransfer, RttMessage } from '../../core/messages.ts';
import { NICE_TOP_LAYER } from '../../core/messages/nice.ts';
import type { NeighbourListener, TreeOverlay } from '../../core/protocol.ts';
import type { Random } from '../../core/random.ts';
import type { Cluster } from './cluster.ts';
import { HEIGHT_MAX, type Layers } from './layers.ts';
import { type Bounds, countSmall, nextAct, split } from './maintenance.ts';
import { Place } from './place.ts';

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
  readonly neighbours: PeerRef[];
  readonly counters = { joins: 0, refused: 0, ignored: 0 };
  /** This peer's place in the hierarchy, and how it changes. */
  readonly place: Place;
  private readonly layers: Layers;
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: NiceOptions;
  private readonly random: Random;
  private readonly bounds: Bounds;
  /** A peer that was asked in which hierarchy it is. */
  private recalled: PeerRef | undefined = undefined;
  /** Heartbeats so far, from a random number on, so that peers do not measure together. */
  private beats: number;

  constructor(self: PeerRef, group: GroupRef, session: number, options: NiceOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random.fork('nice');
    this.place = new Place({ self, group, session, options, random: this.random, listener });
    this.layers = this.place.layers;
    this.neighbours = this.place.neighbours;
    const { clusterSizeMin, gainPercent } = options;
    this.bounds = { sizeMin: clusterSizeMin, sizeMax: 3 * clusterSizeMin - 1, improvement: gainPercent / 100 };
    this.beats = this.random.below(BEATS_PER_REFRESH);
  }

  forwardTo(_origin: PeerRef, from: PeerRef): readonly PeerRef[] {
    return this.layers.forwardTo(from);
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    const { seeker } = this.place;
    for (const peer of peers) seeker.recall.addContact(peer);
    seeker.begin(nowMs, effects);
    this.setHeartbeatTimer(this.random.below(this.options.heartbeatIntervalMs), effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    if (from === this.self) return;
    switch (message.kind) {
      case 'niceQuery': return this.onQuery(from, message.layer, effects);
      case 'niceReply': return this.onReply(from, message, nowMs, effects);
      case 'niceJoin': return this.onJoin(from, message, nowMs, effects);
      case 'niceCluster': return this.onCluster(from, message, nowMs, effects);
      case 'niceHeartbeat': return this.onHeartbeat(from, message, nowMs, effects);
      case 'niceLeave': return this.onLeave(from, message.layer, nowMs, effects);
      case 'niceTransfer': return this.onTransfer(from, message, nowMs, effects);
      case 'niceLeader': return this.onLeader(from, message, effects);
      case 'niceMerge': return this.onMerge(from, message.layer, nowMs, effects);
      case 'niceRoot': return this.place.seeker.consider(message.root, nowMs, effects);
      case 'rttProbe':
      case 'rttReply': return this.onRtt(from, message, nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'nice') return;
    if (timer.step === 'heartbeat') this.onHeartbeatTimer(nowMs, effects);
    else this.place.onTimer(timer, nowMs, effects);
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    const { place, layers } = this;
    const { seeker } = place;
    if (this.neighbours.includes(peer)) seeker.recall.lose(peer);
    place.meter.forget(peer);
    place.election?.strike(peer);
    if (place.move?.to === peer) place.onMoveFailed(nowMs, effects);
    for (const cluster of layers.led) if (cluster.remove(peer)) place.speaker.announce(cluster, effects);
    if (layers.parent === peer) place.onParentLost(peer, nowMs, effects);
    else layers.upper?.remove(peer);
    place.sync(nowMs, effects);
    place.searching(() => seeker.onFailure(peer, nowMs, effects), nowMs, effects);
  }

  addContact(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    const { seeker } = this.place;
    seeker.recall.addContact(peer);
    if (this.layers.isRoot) seeker.begin(nowMs, effects, peer);
    else if (!this.neighbours.includes(peer)) this.ask(peer, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    this.place.seeker.stop();
    this.place.reshaping.leave(effects);
    this.place.sync(nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.place.eachPeer(visit);
    if (this.recalled !== undefined) visit(this.recalled);
  }

  /** Section 3.1: who is in a cluster that this peer leads; or where the highest one is, and some others to know. */
  private onQuery(from: PeerRef, layer: number, effects: Effects): void {
    const { speaker } = this.place;
    const { isRoot, led, height } = this.layers;
    const shown = layer === NICE_TOP_LAYER && isRoot ? height - 1 : layer;
    const members = shown === NICE_TOP_LAYER ? this.random.sample(this.neighbours, ACQUAINTANCES) : (led[shown]?.members ?? []);
    speaker.reply(from, shown, members, effects);
  }

  private onReply(from: PeerRef, reply: NiceReply, nowMs: number, effects: Effects): void {
    const { place, group } = this;
    const { seeker } = place;
    const { root, isRoot } = this.layers;
    if (from === this.recalled || from === seeker.awaited) seeker.recall.meet(reply.members);
    if (from === this.recalled) {
      this.recalled = undefined;
      if (reply.root === root || reply.root === this.self) seeker.recall.find(from);
      else if (!isRoot) effects.send(root, { kind: 'niceRoot', group, root: reply.root });
    }
    if (place.move?.to === from) place.onMoveFailed(nowMs, effects);
    place.searching(() => seeker.onReply(from, reply, nowMs, effects), nowMs, effects);
  }

  /** Section 3.1: the leader takes the newcomer in; a root also one as high as itself, which makes a layer more. */
  private onJoin(from: PeerRef, { layer }: NiceJoin, nowMs: number, effects: Effects): void {
    const { layers, place, bounds } = this;
    // Who says that it is no higher than this peer is no parent of it.
    if (from === layers.parent && layer <= layers.height) place.orphan(nowMs, effects);
    const cluster = this.clusterFor(layer);
    if (cluster === undefined || (!cluster.has(from) && cluster.size >= 2 * bounds.sizeMax)) {
      this.counters.refused++;
      place.speaker.reply(from, layer, layers.led[layer]?.members ?? [], effects);
      if (layer >= layers.height) place.seeker.consider(from, nowMs, effects);
      return;
    }
    this.counters.joins++;
    const changed = layers.remove(from, layer);
    cluster.add(from, nowMs);
    cluster.heard(from, nowMs);
    for (const each of [...changed, cluster]) place.speaker.announce(each, effects);
    this.relieve(nowMs, effects);
    place.sync(nowMs, effects);
  }

  /** The cluster that somebody may join in `layer`. While this peer asks to be let in itself, the layer that it asks for must stay. */
  private clusterFor(layer: number): Cluster | undefined {
    const { layers } = this;
    const { isJoining } = this.place.seeker;
    if (isJoining && layers.isChildless) return undefined;
    if (layer < layers.height) return layers.led[layer];
    const mayRaise = layers.isRoot && layer === layers.height && !layers.isChildless && !isJoining && layer < HEIGHT_MAX;
    return mayRaise ? layers.raise() : undefined;
  }

  /** A leader's list: from the parent, or from whom this peer wants to be its parent. */
  private onCluster(from: PeerRef, message: NiceCluster, nowMs: number, effects: Effects): void {
    const { layers, place } = this;
    const { layer, root } = message;
    if (from === layers.parent && layer === layers.height) return place.view(from, message, nowMs, effects);
    if (place.expects(from, layer)) return place.attach(from, message, this.refresh, nowMs, effects);
    place.speaker.part([from], layer, effects);
    place.seeker.consider(root, nowMs, effects);
  }

  private onHeartbeat(from: PeerRef, { layer, toLeader, distances }: NiceHeartbeat, nowMs: number, effects: Effects): void {
    const { layers } = this;
    const cluster = layers.clusterOf(layer);
    if (cluster === undefined || !cluster.has(from) || (toLeader && layer >= layers.height)) {
      // It lives, and looks for another leader when it is told.
      if (toLeader) this.place.speaker.part([from], layer, effects);
      return;
    }
    cluster.heard(from, nowMs);
    cluster.report(from, distances);
    if (layer < layers.height && cluster.size > this.bounds.sizeMax && cluster.isMeasured) this.maintain(nowMs, effects);
  }

  private onLeave(from: PeerRef, layer: number, nowMs: number, effects: Effects): void {
    const { layers, place } = this;
    const { seeker } = place;
    if (from === layers.parent && layer === layers.height) {
      place.orphan(nowMs, effects);
      seeker.begin(nowMs, effects, from);
    } else if (layers.clusterOf(layer)?.remove(from) === true) {
      const led = layers.led[layer];
      if (led !== undefined) place.speaker.announce(led, effects);
    }
    place.sync(nowMs, effects);
    if (place.move?.to === from) place.onMoveFailed(nowMs, effects);
    place.searching(() => seeker.onRefusal(from, nowMs, effects), nowMs, effects);
  }

  /** Leader transfer and the new half of a split: this peer leads in more layers. */
  private onTransfer(from: PeerRef, { height, members, parent }: NiceTransfer, nowMs: number, effects: Effects): void {
    const { layers, place } = this;
    const below = layers.height;
    if (from !== layers.parent || height <= below || height >= HEIGHT_MAX) {
      this.counters.ignored++;
      return;
    }
    place.orphan(nowMs, effects);
    while (layers.height < height) layers.raise();
    for (const { layer, peer } of members) {
      const cluster = layer >= below ? layers.led[layer] : undefined;
      if (cluster !== undefined && cluster.size < 2 * this.bounds.sizeMax) cluster.add(peer, nowMs);
    }
    for (const cluster of layers.led.slice(below)) place.speaker.announce(cluster, effects);
    if (parent !== undefined && parent !== this.self) place.seeker.join(parent, nowMs, effects);
    place.sync(nowMs, effects);
  }

  private onLeader(from: PeerRef, { layer, leader }: NiceLeader, effects: Effects): void {
    if (from !== this.layers.parent || layer !== this.layers.height || leader === this.self) return;
    this.place.moveTo(leader, true, effects);
  }

  private onMerge(from: PeerRef, layer: number, nowMs: number, effects: Effects): void {
    if (from !== this.layers.parent || layer !== this.layers.height - 1) return;
    this.place.perform({ kind: 'dissolve', into: from }, nowMs, effects);
  }

  private onRtt(from: PeerRef, message: RttMessage, nowMs: number, effects: Effects): void {
    const { meter, speaker, seeker } = this.place;
    const isFirst = meter.rttMs(from) === undefined;
    if (meter.onMessage(from, message, nowMs, effects) === undefined) return;
    const { upper } = this.layers;
    // A newcomer has measured its cluster: its leader may be waiting for that.
    if (isFirst && upper?.has(from) === true && upper.unmeasured().length === 0) speaker.beatUpper(effects);
    seeker.onMeasured(nowMs, effects);
  }

  /** Section 3.2. */
  private onHeartbeatTimer(nowMs: number, effects: Effects): void {
    const { seeker, speaker } = this.place;
    this.setHeartbeatTimer(this.options.heartbeatIntervalMs, effects);
    this.beats++;
    this.dropSilent(nowMs, effects);
    countSmall(this.layers, this.bounds);
    this.maintain(nowMs, effects);
    speaker.beat(effects);
    this.measure(nowMs, effects);
    if (this.layers.isRoot) {
      if (this.layers.isChildless && seeker.recall.hasContacts) effects.emit({ kind: 'isolated', group: this.group });
      return seeker.lookForOthers(nowMs, effects);
    }
    if (this.beats % BEATS_PER_REFRESH === 1) this.refine(effects);
    if (this.beats % BEATS_PER_REFRESH === 3) this.ask(seeker.recall.next(), effects);
  }

  private dropSilent(nowMs: number, effects: Effects): void {
    const { layers, place } = this;
    const sinceMs = nowMs - this.options.heartbeatIntervalMs * this.options.heartbeatsMissedMax;
    for (const cluster of layers.led) {
      for (const peer of cluster.silentSince(sinceMs)) {
        cluster.remove(peer);
        place.seeker.recall.lose(peer);
        place.speaker.part([peer], cluster.layer, effects);
      }
    }
    const { parent, upper } = layers;
    if (parent !== undefined && upper?.silentSince(sinceMs).includes(parent) === true) {
      place.seeker.recall.lose(parent);
      place.onParentLost(parent, nowMs, effects);
    }
    place.sync(nowMs, effects);
  }

  /** One change at a time, and none while the place of this peer is about to change. */
  private maintain(nowMs: number, effects: Effects): void {
    const { place } = this;
    if (!place.isSteady) return;
    const act = nextAct(this.layers, this.bounds, place.calm.allows(this.refresh));
    if (act?.kind === 'transfer') place.calm.changed(this.refresh);
    if (act !== undefined) place.perform(act, nowMs, effects);
    this.relieve(nowMs, effects);
  }

  /** Parts clusters that cannot wait for distances to be measured. A split may fill the cluster above. */
  private relieve(nowMs: number, effects: Effects): void {
    const { layers, bounds } = this;
    for (let layer = 0; layer < layers.height; layer++) {
      const cluster = layers.led[layer];
      if (cluster !== undefined && cluster.size >= 2 * bounds.sizeMax) this.place.perform(split(cluster, bounds), nowMs, effects);
    }
  }

  /** Distances within clusters: those that are missing now, all of them and those to the super-cluster now and then. */
  private measure(nowMs: number, effects: Effects): void {
    const isTime = this.beats % BEATS_PER_REFRESH === 0;
    const { layers } = this;
    const peers = new Set(layers.clusters.flatMap((cluster) => (isTime ? cluster.members : cluster.unmeasured())));
    if (isTime) for (const peer of layers.supers) peers.add(peer);
    peers.delete(this.self);
    for (const peer of peers) this.place.meter.probe(peer, nowMs, effects);
  }

  /** Section 3.2: a member goes over to a leader that is nearer than its own. */
  private refine(effects: Effects): void {
    const { place, bounds } = this;
    const { parent, upper, supers } = this.layers;
    if (parent === undefined || upper === undefined || upper.size <= bounds.sizeMin) return;
    if (place.move !== undefined || !place.calm.allows(this.refresh)) return;
    let leastMs = (place.meter.rttMs(parent) ?? 0) * (1 - bounds.improvement);
    let nearest: PeerRef | undefined;
    for (const peer of supers) {
      const ms = place.meter.rttMs(peer) ?? Infinity;
      if (peer !== this.self && peer !== parent && ms < leastMs) [nearest, leastMs] = [peer, ms];
    }
    if (nearest !== undefined) place.moveTo(nearest, false, effects);
  }

  /** Asks a peer in which hierarchy it is. */
  private ask(peer: PeerRef | undefined, effects: Effects): void {
    this.recalled = peer;
    if (peer !== undefined) effects.sendUnreliable(peer, { kind: 'niceQuery', group: this.group, layer: NICE_TOP_LAYER });
  }

  /** Counts the times at which all distances are measured. */
  private get refresh(): number {
    return Math.floor(this.beats / BEATS_PER_REFRESH);
  }

  private setHeartbeatTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'nice', group: this.group, session: this.session, step: 'heartbeat', number: 0 }, afterMs);
  }
}

/** Heartbeats from one measurement of all distances, move and question for other hierarchies to the next. A guess. */
const BEATS_PER_REFRESH = 6;

/** Members that are named to who asks for the root: so a peer comes to know some of other clusters, for the case that all its leaders fail. A guess. */
const ACQUAINTANCES = 8;
