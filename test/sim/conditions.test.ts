import { describe, expect, test } from 'vitest';
import { type ComparisonOptions, compare } from '../../sim/experiments/comparison.ts';
import { PROTOCOLS } from '../../sim/experiments/protocols.ts';
import { readTopologyFile } from '../../sim/input/read-topology.ts';
import { renderCsv } from '../../sim/report/csv.ts';
import { renderJson } from '../../sim/report/json.ts';
import type { ProtocolResult, Report } from '../../sim/report/report.ts';
import { renderTable } from '../../sim/report/table.ts';
import { buildRouterUnderlay } from '../../sim/underlay/build.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import type { Underlay } from '../../sim/underlay/underlay.ts';
import { fixturePath } from '../fixtures/read.ts';
import { equalDelays } from './equal-delays.ts';

const map = generateTopology('waxman', { routers: 12 }, 2);
const QUICK: ComparisonOptions = { warmUpMessages: 2, messages: 2 };

function report(underlay: Underlay, options: ComparisonOptions): Report {
  return compare(underlay, 'map', { ...QUICK, ...options });
}

function result(underlay: Underlay, protocol: string, options: ComparisonOptions = {}): ProtocolResult {
  const [only] = report(underlay, { protocols: [protocol], ...options }).results;
  if (only === undefined) throw new Error('one protocol, one result');
  return only;
}

/** Numbers that are none would be written as null by JSON, and read as "does not exist". */
function expectFinite(value: unknown, path = 'report'): void {
  if (typeof value === 'number') expect(Number.isFinite(value), `${path} is ${value}`).toBe(true);
  else if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) expectFinite(inner, `${path}.${key}`);
  else expect(value === undefined, `${path} is undefined`).toBe(false);
}

function expectSound(made: Report): void {
  expectFinite(made);
  expect(JSON.parse(renderJson(made))).toEqual(made);
  expect(Math.max(...renderTable(made).split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(renderCsv(made).trimEnd().split('\n')).toHaveLength(made.results.length + 1);
}

describe('sources', () => {
  test('all: every host publishes, and the messages of all are put together', () => {
    const { results } = report(map, { source: 'all', protocols: ['unicast', 'plumtree', 'ip-multicast'] });
    const ids = map.routers.map(({ id }) => id);
    for (const { source, sources, messages, reliability } of results) {
      expect({ source, sources, messages, reliability }).toEqual({ source: 'all', sources: ids, messages: 24, reliability: 1 });
    }
    const alone = ids.map((source) => result(map, 'unicast', { source }));
    const [unicast] = results;
    expect(unicast?.resourceUsage).toBeCloseTo(alone.reduce((sum, { resourceUsage }) => sum + (resourceUsage ?? NaN), 0) / 12, 9);
    expect(unicast?.linkStress?.undirected.all.max).toBe(Math.max(...alone.map(({ linkStress }) => linkStress?.undirected.all.max ?? NaN)));
    expect(unicast?.linkStress?.undirected.all.mean).toBeCloseTo(alone.reduce((sum, { linkStress }) => sum + (linkStress?.undirected.all.mean ?? NaN), 0) / 12, 9);
  });

  test('random: as many different ones as asked for, by the seed', () => {
    const sources = (seed: number): readonly string[] => result(map, 'unicast', { source: 'random:3', seed }).sources;
    expect(new Set(sources(1)).size).toBe(3);
    expect(sources(1)).toEqual(sources(1));
    expect(new Set([1, 2, 3, 4].map((seed) => sources(seed).join())).size).toBeGreaterThan(1);
    expect(result(map, 'unicast', { source: 'random:3' })).toMatchObject({ source: 'random:3', messages: 6 });
    expect(result(map, 'unicast', { source: 'random:1' }).source).toMatch(/^\d+$/);
  });

  test('one by name, the first by default', () => {
    const named = map.routers[5]?.id ?? '';
    expect(result(map, 'mst', { source: named })).toMatchObject({ source: named, sources: [named] });
    expect(result(map, 'mst')).toMatchObject({ source: map.routers[0]?.id });
  });

  test('first is the host of the first router also where hosts are declared in another order', () => {
    const underlay = buildRouterUnderlay({
      name: 'declared',
      nodes: [{ id: 'late', kind: 'host' }, { id: 'early', kind: 'host' }, { id: 'r0' }, { id: 'r1' }],
      links: [['late', 'r1'], ['early', 'r0'], ['r0', 'r1']].map(([source = '', target = '']) => ({ source, target, delayMs: 3 })),
    });
    expect(result(underlay, 'unicast', { links: true })).toMatchObject({ source: 'early', resourceUsage: 9, links: [{ delayMs: 3 }, { a: 'late' }, { a: 'early' }] });
  });

  test.each([
    ['random:0', '--source random: expected a whole number from 1 to 12, got 0.'],
    ['random:13', '--source random: expected a whole number from 1 to 12, got 13.'],
    ['everyone', '--source: expected first, all, random:N or the id of a host, got "everyone".'],
  ])('%s is refused', (source, sentence) => {
    expect(() => report(map, { source })).toThrow(sentence);
  });
});

describe('messages before the measured ones', () => {
  test('are ten over all sources, unless told, and at least one of each', () => {
    const warmUp = (options: ComparisonOptions): number => compare(map, 'map', { protocols: ['mst'], ...options }).options.warmUpMessages;
    expect([warmUp({}), warmUp({ source: 'random:4' }), warmUp({ source: 'all' }), warmUp({ warmUpMessages: 0 })]).toEqual([10, 3, 1, 0]);
  });
});

describe('hosts', () => {
  test('every:K are on the routers whose position is divisible by K; random:N are as many, by the seed', () => {
    const ids = (hosts: string, seed = 1): readonly string[] => result(map, 'unicast', { hosts, source: 'all', seed }).sources;
    expect(ids('every:5')).toEqual([0, 5, 10].map((position) => map.routers[position]?.id));
    expect(ids('random:4')).toHaveLength(4);
    expect(ids('random:4')).toEqual(ids('random:4'));
    expect(new Set([1, 2, 3].map((seed) => ids('random:4', seed).join())).size).toBeGreaterThan(1);
  });

  test('two are enough, for every protocol', () => {
    const made = report(map, { hosts: 'random:2' });
    expectSound(made);
    for (const { protocol, reliability, rdp, lastDeliveryHop } of made.results) {
      expect([protocol, reliability, rdp?.max, lastDeliveryHop]).toEqual([protocol, 1, 1, 1]);
    }
  });

  test.each([
    ['every:12', '--hosts: expected at least 2 hosts, so that there is a receiver, got 1 on generated:waxman.'],
    ['random:13', '--hosts: expected random:N with a whole number N from 1 to 12, the number of routers, got 13.'],
    ['some', '--hosts: expected all, every:K or random:N, got "some".'],
  ])('%s is refused', (hosts, sentence) => {
    expect(() => report(map, { hosts })).toThrow(sentence);
  });
});

describe('several messages', () => {
  // A line of three routers, 2 and 4 ms, access links of 1 ms; hosts a, b, c.
  const line = buildRouterUnderlay({
    name: 'line',
    nodes: ['a', 'b', 'c'].map((id) => ({ id })),
    links: [{ source: 'a', target: 'b', delayMs: 2 }, { source: 'b', target: 'c', delayMs: 4 }],
  });

  test('largest of every max, smallest of every min, mean of all else: by hand', () => {
    // d(a,b) 4, d(b,c) 6, d(a,c) 8. The star from a: usage 12, stress a-b 2, b-c 1, access 2 1 1; from b: usage 10, stress 1 1, access 1 2 1;
    // from c: usage 14, stress 1 2, access 1 1 2.
    const star = result(line, 'unicast', { source: 'all', messages: 1 });
    expect(star).toMatchObject({
      messages: 3,
      resourceUsage: 12,
      lastDeliveryMs: (8 + 6 + 8) / 3,
      meanDeliveryMs: (6 + 5 + 7) / 3,
      nodeStress: { max: 2, mean: 2 / 3 },
      payloadBytes: 6 * 1034,
    });
    expect(star.linkStress?.undirected.all).toEqual({
      max: 2, mean: (7 / 5 + 6 / 5 + 7 / 5) / 3, meanAllLinks: (7 / 5 + 6 / 5 + 7 / 5) / 3, p50: 1, p90: 2, usedLinks: 5, sum: 20 / 3,
    });
    expect(star.linkStress?.undirected.routers).toMatchObject({ max: 2, mean: (1.5 + 1 + 1.5) / 3, sum: (3 + 2 + 3) / 3 });
    // The tree a-b, b-c: from a c hears after 10 ms in place of 8; from b both at once; from c a after 10.
    const mst = result(line, 'mst', { source: 'all', messages: 1 });
    expect(mst.rdp).toEqual({ min: 1, mean: (9 / 8 + 1 + 9 / 8) / 3, p50: 1, p90: (1.25 + 1 + 1.25) / 3, max: 1.25 });
    expect([mst.rmd, mst.rad, mst.lastDeliveryHop]).toEqual([(10 / 8 + 1 + 10 / 8) / 3, (14 / 12 + 1 + 16 / 14) / 3, (2 + 1 + 2) / 3]);
    expect(mst.treeCost).toEqual({ value: 10, ratioToMst: 1, ratioToIpMulticast: 10 / 9 });
  });

  test('with a static tree more messages change no figure but those that count all', () => {
    const [one, five] = [1, 5].map((messages) => result(map, 'mst', { messages, links: true }));
    expect({ ...five, messages: 1, traceHash: '', events: 0, measuredMs: 0, payloadBytes: 0 }).toEqual(
      { ...one, messages: 1, traceHash: '', events: 0, measuredMs: 0, payloadBytes: 0 },
    );
    expect(five?.payloadBytes).toBe(5 * (one?.payloadBytes ?? NaN));
  });
});

describe('links', () => {
  test.each(['unicast', 'ip-multicast', 'mst', 'plumtree', 'flood', 'rumor', 'anti-entropy'])('%s: their copies add up to the stress, and with their delays to the resource usage', (protocol) => {
    for (const loss of [0, 0.1]) {
      const { links = [], linkStress, resourceUsage } = result(map, protocol, { links: true, loss, source: 'random:3' });
      expect(links).toHaveLength(map.links.length + map.routers.length);
      expect(links.reduce((sum, { copies }) => sum + copies, 0)).toBeCloseTo(linkStress?.undirected.all.sum ?? NaN, 9);
      expect(links.reduce((sum, { copies, delayMs }) => sum + copies * delayMs, 0)).toBeCloseTo(resourceUsage ?? NaN, 9);
      for (const { copies, copiesAB, copiesBA } of links) expect(copies).toBeCloseTo(copiesAB + copiesBA, 9);
      expect(links.slice(0, map.links.length).map(({ a, b, delayMs }) => [a, b, delayMs])).toEqual(
        map.links.map(({ a, b, delayMs }) => [map.routers[a]?.id, map.routers[b]?.id, delayMs]),
      );
    }
  });

  test('are left out unless asked for', () => {
    expect(result(map, 'mst')).not.toHaveProperty('links');
  });

  test('a bundle of lossy, jittery, narrow links gives sound figures for every protocol', () => {
    const links = map.links.map((link, index) => ({ ...link, loss: 0.05, jitterMs: 2, bandwidthMbps: 0.2 + index }));
    const made = report({ ...map, links }, { payloadBytes: 2000, loss: 0.02, jitter: 0.3, links: true });
    expectSound(made);
    for (const { protocol, reliability } of made.results) {
      if (protocol === 'ip-multicast' || protocol === 'rumor') expect(reliability, protocol).toBeLessThanOrEqual(1);
      else expect(reliability, protocol).toBe(1);
    }
  });
});

describe('a latency matrix', () => {
  const matrix = readTopologyFile(fixturePath('matrix.csv'));

  test('has no links: what needs them is null, and a note says so', () => {
    const made = report(matrix, { links: true });
    expectSound(made);
    expect(made.notes.some((note) => note.startsWith('A latency matrix has no links'))).toBe(true);
    for (const one of made.results) {
      expect(one).toMatchObject({ linkStress: null, resourceUsage: null, normalizedResourceUsage: null });
      expect(one.treeCost.ratioToIpMulticast).toBeNull();
      expect(one).not.toHaveProperty('links');
      expect(one.treeCost.value === null).toBe(one.protocol === 'ip-multicast');
      expect(one.rdp === null).toBe(false);
    }
  });

  test('hosts are chosen from it as from routers', () => {
    const ids = equalDelays(7).hostIds;
    expect(result(equalDelays(7), 'unicast', { hosts: 'every:3', source: 'all' }).sources).toEqual([ids[0], ids[3], ids[6]]);
    expect(result(equalDelays(7), 'unicast', { hosts: 'random:5', source: 'all' }).sources).toHaveLength(5);
  });
});

describe('conditions at their ends', () => {
  test.each([
    ['no payload', { payloadBytes: 0 }],
    ['no warm-up', { warmUpMessages: 0 }],
    ['no delay of access links', { accessDelayMs: 0 }],
    ['jitter as long as the way', { jitter: 1 }],
    ['jitter a hundred times the way', { jitter: 99 }],
    ['bytes on the wire', { wire: 'bytes' }],
    ['a large seed', { seed: Number.MAX_SAFE_INTEGER }],
    ['half of all packets lost', { loss: 0.5 }],
  ] as const)('%s: every protocol has sound figures, and what is reliable reaches all', (_, options) => {
    const made = report(map, options);
    expectSound(made);
    expect(made.results.map(({ protocol }) => protocol)).toEqual(PROTOCOLS.map(({ name }) => name));
    for (const { protocol, reliability } of made.results) {
      if (protocol === 'rumor' || (protocol === 'ip-multicast' && 'loss' in options)) continue;
      // Measured distances that waver so move its routes all the time, and it repairs nothing.
      if (protocol === 'narada' && 'jitter' in options) expect(reliability).toBeGreaterThan(0.5);
      else expect([protocol, reliability]).toEqual([protocol, 1]);
    }
  });

  test.each([0.9, 0.99, 1 - 1e-9])('at loss %d a protocol may reach nobody, which is told and is no error', (loss) => {
    for (const seed of [1, 2, 3]) {
      const made = report(map, { loss, seed });
      expectSound(made);
      const nobody = made.results.filter(({ reliability }) => reliability === 0);
      for (const { rdp, lastDeliveryMs, relativeMessageRedundancy } of nobody) expect([rdp, lastDeliveryMs, relativeMessageRedundancy]).toEqual([null, null, null]);
      if (nobody.length > 0) expect(made.notes.join(' ')).toContain(`No receiver got a message with ${nobody.map(({ protocol }) => protocol).join(', ')}`);
    }
  });

  test('a peer that was refused everywhere publishes to nobody: the message counts as not delivered', () => {
    const made = report(map, { protocols: ['flood:activeViewSize=1', 'plumtree:activeViewSize=1'] });
    expectSound(made);
    for (const { reliability, messages } of made.results) expect([reliability < 1, messages]).toEqual([true, 2]);
  });

  test('hosts on one router at no delay have no ratio, and a note says so', () => {
    const underlay = buildRouterUnderlay({
      name: 'one place',
      nodes: [{ id: 'r' }, ...['x', 'y', 'z'].map((id) => ({ id, kind: 'host' as const }))],
      links: ['x', 'y', 'z'].map((id) => ({ source: id, target: 'r', delayMs: 0 })),
    });
    const made = report(underlay, {});
    expectSound(made);
    for (const { rdp, rmd, rad, treeCost, normalizedResourceUsage } of made.results) {
      expect([rdp, rmd, rad, treeCost, normalizedResourceUsage]).toEqual([null, null, null, { value: 0, ratioToMst: null, ratioToIpMulticast: null }, null]);
    }
    expect(made.notes).toContain('Receivers at delay 0 from the source have no RDP.');
  });

  test('payloads count with the headers they have on the wire, the same for IP multicast as for others', () => {
    for (const payloadBytes of [0, 77]) {
      const sizes = ['unicast', 'ip-multicast', 'mst'].map((protocol) => result(map, protocol, { payloadBytes }).payloadBytes);
      expect(sizes).toEqual(new Array(3).fill(2 * 11 * (34 + payloadBytes)));
    }
  });

  test.each([
    [{ loss: 1 }, '--loss: expected a number from 0 to less than 1, got 1.'],
    [{ loss: NaN }, '--loss: expected a number from 0 to less than 1, got NaN.'],
    [{ jitter: -1 }, '--jitter: expected a number from 0 to less than 100, got -1.'],
    [{ messages: 0 }, '--messages: expected a whole number from 1 to 100000, got 0.'],
    [{ messages: 100_000, source: 'all' }, '--messages: expected at most 333333 messages over all sources with 12 hosts, got 1200000.'],
    [{ payloadBytes: 2 ** 20 + 1 }, '--payload: expected a whole number from 0 to 1048576, got 1048577.'],
    [{ seed: 1.5 }, '--seed: expected a whole number from 0 to 9007199254740991, got 1.5.'],
    [{ accessDelayMs: -1 }, '--access-delay: expected a finite number of ms, at least 0, got -1.'],
    [{ protocols: [] }, '--protocol: expected at least one protocol, got "none".'],
    [{ protocols: ['mst', 'mst'] }, '--protocol: expected each protocol once, got "mst".'],
    [{ protocols: ['mst:push'] }, '--protocol mst: expected no variant, got "push".'],
    [{ protocols: ['ip-multicast:push'] }, '--protocol ip-multicast: expected no variant, got "push".'],
  ] as const)('%j is refused', (options, sentence) => {
    expect(() => report(map, options as ComparisonOptions)).toThrow(sentence);
  });
});
