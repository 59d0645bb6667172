import { Random } from '../../lib/core/random.ts';
import { distribution } from './distribution.ts';
import type { Distribution } from './distribution.ts';

/** Above this many peers, path lengths are measured from a sample of sources. Guess. */
export const ALL_SOURCES_MAX = 2000;

/** Sources in the sample. Guess: the mean of so many is steady to the third digit. */
export const SAMPLED_SOURCES = 500;

/**
 * The graph of who links to whom. But for `inDegree`, a link counts in both
 * directions whichever end has it in its view, once.
 */
export interface OverlayGraph {
  readonly peers: number;
  readonly links: number;
  readonly degree: Distribution | null;
  /** `degreeCounts[d]`: peers with degree d. */
  readonly degreeCounts: readonly number[];
  /** Views that a peer is in. */
  readonly inDegree: Distribution | null;
  /**
   * Mean over peers of the share of pairs of neighbours that are linked, 0 for
   * a peer with fewer than two neighbours (Watts and Strogatz 1998); `null`
   * without peers.
   */
  readonly clusteringCoefficient: number | null;
  /** Mean hops over pairs joined by a path, from the sources measured; `null` without such a pair. */
  readonly averageShortestPath: number | null;
  /** Largest number of hops seen; a lower bound when `pathSources` is a sample. `null` likewise. */
  readonly diameter: number | null;
  /** Sources from which paths were measured: all peers, or a sample of them. */
  readonly pathSources: number;
  readonly connectedComponents: number;
  readonly largestComponent: number;
}

/**
 * Measures an overlay.
 *
 * @param views by peer: the peers that it links to; itself and repetitions are left out
 * @param seed draws the sampled sources where there are more than `ALL_SOURCES_MAX` peers
 */
export function overlayGraph(views: readonly ArrayLike<number>[], seed: number): OverlayGraph {
  const neighbours = undirected(views);
  const degrees = neighbours.map((each) => each.length);
  const degreeCounts: number[] = [];
  for (const degree of degrees) {
    while (degreeCounts.length <= degree) degreeCounts.push(0);
    degreeCounts[degree] = (degreeCounts[degree] as number) + 1;
  }
  return {
    peers: views.length,
    links: degrees.reduce((sum, degree) => sum + degree, 0) / 2,
    degree: distribution(degrees),
    degreeCounts,
    inDegree: distribution(inDegrees(views)),
    clusteringCoefficient: clusteringCoefficient(neighbours),
    ...paths(neighbours, seed),
    ...components(neighbours),
  };
}

/** Neighbours of each peer in either direction, ascending, without itself. */
function undirected(views: readonly ArrayLike<number>[]): Int32Array[] {
  const sets = views.map(() => new Set<number>());
  for (const [peer, view] of views.entries()) {
    for (let at = 0; at < view.length; at++) {
      const other = view[at] as number;
      if (other === peer) continue;
      sets[peer]?.add(other);
      sets[other]?.add(peer);
    }
  }
  return sets.map((set) => Int32Array.from(set).sort());
}

function inDegrees(views: readonly ArrayLike<number>[]): Int32Array {
  const counts = new Int32Array(views.length);
  for (const [peer, view] of views.entries()) {
    for (const other of new Set(Array.from(view))) if (other !== peer) counts[other] = (counts[other] as number) + 1;
  }
  return counts;
}

function clusteringCoefficient(neighbours: readonly Int32Array[]): number | null {
  if (neighbours.length === 0) return null;
  const isNeighbour = new Uint8Array(neighbours.length);
  let sum = 0;
  for (const own of neighbours) {
    if (own.length < 2) continue;
    for (const peer of own) isNeighbour[peer] = 1;
    let linked = 0;
    for (const peer of own) for (const other of neighbours[peer] ?? []) linked += isNeighbour[other] as number;
    for (const peer of own) isNeighbour[peer] = 0;
    sum += linked / (own.length * (own.length - 1));
  }
  return sum / neighbours.length;
}

function paths(
  neighbours: readonly Int32Array[], seed: number,
): Pick<OverlayGraph, 'averageShortestPath' | 'diameter' | 'pathSources'> {
  const peers = Array.from(neighbours.keys());
  const sources = peers.length <= ALL_SOURCES_MAX ? peers : new Random(seed).fork('path-sources').sample(peers, SAMPLED_SOURCES);
  const queue = new Int32Array(peers.length);
  const hops = new Int32Array(peers.length);
  let pairs = 0;
  let sum = 0;
  let diameter = 0;
  for (const source of sources) {
    hops.fill(-1);
    const reached = search(neighbours, source, hops, queue);
    for (let at = 1; at < reached; at++) sum += hops[queue[at] as number] as number;
    diameter = Math.max(diameter, hops[queue[reached - 1] as number] as number);
    pairs += reached - 1;
  }
  return {
    averageShortestPath: pairs === 0 ? null : sum / pairs,
    diameter: pairs === 0 ? null : diameter,
    pathSources: sources.length,
  };
}

/** Breadth-first search over peers whose `hops` is -1; fills `queue` in order of hops and returns how many it reached. */
function search(neighbours: readonly Int32Array[], source: number, hops: Int32Array, queue: Int32Array): number {
  let reached = 1;
  queue[0] = source;
  hops[source] = 0;
  for (let at = 0; at < reached; at++) {
    const peer = queue[at] as number;
    for (const other of neighbours[peer] ?? []) {
      if (hops[other] !== -1) continue;
      hops[other] = (hops[peer] as number) + 1;
      queue[reached++] = other;
    }
  }
  return reached;
}

function components(neighbours: readonly Int32Array[]): Pick<OverlayGraph, 'connectedComponents' | 'largestComponent'> {
  const hops = new Int32Array(neighbours.length).fill(-1);
  const queue = new Int32Array(neighbours.length);
  let connectedComponents = 0;
  let largestComponent = 0;
  for (let peer = 0; peer < neighbours.length; peer++) {
    if (hops[peer] !== -1) continue;
    connectedComponents++;
    largestComponent = Math.max(largestComponent, search(neighbours, peer, hops, queue));
  }
  return { connectedComponents, largestComponent };
}
