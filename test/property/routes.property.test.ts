import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { routerGraphOf } from '../../sim/underlay/router-graph.ts';
import { Routes } from '../../sim/underlay/routes.ts';
import type { RouteTree } from '../../sim/underlay/routes.ts';

interface SmallGraph {
  readonly routers: number;
  readonly links: readonly { a: number; b: number; delayMs: number }[];
}

const TOLERANCE_MS = 1e-9;

/** Small simple graphs, connected or not, with delays drawn from `delays`. */
function smallGraph(delays: fc.Arbitrary<number>): fc.Arbitrary<SmallGraph> {
  return fc.integer({ min: 2, max: 9 }).chain((routers) => {
    const end = fc.integer({ min: 0, max: routers - 1 });
    return fc
      .uniqueArray(fc.tuple(end, end, delays).filter(([a, b]) => a < b), {
        maxLength: 24,
        selector: ([a, b]) => a * routers + b,
      })
      .map((links) => ({ routers, links: links.map(([a, b, delayMs]) => ({ a, b, delayMs })) }));
  });
}

/**
 * The route rule as it reads, slowly: all delays by Bellman and Ford; the fewest
 * links of a walk over tight links, by rounds; then the walk back from each router.
 */
function reference(graph: SmallGraph, source: number): Pick<RouteTree, 'delayMs' | 'predecessor' | 'linkTo' | 'hops'> {
  const arcs = graph.links.flatMap(({ a, b, delayMs }, link) => [
    { from: a, to: b, delayMs, link },
    { from: b, to: a, delayMs, link },
  ]);
  const delayMs = new Float64Array(graph.routers).fill(Infinity);
  delayMs[source] = 0;
  for (let round = 0; round < graph.routers; round++) {
    for (const arc of arcs) delayMs[arc.to] = Math.min(delayMs[arc.to] as number, (delayMs[arc.from] as number) + arc.delayMs);
  }
  const tight = arcs.filter(
    (arc) => delayMs[arc.from] !== Infinity
      && Math.abs((delayMs[arc.from] as number) + arc.delayMs - (delayMs[arc.to] as number)) <= TOLERANCE_MS,
  );
  const hops = new Int32Array(graph.routers).fill(-1);
  hops[source] = 0;
  for (let round = 1; round < graph.routers; round++) {
    const reached = tight.filter((arc) => hops[arc.from] === round - 1 && hops[arc.to] === -1);
    for (const arc of reached) hops[arc.to] = round;
  }
  const predecessor = new Int32Array(graph.routers).fill(-1);
  const linkTo = new Int32Array(graph.routers).fill(-1);
  for (let router = 0; router < graph.routers; router++) {
    if (router === source) continue;
    const entering = tight
      .filter((arc) => arc.to === router && hops[arc.from] === (hops[router] as number) - 1 && hops[arc.from] !== -1)
      .sort((x, y) => x.from - y.from);
    predecessor[router] = entering[0]?.from ?? -1;
    linkTo[router] = entering[0]?.link ?? -1;
  }
  return { delayMs, predecessor, linkTo, hops };
}

/** Every simple route from the source to `target`, as lists of routers. */
function allRoutes(graph: SmallGraph, source: number, target: number): { routers: number[]; delayMs: number }[] {
  const found: { routers: number[]; delayMs: number }[] = [];
  const walk = (routers: number[], delayMs: number): void => {
    const at = routers[routers.length - 1] as number;
    if (at === target) {
      found.push({ routers, delayMs });
      return;
    }
    for (const link of graph.links) {
      const next = link.a === at ? link.b : link.b === at ? link.a : -1;
      if (next !== -1 && !routers.includes(next)) walk([...routers, next], delayMs + link.delayMs);
    }
  };
  walk([source], 0);
  return found;
}

/** The route by the rule, picked from all of them: delay, then links, then indices walking back. */
function canonicalOfAll(graph: SmallGraph, source: number, target: number): number[] | undefined {
  const routes = allRoutes(graph, source, target);
  const least = Math.min(...routes.map((route) => route.delayMs));
  const shortest = routes.filter((route) => route.delayMs - least <= TOLERANCE_MS).map((route) => route.routers);
  return shortest.sort((x, y) => {
    if (x.length !== y.length) return x.length - y.length;
    for (let at = x.length - 1; at >= 0; at--) if (x[at] !== y[at]) return (x[at] as number) - (y[at] as number);
    return 0;
  })[0];
}

function routeOf(tree: RouteTree, target: number): number[] | undefined {
  if (tree.hops[target] === -1) return undefined;
  const route = [target];
  while (route[0] !== tree.source) {
    route.unshift(tree.predecessor[route[0] as number] as number);
    if (route.length > tree.hops.length) throw new Error(`the route to router ${target} turns in a circle`);
  }
  return route;
}

const DELAYS: readonly [string, fc.Arbitrary<number>][] = [
  ['whole delays with zeros', fc.integer({ min: 0, max: 3 })],
  ['only zeros and ones', fc.integer({ min: 0, max: 1 })],
  ['tenths, whose sums differ in the last bit', fc.integer({ min: 0, max: 9 }).map((tenths) => tenths / 10)],
  ['any delay', fc.double({ min: 0, max: 40, noNaN: true })],
  ['delays of very different size', fc.constantFrom(0, 1e-12, 1e-6, 1, 7, 1e6, 3e9)],
  ['delays near the tolerance', fc.integer({ min: 0, max: 5 }).map((steps) => steps * 4e-10)],
];

describe('routes agree with a slow reference', () => {
  for (const [name, delays] of DELAYS) {
    test(`${name} (seed 20250)`, () => {
      const property = fc.property(smallGraph(delays), (graph) => {
        const routes = new Routes(routerGraphOf(graph.routers, graph.links));
        for (let source = 0; source < graph.routers; source++) {
          const { delayMs, predecessor, linkTo, hops } = routes.from(source);
          expect({ delayMs, predecessor, linkTo, hops }).toEqual(reference(graph, source));
        }
      });
      fc.assert(property, { seed: 20250, numRuns: 300 });
    });
  }
});

describe('routes are the first by the rule among all routes there are', () => {
  for (const [name, delays] of DELAYS.slice(0, 3)) {
    test(`${name} (seed 20251)`, () => {
      const property = fc.property(smallGraph(delays).filter((graph) => graph.routers <= 6), (graph) => {
        const routes = new Routes(routerGraphOf(graph.routers, graph.links));
        for (let source = 0; source < graph.routers; source++) {
          const tree = routes.from(source);
          for (let target = 0; target < graph.routers; target++) {
            expect(routeOf(tree, target)).toEqual(canonicalOfAll(graph, source, target));
          }
        }
      });
      fc.assert(property, { seed: 20251, numRuns: 200 });
    });
  }
});

test('the order of a route tree has each router once, predecessors first (seed 20252)', () => {
  const property = fc.property(smallGraph(fc.integer({ min: 0, max: 2 })), (graph) => {
    const tree = new Routes(routerGraphOf(graph.routers, graph.links)).from(0);
    const seen = new Set<number>([-1]);
    for (const router of tree.order) {
      expect(seen.has(tree.predecessor[router] as number)).toBe(true);
      expect(seen.has(router)).toBe(false);
      seen.add(router);
    }
    expect(seen.size - 1).toBe(tree.hops.filter((hops) => hops !== -1).length);
  });
  fc.assert(property, { seed: 20252, numRuns: 200 });
});
