import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { average } from '../../../sim/experiments/average.ts';
import { field } from '../../../sim/experiments/field.ts';
import { messageFigures } from '../../../sim/experiments/figures.ts';
import { ipMulticastRun } from '../../../sim/experiments/ip-multicast-run.ts';
import { addCopies, linkResults } from '../../../sim/experiments/link-results.ts';
import { MessageRecord } from '../../../sim/measure/message-record.ts';
import { buildRouterUnderlay } from '../../../sim/underlay/build.ts';
import { builtinUnderlay } from '../../../sim/underlay/builtin.ts';

describe('an average', () => {
  test('is the smallest min, the largest max and the mean of all else, at any depth', () => {
    expect(average([{ min: 1, max: 5, mean: 2, inner: { max: 1, sum: 10, min: 7 } }, { min: 3, max: 4, mean: 4, inner: { max: 9, sum: 20, min: 6 } }])).toEqual(
      { min: 1, max: 5, mean: 3, inner: { max: 9, sum: 15, min: 6 } },
    );
  });

  test('leaves out what does not exist, and is null where nothing does', () => {
    type Figures = { readonly a: number | null; readonly b: { readonly c: number | null } | null; readonly d: null };
    const figures: Figures[] = [{ a: null, b: { c: 4 }, d: null }, { a: 2, b: null, d: null }, { a: 4, b: { c: null }, d: null }];
    expect(average(figures)).toEqual({ a: 3, b: { c: 4 }, d: null });
  });

  test('of equal figures is exactly that figure', () => {
    expect(average(Array.from({ length: 10 }, () => ({ x: 0.1 })))).toEqual({ x: 0.1 });
  });

  test('of nothing is refused', () => {
    expect(() => average([])).toThrow('there is nothing to average');
  });
});

const [A, B, C, E] = [0, 1, 2, 4] as const;
const textbook = field(builtinUnderlay('textbook'), { kind: 'all' }, 1, new Random(1));

/** A message of A that B and E got, E a second time, C once the link had repeated it; D never. Times in ms after publish, at 7 s. */
function partial(): MessageRecord {
  const record = new MessageRecord(A, 5, 7_000_000);
  for (const [from, to, count] of [[A, B, 1], [A, E, 2], [B, E, 1], [E, C, 1]] as const) for (let i = 0; i < count; i++) record.onSent(from, to);
  for (const [host, from, hops, ms] of [[B, A, 1, 9], [E, A, 1, 232], [C, E, 2, 2254]] as const) record.onDelivered(host, from, hops, 7_000_000 + ms * 1000);
  record.received = 4;
  return record;
}

describe('the figures of a message that did not reach all', () => {
  const { figures, copies } = messageFigures(partial(), { field: textbook, mstCostMs: 70, cycleMs: 1000, routersCopy: false });

  test('are over the receivers that were reached, duplicates included where copies count', () => {
    expect(figures).toMatchObject({
      rdp: { min: 1, p50: 1, max: 54 / 52 },
      // Hops by their unicast delays: what the link waited before it repeated is no part of it.
      rmd: 54 / 52,
      rad: (9 + 32 + 54) / (9 + 32 + 52),
      treeCost: { value: 63, ratioToMst: 63 / 70, ratioToIpMulticast: 63 / 102 },
      resourceUsage: 9 + 2 * 32 + 39 + 22,
      normalizedResourceUsage: 134 / 102,
      reliability: 3 / 4,
      lastDeliveryHop: 2,
      lastDeliveryMs: 2254,
      meanDeliveryMs: (9 + 232 + 2254) / 3,
      relativeMessageRedundancy: 4 / 3 - 1,
      nodeStress: { max: 3, mean: 1 },
    });
    expect(figures.linkStress?.undirected.all).toMatchObject({ sum: 3 + 2 * 3 + 4 + 3 });
  });

  test('in cycles of the clock, the one of the publish being 0', () => {
    expect(figures.epidemic).toEqual({ residue: 1 / 5, traffic: 1, tAveCycles: 2 / 3, tLastCycles: 2 });
  });

  test('link by link, the mean over messages', () => {
    if (copies === undefined || textbook.links === undefined) throw new Error('a router map has links');
    const twice = addCopies(addCopies(undefined, copies), messageFigures(partial(), { field: textbook, mstCostMs: 70, cycleMs: undefined, routersCopy: false }).copies ?? copies);
    const rows = linkResults(textbook, textbook.links, twice, 2);
    expect(rows.map(({ a, b, delayMs, copies: sum, copiesAB, copiesBA }) => [a, b, delayMs, sum, copiesAB, copiesBA])).toEqual([
      ['Ra', 'Rb', 7, 2, 1, 1], ['Ra', 'Re', 30, 3, 3, 0], ['Rc', 'Re', 20, 1, 0, 1], ['Rc', 'Rd', 5, 0, 0, 0], ['Rb', 'Rd', 40, 0, 0, 0],
      ['A', 'Ra', 1, 3, 3, 0], ['B', 'Rb', 1, 2, 1, 1], ['C', 'Rc', 1, 1, 0, 1], ['D', 'Rd', 1, 0, 0, 0], ['E', 'Re', 1, 4, 1, 3],
    ]);
  });
});

test('the figures of a message that reached nobody say so', () => {
  const { figures } = messageFigures(new MessageRecord(A, 5, 0), { field: textbook, mstCostMs: 70, cycleMs: 1000, routersCopy: false });
  expect(figures).toMatchObject({
    rdp: null, rmd: null, rad: null, treeCost: { value: null, ratioToMst: null, ratioToIpMulticast: null }, resourceUsage: 0, normalizedResourceUsage: null, reliability: 0, lastDeliveryHop: null, lastDeliveryMs: null,
    meanDeliveryMs: null, relativeMessageRedundancy: null, nodeStress: { max: 0, mean: 0 },
    linkStress: { undirected: { all: { max: 0, mean: null, meanAllLinks: 0, usedLinks: 0, sum: 0 } } },
    epidemic: { residue: 4 / 5, traffic: 0, tAveCycles: null, tLastCycles: null },
  });
});

describe('IP multicast', () => {
  const options = { seed: 1, sources: [A], warmUpMessages: 3, messages: 2000, payloadBytes: 66, loss: 0, jitter: 0, wire: 'objects' as const, onShare: () => {} };

  test('delivers after the unicast delay, in one overlay hop, with one copy sent', () => {
    const { records, payloadBytes, controlMessages, settled } = ipMulticastRun(textbook, { ...options, messages: 2 });
    expect(records.map((record) => [...record.deliveredUs].map((timeUs) => (timeUs - record.publishedUs) / 1000))).toEqual(new Array(2).fill([NaN, 9, 52, 49, 32]));
    expect(records.map(({ sent, received }) => [[...sent], received])).toEqual(new Array(2).fill([[1, 0, 0, 0, 0], 4]));
    expect([payloadBytes, controlMessages, settled]).toEqual([800, 0, true]);
  });

  test('loses each receiver with the loss of the run and of its route', () => {
    const lossy = buildRouterUnderlay({
      name: 'lossy',
      nodes: ['a', 'b', 'c'].map((id) => ({ id })),
      links: [{ source: 'a', target: 'b', delayMs: 1, loss: 0.5 }, { source: 'b', target: 'c', delayMs: 1, loss: 0.2 }],
    });
    const { records } = ipMulticastRun(field(lossy, { kind: 'all' }, 1, new Random(1)), { ...options, loss: 0.1 });
    const share = (host: number): number => records.filter(({ parents }) => parents[host] === A).length / 2000;
    expect(Math.abs(share(1) - 0.45)).toBeLessThan(0.04);
    expect(Math.abs(share(2) - 0.36)).toBeLessThan(0.04);
  });

  test('takes up to the share of its delay longer that jitter says', () => {
    const { records } = ipMulticastRun(textbook, { ...options, jitter: 0.5 });
    const times = records.map((record) => ((record.deliveredUs[C] as number) - record.publishedUs) / 1000);
    expect([Math.min(...times) >= 52, Math.min(...times) < 52.1, Math.max(...times) <= 78, Math.max(...times) > 77.9]).toEqual([true, true, true, true]);
  });
});
