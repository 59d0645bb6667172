import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import type { TraceEvent } from '../../../lib/core/trace-event.ts';
import { average } from '../../../sim/experiments/average.ts';
import { type ComparisonOptions, compare } from '../../../sim/experiments/comparison.ts';
import { field } from '../../../sim/experiments/field.ts';
import { deliveryFigures, messageFigures } from '../../../sim/experiments/figures.ts';
import { treeCost } from '../../../sim/measure/tree-cost.ts';
import { messageRecords, renamed } from '../../../sim/measure/trace.ts';
import { builtinUnderlay } from '../../../sim/underlay/builtin.ts';
import { generateTopology } from '../../../sim/underlay/generate/generators.ts';

const waxman = generateTopology('waxman', { routers: 16 }, 3);
const OVERLAYS = ['unicast', 'mst', 'plumtree', 'flood', 'rumor', 'anti-entropy'];

/** The events of each protocol's run, and the report. */
function traced(options: ComparisonOptions) {
  const events = new Map<string, TraceEvent<number>[]>();
  const onTrace = (event: TraceEvent<number>, protocol: string): void => {
    const list = events.get(protocol) ?? [];
    events.set(protocol, list);
    list.push(event);
  };
  return { report: compare(waxman, 'waxman', { ...options, onTrace }), events };
}

describe('a simulation observed as trace events', () => {
  const options = { protocols: OVERLAYS, source: 'random:2', messages: 2, warmUpMessages: 3, loss: 0.05, seed: 5 };
  const { report, events } = traced(options);

  test('gives the figures, the traffic and the trace of one that is not', () => {
    expect(report).toEqual(compare(waxman, 'waxman', options));
  });

  test('has all that is needed to compute the figures anew, without having been there', () => {
    const ground = field(waxman, { kind: 'all' }, 1, new Random(1));
    for (const result of report.results) {
      const records = messageRecords(events.get(result.protocol) ?? [], 16).slice(-4);
      const cycleMs = result.epidemic === null ? undefined : 1000;
      const figures = average(records.map((record) => messageFigures(record, { field: ground, mstCostMs: treeCost(ground.oracle, ground.mst), cycleMs, routersCopy: false }).figures));
      expect(result).toMatchObject(figures);
    }
  });

  test('gives redundancy, hops and latency also where no map is known', () => {
    const records = messageRecords(events.get('flood') ?? [], 16).slice(-4);
    const { relativeMessageRedundancy, lastDeliveryHop, lastDeliveryMs } = average(records.map(deliveryFigures));
    const flood = report.results.find(({ protocol }) => protocol === 'flood');
    expect([relativeMessageRedundancy, lastDeliveryHop, lastDeliveryMs]).toEqual([flood?.relativeMessageRedundancy, flood?.lastDeliveryHop, flood?.lastDeliveryMs]);
  });
});

describe('the trace of a message on the textbook map', () => {
  const seen: TraceEvent<number>[] = [];
  compare(builtinUnderlay('textbook'), 'textbook', { protocols: ['mst'], warmUpMessages: 0, payloadBytes: 10, onTrace: (event) => seen.push(event) });
  const [A, B, E] = [0, 1, 4];

  test('begins with the delivery at its publisher', () => {
    const message = { kind: 'data', id: { origin: A, epoch: 1, seq: 0 }, hops: 0 };
    const { timeUs, group } = seen[0] ?? { timeUs: NaN, group: NaN };
    const [bytes] = seen.flatMap((event) => (event.kind === 'transmission' ? [event.bytes] : []));
    expect(seen.slice(0, 3)).toEqual([
      { kind: 'delivery', timeUs, group, peer: A, from: A, message },
      { kind: 'transmission', timeUs, group, peer: A, to: B, message: { ...message, hops: 1 }, bytes, attempt: 1 },
      { kind: 'transmission', timeUs, group, peer: A, to: E, message: { ...message, hops: 1 }, bytes, attempt: 1 },
    ]);
    expect(seen.slice(3, 5)).toEqual([
      { kind: 'arrival', timeUs: timeUs + 9000, group, peer: B, from: A, message: { ...message, hops: 1 } },
      { kind: 'delivery', timeUs: timeUs + 9000, group, peer: B, from: A, message: { ...message, hops: 1 } },
    ]);
  });
});

describe('renamed', () => {
  const message = { kind: 'data', id: { origin: 'a', epoch: 1, seq: 7 }, hops: 2 };
  const at = { timeUs: 5, group: 9, peer: 'b' };
  const hosts = new Map([['a', 0], ['b', 1], ['c', 2]]);
  const events: readonly TraceEvent<string>[] = [
    { ...at, kind: 'transmission', to: 'c', message, bytes: 40, attempt: 1 },
    { ...at, kind: 'arrival', from: 'c', message: { kind: 'prune', id: undefined, hops: 0 } },
    { ...at, kind: 'loss', to: 'c', message, why: 'queue-full', again: false },
    { ...at, kind: 'delivery', from: 'c', message },
    { ...at, kind: 'neighbourUp', neighbour: 'c' },
    { ...at, kind: 'neighbourDown', neighbour: 'c' },
  ];

  test('gives each peer its other name, and leaves the rest', () => {
    const there = events.map((event) => renamed(event, (peer) => hosts.get(peer)));
    expect(there[0]).toEqual({ kind: 'transmission', timeUs: 5, group: 9, peer: 1, to: 2, message: { kind: 'data', id: { origin: 0, epoch: 1, seq: 7 }, hops: 2 }, bytes: 40, attempt: 1 });
    expect(there.map((event) => (event === undefined ? undefined : renamed(event, (host) => ['a', 'b', 'c'][host])))).toEqual(events);
  });

  test.each(['a', 'b', 'c'])('knows nothing of events that speak of a peer without one, here %s', (missing) => {
    const known = events.map((event) => renamed(event, (peer) => (peer === missing ? undefined : hosts.get(peer))) !== undefined);
    const expected = { a: [false, true, false, false, true, true], b: [false, false, false, false, false, false], c: [false, false, false, false, false, false] };
    expect(known).toEqual(expected[missing as keyof typeof expected]);
  });
});
