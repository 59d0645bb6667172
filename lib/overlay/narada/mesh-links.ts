import type { PeerRef } from '../../core/ids.ts';
import type { MeshRoute } from '../../core/messages.ts';
import { TRANSIENT_US } from '../../core/messages/narada.ts';

/** This end of a link of the mesh. */
export interface MeshLink {
  readonly peer: PeerRef;
  /** When it came up, in ms. */
  readonly sinceMs: number;
  /** One-way delay as this end has measured it, in whole microseconds; `undefined` before, and the link then serves no route. */
  delayUs: number | undefined;
  /** When it was dropped; it then carries data on old routes until everybody has found another one. */
  fadingSinceMs: number | undefined;
  /** Links of the neighbour, as it said last. */
  degree: number;
  /** The neighbour's last refresh; older ones are late. -1 before the first. */
  lastNumber: number;
  /** When the neighbour was heard last, and when it was asked to describe members, in ms. */
  heardMs: number;
  describeMs: number;
  /** The neighbour's routes to members known here that are alive, and to this one. */
  readonly told: Map<PeerRef, MeshRoute>;
}

/** Smallest share by which a measured delay must differ to count, so that routes do not follow noise. A guess. */
const DELAY_CHANGE = 0.1;

/** The links of this member, and its neighbours as one array that changes in place. Few, so lists. */
export class MeshLinks {
  readonly neighbours: PeerRef[] = [];
  readonly all: MeshLink[] = [];

  find(peer: PeerRef): MeshLink | undefined {
    // No closure: every refresh and every forwarded message comes through here.
    for (const link of this.all) if (link.peer === peer) return link;
    return undefined;
  }

  /** Links that are to stay. */
  get degree(): number {
    let degree = 0;
    for (const { fadingSinceMs } of this.all) if (fadingSinceMs === undefined) degree++;
    return degree;
  }

  add(peer: PeerRef, nowMs: number): MeshLink {
    const link: MeshLink = {
      peer, sinceMs: nowMs, delayUs: undefined, fadingSinceMs: undefined,
      degree: 0, lastNumber: -1, heardMs: nowMs, describeMs: -Infinity, told: new Map(),
    };
    this.all.push(link);
    this.neighbours.push(peer);
    return link;
  }

  remove(link: MeshLink): void {
    const index = this.all.indexOf(link);
    this.all.splice(index, 1);
    this.neighbours.splice(index, 1);
  }
}

/** What the link adds to a route, in microseconds; `undefined` while it serves none. */
export function linkCostUs({ delayUs, fadingSinceMs }: MeshLink): number | undefined {
  return delayUs === undefined || fadingSinceMs === undefined ? delayUs : delayUs + TRANSIENT_US;
}

/** Takes a measured round trip; whether the cost of the link has changed. */
export function measured(link: MeshLink, rttMs: number): boolean {
  const delayUs = Math.max(1, Math.round(rttMs * 500));
  const before = link.delayUs;
  if (before !== undefined && Math.abs(delayUs - before) <= DELAY_CHANGE * before) return false;
  link.delayUs = delayUs;
  return true;
}

/** Whom the neighbour uses as its next hop to `member`. */
export function nextHopOf(link: MeshLink, member: PeerRef): PeerRef | undefined {
  const route = link.told.get(member);
  return route === undefined ? undefined : (route.path[0] ?? member);
}
