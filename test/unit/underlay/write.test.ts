import { describe, expect, test } from 'vitest';

import { buildRouterUnderlay } from '../../../sim/underlay/build.ts';
import { parseTopology } from '../../../sim/underlay/formats/detect.ts';
import type { RouterUnderlay, Underlay } from '../../../sim/underlay/underlay.ts';
import { toDot } from '../../../sim/underlay/write/dot.ts';
import { toGraphml } from '../../../sim/underlay/write/graphml.ts';
import { toTopologyJson } from '../../../sim/underlay/write/json.ts';
import { fixture, TOPOLOGY_FIXTURES } from '../../fixtures/read.ts';

/** What writers keep: all but the counts and notes of the reading. */
function kept(underlay: Underlay): unknown {
  return { ...underlay, counts: undefined, notes: undefined };
}

const PLAIN: RouterUnderlay = buildRouterUnderlay({
  name: 'a "b" & <c>',
  nodes: [
    { id: '1', label: 'Zürich\t& <so>\n"on" \\', latitude: 47.37, longitude: 8.54, x: -0.1, y: 1e-7 },
    { id: 'é', label: 'é' },
    { id: 'PC', kind: 'host' },
    { id: 'phone', kind: 'host' },
  ],
  links: [
    { source: '1', target: 'é', delayMs: 0.1 + 0.2, jitterMs: 1e-9, loss: 1 / 3, bandwidthMbps: 2.5 },
    { source: 'PC', target: 'é', delayMs: 0.25 },
    { source: 'phone', target: '1' },
  ],
});

describe('toTopologyJson', () => {
  test('writes a node or link a line', () => {
    expect(toTopologyJson(PLAIN)).toBe(`{
"directed": false,
"multigraph": false,
"graph": {"name":"a \\"b\\" & <c>"},
"nodes": [
{"id":"1","label":"Zürich\\t& <so>\\n\\"on\\" \\\\","latitude":47.37,"longitude":8.54,"x":-0.1,"y":1e-7},
{"id":"é"},
{"id":"PC","kind":"host"},
{"id":"phone","kind":"host"}
],
"links": [
{"source":"1","target":"é","delayMs":0.30000000000000004,"jitterMs":1e-9,"loss":0.3333333333333333,"bandwidthMbps":2.5},
{"source":"PC","target":"é","delayMs":0.25},
{"source":"phone","target":"1"}
]
}
`);
  });

  test('our own form is written as it was read, but for what it says twice', () => {
    expect(toTopologyJson(parseTopology(fixture('own.json'), 'own.json'))).toBe(fixture('own.json'));
  });

  test('writes a matrix as round-trip times', () => {
    expect(toTopologyJson(parseTopology(fixture('matrix.tsv'), 'matrix.tsv'))).toBe(`{
"name": "matrix",
"hosts": ["0","1","2"],
"matrix": [
[0,10,20.5],
[10,0,30],
[20.5,30,0]
]
}
`);
  });

  test.each(TOPOLOGY_FIXTURES)('%s is equal after being written and read', (name) => {
    const underlay = parseTopology(fixture(name), name);
    expect(kept(parseTopology(toTopologyJson(underlay), 'other'))).toEqual(kept(underlay));
  });

  test('one router without links is equal after being written and read', () => {
    const lone = buildRouterUnderlay({ name: 'lone', nodes: [{ id: '' }], links: [] });
    expect(kept(parseTopology(toTopologyJson(lone), 'f'))).toEqual(kept(lone));
  });
});

describe('toGraphml', () => {
  test('writes a node or edge a line', () => {
    expect(toGraphml(PLAIN).split('\n').slice(13)).toEqual([
      '  <graph edgedefault="undirected">',
      '    <data key="name">a &#34;b&#34; &#38; &#60;c&#62;</data>',
      '    <node id="1"><data key="label">Zürich&#9;&#38; &#60;so&#62;&#10;&#34;on&#34; \\</data><data key="latitude">47.37</data><data key="longitude">8.54</data><data key="x">-0.1</data><data key="y">1e-7</data></node>',
      '    <node id="é"></node>',
      '    <node id="PC"><data key="kind">host</data></node>',
      '    <node id="phone"><data key="kind">host</data></node>',
      '    <edge source="1" target="é"><data key="delayMs">0.30000000000000004</data><data key="jitterMs">1e-9</data><data key="loss">0.3333333333333333</data><data key="bandwidthMbps">2.5</data></edge>',
      '    <edge source="PC" target="é"><data key="delayMs">0.25</data></edge>',
      '    <edge source="phone" target="1"></edge>',
      '  </graph>',
      '</graphml>',
      '',
    ]);
  });

  test('is equal after being read', () => {
    expect(kept(parseTopology(toGraphml(PLAIN), 'f'))).toEqual(kept(PLAIN));
  });

  test.each(TOPOLOGY_FIXTURES)('%s is equal after being written and read', (name) => {
    const underlay = parseTopology(fixture(name), name);
    if (underlay.kind === 'routers') expect(kept(parseTopology(toGraphml(underlay), 'other'))).toEqual(kept(underlay));
  });

  test('characters that XML cannot hold are replaced', () => {
    const odd = buildRouterUnderlay({ name: 'odd', nodes: [{ id: 'a\u0001b' }], links: [] });
    expect(parseTopology(toGraphml(odd), 'f')).toMatchObject({ routers: [{ id: 'a\ufffdb' }] });
  });
});

test('toDot writes routers, hosts and links with their delays', () => {
  expect(toDot(PLAIN)).toBe(`graph "a \\"b\\" & <c>" {
  node [shape=circle];
  "1" [label="Zürich	& <so> \\"on\\" \\\\", pos="307.44,1705.32"];
  "é" [label="é"];
  "PC" [shape=box];
  "phone" [shape=box];
  "1" -- "é" [label="0.3 ms"];
  "PC" -- "é" [label="0.25 ms"];
  "phone" -- "1";
}
`);
});
