import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, NO_COUNTS, routersOf } from './expect-refusal.ts';

describe('node-link JSON', () => {
  test('our own form carries delays, loss, jitter, bandwidth, coordinates and hosts', () => {
    expect(routersOf(fixture('own.json'), 'own.json')).toEqual({
      kind: 'routers',
      name: 'two houses',
      routers: [
        { id: 'r1', label: 'Ridge', latitude: 50, longitude: 10 },
        { id: 'r2', label: 'r2', latitude: 51, longitude: 10 },
        { id: 'r3', label: 'r3', x: 3, y: 4 },
      ],
      links: [{ a: 0, b: 1, delayMs: 2.5, jitterMs: 0.25, loss: 0.125, bandwidthMbps: 100 }, { a: 1, b: 2, delayMs: 0 }],
      hosts: [{ id: 'h1', router: 0, accessDelayMs: 0.5 }, { id: 'h2', router: 2 }],
      counts: NO_COUNTS,
      notes: [],
    });
  });

  test('topohub: edges with a length in km, plane positions, numbers as ids', () => {
    expect(routersOf(fixture('topohub.json'), 'topohub.json')).toEqual({
      kind: 'routers',
      name: 'triangle',
      routers: [
        { id: '0', label: 'R0', x: 188.5, y: 463.4 },
        { id: '1', label: 'R1', x: 421.7, y: 107 },
        { id: '2', label: 'R2', x: 435.8, y: 318.2 },
      ],
      links: [{ a: 0, b: 1, delayMs: 0.5 }, { a: 1, b: 2, delayMs: 0.25 }, { a: 0, b: 2, delayMs: 0 }],
      hosts: [],
      counts: NO_COUNTS,
      notes: [
        'Link attribute `dist` (or `lengthKm`, `distanceKm`) taken as the physical length in km; it goes before coordinates.',
        'Node attribute `pos` does not say whether it is in degrees; it is used for drawing only.',
        '3 link delays computed from the length given: km / 200 per ms.',
      ],
    });
  });

  test('nodes without any id are named by their index, as old d3 does', () => {
    const built = routersOf(fixture('d3-indices.json'), 'maps/d3-indices.json');
    expect(built.name).toBe('d3-indices');
    expect(built.routers).toEqual([{ id: '0', label: 'north' }, { id: '1', label: 'south' }]);
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 1 }]);
  });

  test('coordinates are read under their usual names', () => {
    for (const [latitude, longitude] of [['latitude', 'longitude'], ['lat', 'lon'], ['lat', 'lng'], ['Latitude', 'Longitude']] as const) {
      const text = JSON.stringify({ nodes: [{ id: 'a', [latitude]: 1, [longitude]: 2 }], links: [] });
      expect(routersOf(text, 'f').routers).toEqual([{ id: 'a', label: 'a', latitude: 1, longitude: 2 }]);
    }
  });

  test('what is assumed or ignored is said', () => {
    const text = JSON.stringify({
      directed: true,
      nodes: [{ id: 'a', kind: 'switch' }, { id: 'b', lat: 4 }],
      links: [{ source: 'a', target: 'b', delayMs: null, latency: 3, capacity: 4 }],
    });
    expect(routersOf(text, 'f').notes).toEqual([
      'The file says that the graph is directed; its links are taken as undirected.',
      'Link attributes without a stated unit ignored: latency, capacity (read are delayMs, dist, bandwidthMbps, loss, jitterMs).',
      '1 node with only one of latitude and longitude taken as without coordinates.',
      '1 node of another kind than host or router taken as routers: "switch".',
      '1 link delay taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
    ]);
  });

  test('keys that name parts of JavaScript objects are only keys', () => {
    const text = '{"__proto__":{"nodes":[]},"constructor":1,"nodes":[{"id":"__proto__","__proto__":{"kind":"host"}},{"id":"constructor"}],'
      + '"links":[{"source":"__proto__","target":"constructor","__proto__":{"delayMs":-1}}]}';
    const built = routersOf(text, 'f');
    expect(built.routers.map((router) => router.id)).toEqual(['__proto__', 'constructor']);
    expect(built.hosts).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'nodes')).toBe(false);
  });

  test.each([
    ['{"nodes":[{"id":1},{"id":2}],"links":[{"source":1,"target":2},{"source":2,"target":1,"delayMs":-3}]}', 'f.json, links[1].delayMs: expected delayMs to be finite and at least 0, got -3.'],
    ['{"nodes":[{"id":1}],"edges":[{"source":1,"target":2}]}', 'f.json, edges[0].target: no node has the id "2".'],
    ['{"nodes":[{"id":1},{"id":2}],"links":[{"source":1,"target":2,"delayMs":1e999}]}', 'f.json, links[0].delayMs: expected delayMs to be finite and at least 0, got Infinity.'],
    ['{"nodes":[{"id":1},{"id":2}],"links":[{"source":1,"target":2,"delayMs":"3ms"}]}', 'f.json, links[0].delayMs: expected delayMs to be a number, got "3ms".'],
    ['{"nodes":[{"id":1},{"id":2}],"links":[{"source":1,"target":2,"loss":true}]}', 'f.json, links[0].loss: expected loss to be a number, got true.'],
    ['{"nodes":[{"id":1},{"id":"1"}],"links":[]}', 'f.json, nodes[1].id: the id "1" is already that of node 0 (counted from 0).'],
    ['{"nodes":[{"id":1},{}],"links":[]}', 'f.json, nodes[1].id: expected an id, a string or a number, got nothing.'],
    ['{"nodes":[{"id":1},7],"links":[]}', 'f.json, nodes[1]: expected an object, got 7.'],
    ['{"nodes":[{"id":1,"lat":91,"lon":0}],"links":[]}', 'f.json, nodes[0].latitude: expected latitude within -90..90, got 91.'],
    ['{"nodes":[],"links":[]}', 'f.json: there are no nodes.'],
    ['{"nodes":[{"id":1}]}', 'f.json: expected an array `links` or `edges` beside `nodes`.'],
    ['{"vertices":[]}', 'f.json: expected `nodes` with `links` or `edges`, or a latency matrix as `matrix`, `data` or an array of arrays.'],
    ['[{"file":"a.json"},{"file":"b.json"}]', 'f.json: an array of objects is neither node-link JSON nor a latency matrix.'],
    ['{"nodes":[', 'f.json, line 1, column 11: not valid JSON: expected a value, got the end of the file.'],
    ['{"nodes":\n [1,]}', 'f.json, line 2, column 5: not valid JSON: expected a value, got "]".'],
  ])('%s is refused', (text, message) => {
    expectRefusal(text, 'f.json', message);
  });

  test('a thousand routers are read in well under 100 ms', () => {
    const nodes = Array.from({ length: 1000 }, (_, id) => ({ id, latitude: id / 20, longitude: id / 10 }));
    const links = Array.from({ length: 4000 }, (_, i) => ({ source: i % 1000, target: (i * 7 + 3) % 1000 }));
    const text = JSON.stringify({ nodes, links }, null, 1);
    // The best of some runs, since other processes share the machine.
    const tookMs = Array.from({ length: 5 }, () => {
      const started = performance.now();
      routersOf(text, 'f');
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(100);
  });
});
