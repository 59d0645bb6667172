import { describe, expect, test } from 'vitest';
import { remainingSuspicionMs, suspicionBounds, suspicionTimeoutMs } from '../../../lib/membership/suspicion.ts';

describe('a suspicion (Lifeguard, local health aware suspicion)', () => {
  test('lasts alpha log10(n) intervals at least, as if there were ten peers where there are fewer, and beta times that at most', () => {
    const bounds = [1, 2, 10, 100, 1000].map((peers) => suspicionBounds(peers, 1000, 4, 6, 3));
    expect(bounds.map(({ minMs, maxMs }) => [minMs, maxMs])).toEqual([[4000, 24_000], [4000, 24_000], [4000, 24_000], [8000, 48_000], [12_000, 72_000]]);
  });

  test('is shortened by each confirmation, the first ones most', () => {
    const bounds = { minMs: 4000, maxMs: 24_000, expected: 3 };
    expect([0, 1, 2, 3, 4, 100].map((confirmations) => suspicionTimeoutMs(bounds, confirmations))).toEqual([24_000, 14_000, 8150, 4000, 4000, 4000]);
  });

  test('is as short as it gets where nobody can confirm it', () => {
    expect(suspicionTimeoutMs({ minMs: 4000, maxMs: 24_000, expected: 0 }, 0)).toBe(4000);
  });

  // The cases of memberlist's own test; what is negative there is 0 here.
  test.each([
    [0, 0, 30_000],
    [1, 2000, 14_000],
    [2, 3000, 4810],
    [3, 4000, 0],
    [4, 5000, 0],
    [5, 10_000, 0],
  ])('with %i of 3 confirmations, between 2 and 30 s, has after %i ms another %i ms to go', (confirmations, elapsedMs, leftMs) => {
    expect(remainingSuspicionMs({ minMs: 2000, maxMs: 30_000, expected: 3 }, confirmations, elapsedMs)).toBe(leftMs);
  });
});
