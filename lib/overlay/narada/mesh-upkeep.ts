import type { NaradaOptions } from '../../core/config.ts';
import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { NaradaCosts } from '../../core/messages.ts';
import type { Random } from '../../core/random.ts';
import type { RttMeter } from '../rtt-meter.ts';
import type { MemberList } from './member-list.ts';
import { type MeshLink, type MeshLinks, delayUsOf } from './mesh-links.ts';
import type { RouteTable } from './route-table.ts';
import { addThreshold, consensusCost, dropThreshold, utilityGain } from './utility.ts';

/** What the upkeep looks at, and what it can do. */
export interface Mesh {
  readonly self: PeerRef;
  readonly group: GroupRef;
  readonly options: NaradaOptions;
  readonly random: Random;
  readonly members: MemberList;
  readonly links: MeshLinks;
  readonly routes: RouteTable;
  readonly meter: RttMeter;
  requestLink(peer: PeerRef, urgent: boolean, nowMs: number, effects: Effects): void;
  dropLink(link: MeshLink, nowMs: number, effects: Effects): void;
}

/** A link this young is not dropped, in ms: the routes over it must have spread first. A guess: a refresh, or the updates of as many hops as a mesh is wide. */
function linkAgeMinMs({ refreshIntervalMs, updateDelayMs }: NaradaOptions): number {
  return Math.max(refreshIntervalMs, 10 * updateDelayMs);
}

/** A member whose distance is at most this share of its mesh delay, and of the mean mesh delay, gets a link whatever the gain (section 3.2.1). A guess. */
const VERY_NEAR = 0.1;

/** Measurements in a row that come to nothing make the next one wait longer, by this factor, up to so many probe intervals. Guesses. */
const PAUSE_GROWTH = 1.5;
const PAUSE_MAX = 16;

/**
 * Makes the mesh better (section 3.2): at each probe, the link of least use is perhaps
 * dropped, and one random member measured and perhaps linked to.
 *
 * The degree range holds in the end: a member with more links than `degreeMax` drops one
 * whatever it is worth (where that turns out to be the only way, `Narada` takes it up
 * again), and one with fewer than `degreeMin` that was refused asks with urgency, so that
 * somebody at the limit makes room for it.
 *
 * A member that is no nearer than the mesh makes it already is of no use to anybody's
 * delay, and is not asked for its routing table. The thresholds rise with the degree and
 * with each link that this member has added while the group stayed as it was, and
 * measurements that come to nothing grow rare while nothing changes: the mesh comes to
 * rest.
 */
export class MeshUpkeep {
  private readonly mesh: Mesh;
  /** The member that is being measured, or has been asked for its costs. */
  private candidate: PeerRef | undefined = undefined;
  /** Links added for their gain while the group had as many members as now. */
  private added = 0;
  private groupSize = 0;
  private degree = 0;
  /** Probe intervals from one measurement to the next, and still to go. */
  private pause = 1;
  private wait = 0;
  /** The last request was refused. */
  private refused = false;
  readonly counters = { added: 0, dropped: 0 };

  constructor(mesh: Mesh) {
    this.mesh = mesh;
  }

  onProbeTimer(nowMs: number, effects: Effects): void {
    const { mesh } = this;
    this.noticeChanges();
    this.dropCheapest(nowMs, effects);
    this.candidate = undefined;
    if (mesh.links.degree >= mesh.options.degreeMax || --this.wait > 0) return;
    this.wait = Math.round(this.pause);
    this.pause = Math.min(PAUSE_MAX, this.pause * PAUSE_GROWTH);
    this.candidate = mesh.members.sample('alive', 1, mesh.random, (peer) => mesh.links.find(peer) === undefined)[0];
    if (this.candidate !== undefined) mesh.meter.probe(this.candidate, nowMs, effects);
  }

  /** The round trip to `peer` was measured: a link at once when there are too few, else its costs where that may be of use. */
  onMeasured(peer: PeerRef, nowMs: number, effects: Effects): void {
    const { mesh } = this;
    if (peer !== this.candidate) return;
    const linkUs = this.linkUs(peer);
    const meshUs = mesh.routes.costUs(peer) ?? Infinity;
    const { degree } = mesh.links;
    if (linkUs === undefined || mesh.links.find(peer) !== undefined || degree >= mesh.options.degreeMax) this.candidate = undefined;
    // Where all have as many as they may, one of them takes one more, and drops another.
    else if (degree < mesh.options.degreeMin) this.request(peer, this.refused, nowMs, effects);
    else if (linkUs >= meshUs) this.candidate = undefined;
    else effects.send(peer, { kind: 'naradaAskCosts', group: mesh.group });
  }

  onRefused(): void {
    this.refused = true;
  }

  /** Section 3.2.1: the candidate's routing table tells what a link to it would gain. */
  onCosts(from: PeerRef, { degree, costs }: NaradaCosts, nowMs: number, effects: Effects): void {
    const { self, links, routes, options, members } = this.mesh;
    const linkUs = this.linkUs(from);
    if (from !== this.candidate || linkUs === undefined || links.find(from) !== undefined) return;
    this.candidate = undefined;
    if (Math.max(degree, links.degree) >= options.degreeMax) return;
    const gain = utilityGain(routes, self, costs, linkUs);
    const threshold = addThreshold(members.aliveCount + 1, Math.max(degree, links.degree), options) * this.restlessness;
    const isFarOnMesh = linkUs <= VERY_NEAR * (routes.costUs(from) ?? Infinity);
    if (gain <= threshold && !(isFarOnMesh && this.isVeryNear(linkUs))) return;
    this.added++;
    this.counters.added++;
    this.request(from, false, nowMs, effects);
  }

  /** Section 3.2.2: the link of least consensus cost goes, when that is below what it must be; beyond `degreeMax` first one whose other end has enough without it. */
  private dropCheapest(nowMs: number, effects: Effects): void {
    const { mesh } = this;
    const groupSize = mesh.members.aliveCount + 1;
    const { options } = mesh;
    const { degree } = mesh.links;
    const isOver = degree > options.degreeMax;
    let cheapest: MeshLink | undefined = undefined;
    let least = Infinity;
    for (const link of mesh.links.all) {
      if (link.fadingSinceMs !== undefined || nowMs - link.sinceMs < linkAgeMinMs(options) || link.degree === 0) continue;
      const threshold = dropThreshold(groupSize, degree, link.degree, options);
      const isNeeded = isOver && link.degree <= options.degreeMin;
      const cost = threshold === 0 ? Infinity : consensusCost(link, mesh.routes) + (isNeeded ? groupSize : 0);
      if (cost >= threshold || cost >= least || link.delayUs === undefined || (!isOver && this.isVeryNear(link.delayUs))) continue;
      cheapest = link;
      least = cost;
    }
    if (cheapest === undefined) return;
    this.counters.dropped++;
    mesh.dropLink(cheapest, nowMs, effects);
  }

  /** Whether a member this far away is much nearer than members are on average: such links come by their nearness, and stay. */
  private isVeryNear(delayUs: number): boolean {
    let sumUs = 0;
    let count = 0;
    for (const { best } of this.mesh.members.all()) {
      if (best === undefined) continue;
      sumUs += best.costUs;
      count++;
    }
    return delayUs * count <= VERY_NEAR * sumUs;
  }

  private request(peer: PeerRef, urgent: boolean, nowMs: number, effects: Effects): void {
    this.candidate = undefined;
    this.refused = false;
    this.mesh.requestLink(peer, urgent, nowMs, effects);
  }

  private linkUs(peer: PeerRef): number | undefined {
    const rttMs = this.mesh.meter.rttMs(peer);
    return rttMs === undefined ? undefined : delayUsOf(rttMs);
  }

  /** By how much thresholds are higher than at first. */
  private get restlessness(): number {
    return 1 + this.added / this.mesh.options.degreeMax;
  }

  private noticeChanges(): void {
    const { members, links, options } = this.mesh;
    if (members.aliveCount !== this.groupSize) this.added = 0;
    if (members.aliveCount !== this.groupSize || links.degree !== this.degree || links.degree < options.degreeMin) {
      this.pause = 1;
      this.wait = 0;
    }
    this.groupSize = members.aliveCount;
    this.degree = links.degree;
  }
}
