import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, NO_COUNTS, routersOf } from './expect-refusal.ts';

const CITIES = ['Ulm,+Germany1', 'Bonn,+Germany2', 'Trier,+Germany3'].map((id) => ({ id, label: id }));

describe('Rocketfuel .intra', () => {
  test('latencies are delays, of two directions the smaller one', () => {
    expect(routersOf(fixture('toy.latencies.intra'), 'toy.latencies.intra')).toEqual({
      kind: 'routers',
      name: 'toy.latencies',
      routers: CITIES,
      links: [{ a: 0, b: 1, delayMs: 3 }, { a: 0, b: 2, delayMs: 4.5 }],
      hosts: [],
      counts: { ...NO_COUNTS, mergedLinks: 2 },
      notes: [
        'The third column is taken as the delay of the link in ms.',
        '2 parallel links merged into another, keeping the smallest delay (a link listed in both directions counts).',
      ],
    });
  });

  test('weights are no delays', () => {
    const built = routersOf(fixture('toy.weights.intra'), 'weighty/toy.weights.intra');
    expect(built.routers).toEqual(CITIES);
    expect(built.links).toEqual([{ a: 0, b: 1, delayMs: 1 }, { a: 0, b: 2, delayMs: 1 }]);
    expect(built.counts.defaultDelays).toBe(2);
    expect(built.notes[0]).toBe('The third column is routing weights by the name of the file; they are no delays and are ignored.');
  });

  test('only the name of the file itself tells weights', () => {
    expect(routersOf(fixture('toy.latencies.intra'), 'weights/toy.intra').links[0]?.delayMs).toBe(3);
  });

  test.each([
    ['a b 1\na b\n', 'f.intra, line 2: expected two nodes and a number, got 2 words.'],
    ['a b 1\na b c\n', 'f.intra, line 2: expected a number after the two nodes, got "c".'],
    ['a b 1\nb c -1\n', 'f.intra, line 2: expected delayMs to be finite and at least 0, got -1.'],
    ['a b 1\nb c inf\n', 'f.intra, line 2: expected delayMs to be finite and at least 0, got Infinity.'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f.intra', message);
  });
});

describe('Rocketfuel .cch', () => {
  test('external addresses and unlisted neighbours are excluded', () => {
    expect(routersOf(fixture('toy.r0.cch'), 'toy.r0.cch')).toEqual({
      kind: 'routers',
      name: 'toy.r0',
      routers: [{ id: '335', label: 'Ulm,+BW' }, { id: '405', label: 'Bonn,+NW' }],
      links: [{ a: 0, b: 1, delayMs: 1 }],
      hosts: [],
      counts: { ...NO_COUNTS, mergedLinks: 1, selfLoops: 1, defaultDelays: 1 },
      notes: [
        '3 external addresses ignored.',
        '1 link to routers without a line of their own ignored.',
        '1 self-loop dropped.',
        '1 parallel link merged into another, keeping the smallest delay (a link listed in both directions counts).',
        '1 link delay taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.',
      ],
    });
  });

  test.each([
    ['1 @Ulm (1) -> <2>  =a r0\n1 @Ulm (1) ->  =a r0', 'f, line 2: the id "1" is already that of node 0 (counted from 0).'],
    ['1 @Ulm (1) -> <2>  =a r0\n2 @Bonn', 'f, line 2: expected a router as `uid @place (degree) -> <uid> ... =name rN`.'],
    ['1 @Ulm (1) -> 2  =a r0', 'f, line 1: expected a neighbour as `<uid>`, got "2".'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f', message);
  });
});
