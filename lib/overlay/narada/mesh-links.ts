import { assert } from '../../core/errors.ts';
import type { PeerRef } from '../../core/ids.ts';
import { TRANSIENT_US } from '../../core/messages/narada.ts';

/** This end of a link of the mesh. */
export interface MeshLink {
  readonly peer: PeerRef;
  /** Where members keep the routes of this neighbour: a small number that no other link has. */
  readonly slot: number;
  /** When it came up, or was taken up again, in ms. */
  sinceMs: number;
  /** One-way delay as this end has measured it, in whole microseconds; `undefined` before, and the link then serves no route. */
  delayUs: number | undefined;
  /** When it was dropped; it then carries data on old routes until everybody has found another one. */
  fadingSinceMs: number | undefined;
  /** Links of the neighbour, as it said last. */
  degree: number;
  /** The neighbour's last refresh; older ones are late. -1 before the first. */
  lastNumber: number | undefined;
  /** When the neighbour was heard last, and when it was asked to describe members, in ms. */
  heardMs: number;
  describeMs: number;
  /** Publishers for whose messages the neighbour has just turned to another next hop, by the look at which they are forgotten: the next one, or the one after. */
  left: readonly [Set<PeerRef>, Set<PeerRef>];
  /** Members that the neighbour has named and nobody has described, at most `DESCRIBED_MAX`. */
  readonly undescribed: Set<PeerRef>;
}

/** Smallest share by which a measured delay must differ to count, so that routes do not follow noise. A guess. */
const DELAY_CHANGE = 0.1;

/** The links of this member, and its neighbours as one array that changes in place. Few, so lists. */
export class MeshLinks {
  readonly neighbours: PeerRef[] = [];
  readonly all: MeshLink[] = [];
  /** Links at most; whoever adds one sees to it. */
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  find(peer: PeerRef): MeshLink | undefined {
    // No closure: every refresh and every forwarded message comes through here.
    for (const link of this.all) if (link.peer === peer) return link;
    return undefined;
  }

  get isFull(): boolean {
    return this.all.length >= this.max;
  }

  /** Links that are to stay. */
  get degree(): number {
    let degree = 0;
    for (const { fadingSinceMs } of this.all) if (fadingSinceMs === undefined) degree++;
    return degree;
  }

  add(peer: PeerRef, nowMs: number): MeshLink {
    assert(!this.isFull, 'links within their limit');
    const link: MeshLink = {
      peer, slot: this.freeSlot(), sinceMs: nowMs, delayUs: undefined, fadingSinceMs: undefined,
      degree: 0, lastNumber: undefined, heardMs: nowMs, describeMs: -Infinity, left: [new Set(), new Set()], undescribed: new Set(),
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

  private freeSlot(): number {
    let slot = 0;
    while (this.all.some((link) => link.slot === slot)) slot++;
    return slot;
  }
}

/** What the link adds to a route, in microseconds; `undefined` while it serves none. */
export function linkCostUs({ delayUs, fadingSinceMs }: MeshLink): number | undefined {
  return delayUs === undefined || fadingSinceMs === undefined ? delayUs : delayUs + TRANSIENT_US;
}

/** One-way delay in whole microseconds, at least 1, of a round trip. */
export function delayUsOf(rttMs: number): number {
  return Math.max(1, Math.round(rttMs * 500));
}

/** Both ends have agreed on the link, perhaps once more. */
export function renew(link: MeshLink, nowMs: number): void {
  // The neighbour may be one that has started anew, and counts from 0 again.
  link.lastNumber = undefined;
  if (link.fadingSinceMs !== undefined) link.sinceMs = nowMs;
  link.fadingSinceMs = undefined;
}

/** Some time has passed: from one call to the next but one a publisher that was left is served still. */
export function forgetLeft(link: MeshLink): void {
  if (link.left[0].size + link.left[1].size > 0) link.left = [link.left[1], new Set()];
}

/** Takes a measured round trip; whether the cost of the link has changed. */
export function measured(link: MeshLink, rttMs: number): boolean {
  const delayUs = delayUsOf(rttMs);
  const before = link.delayUs;
  if (before !== undefined && Math.abs(delayUs - before) <= DELAY_CHANGE * before) return false;
  link.delayUs = delayUs;
  return true;
}
