import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import { type Distance, centreOf, partition, radiusFrom } from '../../../../lib/overlay/nice/centre.ts';
import { peers } from '../../../support/builders.ts';

const SEED = 20_020_819;

/** Peers on a line, at the places of their numbers. */
const onLine: Distance = (a, b) => Math.abs(a - b);

function at(...places: readonly number[]): PeerRef[] {
  return places.map((place) => place as PeerRef);
}

describe('the centre of a cluster (section 2)', () => {
  test('is who has the smallest largest distance', () => {
    expect(centreOf(at(1, 2, 4, 9), onLine)).toBe(4);
    expect(radiusFrom(at(4)[0] as PeerRef, at(1, 2, 4, 9), onLine)).toBe(5);
  });

  test('is the first of those that are equal', () => {
    expect(centreOf(peers(4), () => 1)).toBe(1);
  });
});

describe('a cluster that is parted (section 3.2)', () => {
  test('falls into near members, each half with its centre first', () => {
    expect(partition(at(1, 20, 2, 21, 3, 22, 4, 23), 4, onLine)).toEqual([[2, 1, 3, 4], [21, 20, 22, 23]]);
  });

  test('has no half below the smallest size, even where that takes a far member', () => {
    const halves = partition(at(1, 2, 3, 4, 5, 6, 7, 90), 4, onLine);
    expect(halves.map((half) => half.length)).toEqual([4, 4]);
    expect(halves.find((half) => half.includes(90 as PeerRef))?.length).toBe(4);
  });

  test(`has the smallest larger radius that any two clusters of the size could have (seed ${SEED})`, () => {
    const cluster = fc.record({ size: fc.integer({ min: 2, max: 9 }), distances: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 81, maxLength: 81 }) });
    fc.assert(fc.property(cluster, fc.nat({ max: 4 }), ({ size, distances }, least) => {
      const all = peers(size, 0);
      const distance: Distance = (a, b) => (a === b ? 0 : (distances[Math.min(a, b) * 9 + Math.max(a, b)] ?? 0));
      const sizeMin = Math.max(1, Math.min(least, Math.floor(size / 2)));
      const halves = partition(all, sizeMin, distance);
      expect([...halves[0], ...halves[1]].sort((x, y) => x - y)).toEqual(all);
      expect(Math.min(...halves.map((half) => half.length))).toBeGreaterThanOrEqual(sizeMin);
      expect(largerRadius(halves, distance)).toBe(bestRadius(all, sizeMin, distance));
      for (const half of halves) expect(half[0]).toBe(centreOf(half, distance));
    }), { seed: SEED, numRuns: 300 });
  });
});

function largerRadius(halves: readonly (readonly PeerRef[])[], distance: Distance): number {
  return Math.max(...halves.map((half) => radiusFrom(centreOf(half, distance), half, distance)));
}

/** By trying every way to part them. */
function bestRadius(all: readonly PeerRef[], sizeMin: number, distance: Distance): number {
  let best = Infinity;
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const halves = [1, 0].map((bit) => all.filter((_, index) => ((mask >> index) & 1) === bit));
    if (halves.every((half) => half.length >= sizeMin)) best = Math.min(best, largerRadius(halves, distance));
  }
  return best;
}
