import { assert } from '../../lib/core/errors.ts';
import { emptyLinkCopies } from './link-stress.ts';
import type { LinkCopies } from './link-stress.ts';
import type { DelayOracle, RouterOracle } from './unicast.ts';

/**
 * A delivery tree: `parents[host]` is the host from which it first received the
 * message; -1 at the source, and at a host that never received it.
 */
export type Parents = Int32Array;

/** The unicast star: every host receives from the source. */
export function star(hosts: number, source: number): Parents {
  const parents = new Int32Array(hosts).fill(source);
  parents[source] = -1;
  return parents;
}

/**
 * The minimum spanning tree of the complete host-to-host delay graph, directed
 * away from `source`.
 *
 * Candidates (i, j), i < j, are ordered by delay rounded to 9 decimals, then i,
 * then j. The order is strict, so that the tree is unique and Prim's algorithm
 * finds the one that Kruskal's would, in O(hosts^2) time and O(hosts) memory. In
 * a matrix with d(i,j) other than d(j,i) the mean of both is the delay.
 */
export function minimumSpanningTree(oracle: DelayOracle, source: number): Parents {
  const hosts = oracle.hosts;
  const inTree = new Uint8Array(hosts);
  const nearest = new Int32Array(hosts).fill(-1);
  const keys = new Float64Array(hosts).fill(Infinity);
  const parents = new Int32Array(hosts).fill(-1);
  let added = source;
  for (let size = 1; size < hosts; size++) {
    inTree[added] = 1;
    let best = -1;
    for (let host = 0; host < hosts; host++) {
      if (inTree[host] === 1) continue;
      const key = edgeKey(oracle, added, host);
      if (precedes(key, added, keys[host] as number, nearest[host] as number, host, host)) {
        keys[host] = key;
        nearest[host] = added;
      }
      const [mine, other] = [nearest[host] as number, nearest[best] as number];
      if (best === -1 || precedes(keys[host] as number, mine, keys[best] as number, other, host, best)) best = host;
    }
    parents[best] = nearest[best] as number;
    added = best;
  }
  return parents;
}

/** The delay of a candidate in units of 1e-9 ms, rounded. */
function edgeKey(oracle: DelayOracle, a: number, b: number): number {
  const delayMs = oracle.symmetric ? oracle.delayMs(a, b) : (oracle.delayMs(a, b) + oracle.delayMs(b, a)) / 2;
  return Math.round(delayMs * 1e9);
}

/** Whether candidate (x, p) with key `keyX` comes before candidate (y, q) with key `keyY`. */
function precedes(keyX: number, x: number, keyY: number, y: number, p: number, q: number): boolean {
  if (keyX !== keyY) return keyX < keyY;
  const lowX = Math.min(x, p);
  const lowY = Math.min(y, q);
  if (lowX !== lowY) return lowX < lowY;
  return Math.max(x, p) < Math.max(y, q);
}

/**
 * IP multicast: the copies that cross the shortest-path tree of the underlay, the
 * union of the canonical routes from the source to all other hosts. Each router
 * link of it carries one copy; the source's access link one up, that of every
 * other host one down. `resourceUsage` of it is the tree's cost.
 */
export function ipMulticast(oracle: RouterOracle, source: number): LinkCopies {
  const copies = emptyLinkCopies(oracle);
  const tree = oracle.routes.from(oracle.router(source));
  for (let host = 0; host < oracle.hosts; host++) {
    if (host === source) continue;
    copies.up[source] = 1;
    copies.down[host] = 1;
    for (let router = oracle.router(host); router !== tree.source; router = tree.predecessor[router] as number) {
      const link = tree.linkTo[router] as number;
      const direction = oracle.graph.linkB[link] === router ? copies.ab : copies.ba;
      if (direction[link] === 1) break;
      direction[link] = 1;
    }
  }
  return copies;
}

/** Directs the edges of an undirected tree over hosts `0 .. hosts - 1` away from `source`. */
export function directedFrom(hosts: number, edges: Iterable<readonly [number, number]>, source: number): Parents {
  const neighbours: number[][] = Array.from({ length: hosts }, () => []);
  for (const [a, b] of edges) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  const parents = new Int32Array(hosts).fill(-1);
  const seen = new Uint8Array(hosts);
  const order = [source];
  seen[source] = 1;
  for (const host of order) {
    for (const other of neighbours[host] ?? []) {
      if (seen[other] === 1) continue;
      seen[other] = 1;
      parents[other] = host;
      order.push(other);
    }
  }
  assert(order.length === hosts, 'the edges of a tree reach every host');
  return parents;
}

/** The transmissions of a delivery tree, one copy each, as `linkCopies` takes them. */
export function* transmissionsOf(parents: Parents): Generator<[a: number, b: number, copies: number]> {
  for (let host = 0; host < parents.length; host++) {
    const parent = parents[host] as number;
    if (parent !== -1) yield [parent, host, 1];
  }
}
