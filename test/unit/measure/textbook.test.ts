import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { distribution } from '../../../sim/measure/distribution.ts';
import { linkCopies, linkStress } from '../../../sim/measure/link-stress.ts';
import { delayPenalty, overlayDelays } from '../../../sim/measure/rdp.ts';
import { resourceUsage } from '../../../sim/measure/resource-usage.ts';
import { costRatios, treeCost } from '../../../sim/measure/tree-cost.ts';
import { directedFrom, ipMulticast, minimumSpanningTree, star, transmissionsOf } from '../../../sim/measure/trees.ts';
import { RouterOracle } from '../../../sim/measure/unicast.ts';
import { attachHosts } from '../../../sim/underlay/attachment.ts';
import { builtinUnderlay } from '../../../sim/underlay/builtin.ts';
import { RouteCache } from '../../../sim/underlay/route-cache.ts';
import { routerGraph } from '../../../sim/underlay/router-graph.ts';

const [A, B, C, D, E] = [0, 1, 2, 3, 4] as const;
const NAMES = 'ABCDE';
const CHAIN: readonly [number, number][] = [[A, B], [B, E], [E, D], [D, C]];
const MST: readonly [number, number][] = [[A, B], [A, E], [E, C], [C, D]];

const underlay = builtinUnderlay('textbook');
const hosts = attachHosts(underlay, { hosts: { kind: 'all' }, accessDelayMs: 1 }, new Random(1));
const oracle = new RouterOracle(hosts, new RouteCache(routerGraph(underlay)));

function stressOf(copies: ReturnType<typeof linkCopies>): Record<string, number> {
  const used: Record<string, number> = {};
  underlay.links.forEach((link, index) => {
    const name = `${underlay.routers[link.a]?.id}-${underlay.routers[link.b]?.id}`;
    used[name] = (copies.ab[index] as number) + (copies.ba[index] as number);
  });
  hosts.forEach((host, index) => {
    used[`${host.id}-${underlay.routers[host.router]?.id}`] = (copies.up[index] as number) + (copies.down[index] as number);
  });
  return Object.fromEntries(Object.entries(used).filter(([, stress]) => stress > 0));
}

function ratiosFrom(source: number, edges: readonly [number, number][]): Record<string, number> {
  const overlayMs = overlayDelays(oracle, directedFrom(5, edges, source), source);
  const ratios: Record<string, number> = {};
  for (let host = 0; host < 5; host++) {
    if (host !== source) ratios[NAMES.charAt(host)] = (overlayMs[host] as number) / oracle.delayMs(source, host);
  }
  return ratios;
}

function allPairs(edges: readonly [number, number][]): { mean: string | undefined; max: string | undefined } {
  const all = distribution([A, B, C, D, E].flatMap((source) => Object.values(ratiosFrom(source, edges))));
  return { mean: all?.mean.toFixed(3), max: all?.max.toFixed(3) };
}

function undirectedAll(copies: ReturnType<typeof linkCopies>): [number, string | undefined, string | undefined] {
  const { max, mean, meanAllLinks } = linkStress(copies).undirected.all;
  return [max, mean?.toFixed(3), meanAllLinks?.toFixed(3)];
}

describe('the textbook figure (METRICS, golden values 1)', () => {
  test('has the ten unicast delays', () => {
    const delays: Record<string, number> = {};
    for (let a = 0; a < 5; a++) {
      for (let b = a + 1; b < 5; b++) {
        delays[NAMES.charAt(a) + NAMES.charAt(b)] = oracle.delayMs(a, b);
        expect(oracle.delayMs(b, a)).toBe(oracle.delayMs(a, b));
      }
    }
    expect(delays).toEqual({ AB: 9, AC: 52, AD: 49, AE: 32, BC: 47, BD: 42, BE: 39, CD: 7, CE: 22, DE: 27 });
  });

  test('walks the links of a route in the order in which a packet crosses them', () => {
    const crossed: string[] = [];
    oracle.walk(D, A, (link, from, to) => crossed.push(`${link}:${underlay.routers[from]?.id}>${underlay.routers[to]?.id}`));
    expect(crossed).toEqual(['4:Rd>Rb', '0:Rb>Ra']);
  });

  test('the chain A-B-E-D-C has its cost, stress and penalties', () => {
    const parents = directedFrom(5, CHAIN, A);
    const copies = linkCopies(oracle, transmissionsOf(parents));
    expect(treeCost(oracle, parents)).toBe(82);
    expect(resourceUsage(oracle, copies)).toEqual({ allMs: 82, routersMs: 74 });
    expect(stressOf(copies)).toEqual({
      'A-Ra': 1, 'Ra-Rb': 2, 'B-Rb': 2, 'Ra-Re': 1, 'E-Re': 2, 'Rc-Re': 1, 'Rc-Rd': 2, 'D-Rd': 2, 'C-Rc': 1,
    });
    expect(undirectedAll(copies)).toEqual([2, '1.556', '1.400']);
    expect(linkStress(copies).directed.all).toEqual({
      max: 1, mean: 1, meanAllLinks: 14 / 20, p50: 1, p90: 1, usedLinks: 14, sum: 14,
    });
    expect(ratiosFrom(A, CHAIN)).toEqual({ B: 1, E: 48 / 32, D: 75 / 49, C: 82 / 52 });
    expect(ratiosFrom(B, CHAIN)['C']).toBe(73 / 47);
    expect(allPairs(CHAIN)).toEqual({ mean: '1.328', max: '1.577' });
    expect(delayPenalty(oracle, parents, A)).toEqual({
      rdp: distribution([1, 48 / 32, 75 / 49, 82 / 52]), undefinedRatios: 0, unreached: 0, rmd: 82 / 52, rad: 214 / 142,
    });
  });

  test('the minimum spanning tree is A-B, A-E, E-C, C-D', () => {
    const parents = minimumSpanningTree(oracle, A);
    expect(parents).toEqual(directedFrom(5, MST, A));
    expect(minimumSpanningTree(oracle, D)).toEqual(directedFrom(5, MST, D));
    expect(treeCost(oracle, parents)).toBe(70);
    expect(undirectedAll(linkCopies(oracle, transmissionsOf(parents)))).toEqual([2, '1.333', '1.200']);
    expect(ratiosFrom(A, MST)).toEqual({ B: 1, E: 1, C: 54 / 52, D: 61 / 49 });
    expect(allPairs(MST)).toEqual({ mean: '1.142', max: '1.667' });
  });

  test('the unicast star puts four copies on the access link of A', () => {
    const parents = star(5, A);
    const copies = linkCopies(oracle, transmissionsOf(parents));
    expect(treeCost(oracle, parents)).toBe(142);
    expect(resourceUsage(oracle, copies).allMs).toBe(142);
    expect(stressOf(copies)['A-Ra']).toBe(4);
    expect(undirectedAll(copies).slice(0, 2)).toEqual([4, '1.556']);
    expect(delayPenalty(oracle, parents, A).rdp).toEqual({ count: 4, min: 1, mean: 1, p50: 1, p90: 1, p99: 1, max: 1 });
  });

  test('IP multicast puts one copy on each link of the shortest-path tree', () => {
    const copies = ipMulticast(oracle, A);
    expect(resourceUsage(oracle, copies)).toEqual({ allMs: 102, routersMs: 97 });
    expect(stressOf(copies)).toEqual({
      'Ra-Rb': 1, 'Ra-Re': 1, 'Rc-Re': 1, 'Rb-Rd': 1, 'A-Ra': 1, 'B-Rb': 1, 'C-Rc': 1, 'D-Rd': 1, 'E-Re': 1,
    });
    expect(undirectedAll(copies).slice(0, 2)).toEqual([1, '1.000']);
  });

  test('costs are put in ratio to both bounds', () => {
    expect(costRatios({ treeCostMs: 82, mstCostMs: 70, ipMulticastCostMs: 102, resourceUsageMs: 82 })).toEqual({
      ratioToMst: 82 / 70, ratioToIpMulticast: 82 / 102, normalizedResourceUsage: 82 / 102,
    });
    expect(costRatios({ treeCostMs: 82, mstCostMs: 0, ipMulticastCostMs: null, resourceUsageMs: null })).toEqual({
      ratioToMst: null, ratioToIpMulticast: null, normalizedResourceUsage: null,
    });
  });
});
