import { assert } from '../../core/errors.ts';
import type { PeerRef } from '../../core/ids.ts';

/** The distance between two peers, the same both ways; 0 from a peer to itself. */
export type Distance = (a: PeerRef, b: PeerRef) => number;

/** The largest distance of `peer` to any of `peers`. */
export function radiusFrom(peer: PeerRef, peers: readonly PeerRef[], distance: Distance): number {
  let radius = 0;
  for (const other of peers) if (other !== peer) radius = Math.max(radius, distance(peer, other));
  return radius;
}

/** The graph-theoretic centre (section 2): who has the smallest largest distance to the others; of equals the first. */
export function centreOf(peers: readonly PeerRef[], distance: Distance): PeerRef {
  let centre = peers[0];
  assert(centre !== undefined, 'there is a centre of somebody');
  let least = Infinity;
  for (const peer of peers) {
    const radius = radiusFrom(peer, peers, distance);
    if (radius < least) [centre, least] = [peer, radius];
  }
  return centre;
}

/** Two clusters that a cluster falls into, each with its centre first. */
export type Halves = readonly [readonly PeerRef[], readonly PeerRef[]];

/**
 * Parts `peers` into two clusters of at least `sizeMin` each, so that the larger of their
 * radii is as small as it can be (section 3.2). Exact: for each pair of centres the
 * smallest radius that lets every peer be within it of one of them, and leaves each
 * cluster large enough, is found by bisection. Takes O(n^3 log n) steps.
 *
 * `peers`: at least two, and twice `sizeMin`.
 */
export function partition(peers: readonly PeerRef[], sizeMin: number, distance: Distance): Halves {
  assert(peers.length >= 2 * Math.max(1, sizeMin), 'a cluster that is parted has members for two');
  let best: readonly [PeerRef, PeerRef] | undefined;
  let least = Infinity;
  for (let i = 0; i < peers.length; i++) {
    for (let j = i + 1; j < peers.length; j++) {
      const a = peers[i] as PeerRef;
      const b = peers[j] as PeerRef;
      const radius = leastRadius(peers, sizeMin, a, b, distance, least);
      if (radius < least) [best, least] = [[a, b], radius];
    }
  }
  assert(best !== undefined, 'some radius covers everybody');
  const halves = assign(peers, sizeMin, best[0], best[1], distance, least);
  return [centreFirst(halves[0], distance), centreFirst(halves[1], distance)];
}

/** The smallest radius around `a` and `b` that is enough, or `below` when it would have to be that or more. */
function leastRadius(peers: readonly PeerRef[], sizeMin: number, a: PeerRef, b: PeerRef, distance: Distance, below: number): number {
  const radii = [...new Set(peers.flatMap((peer) => [distance(a, peer), distance(b, peer)]))].filter((radius) => radius < below).sort((x, y) => x - y);
  let [low, high] = [0, radii.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (covers(peers, sizeMin, a, b, distance, radii[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return radii[low] ?? below;
}

/** Whether everybody can be within `radius` of the centre of a cluster of at least `sizeMin`. */
function covers(peers: readonly PeerRef[], sizeMin: number, a: PeerRef, b: PeerRef, distance: Distance, radius: number): boolean {
  let nearA = 0;
  let nearB = 0;
  for (const peer of peers) {
    const inA = peer !== b && distance(a, peer) <= radius;
    const inB = peer !== a && distance(b, peer) <= radius;
    if (!inA && !inB) return false;
    if (inA) nearA++;
    if (inB) nearB++;
  }
  return nearA >= sizeMin && nearB >= sizeMin;
}

/** Puts everybody with the nearer centre, as far as radius and sizes allow. */
function assign(peers: readonly PeerRef[], sizeMin: number, a: PeerRef, b: PeerRef, distance: Distance, radius: number): [PeerRef[], PeerRef[]] {
  const left = [a];
  const right = [b];
  const either: PeerRef[] = [];
  for (const peer of peers) {
    if (peer === a || peer === b) continue;
    if (distance(a, peer) > radius) right.push(peer);
    else if (distance(b, peer) > radius) left.push(peer);
    else either.push(peer);
  }
  const preference = (peer: PeerRef): number => distance(a, peer) - distance(b, peer);
  either.sort((x, y) => preference(x) - preference(y));
  const wanted = either.filter((peer) => preference(peer) <= 0).length;
  const toLeft = Math.max(sizeMin - left.length, Math.min(wanted, either.length - (sizeMin - right.length)));
  return [[...left, ...either.slice(0, toLeft)], [...right, ...either.slice(toLeft)]];
}

function centreFirst(peers: readonly PeerRef[], distance: Distance): PeerRef[] {
  const centre = centreOf(peers, distance);
  return [centre, ...peers.filter((peer) => peer !== centre)];
}
