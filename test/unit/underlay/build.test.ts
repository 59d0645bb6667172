import { afterEach, describe, expect, test, vi } from 'vitest';

import { buildRouterUnderlay } from '../../../sim/underlay/build.ts';
import type { RawGraph, RawLink, RawNode } from '../../../sim/underlay/build.ts';
import { greatCircleKm } from '../../../sim/underlay/geo.ts';

const NO_COUNTS = { mergedLinks: 0, selfLoops: 0, defaultDelays: 0, coordinateDelays: 0, excludedRouters: 0 };

function graph(nodes: readonly (string | RawNode)[], links: readonly RawLink[]): RawGraph {
  return { name: 'map', nodes: nodes.map((node) => (typeof node === 'string' ? { id: node } : node)), links };
}

function host(id: string): RawNode {
  return { id, kind: 'host' };
}

describe('delays', () => {
  const equator = { id: 'west', latitude: 0, longitude: 0 };
  const east = { id: 'east', latitude: 0, longitude: 1 };
  const oneDegreeMs = (6371 * Math.PI) / 180 / 200;

  test('a given delay goes before a length, a length before coordinates, coordinates before the default', () => {
    const built = buildRouterUnderlay(graph([equator, east, 'nowhere'], [
      { source: 'west', target: 'east' },
      { source: 'east', target: 'nowhere' },
    ]));
    expect(built.links[0]?.delayMs).toBeCloseTo(oneDegreeMs, 12);
    expect(built.links[1]?.delayMs).toBe(1);
    expect(built.counts).toEqual({ ...NO_COUNTS, coordinateDelays: 1, defaultDelays: 1 });
    expect(built.notes).toEqual([
      '1 link delay computed from coordinates: great-circle km / 200 per ms.',
      '1 link delay taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
    ]);
    const withLength = buildRouterUnderlay(graph([equator, east], [{ source: 'west', target: 'east', lengthKm: 50 }]));
    expect(withLength.links).toEqual([{ a: 0, b: 1, delayMs: 0.25 }]);
    const withBoth = buildRouterUnderlay(graph([equator, east], [{ source: 'west', target: 'east', lengthKm: 50, delayMs: 0 }]));
    expect(withBoth.links).toEqual([{ a: 0, b: 1, delayMs: 0 }]);
    expect(withBoth.notes).toEqual([]);
  });

  test('the great circle spans poles, antipodes and the date line', () => {
    expect(greatCircleKm(90, 0, -90, 0)).toBeCloseTo(Math.PI * 6371, 6);
    expect(greatCircleKm(0, -90, 0, 90)).toBeCloseTo(Math.PI * 6371, 6);
    expect(greatCircleKm(0, 179.5, 0, -179.5)).toBeCloseTo((Math.PI * 6371) / 180, 6);
    expect(greatCircleKm(12, 34, 12, 34)).toBe(0);
  });

  describe('in an engine whose functions differ in the last bit', () => {
    afterEach(() => {
      vi.restoreAllMocks();
    });

    test.each([1 + 2 ** -52, 1 - 2 ** -53])('(times %d) a delay from coordinates is the same', (factor) => {
      const nodes = Array.from({ length: 30 }, (_, i) => ({ id: String(i), latitude: 70 - i * 3.7, longitude: i * 5.3 - 80 }));
      const links = nodes.slice(1).map(({ id }, i) => ({ source: String(i), target: id }));
      const { links: here } = buildRouterUnderlay(graph(nodes, links));
      for (const name of ['sin', 'cos', 'asin'] as const) {
        const original = Math[name];
        vi.spyOn(Math, name).mockImplementation((x) => original(x) * factor);
      }
      const { links: there } = buildRouterUnderlay(graph(nodes, links));
      expect(there).toEqual(here);
    });
  });

  test('a node with only one of latitude and longitude has no coordinates', () => {
    const built = buildRouterUnderlay(graph([equator, { id: 'half', latitude: 1 }], [{ source: 'west', target: 'half' }]));
    expect(built.routers[1]).toEqual({ id: 'half', label: 'half' });
    expect(built.counts.defaultDelays).toBe(1);
  });
});

describe('links', () => {
  test('parallel links merge into the one with the smallest delay, with its values, at the place of the first', () => {
    const built = buildRouterUnderlay(graph(['a', 'b', 'c'], [
      { source: 'b', target: 'a', delayMs: 3, loss: 0.5 },
      { source: 'b', target: 'c', delayMs: 1 },
      { source: 'a', target: 'b', delayMs: 2, jitterMs: 1, bandwidthMbps: 10 },
      { source: 'b', target: 'a', delayMs: 2, loss: 0.1 },
    ]));
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 2, jitterMs: 1, bandwidthMbps: 10 }, { a: 1, b: 2, delayMs: 1 }]);
    expect(built.counts).toEqual({ ...NO_COUNTS, mergedLinks: 2 });
    expect(built.notes).toEqual(['2 parallel links merged into another, keeping the smallest delay (a link listed in both directions counts).']);
  });

  test('self-loops are dropped and counted', () => {
    const built = buildRouterUnderlay(graph(['a'], [{ source: 'a', target: 'a', delayMs: 1 }]));
    expect(built).toEqual({
      kind: 'routers', name: 'map', routers: [{ id: 'a', label: 'a' }], links: [], hosts: [],
      counts: { ...NO_COUNTS, selfLoops: 1 }, notes: ['1 self-loop dropped.'],
    });
  });
});

describe('components', () => {
  test('the largest is kept in file order and the others are named', () => {
    const names = ['x1', 'a', 'x2', 'b', 'c', 'x3', 'x4', 'x5', 'x6'];
    const built = buildRouterUnderlay(graph(names, [
      { source: 'c', target: 'b', delayMs: 1 },
      { source: 'x1', target: 'x2', delayMs: 1 },
      { source: 'a', target: 'c', delayMs: 2 },
    ]));
    expect(built.routers.map((router) => router.id)).toEqual(['a', 'b', 'c']);
    expect(built.links).toEqual([{ a: 1, b: 2, delayMs: 1 }, { a: 0, b: 2, delayMs: 2 }]);
    expect(built.counts.excludedRouters).toBe(6);
    expect(built.notes).toEqual(['6 of 9 routers excluded, being outside the largest connected component: x1, x2, x3, x4, x5 and 1 more.']);
  });

  test('of equally large ones the one with the smallest index is kept', () => {
    const built = buildRouterUnderlay(graph(['lone', 'p', 'q', 'r', 's'], [
      { source: 'q', target: 's', delayMs: 1 },
      { source: 'r', target: 'p', delayMs: 1 },
    ]));
    expect(built.routers.map((router) => router.id)).toEqual(['p', 'r']);
  });
});

describe('hosts', () => {
  test('a host hangs off its router and is none itself; without a delay of its own it has none', () => {
    const built = buildRouterUnderlay(graph([host('h1'), 'a', 'b', host('h2')], [
      { source: 'h1', target: 'b', delayMs: 0.5 },
      { source: 'b', target: 'h1', delayMs: 0.25 },
      { source: 'a', target: 'b', delayMs: 1 },
      { source: 'a', target: 'h2', loss: 0.1 },
    ]));
    expect(built.routers.map((router) => router.id)).toEqual(['a', 'b']);
    expect(built.hosts).toEqual([{ id: 'h1', router: 1, accessDelayMs: 0.25 }, { id: 'h2', router: 0 }]);
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 1 }]);
    expect(built.counts.mergedLinks).toBe(1);
    expect(built.notes[1]).toBe('Loss, jitter and bandwidth of 1 access link of hosts ignored.');
  });

  test('hosts do not connect routers or count towards a component', () => {
    const built = buildRouterUnderlay(graph(['a', host('h1'), host('h2'), 'b', 'c', host('h3')], [
      { source: 'a', target: 'h1' },
      { source: 'a', target: 'h2' },
      { source: 'h3', target: 'c' },
      { source: 'b', target: 'c', delayMs: 1 },
    ]));
    expect(built.routers.map((router) => router.id)).toEqual(['b', 'c']);
    expect(built.hosts).toEqual([{ id: 'h3', router: 1 }]);
    expect(built.notes).toEqual([
      '1 of 3 routers excluded, being outside the largest connected component: a.',
      '2 hosts excluded with their routers: h1, h2.',
    ]);
  });

  test('hosts of which none is kept are refused, since a map without hosts has one on every router', () => {
    const far = [{ source: 'b', target: 'c', delayMs: 1 }, { source: 'a', target: 'h1' }];
    expect(() => buildRouterUnderlay(graph(['a', host('h1'), 'b', 'c'], far))).toThrow(expect.objectContaining({
      code: 'INVALID_TOPOLOGY',
      message: 'map, nodes[1].kind: the only host, "h1", hangs off a router outside the largest connected component.',
    }));
    const three = graph(['a', host('h1'), host('h2'), 'b', 'c', host('h3')], [...far, { source: 'a', target: 'h2' }, { source: 'h3', target: 'a' }]);
    expect(() => buildRouterUnderlay({ ...three, file: 'map.gml', place: (kind, index) => `${kind} ${index}` })).toThrow(expect.objectContaining({
      code: 'INVALID_TOPOLOGY',
      message: 'map.gml, node 1: all 3 hosts, "h1" the first of them, hang off routers outside the largest connected component.',
    }));
  });

  test.each<[string, RawGraph, string]>([
    ['no router', graph(['a', host('h')], []), 'map, nodes[1].kind: the host "h" has no link to a router; a host hangs off one router.'],
    ['only itself', graph(['a', host('h')], [{ source: 'h', target: 'h' }]), 'map, nodes[1].kind: the host "h" has no link to a router; a host hangs off one router.'],
    ['two routers', graph(['a', 'b', host('h')], [{ source: 'h', target: 'a' }, { source: 'b', target: 'h' }]),
      'map, links[1].source: the host "h" is linked to the routers "a" and "b"; a host hangs off one router.'],
    ['a host', graph(['a', host('h'), host('i')], [{ source: 'h', target: 'i' }]),
      'map, links[0].source: the hosts "h" and "i" are linked to each other; a host hangs off one router.'],
  ])('a host linked to %s is refused', (_, raw, message) => {
    expect(() => buildRouterUnderlay(raw)).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY', message }));
  });

  test('a graph of hosts alone is refused', () => {
    expect(() => buildRouterUnderlay(graph([host('h')], []))).toThrow('map, nodes[0].kind: the host "h" has no link to a router; a host hangs off one router.');
  });
});

describe('wrong values', () => {
  const link = { source: 'a', target: 'b' };

  test.each<[string, RawGraph, string]>([
    ['no nodes', graph([], []), 'map: there are no nodes.'],
    ['a duplicate id', graph(['a', 'b', 'a'], []), 'map, nodes[2].id: the id "a" is already that of node 0 (counted from 0).'],
    ['an unknown end', graph(['a'], [link]), 'map, links[0].target: no node has the id "b".'],
    ['latitude', graph([{ id: 'a', latitude: 90.1, longitude: 0 }], []), 'map, nodes[0].latitude: expected latitude within -90..90, got 90.1.'],
    ['longitude', graph([{ id: 'a', latitude: 0, longitude: -181 }], []), 'map, nodes[0].longitude: expected longitude within -180..180, got -181.'],
    ['NaN latitude', graph([{ id: 'a', latitude: NaN, longitude: 0 }], []), 'map, nodes[0].latitude: expected latitude within -90..90, got NaN.'],
    ['a negative delay', graph(['a', 'b'], [{ ...link, delayMs: -1 }]), 'map, links[0].delayMs: expected delayMs to be finite and at least 0, got -1.'],
    ['an infinite delay', graph(['a', 'b'], [{ ...link, delayMs: Infinity }]), 'map, links[0].delayMs: expected delayMs to be finite and at least 0, got Infinity.'],
    ['a NaN delay', graph(['a', 'b'], [{ ...link, delayMs: NaN }]), 'map, links[0].delayMs: expected delayMs to be finite and at least 0, got NaN.'],
    ['a negative length', graph(['a', 'b'], [{ ...link, lengthKm: -1 }]), 'map, links[0].lengthKm: expected lengthKm to be finite and at least 0, got -1.'],
    ['certain loss', graph(['a', 'b'], [{ ...link, loss: 1 }]), 'map, links[0].loss: expected loss to be at least 0 and below 1, got 1.'],
    ['no bandwidth', graph(['a', 'b'], [{ ...link, bandwidthMbps: 0 }]), 'map, links[0].bandwidthMbps: expected bandwidthMbps to be finite and above 0, got 0.'],
  ])('%s is refused with place and reason', (_, raw, message) => {
    expect(() => buildRouterUnderlay(raw)).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY', message }));
  });

  test('a value is refused even on a link that merging would drop', () => {
    expect(() => buildRouterUnderlay(graph(['a', 'b'], [{ ...link, delayMs: 1 }, { ...link, delayMs: -1 }]))).toThrow('links[1].delayMs');
    expect(() => buildRouterUnderlay(graph(['a'], [{ source: 'a', target: 'a', loss: 2 }]))).toThrow('links[0].loss');
  });
});

test('a graph of 100 000 nodes and 500 000 links is built whole', () => {
  const n = 100_000;
  const nodes = Array.from({ length: n }, (_, i) => ({ id: String(i) }));
  const links = Array.from({ length: 5 * n }, (_, i) => ({ source: String(i % n), target: String((i * 7 + 1) % n), delayMs: 1 }));
  const built = buildRouterUnderlay({ name: 'large', nodes, links });
  expect(built.routers.length + built.counts.excludedRouters).toBe(n);
});
