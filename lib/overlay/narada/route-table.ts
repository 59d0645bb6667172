import type { PeerRef } from '../../core/ids.ts';
import type { MeshRoute } from '../../core/messages.ts';
import { COST_US_MAX, PATH_HOPS_MAX, TRANSIENT_US } from '../../core/messages/narada.ts';
import { type Member, type MemberList, newMember } from './member-list.ts';
import { type MeshLink, type MeshLinks, linkCostUs } from './mesh-links.ts';

/** The route of a member to itself. */
export const TO_ITSELF: MeshRoute = Object.freeze({ costUs: 0, path: Object.freeze([]) as readonly PeerRef[] });

/**
 * The routes over the mesh (section 3.3): a distance vector with paths, as in BGP. A
 * route of a neighbour that leads through this member is none, so that nothing counts to
 * infinity; costs are delays. The routes themselves stand with the members.
 */
export class RouteTable {
  /** Members of which neighbours must be told: their best route is another one, or their status. */
  readonly changed = new Set<PeerRef>();
  private readonly self: PeerRef;
  private readonly members: MemberList;
  private readonly links: MeshLinks;
  /** This member, as its neighbours see it. */
  private readonly own: Member;

  constructor(self: PeerRef, members: MemberList, links: MeshLinks) {
    this.self = self;
    this.members = members;
    this.links = links;
    this.own = newMember(self, 0, links.max);
  }

  costUs(peer: PeerRef): number | undefined {
    return this.members.get(peer)?.best?.costUs;
  }

  /** Whether there is no way to the neighbour but over links that have been dropped. */
  isOnlyWay({ peer }: MeshLink): boolean {
    return (this.costUs(peer) ?? TRANSIENT_US) >= TRANSIENT_US;
  }

  /** Whether the neighbour waits for what `origin` publishes to come from here, or did until just now: its new next hop may have sent a message on before it knew. */
  serves(link: MeshLink, origin: PeerRef): boolean {
    return this.nextHopOf(link, origin) === this.self || link.left.some((origins) => origins.has(origin));
  }

  /** Whom the neighbour uses as its next hop to `peer`, as far as it has told. */
  nextHopOf(link: MeshLink, peer: PeerRef): PeerRef | undefined {
    const member = peer === this.self ? this.own : this.members.get(peer);
    return member === undefined ? undefined : nextHop(peer, member.told[link.slot]);
  }

  /** How many members this one reaches over the link, and how many, this one included, the neighbour does. */
  usersOf(link: MeshLink): { readonly own: number; readonly other: number } {
    let own = 0;
    let other = nextHop(this.self, this.own.told[link.slot]) === this.self ? 1 : 0;
    for (const { peer, best, told } of this.members.all()) {
      if (nextHop(peer, best) === link.peer) own++;
      if (nextHop(peer, told[link.slot]) === this.self) other++;
    }
    return { own, other };
  }

  /** A neighbour has told its route to a living member; `undefined` for none. One that names strangers is none yet. */
  learn(link: MeshLink, member: Member, told: MeshRoute | undefined): void {
    if (sameRoute(member.told[link.slot], told)) return;
    const route = told?.path.every((hop) => hop === this.self || this.members.get(hop) !== undefined) === true ? told : undefined;
    const wasServed = nextHop(member.peer, member.told[link.slot]) === this.self;
    member.told[link.slot] = route;
    if (wasServed && nextHop(member.peer, route) !== this.self) link.left[1].add(member.peer);
    const { best } = member;
    // Most news is of a neighbour whose route is not the best, and stays so.
    const isUsed = best !== undefined && nextHop(member.peer, best) === link.peer;
    if (!isUsed && (this.offeredUs(link, member) ?? Infinity) >= (best?.costUs ?? COST_US_MAX + 1)) return;
    this.choose(member);
  }

  /** A neighbour has told its route to this member. */
  learnOwn(link: MeshLink, route: MeshRoute | undefined): void {
    if (this.nextHopOf(link, this.self) === this.self && nextHop(this.self, route) !== this.self) link.left[1].add(this.self);
    this.own.told[link.slot] = route;
  }

  /** Links, or their costs, have changed. */
  chooseAll(): void {
    for (const member of this.members.all()) if (member.status === 'alive') this.choose(member);
  }

  /** The link is gone, and with it what the neighbour has told. */
  forgetLink(link: MeshLink): void {
    this.own.told[link.slot] = undefined;
    for (const member of this.members.all()) member.told[link.slot] = undefined;
    this.chooseAll();
  }

  /** The member is no longer alive. */
  forget(member: Member): void {
    member.told.fill(undefined);
    member.best = undefined;
    this.changed.add(member.peer);
  }

  /** The cheapest way; among equals the one in use, then that over the oldest link. */
  private choose(member: Member): void {
    const { peer, best } = member;
    const via = best === undefined ? undefined : nextHop(peer, best);
    let cheapest: MeshLink | undefined = undefined;
    let costUs = COST_US_MAX + 1;
    for (const link of this.links.all) {
      const offeredUs = this.offeredUs(link, member);
      if (offeredUs === undefined || offeredUs > costUs || (offeredUs === costUs && link.peer !== via)) continue;
      if (!this.isOpen(link, member)) continue;
      cheapest = link;
      costUs = offeredUs;
    }
    const route = cheapest === undefined ? undefined : extended(cheapest, member, costUs);
    if (sameRoute(best, route)) return;
    member.best = route;
    this.changed.add(peer);
  }

  /** What the way over this link would cost, were it open. */
  private offeredUs(link: MeshLink, member: Member): number | undefined {
    const linkUs = linkCostUs(link);
    const told = toldRoute(link, member);
    return linkUs === undefined || told === undefined ? undefined : linkUs + told.costUs;
  }

  /** Whether the way over this link does not come back here, and is not too long. */
  private isOpen(link: MeshLink, member: Member): boolean {
    const path = toldRoute(link, member)?.path;
    return path !== undefined && path.length < PATH_HOPS_MAX && !path.includes(this.self);
  }
}

/** The first member on a route to `peer`. */
export function nextHop(peer: PeerRef, route: MeshRoute | undefined): PeerRef | undefined {
  return route === undefined ? undefined : (route.path[0] ?? peer);
}

/** A neighbour has a route to itself before it has told anything. */
function toldRoute(link: MeshLink, member: Member): MeshRoute | undefined {
  return member.peer === link.peer ? TO_ITSELF : member.told[link.slot];
}

function extended(link: MeshLink, member: Member, costUs: number): MeshRoute {
  if (member.peer === link.peer) return { costUs, path: [] };
  return { costUs, path: [link.peer, ...(toldRoute(link, member)?.path ?? [])] };
}

function sameRoute(a: MeshRoute | undefined, b: MeshRoute | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.costUs !== b.costUs || a.path.length !== b.path.length) return false;
  for (let i = 0; i < a.path.length; i++) if (a.path[i] !== b.path[i]) return false;
  return true;
}
