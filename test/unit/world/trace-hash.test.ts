import { describe, expect, test } from 'vitest';
import type { Timer } from '../../../lib/core/effects.ts';
import { Random } from '../../../lib/core/random.ts';
import { KIND_CODES } from '../../../lib/wire/kind-codes.ts';
import { TraceHash, kindWord } from '../../../sim/world/trace-hash.ts';

type Words = readonly [number, number, number];

function hashOf(seed: number, steps: readonly Words[]): string {
  const hash = new TraceHash(seed);
  for (const step of steps) hash.add(...step);
  return hash.hex;
}

describe('the trace hash', () => {
  const steps: readonly Words[] = [[1_000, 3, 4], [1_001, 4, 3], [2_000, 0, 0]];

  test('is 16 hexadecimal digits, and never changes between versions', () => {
    expect([hashOf(1, []), hashOf(1, steps)]).toEqual(['4a4ee028e6cba7be', '6332cc7ccdc8fc61']);
  });

  test('depends on every word, their order and the seed, low and high half', () => {
    const variants = [
      hashOf(1, steps), hashOf(2, steps), hashOf(1 + 2 ** 32, steps), hashOf(1, [...steps].reverse()), hashOf(1, steps.slice(1)),
      hashOf(1, [[1_000, 3, 4], [1_001, 4, 3], [2_000, 0, 1]]), hashOf(1, [[1_000, 4, 3], [1_001, 4, 3], [2_000, 0, 0]]),
      hashOf(1, [[1_001, 3, 4], [1_000, 4, 3], [2_000, 0, 0]]),
    ];
    expect(new Set(variants).size).toBe(variants.length);
  });

  test('tells apart 20 000 runs that differ in one small word', () => {
    const random = new Random(1);
    const before: Words[] = Array.from({ length: 5 }, () => [random.below(1000), random.below(10), random.below(10)]);
    const hashes = new Set<string>();
    for (let word = 0; word < 20_000; word++) hashes.add(hashOf(1, [...before, [word % 20, Math.floor(word / 20) % 10, Math.floor(word / 200)]]));
    expect(hashes.size).toBe(20_000);
  });
});

describe('the word of a kind', () => {
  const timers: Record<Timer['kind'], true> = {
    shuffle: true, neighbour: true, iHave: true, graft: true, rumor: true, antiEntropy: true, gap: true, catchUp: true, probe: true,
    cyclon: true, gossipMesh: true, narada: true, xBot: true, switchTree: true, nice: true,
  };

  test.each([['messages', ['data', ...Object.keys(KIND_CODES)]], ['timers', Object.keys(timers)]])('is different for all %s', (_, kinds) => {
    expect(new Set(kinds.map((kind) => kindWord({ kind }))).size).toBe(kinds.length);
  });
});
