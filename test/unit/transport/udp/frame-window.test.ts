import { describe, expect, test } from 'vitest';
import { FRAME_WINDOW, FrameWindow } from '../../../../lib/transport/udp/frame-window.ts';
import { Random } from '../../../../lib/core/random.ts';

function windowWith(...numbers: number[]): FrameWindow {
  const window = new FrameWindow();
  for (const number of numbers) window.add(number);
  return window;
}

describe('the window of frame ids', () => {
  test('moves on in order, and over what came early', () => {
    const window = windowWith(0, 1, 3, 4);
    expect([window.next, [1, 2, 3, 4, 5].map((number) => window.has(number))]).toEqual([2, [true, false, true, true, false]]);
    window.add(2);
    expect([window.next, window.has(4), window.has(5)]).toEqual([5, true, false]);
  });

  test('is exact up to its end', () => {
    const window = windowWith(FRAME_WINDOW - 1);
    expect([window.fits(FRAME_WINDOW - 1), window.fits(FRAME_WINDOW)]).toEqual([true, false]);
    expect([window.has(FRAME_WINDOW - 1), window.has(FRAME_WINDOW), window.has(2 * FRAME_WINDOW - 1), window.has(0)]).toEqual([true, false, false, false]);
    expect(() => window.add(FRAME_WINDOW)).toThrow('broken invariant');
  });

  test('slides as far as it must; what falls out counts as done', () => {
    const window = windowWith(2, 5);
    window.slideTo(FRAME_WINDOW - 1);
    expect(window.next).toBe(0);
    window.slideTo(FRAME_WINDOW + 1);
    expect([window.next, window.has(1), window.has(4), window.has(5)]).toEqual([3, true, false, true]);
    window.slideTo(1e9);
    expect([window.next, window.has(5), window.has(1e9)]).toEqual([1e9 - FRAME_WINDOW + 1, true, false]);
  });

  test('agrees with a set over many rounds of the bitmap (seed 7)', () => {
    const random = new Random(7);
    const window = new FrameWindow();
    const seen = new Set<number>();
    for (let i = 0; i < 200_000; i++) {
      const number = window.next + (random.chance(0.4) ? 0 : random.below(random.chance(0.01) ? FRAME_WINDOW : 40));
      expect(window.has(number)).toBe(seen.has(number));
      if (seen.has(number)) continue;
      window.add(number);
      seen.add(number);
    }
    expect(window.next).toBeGreaterThan(2 * FRAME_WINDOW);
  });
});
