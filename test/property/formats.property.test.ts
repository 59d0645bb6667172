import { readFileSync } from 'node:fs';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { OverlayError } from '../../lib/core/errors.ts';
import { decodeText } from '../../sim/input/decode-text.ts';
import { buildRouterUnderlay } from '../../sim/underlay/build.ts';
import type { RawGraph, RawLink, RawNode } from '../../sim/underlay/build.ts';
import { parseTopology } from '../../sim/underlay/formats/detect.ts';
import { parseJson } from '../../sim/underlay/formats/json-text.ts';
import { lines } from '../../sim/underlay/formats/text.ts';
import type { Underlay } from '../../sim/underlay/underlay.ts';
import { toGraphml } from '../../sim/underlay/write/graphml.ts';
import { toTopologyJson } from '../../sim/underlay/write/json.ts';
import { fixturePath, TOPOLOGY_FIXTURES } from '../fixtures/read.ts';

const SEED = 20021;
const FIXTURES = TOPOLOGY_FIXTURES.map((name) => ({ name, bytes: readFileSync(fixturePath(name)) }));

/** Reads bytes; an underlay must hold together, a refusal must be one sentence with a code. */
function readOrRefuse(bytes: Uint8Array, name: string): void {
  let underlay: Underlay;
  try {
    underlay = parseTopology(decodeText(Buffer.from(bytes), name).text, name);
  } catch (error) {
    if (!(error instanceof OverlayError)) throw error;
    expect(['INVALID_TOPOLOGY', 'UNKNOWN_FORMAT', 'TOPOLOGY_TOO_LARGE']).toContain(error.code);
    expect(error.message.startsWith(name)).toBe(true);
    expect(error.message).toMatch(/\.$/);
    return;
  }
  expectSound(underlay);
}

function expectSound(underlay: Underlay): void {
  if (underlay.kind === 'matrix') {
    const n = underlay.hostIds.length;
    expect(underlay.delaysMs.length).toBe(n * n);
    expect(underlay.delaysMs.every((delayMs, at) => (at % (n + 1) === 0 ? delayMs === 0 : delayMs > 0 && delayMs < Infinity))).toBe(true);
    return;
  }
  const n = underlay.routers.length;
  expect(n).toBeGreaterThan(0);
  const pairs = new Set<number>();
  const seen = new Set([0]);
  for (const { a, b, delayMs } of underlay.links) {
    expect(a >= 0 && a < b && b < n && delayMs >= 0 && delayMs < Infinity).toBe(true);
    pairs.add(a * n + b);
  }
  expect(pairs.size).toBe(underlay.links.length);
  for (let before = 0; before < seen.size;) {
    before = seen.size;
    for (const { a, b } of underlay.links) if (seen.has(a) !== seen.has(b)) seen.add(a).add(b);
  }
  expect(seen.size).toBe(n);
  for (const host of underlay.hosts) expect(host.router >= 0 && host.router < n).toBe(true);
}

describe(`reading, seed ${SEED}`, () => {
  test('any bytes give an underlay or a refusal', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readOrRefuse(bytes, 'bytes')), { seed: SEED, numRuns: 500 });
  });

  test('any text under any ending gives an underlay or a refusal', () => {
    const text = fc.array(fc.constantFrom(
      '<', '>', '</', '/>', '&', ';', '"', "'", '[', ']', '{', '}', '(', ')', ',', ':', '=', '\n', '\r', '\t', ' ', '-', '0', '1', '5e3', 'NaN', 'a',
      'graph', 'node', 'edge', 'nodes', 'links', 'id', 'source', 'target', 'graphml', 'network', 'NODES (', 'LINKS (', ')', '->', '@x', '"nodes":[', '"links":[', '<graphml>', '<graph>',
    ), { maxLength: 60 }).map((parts) => parts.join(''));
    const name = fc.constantFrom('f.json', 'f.graphml', 'f.gml', 'f.brite', 'f.cch', 'f.intra', 'f.csv', 'f.tsv', 'f');
    fc.assert(fc.property(text, name, (content, file) => readOrRefuse(Buffer.from(content), file)), { seed: SEED, numRuns: 2000 });
  });

  test('any damage to a good file gives an underlay or a refusal', () => {
    const damage = fc.record({
      fixture: fc.constantFrom(...FIXTURES),
      cuts: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(20), insert: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc.constantFrom('-1', 'NaN', '1e999', '"', ']', '<', '\n', ' ', '((', '[[', '<!DOCTYPE a [').map((text) => Uint8Array.from(Buffer.from(text))),
      ) }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(fc.property(damage, ({ fixture, cuts }) => {
      let bytes = fixture.bytes;
      for (const { at, drop, insert } of cuts) {
        const from = Math.floor(at * bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + drop)]);
      }
      readOrRefuse(bytes, fixture.name);
    }), { seed: SEED, numRuns: 2000 });
  });

  test('JSON is accepted and refused exactly as by the engine', () => {
    const text = fc.oneof(
      fc.json({ maxDepth: 5 }),
      fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a', '0', '1', '-', '.', 'e', 'true', 'null', ' ', '\n', '\u0001', '"k":'), { maxLength: 12 }).map((parts) => parts.join('')),
      fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\\', ' ')).map(([json, at, insert]) => json.slice(0, at % (json.length + 1)) + insert + json.slice((at % (json.length + 1)) + 1)),
    );
    fc.assert(fc.property(text, (json) => {
      let expected: unknown;
      try {
        expected = { value: JSON.parse(json) as unknown };
      } catch {
        expect(() => parseJson(json, 'f')).toThrow(OverlayError);
        return;
      }
      expect({ value: parseJson(json, 'f') }).toEqual(expected);
    }), { seed: SEED, numRuns: 3000 });
  });

  test('lines are those that splitting gives', () => {
    const text = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bc', '')).map((parts) => parts.join(''));
    fc.assert(fc.property(text, (content) => {
      const split = content.split(/\r\n|\n|\r/);
      if (split.at(-1) === '') split.pop();
      expect([...lines(content)]).toEqual(split.map((line, index) => ({ text: line, number: index + 1 })));
    }), { seed: SEED, numRuns: 500 });
  });
});

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const amount = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true }).map((value) => value + 0);

/** Any graph without a wrong value: parallel links, self-loops, parts apart and hosts included. It is refused only if all hosts are cut off. */
const rawGraph: fc.Arbitrary<RawGraph> = fc.record({
  name: fc.string({ minLength: 1 }).filter((name) => name.trim() === name),
  routers: fc.array(fc.record({
    label: fc.string({ unit: 'grapheme' }).map((label) => label.trim()),
    place: optional(fc.tuple(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))),
  }), { minLength: 1, maxLength: 12 }),
  links: fc.array(fc.record({
    ends: fc.tuple(fc.nat(11), fc.nat(11)),
    delayMs: optional(amount(1e3)), lengthKm: optional(amount(1e5)), jitterMs: optional(amount(10)), loss: optional(amount(0.99)),
    bandwidthMbps: optional(fc.double({ min: 0.001, max: 1e6, noNaN: true })),
  }), { maxLength: 30 }),
  hosts: fc.array(fc.record({ router: fc.nat(11), delayMs: optional(amount(50)) }), { maxLength: 4 }),
}).map(({ name, routers, links, hosts }) => {
  const nodes: RawNode[] = routers.map(({ label, place }, index) => {
    return { id: `r${index}`, label, ...(place === undefined ? {} : { latitude: place[0] + 0, longitude: place[1] + 0 }) };
  });
  const listed: RawLink[] = links.map(({ ends: [a, b], ...values }) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    return { source: `r${a % routers.length}`, target: `r${b % routers.length}`, ...given };
  });
  for (const [index, host] of hosts.entries()) {
    nodes.push({ id: `h${index}`, kind: 'host' });
    listed.push({ source: `h${index}`, target: `r${host.router % routers.length}`, ...(host.delayMs === undefined ? {} : { delayMs: host.delayMs }) });
  }
  return { name, nodes, links: listed };
});

describe(`writing, seed ${SEED}`, () => {
  const kept = (underlay: Underlay): unknown => ({ ...underlay, counts: undefined, notes: undefined });

  test('any underlay holds together and is equal after being written and read', () => {
    fc.assert(fc.property(rawGraph, (raw) => {
      fc.pre(!allHostsCutOff(raw));
      const underlay = buildRouterUnderlay(raw);
      expectSound(underlay);
      expect(kept(parseTopology(toTopologyJson(underlay), 'f'))).toEqual(kept(underlay));
      expect(kept(parseTopology(toGraphml(underlay), 'f'))).toEqual(kept(underlay));
    }), { seed: SEED, numRuns: 300 });
  });

  test('delays, merging and components are as a plain reference computes them', () => {
    fc.assert(fc.property(rawGraph, (raw) => {
      if (allHostsCutOff(raw)) {
        expect(() => buildRouterUnderlay(raw)).toThrow('outside the largest connected component.');
        return;
      }
      const underlay = buildRouterUnderlay(raw);
      expect(underlay.links.map(({ a, b, delayMs }) => [underlay.routers[a]?.id, underlay.routers[b]?.id, delayMs])).toEqual(reference(raw).links);
    }), { seed: SEED, numRuns: 300 });
  });
});

/** Whether there are hosts, and all of them hang off routers that are not kept. */
function allHostsCutOff(raw: RawGraph): boolean {
  const { keptRouters } = reference(raw);
  const access = raw.links.filter(({ source }) => source.startsWith('h'));
  return access.length > 0 && access.every(({ target }) => !keptRouters.has(target));
}

interface Reference {
  readonly keptRouters: ReadonlySet<string>;
  /** The kept links as ids and delays. */
  readonly links: readonly [string, string, number][];
}

/** What is kept of a graph, by maps, sets and repeated passes. */
function reference(raw: RawGraph): Reference {
  const order = raw.nodes.filter((node) => node.kind !== 'host').map((node) => node.id);
  const places = new Map(raw.nodes.map((node) => [node.id, node]));
  const delays = new Map<string, number>();
  for (const { source, target, delayMs, lengthKm } of raw.links) {
    const [a, b] = [order.indexOf(source), order.indexOf(target)].sort((x, y) => x - y) as [number, number];
    if (a === b || a === -1) continue;
    const [p, q] = [places.get(order[a] ?? ''), places.get(order[b] ?? '')];
    const placed = p?.latitude !== undefined && q?.latitude !== undefined;
    const km = placed ? kilometres(p.latitude ?? 0, p.longitude ?? 0, q.latitude ?? 0, q.longitude ?? 0) : 200;
    const pair = `${a} ${b}`;
    // What is compared is which rule applied, so the distance itself may come from the same formula.
    delays.set(pair, Math.min(delays.get(pair) ?? Infinity, delayMs ?? (lengthKm ?? km) / 200));
  }
  const part = order.map((_, index) => index);
  for (let changed = true; changed;) {
    changed = false;
    for (const pair of delays.keys()) {
      const [a, b] = pair.split(' ').map(Number) as [number, number];
      const lowest = Math.min(part[a] ?? 0, part[b] ?? 0);
      changed ||= part[a] !== lowest || part[b] !== lowest;
      part[a] = part[b] = lowest;
    }
  }
  const sizes = order.map((_, index) => part.filter((other) => other === index).length);
  const largest = sizes.indexOf(Math.max(...sizes));
  const links = [...delays].map(([pair, delayMs]) => [...(pair.split(' ').map(Number) as [number, number]), delayMs] as const)
    .filter(([a]) => part[a] === largest)
    .map(([a, b, delayMs]): [string, string, number] => [order[a] ?? '', order[b] ?? '', delayMs]);
  return { keptRouters: new Set(order.filter((_, index) => part[index] === largest)), links };
}

function kilometres(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number): number {
  const radians = Math.PI / 180;
  const [a, b] = [latitudeA * radians, latitudeB * radians];
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((longitudeB - longitudeA) * radians) / 2) ** 2;
  return Math.round(2 * 6371 * Math.asin(Math.sqrt(Math.min(1, h))) * 5e9) / 5e9;
}
