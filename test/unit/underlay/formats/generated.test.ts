import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, NO_COUNTS, routersOf } from './expect-refusal.ts';

describe('BRITE', () => {
  test('delays are given, bandwidths are ignored', () => {
    expect(routersOf(fixture('toy.brite'), 'toy.brite')).toEqual({
      kind: 'routers',
      name: 'toy',
      routers: [{ id: '0', label: '0', x: 30, y: 0 }, { id: '1', label: '1', x: 0, y: 40 }, { id: '2', label: '2', x: 0, y: 0 }],
      links: [{ a: 0, b: 1, delayMs: 0.1667 }, { a: 1, b: 2, delayMs: 0.1334 }],
      hosts: [],
      counts: NO_COUNTS,
      notes: [
        'BRITE delays are taken as ms, as given: length over the speed of light in vacuum, a third less than in fibre.',
        'BRITE bandwidths ignored, since their unit is not stated.',
      ],
    });
  });

  const brite = (nodes: string, edges: string): string => `Topology: ( 2 Nodes, 1 Edges )\nNodes: ( 2 )\n${nodes}\nEdges: ( 1 )\n${edges}\n`;

  test('directed links are taken as undirected', () => {
    expect(routersOf(brite('0 1 1 1 1 -1 RT\n1 2 2 1 1 -1 RT', '0 0 1 5 0.1 10 -1 -1 E_RT D'), 'f').notes[2])
      .toBe('Some links are directed (D); they are taken as undirected.');
  });

  test.each([
    [brite('0 1 1', ''), 'f: expected 2 nodes as its heading says, got 1 (the file may be cut off).'],
    [brite('0 1 1\n1 2 2', ''), 'f: expected 1 edge as its heading says, got 0 (the file may be cut off).'],
    ['Topology: ( 2 Nodes, 1 Edges )\nNodes: ( 2 )\n', 'f: there is no `Nodes: ( N )` and `Edges: ( E )` (the file may be cut off).'],
    [brite('0 1 1\n1 2 north', '0 0 1 5 1'), 'f, line 4: expected y to be a number, got "north".'],
    [brite('0 1 1\n1 2 2', '0 0 1 5 -0.5'), 'f, line 6: expected delayMs to be finite and at least 0, got -0.5.'],
    [brite('0 1 1\n1 2 2', '0 0 1 5'), 'f, line 6: expected delay to be a number, got "".'],
    [brite('0 1 1\n1 2 2', '0 0 7 5 1'), 'f, line 6: no node has the id "7".'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f', message);
  });
});

describe('aShIIP', () => {
  test('links listed at one end or both, lines that end differently', () => {
    expect(routersOf(fixture('ashiip.txt'), 'ashiip.txt')).toEqual({
      kind: 'routers',
      name: 'ashiip',
      routers: ['1', '2', '3'].map((id) => ({ id, label: id })),
      links: [{ a: 0, b: 1, delayMs: 1 }, { a: 0, b: 2, delayMs: 1 }, { a: 1, b: 2, delayMs: 1 }],
      hosts: [],
      counts: { ...NO_COUNTS, mergedLinks: 1, defaultDelays: 3 },
      notes: [
        '1 parallel link merged into another, keeping the smallest delay (a link listed in both directions counts).',
        '3 link delays taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
      ],
    });
  });

  test.each([
    ['Size : 2\n1 (1)  [2]\n', 'f: expected 2 nodes as its preamble says, got 1 (the file may be cut off).'],
    ['1 (1)  [2]\n2 (1)  [1,', 'f, line 2: expected a node as `id (level) [neighbour, ...]`, got "2 (1)  [1,".'],
    ['1 (1)  [2]', 'f, line 1: no node has the id "2".'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f', message);
  });
});
