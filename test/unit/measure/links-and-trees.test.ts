import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { linkCopies, linkStress } from '../../../sim/measure/link-stress.ts';
import type { Transmission } from '../../../sim/measure/link-stress.ts';
import { delayPenalty, delayPenaltyOf, overlayDelays } from '../../../sim/measure/rdp.ts';
import { resourceUsage } from '../../../sim/measure/resource-usage.ts';
import { treeCost } from '../../../sim/measure/tree-cost.ts';
import { directedFrom, minimumSpanningTree, star } from '../../../sim/measure/trees.ts';
import { MatrixOracle, RouterOracle } from '../../../sim/measure/unicast.ts';
import type { DelayOracle } from '../../../sim/measure/unicast.ts';
import { attachHosts } from '../../../sim/underlay/attachment.ts';
import { generateTopology } from '../../../sim/underlay/generate/generators.ts';
import { RouteCache } from '../../../sim/underlay/route-cache.ts';
import { routerGraph, routerGraphOf } from '../../../sim/underlay/router-graph.ts';

function oracleOf(name: string, parameters: Record<string, number>, k = 1, bytesMax?: number): RouterOracle {
  const underlay = generateTopology(name, parameters, 1);
  const hosts = attachHosts(underlay, { hosts: { kind: 'every', k }, accessDelayMs: 1 }, new Random(1));
  return new RouterOracle(hosts, new RouteCache(routerGraph(underlay), bytesMax === undefined ? {} : { bytesMax }));
}

function matrix(rows: readonly (readonly number[])[], positions?: readonly number[]): MatrixOracle {
  return new MatrixOracle({ hostIds: rows.map((_, row) => String(row)), delaysMs: Float64Array.from(rows.flat()) }, positions);
}

/** Kruskal's algorithm over all candidates, as the tie rule reads. */
function kruskal(oracle: DelayOracle): [number, number][] {
  const candidates: [key: number, i: number, j: number][] = [];
  for (let i = 0; i < oracle.hosts; i++) {
    for (let j = i + 1; j < oracle.hosts; j++) candidates.push([Number(oracle.delayMs(i, j).toFixed(9)), i, j]);
  }
  candidates.sort((x, y) => x[0] - y[0] || x[1] - y[1] || x[2] - y[2]);
  const component = Array.from({ length: oracle.hosts }, (_, host) => host);
  const edges: [number, number][] = [];
  for (const [, i, j] of candidates) {
    const [kept, gone] = [component[i] as number, component[j] as number];
    if (kept === gone) continue;
    edges.push([i, j]);
    for (const [host, at] of component.entries()) if (at === gone) component[host] = kept;
  }
  return edges;
}

describe('link copies', () => {
  test('equal a walk of every route, and resource usage the sum of unicast delays', () => {
    const oracle = oracleOf('watts-strogatz', { routers: 60, 'delay-min-ms': 0, 'delay-max-ms': 3 }, 2);
    const random = new Random(4);
    const sent: Transmission[] = Array.from({ length: 400 }, () => [random.below(30), random.below(30), 1 + random.below(3)]);
    const copies = linkCopies(oracle, sent);
    const walked = { ab: new Float64Array(oracle.graph.links), ba: new Float64Array(oracle.graph.links) };
    let unicastMs = 0;
    for (const [a, b, count] of sent) {
      unicastMs += count * oracle.delayMs(a, b);
      oracle.walk(a, b, (link, from, to) => {
        const direction = from < to ? walked.ab : walked.ba;
        direction[link] = (direction[link] as number) + count;
      });
    }
    expect({ ab: copies.ab, ba: copies.ba }).toEqual(walked);
    expect(resourceUsage(oracle, copies).allMs).toBeCloseTo(unicastMs, 6);
  });

  test('of hosts on one router cross access links alone', () => {
    const graph = routerGraphOf(2, [{ a: 0, b: 1, delayMs: 9 }]);
    const hosts = ['x', 'y'].map((id) => ({ id, router: 0, accessDelayMs: 0.5 }));
    const oracle = new RouterOracle(hosts, new RouteCache(graph));
    const copies = linkCopies(oracle, [[0, 1, 2], [0, 0, 5]]);
    expect([oracle.delayMs(0, 1), oracle.delayMs(0, 0)]).toEqual([1, 0]);
    expect(copies).toEqual({ ab: Float64Array.of(0), ba: Float64Array.of(0), up: Float64Array.of(2, 0), down: Float64Array.of(0, 2) });
    expect(linkStress(copies)).toEqual({
      undirected: {
        all: { max: 2, mean: 2, meanAllLinks: 4 / 3, p50: 2, p90: 2, usedLinks: 2, sum: 4 },
        routers: { max: 0, mean: null, meanAllLinks: 0, p50: null, p90: null, usedLinks: 0, sum: 0 },
      },
      directed: {
        all: { max: 2, mean: 2, meanAllLinks: 4 / 6, p50: 2, p90: 2, usedLinks: 2, sum: 4 },
        routers: { max: 0, mean: null, meanAllLinks: 0, p50: null, p90: null, usedLinks: 0, sum: 0 },
      },
    });
  });

  test('are the same when the route cache holds a single tree', () => {
    const roomy = oracleOf('grid', { rows: 5, columns: 5 });
    const tight = oracleOf('grid', { rows: 5, columns: 5 }, 1, 1);
    const sent: Transmission[] = Array.from({ length: 25 }, (_, host) => [host, (host * 7) % 25, 1]);
    expect(linkCopies(tight, sent)).toEqual(linkCopies(roomy, sent));
    expect(tight.routes.counts.evictions).toBeGreaterThan(0);
  });
});

describe('the minimum spanning tree', () => {
  test('is the one of Kruskal under the tie rule, from every source', () => {
    for (const [name, parameters] of [['grid', { rows: 5, columns: 6 }], ['barabasi-albert', { routers: 40 }], ['star', { routers: 12 }]] as const) {
      const oracle = oracleOf(name, parameters);
      const edges = kruskal(oracle);
      for (let source = 0; source < oracle.hosts; source++) {
        expect(minimumSpanningTree(oracle, source)).toEqual(directedFrom(oracle.hosts, edges, source));
      }
    }
  });

  test('of a matrix with two delays for a pair uses their mean', () => {
    const oracle = matrix([[0, 1, 3], [9, 0, 1], [3, 9, 0]]);
    expect(oracle.symmetric).toBe(false);
    const parents = minimumSpanningTree(oracle, 0);
    expect([...parents]).toEqual([-1, 0, 0]);
    expect(treeCost(oracle, parents)).toBe(4);
  });

  test('takes delays for equal that are so to 9 decimals', () => {
    const oracle = matrix([[0, 5 + 3e-10, 5 + 2e-10], [5 + 3e-10, 0, 5 + 1e-10], [5 + 2e-10, 5 + 1e-10, 0]]);
    expect([...minimumSpanningTree(oracle, 1)]).toEqual([1, -1, 0]);
  });

  test('of one host has no edges', () => {
    expect([...minimumSpanningTree(matrix([[0]]), 0)]).toEqual([-1]);
  });
});

test('a matrix can be read for some of its hosts', () => {
  const oracle = matrix([[0, 1, 2], [1, 0, 3], [2, 3, 0]], [2, 0]);
  expect([oracle.hosts, oracle.symmetric, oracle.delayMs(0, 1), oracle.delayMs(1, 1)]).toEqual([2, true, 2, 0]);
});

describe('the delay penalty', () => {
  const oracle = matrix([[0, 0, 8, 4], [0, 0, 2, 4], [8, 2, 0, 4], [4, 4, 4, 0]]);

  test('may be below 1, leaves out a ratio over 0 and counts it, and counts who was not reached', () => {
    const parents = Int32Array.of(-1, 0, 1, -1);
    expect([...overlayDelays(oracle, parents, 0)]).toEqual([0, 0, 2, NaN]);
    expect(delayPenalty(oracle, parents, 0)).toEqual({
      rdp: { count: 1, min: 0.25, mean: 0.25, p50: 0.25, p90: 0.25, p99: 0.25, max: 0.25 },
      undefinedRatios: 1, unreached: 1, rmd: 2 / 8, rad: 2 / 8,
    });
  });

  test('does not exist where nobody has a ratio', () => {
    expect(delayPenalty(oracle, Int32Array.of(-1, 0, -1, -1), 0)).toEqual({ rdp: null, undefinedRatios: 1, unreached: 2, rmd: null, rad: null });
    expect(delayPenaltyOf(Float64Array.of(0), Float64Array.of(0), 0)).toEqual({ rdp: null, undefinedRatios: 0, unreached: 0, rmd: null, rad: null });
  });

  test('counts a host whose hops do not lead to the source as not reached', () => {
    expect([...overlayDelays(oracle, Int32Array.of(-1, -1, 1, 2), 0)]).toEqual([0, NaN, NaN, NaN]);
  });

  test('refuses first deliveries that go round in a circle', () => {
    expect(() => overlayDelays(oracle, Int32Array.of(-1, 2, 3, 1), 0)).toThrow('the first deliveries of a message form a tree');
  });

  test('of the star is 1 everywhere', () => {
    expect(delayPenalty(oracleOf('grid', { rows: 3, columns: 3 }), star(9, 4), 4)).toMatchObject({ rdp: { min: 1, max: 1 }, rmd: 1, rad: 1 });
  });
});
