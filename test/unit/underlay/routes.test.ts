import { describe, expect, test } from 'vitest';
import { BucketQueue } from '../../../sim/underlay/bucket-queue.ts';
import { Random } from '../../../lib/core/random.ts';
import { RouteCache } from '../../../sim/underlay/route-cache.ts';
import { routerGraphOf } from '../../../sim/underlay/router-graph.ts';
import { Routes, TREE_BYTES_PER_ROUTER } from '../../../sim/underlay/routes.ts';

function links(...listed: readonly (readonly [number, number, number])[]): { a: number; b: number; delayMs: number }[] {
  return listed.map(([a, b, delayMs]) => ({ a, b, delayMs }));
}

function predecessors(routers: number, source: number, ...listed: readonly (readonly [number, number, number])[]): number[] {
  return [...new Routes(routerGraphOf(routers, links(...listed))).from(source).predecessor];
}

describe('a route', () => {
  test('has the smallest delay, even over more links', () => {
    expect(predecessors(3, 0, [0, 2, 10], [0, 1, 3], [1, 2, 3])).toEqual([-1, 0, 1]);
  });

  test('has the fewest links among equal delays', () => {
    expect(predecessors(4, 0, [0, 1, 1], [1, 2, 1], [2, 3, 1], [0, 3, 3])).toEqual([-1, 0, 1, 0]);
  });

  test('has the predecessor with the smallest index among equal delays and links', () => {
    expect(predecessors(4, 0, [0, 2, 1], [2, 3, 1], [0, 1, 1], [1, 3, 1])).toEqual([-1, 0, 0, 1]);
  });

  test('is told from the destination back: the last choice weighs most', () => {
    // Both 0-3-1-5 and 0-2-4-5 have three links; the smaller last predecessor wins, whatever comes before it.
    expect(predecessors(6, 0, [0, 3, 1], [1, 3, 1], [1, 5, 1], [0, 2, 1], [2, 4, 1], [4, 5, 1])).toEqual([-1, 3, 0, 0, 2, 1]);
  });

  test('counts delays as equal within 1e-9 ms, though sums differ in the last bit', () => {
    // 0.1 + 0.2 is above 0.3 in binary, and 0.3 has fewer links.
    expect(predecessors(3, 0, [0, 1, 0.1], [1, 2, 0.2], [0, 2, 0.3 + 9e-10])).toEqual([-1, 0, 0]);
    expect(predecessors(3, 0, [0, 1, 0.1], [1, 2, 0.2], [0, 2, 0.3 + 2e-9])).toEqual([-1, 0, 1]);
  });

  test('does not turn in a circle of links without delay', () => {
    expect(predecessors(4, 3, [0, 1, 0], [1, 2, 0], [0, 2, 0], [2, 3, 5])).toEqual([2, 2, 3, -1]);
  });

  test('does not exist to a router that is not connected', () => {
    const tree = new Routes(routerGraphOf(3, links([0, 1, 2]))).from(0);
    expect(tree).toEqual({
      source: 0,
      delayMs: Float64Array.of(0, 2, Infinity),
      predecessor: Int32Array.of(-1, 0, -1),
      linkTo: Int32Array.of(-1, 0, -1),
      hops: Int32Array.of(0, 1, -1),
      order: Int32Array.of(0, 1),
    });
  });
});

test('a graph without links has a route to the source alone', () => {
  expect([...new Routes(routerGraphOf(1, [])).from(0).order]).toEqual([0]);
  expect(() => new Routes(routerGraphOf(1, [])).from(1)).toThrow('routes start at a router of the graph');
});

test('trees do not share arrays with later ones', () => {
  const routes = new Routes(routerGraphOf(2, links([0, 1, 4])));
  const first = routes.from(0);
  routes.from(1);
  expect([...first.delayMs]).toEqual([0, 4]);
});

describe('the bucket queue', () => {
  test('gives items back in order of key, whatever the width of its buckets', () => {
    for (const spanMax of [0, 1e-310, 1e-3, 1, 1000, 1e9]) {
      const random = new Random(9);
      const keys = new Float64Array(500);
      const queue = new BucketQueue(keys, spanMax);
      for (let round = 0; round < 3; round++) {
        queue.restart();
        const pending = new Set<number>();
        let last = 0;
        for (let item = 0; item < 500; item++) {
          keys[item] = last + random.float() * spanMax;
          queue.add(item);
          pending.add(item);
          const lowered = random.below(item + 1);
          if (pending.has(lowered)) {
            keys[lowered] = last + ((keys[lowered] as number) - last) / 2;
            queue.add(lowered);
          }
          if (random.chance(0.4)) {
            const popped = queue.pop();
            expect(keys[popped]).toBe(Math.min(...[...pending].map((each) => keys[each] as number)));
            last = keys[popped] as number;
            pending.delete(popped);
          }
        }
        while (pending.size > 0) {
          const popped = queue.pop();
          expect(keys[popped]).toBeGreaterThanOrEqual(last);
          last = keys[popped] as number;
          expect(pending.delete(popped)).toBe(true);
        }
        expect(queue.pop()).toBe(-1);
      }
    }
  });
});

describe('the route cache', () => {
  const graph = routerGraphOf(3, links([0, 1, 1], [1, 2, 1]));

  test('computes a tree once and drops the one computed longest ago', () => {
    const cache = new RouteCache(graph, { bytesMax: 2 * 3 * TREE_BYTES_PER_ROUTER });
    expect(cache.treesMax).toBe(2);
    const first = cache.from(0);
    expect(cache.from(0)).toBe(first);
    cache.from(1);
    expect(cache.from(0)).toBe(first);
    expect(cache.counts).toEqual({ hits: 2, misses: 2, evictions: 0 });
    cache.from(2);
    expect(cache.counts).toEqual({ hits: 2, misses: 3, evictions: 1 });
    expect(cache.from(0)).not.toBe(first);
    expect(cache.from(0)).toEqual(first);
    expect(cache.counts).toEqual({ hits: 3, misses: 4, evictions: 2 });
  });

  test('keeps one tree at least, and 1 GiB of them by default', () => {
    expect(new RouteCache(graph, { bytesMax: 1 }).treesMax).toBe(1);
    expect(new RouteCache(graph).treesMax).toBe(Math.floor((1024 * 1024 * 1024) / (3 * 24)));
    expect(() => new RouteCache(graph, { bytesMax: 0 })).toThrow('bytesMax: expected a number above 0, got 0.');
  });
});
