import { describe, expect, test } from 'vitest';

import { readTopologyFile } from '../../../../sim/input/read-topology.ts';
import { fixture, fixturePath } from '../../../fixtures/read.ts';
import { expectRefusal, NO_COUNTS, ONE_DEGREE_MS, routersOf } from './expect-refusal.ts';

describe('SNDlib native', () => {
  test('coordinates that can be degrees are taken as degrees, which is said', () => {
    expect(routersOf(fixture('sndlib-degrees.txt'), 'sndlib-degrees.txt')).toEqual({
      kind: 'routers',
      name: 'sndlib-degrees',
      routers: [
        { id: 'Null-Island', label: 'Null-Island', latitude: 0, longitude: 0 },
        { id: 'East', label: 'East', latitude: 0, longitude: 1 },
        { id: 'Nowhere', label: 'Nowhere' },
      ],
      links: [{ a: 0, b: 1, delayMs: ONE_DEGREE_MS }, { a: 1, b: 2, delayMs: 1 }],
      hosts: [],
      counts: { ...NO_COUNTS, mergedLinks: 1, defaultDelays: 1, coordinateDelays: 1 },
      notes: [
        'Coordinates taken as longitude and latitude, since all are within their ranges; the file does not say so.',
        '1 parallel link merged into another, keeping the smallest delay (a link listed in both directions counts).',
        '1 link delay computed from coordinates: great-circle km / 200 per ms.',
        '1 link delay taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
      ],
    });
  });

  test('pixels give no delay', () => {
    const built = routersOf(fixture('sndlib-pixels.txt'), 'sndlib-pixels.txt');
    expect(built.routers[0]).toEqual({ id: 'N1', label: 'N1', x: 218, y: 239 });
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 1 }]);
    expect(built.notes[0]).toBe('Coordinates outside the ranges of longitude and latitude taken as pixels; they give no delays.');
  });

  test.each([
    ['NODES (\n a ( 1 2 )\n', 'f, line 2: the file ends inside the section NODES (it may be cut off).'],
    ['NODES (\n a ( 1 2 )\n)\n', 'f: there is no section LINKS (the file may be cut off).'],
    ['?SNDlib native format\nLINKS (\n)\n', 'f: there is no section NODES.'],
    ['NODES (\n a ( 1 x )\n)\nLINKS (\n)', 'f, line 2: expected the coordinates of a node to be numbers.'],
    ['NODES (\n a 1 2\n)\nLINKS (\n)', 'f, line 2: expected a node as `id ( x y )`.'],
    ['NODES (\n a\n)\nLINKS (\n L1 a b\n)', 'f, line 5: expected a link as `id ( source target ) ...`.'],
    ['NODES (\n a\n)\nLINKS (\n L1 ( a b ) 0\n)', 'f, line 5: no node has the id "b".'],
    ['NODES (\n a\n)\nNODES (\n)', 'f, line 4: a second section NODES.'],
    ['NODES (\n a\n)\nwhat', 'f, line 4: expected the start of a section, like `NODES (`.'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f', message);
  });
});

describe('SNDlib XML', () => {
  test('in ISO-8859-1, with demands that look like links', () => {
    const built = readTopologyFile(fixturePath('sndlib-latin1.xml'));
    expect(built).toEqual({
      kind: 'routers',
      name: 'sndlib-latin1',
      routers: [{ id: 'Köln', label: 'Köln', latitude: 1, longitude: 0 }, { id: 'Bern', label: 'Bern', latitude: 0, longitude: 0 }],
      links: [{ a: 0, b: 1, delayMs: ONE_DEGREE_MS }],
      hosts: [],
      counts: { ...NO_COUNTS, coordinateDelays: 1 },
      notes: ['1 link delay computed from coordinates: great-circle km / 200 per ms.'],
    });
  });

  const node = '<node id="a"><coordinates><x>1</x><y>95</y></coordinates></node>';

  test('pixels that the file declares give no delay', () => {
    const built = routersOf(`<network><nodes coordinatesType="pixel">${node}</nodes></network>`, 'f');
    expect(built.routers).toEqual([{ id: 'a', label: 'a', x: 1, y: 95 }]);
    expect(built.notes).toEqual(['The file says that its coordinates are pixels; they give no delays.']);
  });

  test.each([
    [`<network>\n<nodes coordinatesType="geographical">${node}</nodes></network>`, 'f, line 2: expected latitude within -90..90, got 95.'],
    ['<network><nodes coordinatesType="polar"/></network>', 'f, line 1: expected coordinatesType to be geographical or pixel, got "polar".'],
    ['<network><node id="a"/>\n<link id="l"><source>a</source></link></network>', 'f, line 2: <link> has no <target>.'],
    ['<network><node id="a"/>\n<link id="l"><source>a</source><target>b</target></link></network>', 'f, line 2: no node has the id "b".'],
    ['<network><node/></network>', 'f, line 1: <node> has no attribute "id".'],
    ['<network><node id="a"><coordinates><x>east</x></coordinates></node></network>', 'f, line 1: expected <x> to be a number, got "east".'],
    ['<network/>', 'f: there are no nodes.'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f', message);
  });
});
