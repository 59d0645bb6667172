import { describe, expect, test } from 'vitest';
import { type ComparisonOptions, compare } from '../../sim/experiments/comparison.ts';
import { renderJson } from '../../sim/report/json.ts';
import type { ProtocolResult } from '../../sim/report/report.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import type { RouterUnderlay, Underlay } from '../../sim/underlay/underlay.ts';

/** This test guards all the others: the same seed gives the same trace, to the last byte. */

const PROTOCOLS = [
  'unicast', 'ip-multicast', 'mst', 'flood', 'flood:activeViewSize=3', 'plumtree', 'plumtree:per-source', 'plumtree:optimizationThreshold=1',
  'rumor', 'rumor:pull', 'rumor:push-pull:blind:coin:k=3', 'anti-entropy', 'anti-entropy:push', 'anti-entropy:pull', 'anti-entropy:ranges', 'rumor:cyclon', 'gossip-mesh',
  'x-bot', 'switch-tree', 'plumtree:x-bot', 'narada', 'nice', 'anti-entropy:recent',
] as const;

const map = generateTopology('waxman', { routers: 14 }, 3);
/** The same map with links that lose, jitter and queue. */
const dirty: RouterUnderlay = {
  ...map,
  links: map.links.map((link, index) => ({ ...link, loss: (index % 3) / 50, jitterMs: index % 4, bandwidthMbps: 0.5 + (index % 5) })),
};

const CONDITIONS: readonly (readonly [string, Underlay, ComparisonOptions])[] = [
  ['on a plain network', map, { source: 'random:2' }],
  ['with loss and jitter', map, { source: 'random:2', loss: 0.1, jitter: 0.5 }],
  ['with lossy, jittery, narrow links', dirty, { source: 'random:2', payloadBytes: 200 }],
];

function resultOf(underlay: Underlay, protocol: string, options: ComparisonOptions): ProtocolResult {
  const [result] = compare(underlay, 'map', { protocols: [protocol], messages: 2, warmUpMessages: 2, links: true, ...options }).results;
  if (result === undefined) throw new Error('one protocol, one result');
  return result;
}

describe.each(CONDITIONS)('%s', (_, underlay, options) => {
  test('the same seed gives the same bytes, whatever ran before', () => {
    const all = { protocols: PROTOCOLS, messages: 2, warmUpMessages: 2, links: true, ...options };
    const once = compare(underlay, 'map', all);
    const again = compare(underlay, 'map', all);
    expect(again).toEqual(once);
    expect(renderJson(again)).toBe(renderJson(once));
    const backwards = compare(underlay, 'map', { ...all, protocols: [...PROTOCOLS].reverse() });
    expect([...backwards.results].reverse()).toEqual(once.results);
  });

  test.each(PROTOCOLS)('%s: another seed gives another trace', (protocol) => {
    const hashes = [1, 2, 3, 2 ** 32 + 1].map((seed) => resultOf(underlay, protocol, { ...options, source: 'first', seed }).traceHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test.each(PROTOCOLS)('%s: objects and bytes on the wire give the same trace and the same figures', (protocol) => {
    const [asObjects, asBytes] = (['objects', 'bytes'] as const).map((wire) => resultOf(underlay, protocol, { ...options, wire }));
    expect(asBytes).toEqual(asObjects);
  });
});

test('the trace tells apart protocols and conditions', () => {
  const conditions: ComparisonOptions[] = [{}, { loss: 0.2 }, { jitter: 0.5 }, { messages: 3 }, { source: 'random:1', seed: 1 }];
  const hashes = ['flood', 'plumtree', 'mst'].flatMap((protocol) => conditions.map((more) => resultOf(map, protocol, more).traceHash));
  expect(new Set(hashes).size).toBe(hashes.length);
});

/** A change of this value is a change of behaviour: it must be explained where it is made. */
test('the trace of a small run is the same on every machine', () => {
  const line = generateTopology('line', { routers: 6 }, 1);
  const traces = Object.fromEntries(['mst', 'flood', 'rumor'].map((protocol) => [protocol, resultOf(line, protocol, {}).traceHash]));
  expect(traces).toEqual({ mst: '5a69ee78a2466700', flood: '65815cbc47bf34a6', rumor: '95ab32685c4967bb' });
});
