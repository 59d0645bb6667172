import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';

function first(random: Random, count = 4): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

describe('the generator', () => {
  test('gives the same numbers for the same seed on every machine', () => {
    expect(first(new Random(1))).toEqual(GOLDEN);
    expect(first(new Random(2))).not.toEqual(GOLDEN);
    expect(first(new Random(1 + 2 ** 32))).not.toEqual(GOLDEN);
  });

  test('forks by label and index without moving on', () => {
    const random = new Random(1);
    const forks = [random.fork('network'), random.fork('network', 1), random.fork('faults')].map((fork) => first(fork).join());
    expect(new Set(forks).size).toBe(3);
    expect(first(random)).toEqual(GOLDEN);
    expect(first(new Random(1).fork('network')).join()).toBe(forks[0]);
  });

  test('draws every number below a bound about equally often', () => {
    const random = new Random(3);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 7000; i++) {
      const drawn = random.below(7);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect(counts.every((count) => count > 850 && count < 1150)).toBe(true);
  });

  test('draws fractions from 0 to below 1', () => {
    const random = new Random(4);
    const drawn = Array.from({ length: 2000 }, () => random.float());
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
    expect([drawn.every((x) => x >= 0 && x < 1), Math.abs(mean - 0.5) < 0.02]).toEqual([true, true]);
  });

  test('is never right by chance 0 and always by chance 1', () => {
    const random = new Random(5);
    const tries = Array.from({ length: 50 }, () => [random.chance(0), random.chance(1)]);
    expect(tries.every(([never, always]) => never === false && always === true)).toBe(true);
  });

  test('picks nothing from nothing', () => {
    expect(new Random(6).pick([])).toBe(undefined);
  });

  test('samples different items, no more than there are, and leaves the list alone', () => {
    const items = [1, 2, 3, 4, 5];
    const random = new Random(7);
    const samples = [random.sample(items, 3), random.sample(items, 9), random.sample(items, 0)];
    expect(samples.map((sample) => new Set(sample).size)).toEqual([3, 5, 0]);
    expect(samples.every((sample) => sample.every((item) => items.includes(item)))).toBe(true);
    expect(items).toEqual([1, 2, 3, 4, 5]);
  });

  test('shuffles in place and loses nothing', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new Random(8).shuffle(items);
    expect(shuffled).toBe(items);
    expect(shuffled).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...shuffled].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

/** The first numbers of seed 1. */
const GOLDEN = [3438839546, 2508198090, 2127707736, 701145230];
