import { assert } from '../../lib/core/errors.ts';
import { BucketQueue } from './bucket-queue.ts';
import type { RouterGraph } from './router-graph.ts';

/** Two delays that differ by no more than this are equal, in ms (the route rule of METRICS). */
export const DELAY_TOLERANCE_MS = 1e-9;

/** The canonical routes from one router to all others. Entry `r` of each array is about router `r`. */
export interface RouteTree {
  readonly source: number;
  /** Smallest delay from the source, in ms; `Infinity` where no route exists. */
  readonly delayMs: Float64Array;
  /** The router before this one on its route; -1 at the source and where no route exists. */
  readonly predecessor: Int32Array;
  /** Index of the link by which the route enters the router; -1 likewise. */
  readonly linkTo: Int32Array;
  /** Links on the route; -1 where no route exists. */
  readonly hops: Int32Array;
  /** The routers that have a route, the source first, by hops: predecessors stand before successors. */
  readonly order: Int32Array;
}

/**
 * Computes routes by the route rule: smallest delay; among equals (within 1e-9 ms)
 * the fewest links; among those, walking back from the destination, always the
 * predecessor with the smallest index.
 *
 * It takes two passes. The first finds the smallest delay d(v) of every router.
 * A link from p to v is then *tight* when d(p) + w - d(v) <= 1e-9: it continues a
 * shortest route to p into a shortest route to v. The second pass is a
 * breadth-first search over the tight links alone. Its level is the number of
 * links of the shortest tight walk, hence the fewest links, and a router's
 * predecessor is the smallest p one level above it with a tight link to it.
 *
 * Breadth-first search asks for no order of delays, and this is what makes the
 * second pass right where a pass in order of d(v) is not: between routers joined
 * by a link of delay 0 (or below the tolerance) tight links run both ways, so that
 * they form cycles and "nearer" has no meaning; the level still rises by one on
 * each link of the route, so that a route never turns in a circle. Nor does the
 * tolerance add up from test to test: every test compares against d, which is a
 * minimum and not the length of a walk that was itself chosen with tolerance.
 * Every link of the shortest-path search is tight exactly, so that every router
 * the first pass reaches, the second reaches too.
 */
export class Routes {
  private readonly graph: RouterGraph;
  private readonly tentativeMs: Float64Array;
  private readonly queue: BucketQueue;
  /** Arcs that may be tight, those of one router together: few, where all arcs would be searched again. */
  private readonly candidates: Int32Array;
  private readonly candidatesFrom: Int32Array;
  private readonly candidatesTo: Int32Array;

  constructor(graph: RouterGraph) {
    this.graph = graph;
    this.tentativeMs = new Float64Array(graph.routers);
    this.queue = new BucketQueue(this.tentativeMs, graph.delayMaxMs);
    this.candidates = new Int32Array(graph.neighbours.length);
    this.candidatesFrom = new Int32Array(graph.routers);
    this.candidatesTo = new Int32Array(graph.routers);
  }

  /** The routes from router `source`, in arrays of their own. */
  from(source: number): RouteTree {
    assert(source >= 0 && source < this.graph.routers, 'routes start at a router of the graph');
    this.findDelays(source);
    return this.chooseRoutes(source);
  }

  /**
   * Dijkstra's search; leaves the smallest delays in `tentativeMs`. Each arc is
   * looked at once, and tentative delays only fall, so that an arc which exceeds
   * the tentative delay by more than the tolerance cannot be tight later.
   */
  private findDelays(source: number): void {
    const { offsets, neighbours, arcDelayMs } = this.graph;
    const { tentativeMs, queue, candidates } = this;
    let count = 0;
    tentativeMs.fill(Infinity);
    tentativeMs[source] = 0;
    queue.restart();
    queue.add(source);
    for (let router = queue.pop(); router !== -1; router = queue.pop()) {
      const base = tentativeMs[router] as number;
      const end = offsets[router + 1] as number;
      this.candidatesFrom[router] = count;
      for (let arc = offsets[router] as number; arc < end; arc++) {
        const neighbour = neighbours[arc] as number;
        const delay = base + (arcDelayMs[arc] as number);
        const known = tentativeMs[neighbour] as number;
        if (delay - known > DELAY_TOLERANCE_MS) continue;
        candidates[count++] = arc;
        if (delay < known) {
          tentativeMs[neighbour] = delay;
          queue.add(neighbour);
        }
      }
      this.candidatesTo[router] = count;
    }
  }

  /** Breadth-first search over the tight links. */
  private chooseRoutes(source: number): RouteTree {
    const { neighbours, arcDelayMs, linkOfArc } = this.graph;
    const { tentativeMs, candidates, candidatesFrom, candidatesTo } = this;
    const tree = emptyTree(source, tentativeMs);
    const { predecessor, linkTo, hops, order } = tree;
    hops[source] = 0;
    order[0] = source;
    let found = 1;
    for (let at = 0; at < found; at++) {
      const router = order[at] as number;
      const base = tentativeMs[router] as number;
      const level = (hops[router] as number) + 1;
      const end = candidatesTo[router] as number;
      for (let candidate = candidatesFrom[router] as number; candidate < end; candidate++) {
        const arc = candidates[candidate] as number;
        const neighbour = neighbours[arc] as number;
        if (base + (arcDelayMs[arc] as number) - (tentativeMs[neighbour] as number) > DELAY_TOLERANCE_MS) continue;
        const known = hops[neighbour] as number;
        if (known === -1) {
          hops[neighbour] = level;
          order[found++] = neighbour;
        } else if (known !== level || router >= (predecessor[neighbour] as number)) continue;
        predecessor[neighbour] = router;
        linkTo[neighbour] = linkOfArc[arc] as number;
      }
    }
    return { ...tree, order: order.subarray(0, found) };
  }
}

/** Bytes of a route tree per router: a double and four 32-bit integers. */
export const TREE_BYTES_PER_ROUTER = 24;

/** A tree without routes, in one buffer: large buffers are dear to allocate and to collect. */
function emptyTree(source: number, delaysMs: Float64Array): RouteTree {
  const routers = delaysMs.length;
  const buffer = new ArrayBuffer(TREE_BYTES_PER_ROUTER * routers);
  const integers = new Int32Array(buffer, 8 * routers);
  const delayMs = new Float64Array(buffer, 0, routers);
  delayMs.set(delaysMs);
  integers.fill(-1);
  return {
    source,
    delayMs,
    predecessor: integers.subarray(0, routers),
    linkTo: integers.subarray(routers, 2 * routers),
    hops: integers.subarray(2 * routers, 3 * routers),
    order: integers.subarray(3 * routers),
  };
}
