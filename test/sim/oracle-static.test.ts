import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { readTopologyFile } from '../../sim/input/read-topology.ts';
import { linkCopies, linkStress } from '../../sim/measure/link-stress.ts';
import type { LinkCopies, StressSummary } from '../../sim/measure/link-stress.ts';
import { delayPenalty, overlayDelays } from '../../sim/measure/rdp.ts';
import { resourceUsage } from '../../sim/measure/resource-usage.ts';
import { costRatios, treeCost } from '../../sim/measure/tree-cost.ts';
import { ipMulticast, minimumSpanningTree, star, transmissionsOf } from '../../sim/measure/trees.ts';
import type { Parents } from '../../sim/measure/trees.ts';
import { RouterOracle } from '../../sim/measure/unicast.ts';
import { attachHosts } from '../../sim/underlay/attachment.ts';
import { RouteCache } from '../../sim/underlay/route-cache.ts';
import { routerGraph } from '../../sim/underlay/router-graph.ts';

/** The parts of `topologies-oracle.json` that the static baselines have. */
interface Stress { readonly used: number; readonly max: number; readonly sum: number; readonly mean: number }
type Stresses = Readonly<Record<'undirected_routers' | 'undirected_all' | 'directed_routers' | 'directed_all', Stress>>;
interface Usage { readonly routers: number; readonly all: number }
interface Entry {
  readonly name: string;
  readonly variant: 'all' | 'every3';
  readonly file: string;
  readonly input: { readonly parallel_merged: number; readonly self_loops_dropped: number; readonly excluded: readonly string[] };
  readonly used: { readonly routers: number; readonly links: number; readonly links_default_1ms: number; readonly total_link_delay: number };
  readonly source: string;
  readonly n_hosts: number;
  readonly unicast: { readonly sum: number; readonly mean: number; readonly max: number };
  readonly unicast_delay_ms: Readonly<Record<string, number>>;
  readonly ip_multicast: {
    readonly spt_links_routers: number; readonly spt_cost_canonical_routers: number; readonly spt_cost_canonical_all: number;
    readonly stress_max: number; readonly stress_mean: number;
  };
  readonly star: {
    readonly stress: Stresses; readonly resource_usage: Usage; readonly nru: number;
    readonly top_links: readonly (readonly [string, string, number])[];
  };
  readonly mst: {
    readonly tree_cost: number; readonly rdp_mean: number; readonly rdp_max: number; readonly max_overlay_delay: number;
    readonly stress: Stresses; readonly resource_usage: Usage; readonly nru: number; readonly depth: number; readonly max_fanout: number;
    /** A remark instead of a list where there are very many. */
    readonly edges: string | readonly (readonly [string, string])[];
  };
}

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const ORACLE = `${SHARED}topologies-oracle.json`;
const entries: readonly Entry[] = existsSync(ORACLE) ? (JSON.parse(readFileSync(ORACLE, 'utf8')) as { topologies: Entry[] }).topologies : [];

/** The tolerance that the oracle asks for. */
function same(value: number | null | undefined, expected: number): void {
  expect(Math.abs((value ?? NaN) - expected), `${value} against ${expected}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
}

function sameStress(copies: LinkCopies, expected: Stresses): void {
  const { undirected, directed } = linkStress(copies);
  const pairs: readonly [StressSummary, Stress][] = [
    [undirected.routers, expected.undirected_routers],
    [undirected.all, expected.undirected_all],
    [directed.routers, expected.directed_routers],
    [directed.all, expected.directed_all],
  ];
  for (const [summary, stress] of pairs) {
    expect([summary.usedLinks, summary.max, summary.sum]).toEqual([stress.used, stress.max, stress.sum]);
    same(summary.mean, stress.mean);
  }
}

function depthAndFanout(parents: Parents): [number, number] {
  const children = new Int32Array(parents.length);
  let depth = 0;
  for (let host = 0; host < parents.length; host++) {
    let level = 0;
    for (let at = host; (parents[at] as number) !== -1; at = parents[at] as number) level++;
    depth = Math.max(depth, level);
    const parent = parents[host] as number;
    if (parent !== -1) children[parent] = (children[parent] as number) + 1;
  }
  return [depth, Math.max(...children)];
}

describe.skipIf(entries.length === 0)('static baselines equal the independent oracle', () => {
  for (const entry of entries) {
    describe(`${entry.name}, ${entry.variant}`, () => {
      const underlay = readTopologyFile(`${SHARED}topologies/${entry.file}`);
      if (underlay.kind !== 'routers') throw new Error(`${entry.file} is a router graph`);
      const choice = entry.variant === 'all' ? { kind: 'all' } as const : { kind: 'every', k: 3 } as const;
      const hosts = attachHosts(underlay, { hosts: choice, accessDelayMs: 1 }, new Random(1));
      const oracle = new RouterOracle(hosts, new RouteCache(routerGraph(underlay)));
      const sptCostMs = resourceUsage(oracle, ipMulticast(oracle, 0)).allMs;

      test('the graph', () => {
        expect([underlay.routers.length, underlay.links.length, hosts.length, hosts[0]?.id]).toEqual(
          [entry.used.routers, entry.used.links, entry.n_hosts, entry.source],
        );
        expect(underlay.counts).toMatchObject({
          mergedLinks: entry.input.parallel_merged,
          selfLoops: entry.input.self_loops_dropped,
          defaultDelays: entry.used.links_default_1ms,
          excludedRouters: entry.input.excluded.length,
        });
        same(underlay.links.reduce((total, link) => total + link.delayMs, 0), entry.used.total_link_delay);
      });

      test('unicast delays', () => {
        const delaysMs = hosts.slice(1).map((_, index) => oracle.delayMs(0, index + 1));
        same(delaysMs.reduce((total, delayMs) => total + delayMs, 0), entry.unicast.sum);
        same(Math.max(...delaysMs), entry.unicast.max);
        expect(Object.keys(entry.unicast_delay_ms).length).toBeGreaterThan(0);
        for (const [id, delayMs] of Object.entries(entry.unicast_delay_ms)) {
          same(oracle.delayMs(0, hosts.findIndex((host) => host.id === id)), delayMs);
        }
      });

      test('IP multicast', () => {
        const copies = ipMulticast(oracle, 0);
        const usage = resourceUsage(oracle, copies);
        const { routers, all } = linkStress(copies).undirected;
        same(usage.routersMs, entry.ip_multicast.spt_cost_canonical_routers);
        same(usage.allMs, entry.ip_multicast.spt_cost_canonical_all);
        expect([routers.usedLinks, all.max, all.mean]).toEqual(
          [entry.ip_multicast.spt_links_routers, entry.ip_multicast.stress_max, entry.ip_multicast.stress_mean],
        );
      });

      test('unicast star', () => {
        const parents = star(hosts.length, 0);
        const copies = linkCopies(oracle, transmissionsOf(parents));
        const usage = resourceUsage(oracle, copies);
        sameStress(copies, entry.star.stress);
        same(usage.routersMs, entry.star.resource_usage.routers);
        same(usage.allMs, entry.star.resource_usage.all);
        same(usage.allMs, treeCost(oracle, parents));
        same(usage.allMs / sptCostMs, entry.star.nru);
        const id = (router: number): string | undefined => underlay.routers[router]?.id;
        for (const [a, b, stress] of entry.star.top_links) {
          const link = underlay.links.findIndex((each) => [id(each.a), id(each.b)].sort().join() === [a, b].sort().join());
          expect((copies.ab[link] as number) + (copies.ba[link] as number)).toBe(stress);
        }
      });

      test('minimum spanning tree', () => {
        const parents = minimumSpanningTree(oracle, 0);
        const copies = linkCopies(oracle, transmissionsOf(parents));
        const usage = resourceUsage(oracle, copies);
        const penalty = delayPenalty(oracle, parents, 0);
        const costMs = treeCost(oracle, parents);
        same(costMs, entry.mst.tree_cost);
        sameStress(copies, entry.mst.stress);
        same(usage.routersMs, entry.mst.resource_usage.routers);
        same(usage.allMs, entry.mst.resource_usage.all);
        same(penalty.rdp?.mean, entry.mst.rdp_mean);
        same(penalty.rdp?.max, entry.mst.rdp_max);
        same(Math.max(...overlayDelays(oracle, parents, 0)), entry.mst.max_overlay_delay);
        expect(depthAndFanout(parents)).toEqual([entry.mst.depth, entry.mst.max_fanout]);
        const ratios = costRatios({ treeCostMs: costMs, mstCostMs: costMs, ipMulticastCostMs: sptCostMs, resourceUsageMs: usage.allMs });
        same(ratios.normalizedResourceUsage, entry.mst.nru);
        same(ratios.ratioToMst, 1);
        if (typeof entry.mst.edges === 'string') return;
        const pairs = entry.mst.edges.map(([a, b]) => [a, b].sort().join(' ')).sort();
        const found = [...transmissionsOf(parents)].map(([a, b]) => [hosts[a]?.id, hosts[b]?.id].sort().join(' ')).sort();
        expect(found).toEqual(pairs);
      });
    });
  }
});
