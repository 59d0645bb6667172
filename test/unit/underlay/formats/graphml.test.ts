import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, ONE_DEGREE_MS, routersOf } from './expect-refusal.ts';

/** A GraphML file with some keys and this inside its graph. */
function graphml(body: string, graph = 'edgedefault="undirected"'): string {
  return `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="k" for="node" attr.name="kind" attr.type="string"><default>router</default></key>
<key id="d" for="edge" attr.name="delayMs" attr.type="double"><default>4</default></key>
<key id="l" for="all" attr.name="label" attr.type="string"/>
<key id="y" for="node" attr.name="Latitude" attr.type="double"/>
<graph ${graph}>
${body}
</graph></graphml>`;
}

describe('GraphML', () => {
  test('in the dialect of the Topology Zoo: keys by name and domain, labels that repeat, missing coordinates', () => {
    expect(routersOf(fixture('zoo.graphml'), 'zoo.graphml')).toEqual({
      kind: 'routers',
      name: 'zoo',
      routers: [
        { id: '0', label: 'Null & Island', latitude: 0, longitude: 0 },
        { id: '1', label: 'East <1>', latitude: 0, longitude: 1 },
        { id: '2', label: 'None' },
      ],
      links: [{ a: 0, b: 1, delayMs: ONE_DEGREE_MS }, { a: 1, b: 2, delayMs: 1 }],
      hosts: [],
      counts: { mergedLinks: 1, selfLoops: 1, defaultDelays: 1, coordinateDelays: 1, excludedRouters: 1 },
      notes: [
        '1 self-loop dropped.',
        '1 parallel link merged into another, keeping the smallest delay (a link listed in both directions counts).',
        '1 of 4 routers excluded, being outside the largest connected component: 3.',
        '1 link delay computed from coordinates: great-circle km / 200 per ms.',
        '1 link delay taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
      ],
    });
  });

  test('defaults of keys, keys for all and hosts count', () => {
    const built = routersOf(graphml(`<node id="a"><data key="l"> Aa </data></node><node id="b"/><node id="h"><data key="k">host</data></node>
<edge source="a" target="b"/><edge source="a" target="h"><data key="d">0.5</data></edge>`), 'f');
    expect(built.routers).toEqual([{ id: 'a', label: 'Aa' }, { id: 'b', label: 'b' }]);
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 4 }]);
    expect(built.hosts).toEqual([{ id: 'h', router: 0, accessDelayMs: 0.5 }]);
  });

  test('data under a key that is declared for something else, or not at all, do not count', () => {
    const built = routersOf(`<graphml><key id="e" for="edge" attr.name="label"/><graph><node id="a"><data key="e">cable</data><data key="label">x</data></node></graph></graphml>`, 'f');
    expect(built.routers).toEqual([{ id: 'a', label: 'a' }]);
  });

  test('ports and hyperedges are ignored, a directed graph is taken as undirected', () => {
    const built = routersOf(graphml('<node id="a"><port name="p"/></node><hyperedge><endpoint node="a"/></hyperedge>', 'edgedefault="directed"'), 'f');
    expect(built.notes).toEqual(['The file says that the graph is directed; its links are taken as undirected.', '1 <hyperedge> element ignored.']);
  });

  test.each([
    ['<node/>', 'f, line 7: <node> has no attribute "id".'],
    ['<node id="a"/>\n<edge source="a"/>', 'f, line 8: <edge> has no attribute "target".'],
    ['<node id="a"/>\n<edge source="a" target="b"/>', 'f, line 8: no node has the id "b".'],
    ['<node id="a"/>\n<node id="a"/>', 'f, line 8: the id "a" is already that of node 0 (counted from 0).'],
    ['<node id="a"><data key="y">north</data></node>', 'f, line 7: expected Latitude to be a number, got "north".'],
    ['<node id="a"/>\n<node id="b"/>\n<edge source="a" target="b"><data key="d">-1</data></edge>', 'f, line 9: expected delayMs to be finite and at least 0, got -1.'],
    ['<node id="a"/>\n<node id="b"/>\n<edge source="a" target="b"><data key="d">NaN</data></edge>', 'f, line 9: expected delayMs to be finite and at least 0, got NaN.'],
    ['<node id="a"><graph/></node>', 'f, line 7: a second <graph>; one graph a file is read, without nested ones.'],
    ['', 'f: there are no nodes.'],
  ])('%s is refused', (body, message) => {
    expectRefusal(graphml(body), 'f', message);
  });

  test('a file that is cut off is refused wherever the cut is', () => {
    const whole = fixture('zoo.graphml').trimEnd();
    for (let end = 1; end < whole.length; end += 7) {
      expect(() => routersOf(whole.slice(0, end), 'zoo.graphml')).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY' }));
    }
  });

  test('a file without a graph is refused', () => {
    expectRefusal('<graphml/>', 'f', 'f: there is no <graph>.');
  });
});
