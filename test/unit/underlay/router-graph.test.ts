import { expect, test } from 'vitest';
import { routerGraph } from '../../../sim/underlay/router-graph.ts';

test('links become two arcs each, by router and in the order of the links', () => {
  const routers = ['p', 'q', 'r'].map((id) => ({ id, label: id }));
  expect(routerGraph({ routers, links: [{ a: 1, b: 2, delayMs: 5 }, { a: 0, b: 2, delayMs: 3 }] })).toEqual({
    routers: 3,
    links: 2,
    offsets: Int32Array.of(0, 1, 2, 4),
    neighbours: Int32Array.of(2, 2, 1, 0),
    linkOfArc: Int32Array.of(1, 0, 0, 1),
    arcDelayMs: Float64Array.of(3, 5, 5, 3),
    linkA: Int32Array.of(1, 0),
    linkB: Int32Array.of(2, 2),
    linkDelayMs: Float64Array.of(5, 3),
    delayMaxMs: 5,
  });
});
