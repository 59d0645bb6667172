import type { NiceOptions } from '../../core/config.ts';
import type { Effects, NiceTimer } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { NiceCluster } from '../../core/messages.ts';
import { NICE_MEMBERS_MAX } from '../../core/messages/nice.ts';
import type { NeighbourListener } from '../../core/protocol.ts';
import type { Random } from '../../core/random.ts';
import { RttMeter } from '../rtt-meter.ts';
import { Calm } from './calm.ts';
import { Election } from './election.ts';
import { HEIGHT_MAX, Layers } from './layers.ts';
import type { Act } from './maintenance.ts';
import { Reshaping } from './reshaping.ts';
import { Seeker } from './seeker.ts';
import { Speaker } from './speaker.ts';

/** A peer's part in one group. */
export interface NiceContext {
  readonly self: PeerRef;
  readonly group: GroupRef;
  readonly session: number;
  readonly options: NiceOptions;
  readonly random: Random;
  readonly listener: NeighbourListener;
}

/** Peers whose distances are known at most: more than those of a place in a group of a million. */
const METERED_MAX = 512;

/** From the failure of a leader to the choice of the next one, in ms: others may fail with it. A guess. */
const ELECTION_DELAY_MS = 200;

/**
 * How a peer's place in the hierarchy changes: it gets a parent, goes over to another
 * one, loses it, elects the next or becomes that, and hands its place to another peer.
 */
export class Place {
  readonly neighbours: PeerRef[] = [];
  readonly layers: Layers;
  readonly meter: RttMeter;
  readonly speaker: Speaker;
  readonly reshaping: Reshaping;
  readonly seeker: Seeker;
  readonly calm = new Calm();
  readonly counters = { elections: 0, moves: 0, orphaned: 0 };
  /** The choice of a new leader, from the failure of the old one until there is a parent. */
  election: Election | undefined = undefined;
  /** The leader that this peer wants to go over to; `sent`: because its own said so, else because it is nearer. */
  move: { readonly to: PeerRef; readonly sent: boolean } | undefined = undefined;
  /** Of moves and elections: timers of others are stale. */
  private number = 0;
  private readonly context: NiceContext;

  constructor(context: NiceContext) {
    const { self, group, session, options, random } = context;
    this.context = context;
    this.meter = new RttMeter(group, METERED_MAX);
    this.layers = new Layers(self, (peer) => microseconds(this.meter.rttMs(peer)));
    this.speaker = new Speaker(group, this.layers);
    this.reshaping = new Reshaping(self, group, this.layers, this.speaker);
    this.seeker = new Seeker(self, group, session, options, random, this.layers, this.meter);
  }

  /** Nothing is under way that changes the place. */
  get isSteady(): boolean {
    return this.seeker.isIdle && this.move === undefined && this.election === undefined;
  }

  onTimer(timer: NiceTimer, nowMs: number, effects: Effects): void {
    if (timer.step === 'search') this.searching(() => this.seeker.onTimer(timer, nowMs, effects), nowMs, effects);
    else if (timer.step === 'retry') this.seeker.onTimer(timer, nowMs, effects);
    else if (timer.number !== this.number) return;
    else if (timer.step === 'move') this.onMoveFailed(nowMs, effects);
    else if (timer.step === 'elect') this.elect(nowMs, effects);
  }

  /** Whether a list of `layer` from `from` would be that of a parent that this peer waits for. */
  expects(from: PeerRef, layer: number): boolean {
    const { layers, seeker, election, move } = this;
    // Whoever is elected in its place leads one layer more.
    if (layer >= HEIGHT_MAX) return false;
    if (!layers.isRoot) return layer === layers.height && from === move?.to;
    return layer === layers.layerToJoin && (from === seeker.joining || election?.survivors.includes(from) === true);
  }

  /** `from` is the parent now. `refresh`: the number of measurements of all distances so far. */
  attach(from: PeerRef, message: NiceCluster, refresh: number, nowMs: number, effects: Effects): void {
    const { layers, move } = this;
    if (move !== undefined) {
      this.counters.moves++;
      if (!move.sent) {
        this.calm.changed(refresh);
        this.speaker.part(layers.upper?.members ?? [], layers.height, effects);
      }
      layers.upper = undefined;
    }
    this.endAll();
    const cluster = layers.attach(message.layer, from, nowMs);
    this.view(from, message, nowMs, effects);
    this.seeker.recall.meet([...cluster.members, ...message.supers]);
    const unmeasured = cluster.unmeasured();
    for (const peer of unmeasured) this.meter.probe(peer, nowMs, effects);
    if (unmeasured.length === 0) this.speaker.beatUpper(effects);
  }

  /** Takes over what the parent says of the cluster and of what is above. */
  view(parent: PeerRef, { members, supers, root }: NiceCluster, nowMs: number, effects: Effects): void {
    const { layers } = this;
    const { upper } = layers;
    if (upper === undefined) return;
    const listed = members.map(({ peer }) => peer);
    // One place is this peer's own, whether it is listed or not.
    upper.replace([parent, ...listed.filter((peer) => peer !== this.context.self).slice(0, NICE_MEMBERS_MAX - 1)], nowMs);
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
  orphan(nowMs: number, effects: Effects): void {
    const { layers } = this;
    this.counters.orphaned++;
    this.endAll();
    this.seeker.recall.meet([...(layers.upper?.members ?? []), ...layers.supers]);
    layers.detach();
    this.sync(nowMs, effects);
  }

  /** Section 3.3: the members choose a new leader; a moment later, since others may have failed, too. */
  onParentLost(parent: PeerRef, nowMs: number, effects: Effects): void {
    const { upper, supers, listed } = this.layers;
    if (upper === undefined) return;
    upper.remove(parent);
    const survivors = listed.filter((peer) => peer === this.context.self || upper.has(peer));
    this.orphan(nowMs, effects);
    this.calm.reset();
    this.counters.elections++;
    this.election = new Election(upper, survivors, supers);
    this.setTimer('elect', ELECTION_DELAY_MS, effects);
  }

  /** Asks `to` to become the parent; until it has agreed, nothing changes. */
  moveTo(to: PeerRef, sent: boolean, effects: Effects): void {
    this.move = { to, sent };
    effects.send(to, { kind: 'niceJoin', group: this.context.group, layer: this.layers.height });
    this.setTimer('move', this.context.options.queryTimeoutMs, effects);
  }

  /** The old leader does not keep one that it has sent away. */
  onMoveFailed(nowMs: number, effects: Effects): void {
    const { move } = this;
    this.move = undefined;
    this.number++;
    if (move?.sent !== true) return;
    const { root } = this.layers;
    this.orphan(nowMs, effects);
    this.seeker.begin(nowMs, effects, root);
  }

  /** Changes clusters that this peer leads. Not while a root asks to be let in somewhere: its height must stay. */
  perform(act: Act, nowMs: number, effects: Effects): void {
    if (this.seeker.isJoining && this.layers.isRoot) return;
    if (act.kind === 'dissolve' || act.kind === 'transfer') this.seeker.recall.meet(this.neighbours);
    const parent = this.reshaping.perform(act, nowMs, effects);
    if (parent !== undefined) {
      this.endAll();
      this.seeker.join(parent, nowMs, effects);
    }
    this.sync(nowMs, effects);
  }

  /** A search is about to go on. When who should become the leader cannot be joined, another one is chosen. */
  searching(act: () => void, nowMs: number, effects: Effects): void {
    const { seeker } = this;
    const { joining } = seeker;
    act();
    if (this.election === undefined || joining === undefined || seeker.joining !== undefined) return;
    this.election.strike(joining);
    seeker.stop();
    this.elect(nowMs, effects);
  }

  /** Makes the neighbours those who share a cluster with this peer. */
  sync(nowMs: number, effects: Effects): void {
    const { listener } = this.context;
    const now = this.layers.neighbours();
    for (const peer of this.neighbours.filter((one) => !now.includes(one))) {
      this.neighbours.splice(this.neighbours.indexOf(peer), 1);
      effects.closeLink(peer);
      listener.onNeighbourDown(peer, nowMs, effects);
    }
    for (const peer of now) {
      if (this.neighbours.includes(peer)) continue;
      this.neighbours.push(peer);
      effects.openLink(peer);
      listener.onNeighbourUp(peer, nowMs, effects);
    }
  }

  /** Everybody named here or below. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    const { layers, election, move } = this;
    for (const peers of [this.neighbours, layers.supers, layers.listed, election?.survivors ?? [], election?.supers ?? []]) peers.forEach(visit);
    for (const peer of [layers.root, layers.parent, move?.to]) if (peer !== undefined) visit(peer);
    this.seeker.eachPeer(visit);
    this.meter.eachPeer(visit);
  }

  private elect(nowMs: number, effects: Effects): void {
    const { election, layers, seeker } = this;
    if (election === undefined) return;
    // A search that has begun meanwhile may find a parent, which ends the election.
    if (!seeker.isIdle) return this.setTimer('elect', ELECTION_DELAY_MS, effects);
    const { survivors, layer, supers } = election;
    const above = supers.find((peer) => peer !== this.context.self);
    if (survivors.length <= 1) {
      this.election = undefined;
      return seeker.begin(nowMs, effects, above);
    }
    // Somebody may have chosen this peer already.
    const isChosen = (layers.led[layer]?.members.length ?? 0) > 0 || election.winner === this.context.self;
    if (!isChosen) return seeker.join(election.winner, nowMs, effects);
    this.election = undefined;
    while (layers.height <= layer) layers.raise();
    const cluster = layers.led[layer];
    for (const peer of survivors) cluster?.add(peer, nowMs);
    if (cluster !== undefined) this.speaker.announce(cluster, effects);
    this.sync(nowMs, effects);
    if (above !== undefined) seeker.begin(nowMs, effects, above);
  }

  /** What was under way is over. */
  private endAll(): void {
    this.move = undefined;
    this.election = undefined;
    this.number++;
    this.seeker.stop();
  }

  /** A move and an election are never under way together, so that one number is enough. */
  private setTimer(step: 'move' | 'elect', afterMs: number, effects: Effects): void {
    const { group, session } = this.context;
    effects.setTimer({ kind: 'nice', group, session, step, number: ++this.number }, afterMs);
  }
}

/** In whole microseconds, at least 1: 0 stands for a distance that has not been measured. */
function microseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(Math.max(1, Math.round(ms * 1000)), 0xffff_ffff);
}
