import { describe, expect, test } from 'vitest';
import { SequenceWindow, WINDOW_SIZE, inRanges } from '../../../lib/core/sequence-window.ts';

function windowWith(...seqs: number[]): SequenceWindow {
  const window = new SequenceWindow();
  for (const seq of seqs) window.add(seq);
  return window;
}

describe('a sequence window', () => {
  test('has seen nothing at first', () => {
    const window = new SequenceWindow();
    expect([window.next, window.has(0), window.has(1), window.missing, window.beyond(8)]).toEqual([0, false, false, 0, []]);
  });

  test('moves on while numbers come in order', () => {
    const window = windowWith(0, 1, 2);
    expect([window.next, window.has(2), window.has(3), window.missing]).toEqual([3, true, false, 0]);
  });

  test('waits at a gap and jumps over what came early once it is filled', () => {
    const window = windowWith(0, 2, 3, 5);
    expect([window.next, window.missing, window.beyond(8)]).toEqual([1, 2, [2, 3, 5, 5]]);
    window.add(1);
    expect([window.next, window.missing, window.beyond(8)]).toEqual([4, 1, [5, 5]]);
  });

  test('tells apart numbers at both sides of the inline bits', () => {
    const window = windowWith(32, 33, 34, 100);
    expect([31, 32, 33, 34, 35, 99, 100].map((seq) => window.has(seq))).toEqual([false, true, true, true, false, false, true]);
    expect(window.beyond(8)).toEqual([32, 34, 100, 100]);
    for (let seq = 0; seq < 32; seq++) window.add(seq);
    expect([window.next, window.has(34), window.has(35), window.has(100), window.missing]).toEqual([35, true, false, true, 65]);
  });

  test('fits numbers within its size from the first gap and no others', () => {
    const window = windowWith(0);
    expect([window.fits(WINDOW_SIZE), window.fits(WINDOW_SIZE + 1)]).toEqual([true, false]);
  });

  test('lists as many ranges as are asked for, the lowest ones', () => {
    expect(windowWith(2, 4, 5, 40, 42).beyond(3)).toEqual([2, 2, 4, 5, 40, 40]);
  });

  test('gives up exactly what is missing and moves past what was seen', () => {
    const window = windowWith(0, 3, 4, 40, 50);
    expect(window.skipTo(41)).toEqual([1, 2, 5, 39]);
    expect([window.next, window.has(2), window.has(49), window.has(50)]).toEqual([41, true, false, true]);
  });

  test('gives up nothing below what it has reached', () => {
    const window = windowWith(0, 1);
    expect([window.skipTo(1), window.skipTo(2), window.next]).toEqual([[], [], 2]);
  });

  test('skips a huge distance in one step', () => {
    const window = windowWith(0, 2);
    expect(window.skipTo(2 ** 50)).toEqual([1, 1, 3, 2 ** 50 - 1]);
    expect(window.next).toBe(2 ** 50);
  });
});

test('ranges contain their ends and nothing between them and the next', () => {
  const ranges = [2, 3, 7, 7];
  expect([1, 2, 3, 4, 6, 7, 8].map((seq) => inRanges(ranges, seq))).toEqual([false, true, true, false, false, true, false]);
});
