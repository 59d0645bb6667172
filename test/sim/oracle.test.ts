import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { type ComparisonOptions, compare } from '../../sim/experiments/comparison.ts';
import { type Field, field } from '../../sim/experiments/field.ts';
import { messageFigures } from '../../sim/experiments/figures.ts';
import { protocolSetup } from '../../sim/experiments/protocols.ts';
import { type RunOptions, run } from '../../sim/experiments/run.ts';
import { readTopologyFile } from '../../sim/input/read-topology.ts';
import type { MessageRecord } from '../../sim/measure/message-record.ts';
import { type Parents, directedFrom } from '../../sim/measure/trees.ts';
import type { ProtocolResult, StressResult } from '../../sim/report/report.ts';
import { buildRouterUnderlay } from '../../sim/underlay/build.ts';
import { builtinUnderlay } from '../../sim/underlay/builtin.ts';
import type { RouterUnderlay } from '../../sim/underlay/underlay.ts';

/**
 * What was really sent in the simulator, against values that an independent program
 * computed from the definitions (METRICS, golden values 2), and against the textbook
 * figure (golden values 1), which a clone alone has too.
 */

const BASELINES = ['unicast', 'mst', 'ip-multicast'] as const;

/** The results of the baselines, one measured message of the first host. */
function baselines(underlay: RouterUnderlay, more: ComparisonOptions = {}): Readonly<Record<(typeof BASELINES)[number], ProtocolResult>> {
  const { results } = compare(underlay, 'map', { protocols: BASELINES, warmUpMessages: 1, links: true, ...more });
  const of = (name: string): ProtocolResult => {
    const result = results.find(({ protocol }) => protocol === name);
    if (result === undefined) throw new Error(`${name} was compared`);
    return result;
  };
  return { unicast: of('unicast'), mst: of('mst'), 'ip-multicast': of('ip-multicast') };
}

/** The one message of a run in which nothing is lost. */
function recordOf(ground: Field, protocol: 'unicast' | 'mst', source = ground.firstHost): MessageRecord {
  const setup = protocolSetup(protocol);
  if (setup.kind !== 'peers') throw new Error(`${protocol} is run by peers`);
  const options: RunOptions = {
    seed: 1, sources: [source], warmUpMessages: 0, messages: 1, payloadBytes: 10, loss: 0, jitter: 0, wire: 'objects', onShare: () => {},
  };
  const [record] = run(ground, setup, options).records;
  if (record === undefined) throw new Error('one message, one record');
  return record;
}

/** From publish to first delivery at a host, in ms. */
function afterMs({ deliveredUs, publishedUs }: MessageRecord, host: number): number {
  return ((deliveredUs[host] as number) - publishedUs) / 1000;
}

/** What the links of the routers carried, times their delays. */
function routerUsageMs({ links = [] }: ProtocolResult, routerLinks: number): number {
  return links.slice(0, routerLinks).reduce((sum, { delayMs, copies }) => sum + delayMs * copies, 0);
}

/** The copies on each link that carries any, by its ends. */
function copiesByLink({ links = [] }: ProtocolResult): Record<string, number> {
  return Object.fromEntries(links.filter(({ copies }) => copies > 0).map(({ a, b, copies }) => [`${a}-${b}`, copies]));
}

// The independent oracle.

interface Stress { readonly used: number; readonly max: number; readonly sum: number; readonly mean: number }
type Stresses = Readonly<Record<'undirected_routers' | 'undirected_all' | 'directed_routers' | 'directed_all', Stress>>;
interface Usage { readonly routers: number; readonly all: number }
type TopLinks = readonly (readonly [string, string, number])[];
interface Entry {
  readonly name: string;
  readonly variant: 'all' | 'every3';
  readonly file: string;
  readonly used: { readonly routers: number; readonly links: number };
  readonly source: string;
  readonly n_hosts: number;
  readonly unicast: { readonly sum: number; readonly mean: number; readonly max: number };
  readonly unicast_delay_ms: Readonly<Record<string, number>>;
  readonly ip_multicast: {
    readonly spt_links_routers: number; readonly spt_cost_canonical_routers: number; readonly spt_cost_canonical_all: number;
    readonly stress_max: number; readonly stress_mean: number;
  };
  readonly star: { readonly stress: Stresses; readonly resource_usage: Usage; readonly nru: number; readonly top_links: TopLinks };
  readonly mst: {
    readonly tree_cost: number; readonly rdp_mean: number; readonly rdp_max: number; readonly max_overlay_delay: number;
    readonly stress: Stresses; readonly resource_usage: Usage; readonly nru: number; readonly depth: number; readonly max_fanout: number;
    readonly top_links: TopLinks;
    /** A remark instead of a list where there are very many. */
    readonly edges: string | readonly (readonly [string, string])[];
  };
}

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));
const ORACLE = `${SHARED}topologies-oracle.json`;
const entries: readonly Entry[] = existsSync(ORACLE) ? (JSON.parse(readFileSync(ORACLE, 'utf8')) as { topologies: Entry[] }).topologies : [];

/** The tolerance that the oracle asks for. */
function same(value: number | null | undefined, expected: number): void {
  expect(Math.abs((value ?? NaN) - expected), `${value} against ${expected}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
}

function sameStress(result: ProtocolResult, expected: Stresses): void {
  const { undirected, directed } = result.linkStress ?? {};
  const pairs: readonly (readonly [StressResult | undefined, Stress])[] = [
    [undirected?.routers, expected.undirected_routers],
    [undirected?.all, expected.undirected_all],
    [directed?.routers, expected.directed_routers],
    [directed?.all, expected.directed_all],
  ];
  for (const [stress, { used, max, sum, mean }] of pairs) {
    expect([stress?.usedLinks, stress?.max, stress?.sum]).toEqual([used, max, sum]);
    same(stress?.mean, mean);
  }
}

/** `top_links` name router links by their routers in either order. */
function sameTopLinks(result: ProtocolResult, routerLinks: number, expected: TopLinks): void {
  const key = (a: string, b: string): string => [a, b].sort().join(' ');
  const copies = new Map(result.links?.slice(0, routerLinks).map((link) => [key(link.a, link.b), link.copies]));
  for (const [a, b, stress] of expected) expect(copies.get(key(a, b)), `${a} to ${b}`).toBe(stress);
}

/**
 * Where the oracle is not free of ties its canonical block follows the same rule as the
 * simulator, so that every entry is compared exactly.
 */
describe.skipIf(entries.length === 0)('what is simulated equals the independent oracle', () => {
  describe.each(entries.map((entry) => [entry.name, entry.variant, entry] as const))('%s, %s', (_name, variant, entry) => {
    const underlay = readTopologyFile(`${SHARED}topologies/${entry.file}`);
    if (underlay.kind !== 'routers') throw new Error(`${entry.file} is a router graph`);
    const hosts = variant === 'all' ? 'all' : 'every:3';
    const results = baselines(underlay, { hosts });
    const ground = field(underlay, variant === 'all' ? { kind: 'all' } : { kind: 'every', k: 3 }, 1, new Random(1));
    const routerLinks = underlay.links.length;

    test('the hosts', () => {
      expect([underlay.routers.length, routerLinks, ground.hostIds.length, ground.hostIds[ground.firstHost]]).toEqual(
        [entry.used.routers, entry.used.links, entry.n_hosts, entry.source],
      );
      for (const name of BASELINES) expect(results[name]).toMatchObject({ source: entry.source, messages: 1, reliability: 1, relativeMessageRedundancy: 0 });
    });

    test('unicast: delays, stress, resource usage', () => {
      const result = results.unicast;
      const record = recordOf(ground, 'unicast');
      expect(Object.keys(entry.unicast_delay_ms).length).toBeGreaterThan(0);
      for (const [id, delayMs] of Object.entries(entry.unicast_delay_ms)) {
        const host = ground.hostIds.indexOf(id);
        same(ground.oracle.delayMs(ground.firstHost, host), delayMs);
        // The clock counts whole microseconds, and the oracle prints six decimals.
        expect(Math.abs(afterMs(record, host) - delayMs)).toBeLessThan(0.000502);
      }
      same(result.treeCost.value, entry.unicast.sum);
      same(result.resourceUsage, entry.star.resource_usage.all);
      same(routerUsageMs(result, routerLinks), entry.star.resource_usage.routers);
      same(result.normalizedResourceUsage, entry.star.nru);
      expect(Math.abs((result.meanDeliveryMs ?? NaN) - entry.unicast.mean)).toBeLessThan(0.0005);
      expect(Math.abs((result.lastDeliveryMs ?? NaN) - entry.unicast.max)).toBeLessThan(0.00051);
      expect([result.rdp?.min, result.rdp?.max, result.rmd, result.rad, result.lastDeliveryHop, result.nodeStress.max]).toEqual([1, 1, 1, 1, 1, entry.n_hosts - 1]);
      sameStress(result, entry.star.stress);
      sameTopLinks(result, routerLinks, entry.star.top_links);
    });

    test('mst: cost, stress, resource usage, penalty, shape', () => {
      const result = results.mst;
      same(result.treeCost.value, entry.mst.tree_cost);
      same(result.treeCost.ratioToMst, 1);
      same(result.resourceUsage, entry.mst.resource_usage.all);
      same(routerUsageMs(result, routerLinks), entry.mst.resource_usage.routers);
      same(result.normalizedResourceUsage, entry.mst.nru);
      same(result.rdp?.mean, entry.mst.rdp_mean);
      same(result.rdp?.max, entry.mst.rdp_max);
      same((result.rmd ?? NaN) * entry.unicast.max, entry.mst.max_overlay_delay);
      expect([result.lastDeliveryHop, result.nodeStress.max]).toEqual([entry.mst.depth, entry.mst.max_fanout]);
      sameStress(result, entry.mst.stress);
      sameTopLinks(result, routerLinks, entry.mst.top_links);
    });

    test('mst: the edges that were used', () => {
      if (typeof entry.mst.edges === 'string') return;
      const { parents } = recordOf(ground, 'mst');
      const used = [...parents.entries()].flatMap(([host, parent]) => (parent === -1 ? [] : [[ground.hostIds[host], ground.hostIds[parent]].sort().join(' ')]));
      expect(used.sort()).toEqual(entry.mst.edges.map(([a, b]) => [a, b].sort().join(' ')).sort());
    });

    test('ip-multicast: the shortest-path tree', () => {
      const result = results['ip-multicast'];
      const { routers, all } = result.linkStress?.undirected ?? {};
      same(result.treeCost.value, entry.ip_multicast.spt_cost_canonical_all);
      same(result.treeCost.ratioToIpMulticast, 1);
      same(result.resourceUsage, entry.ip_multicast.spt_cost_canonical_all);
      same(result.normalizedResourceUsage, 1);
      same(routerUsageMs(result, routerLinks), entry.ip_multicast.spt_cost_canonical_routers);
      expect([routers?.usedLinks, all?.max, all?.mean]).toEqual(
        [entry.ip_multicast.spt_links_routers, entry.ip_multicast.stress_max, entry.ip_multicast.stress_mean],
      );
      expect([result.rdp?.min, result.rdp?.max, result.lastDeliveryHop]).toEqual([1, 1, 1]);
    });
  });
});

// What can be checked by hand.

describe('the textbook figure gives its golden values', () => {
  const underlay = builtinUnderlay('textbook');
  const [A, B, C, D, E] = [0, 1, 2, 3, 4] as const;
  const ground = field(underlay, { kind: 'all' }, 1, new Random(1));
  const results = baselines(underlay);
  const fixed = (...values: readonly (number | null | undefined)[]): string => values.map((value) => value?.toFixed(3)).join(' ');

  /** RDP of every host but the source, by name. */
  function ratios(grounds: Field, source: number): Record<string, number> {
    const record = recordOf(grounds, 'mst', source);
    const byHost: Record<string, number> = {};
    for (const [host, id] of grounds.hostIds.entries()) {
      if (host !== source) byHost[id] = afterMs(record, host) / ground.oracle.delayMs(source, host);
    }
    return byHost;
  }

  function allPairs(grounds: Field): string {
    const all = [A, B, C, D, E].flatMap((source) => Object.values(ratios(grounds, source)));
    return fixed(all.reduce((sum, ratio) => sum + ratio, 0) / all.length, Math.max(...all));
  }

  test('unicast star', () => {
    const { unicast } = results;
    expect([unicast.treeCost.value, unicast.resourceUsage, copiesByLink(unicast)['A-Ra']]).toEqual([142, 142, 4]);
    expect(fixed(unicast.linkStress?.undirected.all.max, unicast.linkStress?.undirected.all.mean)).toBe('4.000 1.556');
    expect(unicast.rdp).toEqual({ min: 1, mean: 1, p50: 1, p90: 1, max: 1 });
    const later = (source: number): number[] => [A, B, C, D, E].filter((host) => host > source).map((host) => afterMs(recordOf(ground, 'unicast', source), host));
    expect([later(A), later(B), later(C), later(D)]).toEqual([[9, 52, 49, 32], [47, 42, 39], [7, 22], [27]]);
  });

  test('IP multicast', () => {
    const multicast = results['ip-multicast'];
    expect([multicast.treeCost.value, multicast.resourceUsage, multicast.rdp?.max]).toEqual([102, 102, 1]);
    expect(multicast.linkStress?.undirected.all).toMatchObject({ max: 1, mean: 1, sum: 9 });
    expect(Object.values(copiesByLink(multicast))).toEqual(new Array(9).fill(1));
  });

  test('minimum spanning tree A-B, A-E, E-C, C-D', () => {
    const { mst } = results;
    expect([mst.treeCost.value, mst.treeCost.ratioToMst, mst.treeCost.ratioToIpMulticast]).toEqual([70, 1, 70 / 102]);
    const { max, mean, meanAllLinks } = mst.linkStress?.undirected.all ?? {};
    expect(fixed(max, mean, meanAllLinks)).toBe('2.000 1.333 1.200');
    expect(ratios(ground, A)).toEqual({ B: 1, E: 1, C: 54 / 52, D: 61 / 49 });
    expect(allPairs(ground)).toBe('1.142 1.667');
    expect([...recordOf(ground, 'mst').parents]).toEqual([-1, A, E, C, A]);
    const [all] = compare(underlay, 'map', { protocols: ['mst'], source: 'all' }).results;
    expect([fixed(all?.rdp?.mean, all?.rdp?.max), all?.treeCost.value, all?.messages]).toEqual(['1.142 1.667', 70, 5]);
  });

  test('the chain A-B, B-E, E-D, D-C, given to the peers as their tree', () => {
    const chain: Parents = directedFrom(5, [[A, B], [B, E], [E, D], [D, C]], A);
    const chained: Field = { ...ground, mst: chain };
    const record = recordOf(chained, 'mst');
    expect([...record.parents]).toEqual([...chain]);
    const { figures } = messageFigures(record, { field: chained, mstCostMs: 70, cycleMs: undefined, routersCopy: false });
    expect([figures.treeCost.value, figures.resourceUsage]).toEqual([82, 82]);
    expect([figures.treeCost.ratioToMst, figures.normalizedResourceUsage]).toEqual([82 / 70, 82 / 102]);
    const { undirected, directed } = figures.linkStress ?? {};
    expect(fixed(undirected?.all.max, undirected?.all.mean, undirected?.all.meanAllLinks, directed?.all.max)).toBe('2.000 1.556 1.400 1.000');
    expect(ratios(chained, A)).toEqual({ B: 1, E: 48 / 32, D: 75 / 49, C: 82 / 52 });
    expect(ratios(chained, B)['C']).toBe(73 / 47);
    expect(allPairs(chained)).toBe('1.328 1.577');
    expect([figures.rdp?.max, figures.rmd, figures.rad, figures.lastDeliveryHop, figures.lastDeliveryMs]).toEqual([82 / 52, 82 / 52, 214 / 142, 4, 82]);
    const { ab, ba, up, down } = messageFigures(record, { field: chained, mstCostMs: 70, cycleMs: undefined, routersCopy: false }).copies ?? {};
    const stress = underlay.links.map((link, index) => [
      `${underlay.routers[link.a]?.id}-${underlay.routers[link.b]?.id}`, (ab?.[index] as number) + (ba?.[index] as number),
    ]);
    expect(Object.fromEntries(stress)).toEqual({ 'Ra-Rb': 2, 'Ra-Re': 1, 'Rc-Re': 1, 'Rc-Rd': 2, 'Rb-Rd': 0 });
    expect([...ground.hostIds.keys()].map((host) => (up?.[host] as number) + (down?.[host] as number))).toEqual([1, 2, 1, 2, 2]);
  });
});

describe('a square of equal links, where ties decide', () => {
  const underlay = buildRouterUnderlay({
    name: 'square',
    nodes: ['r0', 'r1', 'r2', 'r3'].map((id) => ({ id })),
    links: ([['r0', 'r2'], ['r2', 'r3'], ['r0', 'r1'], ['r1', 'r3']] as const).map(([source, target]) => ({ source, target, delayMs: 1 })),
  });

  test('routes go by the smallest predecessor, and candidates of the tree in order of their hosts', () => {
    const { unicast, mst, 'ip-multicast': multicast } = baselines(underlay);
    expect(copiesByLink(unicast)).toEqual({ 'r0-r2': 1, 'r0-r1': 2, 'r1-r3': 1, 'r0-r0': 3, 'r1-r1': 1, 'r2-r2': 1, 'r3-r3': 1 });
    expect(copiesByLink(mst)).toEqual({ 'r0-r2': 1, 'r0-r1': 1, 'r1-r3': 1, 'r0-r0': 2, 'r1-r1': 2, 'r2-r2': 1, 'r3-r3': 1 });
    expect(copiesByLink(multicast)).toEqual({ 'r0-r2': 1, 'r0-r1': 1, 'r1-r3': 1, 'r0-r0': 1, 'r1-r1': 1, 'r2-r2': 1, 'r3-r3': 1 });
    expect([unicast, mst, multicast].map((result) => [result.treeCost.value, result.resourceUsage, result.rdp?.max])).toEqual([[10, 10, 1], [9, 9, 1.5], [7, 7, 1]]);
  });

  test('seen from the other side the same rule takes the same way', () => {
    const { unicast } = baselines(underlay, { source: 'r3' });
    expect(copiesByLink(unicast)).toEqual({ 'r2-r3': 1, 'r0-r1': 1, 'r1-r3': 2, 'r0-r0': 1, 'r1-r1': 1, 'r2-r2': 1, 'r3-r3': 3 });
  });

  test('with hosts on every third router the others only forward', () => {
    const { unicast, mst, 'ip-multicast': multicast } = baselines(underlay, { hosts: 'every:3' });
    for (const result of [unicast, mst, multicast]) {
      expect(copiesByLink(result)).toEqual({ 'r0-r1': 1, 'r1-r3': 1, 'r0-r0': 1, 'r3-r3': 1 });
      expect([result.treeCost.value, result.linkStress?.undirected.all.meanAllLinks]).toEqual([4, 4 / 6]);
    }
  });
});
