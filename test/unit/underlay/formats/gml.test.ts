import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, ONE_DEGREE_MS, routersOf } from './expect-refusal.ts';

describe('GML', () => {
  test('comments, entities, strings over lines, nested lists and repeated keys', () => {
    expect(routersOf(fixture('zoo.gml'), 'zoo.gml')).toEqual({
      kind: 'routers',
      name: 'zoo',
      routers: [
        { id: '0', label: 'St Kitts & Nevis', latitude: 0, longitude: 0 },
        { id: '1', label: '"East" €', latitude: 0, longitude: 1, x: 10, y: 20 },
        { id: '2', label: '7' },
      ],
      links: [{ a: 0, b: 1, delayMs: ONE_DEGREE_MS }, { a: 1, b: 2, delayMs: 0.75 }],
      hosts: [],
      counts: { mergedLinks: 1, selfLoops: 0, defaultDelays: 0, coordinateDelays: 1, excludedRouters: 0 },
      notes: [
        '1 parallel link merged into another, keeping the smallest delay (a link listed in both directions counts).',
        '1 link delay computed from coordinates: great-circle km / 200 per ms.',
      ],
    });
  });

  test('the name of the graph, its direction and hosts', () => {
    const built = routersOf('graph [ directed 1 name "lab" node [ id 1 ] node [ id 2 kind "host" ] edge [ source 2 target 1 dist 40 ] ]', 'f');
    expect(built.name).toBe('lab');
    expect(built.hosts).toEqual([{ id: '2', router: 0, accessDelayMs: 0.2 }]);
    expect(built.notes[0]).toBe('The file says that the graph is directed; its links are taken as undirected.');
  });

  test.each([
    ['graph [ node [ id 1 ]', 'f.gml, line 1: the list that begins here is not closed (the file may be cut off).'],
    ['graph [\nnode [ id 1 label "x ] ]', 'f.gml, line 2: the string that begins here is not closed (the file may be cut off).'],
    ['graph [\nnode [ id ] ]', 'f.gml, line 2: expected a value of "id".'],
    ['graph [ ] ]', "f.gml, line 1: a ']' that closes nothing."],
    ['graph [\n\n7 8 ]', 'f.gml, line 3: expected a key, got "7 8 ]".'],
    ['graph [ node [ label "x" ] ]', 'f.gml, line 1: expected id to be an id, got nothing.'],
    ['graph [ node [ id 1 ]\nnode [ id 1 ] ]', 'f.gml, line 2: the id "1" is already that of node 0 (counted from 0).'],
    ['graph [ node [ id 1 ]\nedge [ source 1 target 2 ] ]', 'f.gml, line 2: no node has the id "2".'],
    ['graph [ node [ id 1 ] node [ id 2 ]\nedge [ source 1 target 2 delayMs -INF ] ]', 'f.gml, line 2: expected delayMs to be finite and at least 0, got -Infinity.'],
    ['graph [ node [ id 1 Latitude "?" Longitude 2 ] ]', 'f.gml, line 1: expected Latitude to be a number, got "?".'],
    ['graph [ ]', 'f.gml: there are no nodes.'],
    ['Creator "me"', 'f.gml: there is no list `graph [ .. ]`.'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f.gml', message);
  });

  test('a million nested lists are refused', () => {
    expectRefusal('graph [\n' + 'a [ '.repeat(1_000_000), 'f', 'f: nested deeper than 64 levels at line 2.', 'TOPOLOGY_TOO_LARGE');
  });

  test('a million lines of comments overflow nothing', () => {
    expect(routersOf(`graph [ node [ id 1 ] ]${'\n#'.repeat(1_000_000)}`, 'f').routers).toHaveLength(1);
  });
});
