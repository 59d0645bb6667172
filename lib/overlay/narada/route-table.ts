import type { PeerRef } from '../../core/ids.ts';
import type { MeshRoute } from '../../core/messages.ts';
import { COST_US_MAX, PATH_HOPS_MAX } from '../../core/messages/narada.ts';
import { type MeshLink, linkCostUs } from './mesh-links.ts';

/** The route of a neighbour to itself, before it has told anything. */
const ITSELF: MeshRoute = { costUs: 0, path: [] };

/**
 * The best route to each member (section 3.3): a distance vector with paths, as in BGP.
 * A route of a neighbour that leads through this member is none, so that nothing counts
 * to infinity; costs are delays.
 *
 * Bounded by the members: whoever uses it tells it of members in the list only.
 */
export class RouteTable {
  /** By member, this one left out. */
  readonly best = new Map<PeerRef, MeshRoute>();
  /** Members whose best route is another one since this was cleared. */
  readonly changed = new Set<PeerRef>();
  private readonly self: PeerRef;
  private readonly links: readonly MeshLink[];

  constructor(self: PeerRef, links: readonly MeshLink[]) {
    this.self = self;
    this.links = links;
  }

  costUs(member: PeerRef): number | undefined {
    return this.best.get(member)?.costUs;
  }

  nextHop(member: PeerRef): PeerRef | undefined {
    const route = this.best.get(member);
    return route === undefined ? undefined : (route.path[0] ?? member);
  }

  /** A neighbour has told its route to a living member; `undefined` for none. */
  learn(link: MeshLink, member: PeerRef, route: MeshRoute | undefined): void {
    if (sameRoute(link.told.get(member), route)) return;
    if (route === undefined) link.told.delete(member);
    else link.told.set(member, route);
    this.choose(member);
  }

  /** Chooses anew for each of these members: links have changed. */
  chooseAll(members: Iterable<PeerRef>): void {
    for (const member of members) this.choose(member);
  }

  /** The member is no longer alive. */
  forget(member: PeerRef): void {
    for (const link of this.links) link.told.delete(member);
    if (this.best.delete(member)) this.changed.add(member);
  }

  /** The cheapest way; among equals the one in use, then the link that is oldest. */
  choose(member: PeerRef): void {
    const before = this.best.get(member);
    const via = before === undefined ? undefined : (before.path[0] ?? member);
    let cheapest: MeshLink | undefined = undefined;
    let costUs = COST_US_MAX + 1;
    for (const link of this.links) {
      const offered = this.offered(link, member);
      if (offered === undefined || offered > costUs || (offered === costUs && link.peer !== via)) continue;
      cheapest = link;
      costUs = offered;
    }
    const route = cheapest === undefined ? undefined : extended(cheapest, member, costUs);
    if (sameRoute(before, route)) return;
    if (route === undefined) this.best.delete(member);
    else this.best.set(member, route);
    this.changed.add(member);
  }

  /** Cost of the way over this link, when it is one. */
  private offered(link: MeshLink, member: PeerRef): number | undefined {
    const linkUs = linkCostUs(link);
    const told = toldRoute(link, member);
    if (linkUs === undefined || told === undefined) return undefined;
    if (told.path.includes(this.self) || told.path.length >= PATH_HOPS_MAX) return undefined;
    return linkUs + told.costUs;
  }
}

function toldRoute(link: MeshLink, member: PeerRef): MeshRoute | undefined {
  return member === link.peer ? ITSELF : link.told.get(member);
}

function extended(link: MeshLink, member: PeerRef, costUs: number): MeshRoute {
  if (member === link.peer) return { costUs, path: [] };
  return { costUs, path: [link.peer, ...(toldRoute(link, member)?.path ?? [])] };
}

function sameRoute(a: MeshRoute | undefined, b: MeshRoute | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.costUs !== b.costUs || a.path.length !== b.path.length) return false;
  for (let i = 0; i < a.path.length; i++) if (a.path[i] !== b.path[i]) return false;
  return true;
}
