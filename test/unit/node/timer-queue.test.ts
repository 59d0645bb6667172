import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimerQueue } from '../../../lib/node/timer-queue.ts';
import type { Clock } from '../../../lib/transport/clock.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

const SEED = 1971;

class Bed {
  readonly clock = new VirtualClock();
  readonly due: string[] = [];
  readonly queue = new TimerQueue<string>(this.clock, (value) => this.onDue(value));
  then: (value: string) => void = () => {};

  private onDue(value: string): void {
    this.due.push(`${value}@${this.clock.nowMs()}`);
    this.then(value);
  }
}

describe('the timer queue', () => {
  test('hands values back when they are due, in the order of their times and then of setting', () => {
    const bed = new Bed();
    for (const [value, afterMs] of [['c', 20], ['a', 10], ['d', 20], ['b', 10], ['now', 0]] as const) bed.queue.add(value, afterMs);
    bed.clock.advance(15);
    expect([bed.due, bed.queue.size]).toEqual([['now@0', 'a@10', 'b@10'], 2]);
    bed.clock.advance(100);
    expect([bed.due.slice(3), bed.queue.size]).toEqual([['c@20', 'd@20'], 0]);
  });

  test(`agrees with a sorted list (seed ${SEED})`, () => {
    fc.assert(fc.property(fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 30 }), pauseMs: fc.integer({ min: 0, max: 10 }) }), { maxLength: 200, size: 'max' }), (steps) => {
      const bed = new Bed();
      const expected: { readonly dueMs: number; readonly value: string }[] = [];
      steps.forEach(({ afterMs, pauseMs }, i) => {
        expected.push({ dueMs: bed.clock.nowMs() + afterMs, value: `${i}` });
        bed.queue.add(`${i}`, afterMs);
        bed.clock.advance(pauseMs);
      });
      bed.clock.advance(100);
      // Sorting keeps the order of equals.
      expect(bed.due).toEqual(expected.sort((x, y) => x.dueMs - y.dueMs).map(({ dueMs, value }) => `${value}@${dueMs}`));
    }), { seed: SEED, numRuns: 200 });
  });

  test('lets others have their turn before what a value sets for now', () => {
    const bed = new Bed();
    bed.then = (value) => { if (value.length < 3) bed.queue.add(`${value}'`, 0); };
    bed.queue.add('a', 5);
    bed.queue.add('b', 5);
    let turns = 0;
    while (bed.clock.step(5)) turns++;
    expect([bed.due, turns]).toEqual([['a@5', 'b@5', "a'@5", "b'@5", "a''@5", "b''@5"], 3]);
  });

  test('goes on after an error, which its caller hears of', () => {
    const bed = new Bed();
    bed.then = (value) => { if (value === 'bad') throw new Error('bad'); };
    for (const value of ['bad', 'good', 'later']) bed.queue.add(value, value === 'later' ? 10 : 5);
    expect(() => bed.clock.advance(5)).toThrow('bad');
    bed.clock.advance(10);
    expect(bed.due).toEqual(['bad@5', 'good@5', 'later@10']);
  });

  test('hands nothing back once it is cleared, also from within', () => {
    const bed = new Bed();
    bed.then = () => bed.queue.clear();
    for (const value of ['a', 'b', 'c']) bed.queue.add(value, 5);
    bed.clock.advance(100);
    expect([bed.due, bed.queue.size, bed.clock.step()]).toEqual([['a@5'], 0, false]);
    bed.queue.add('d', 5);
    bed.clock.advance(5);
    expect(bed.due).toEqual(['a@5', 'd@105']);
  });

  test.each([
    { lateMs: 10, order: ['a', 'input'] },
    { lateMs: 11, order: ['input', 'a'] },
    { lateMs: 60_000, order: ['input', 'a', 'b', 'c'] },
  ])('$lateMs ms late timers: $order', ({ lateMs, order }) => {
    const bed = new Bed();
    for (const [value, afterMs] of [['a', 5], ['b', 1000], ['c', 1000]] as const) bed.queue.add(value, afterMs);
    bed.clock.skip(5 + lateMs);
    // What the process has not read while it was stopped.
    bed.clock.setTimer(0, () => bed.due.push(`input@${bed.clock.nowMs()}`));
    bed.clock.advance(0);
    expect(bed.due).toEqual(order.map((value) => `${value}@${5 + lateMs}`));
  });

  test('lets input go first for one turn, each time that timers are late, and forgets all when it is cleared meanwhile', () => {
    const bed = new Bed();
    const late = (value: string): void => {
      bed.queue.add(value, 5);
      bed.clock.skip(100);
    };
    late('a');
    expect([bed.clock.step(100), bed.due]).toEqual([true, []]);
    expect([bed.clock.step(100), bed.due]).toEqual([true, ['a@100']]);
    late('b');
    expect([bed.clock.step(200), bed.due]).toEqual([true, ['a@100']]);
    // What is set while input has its turn, and is due before, does not wait for another.
    bed.queue.add('c', 0);
    bed.clock.advance(0);
    expect(bed.due).toEqual(['a@100', 'b@200', 'c@200']);
    late('d');
    bed.clock.step(300);
    bed.queue.clear();
    expect([bed.clock.step(300), bed.due.length]).toEqual([false, 3]);
  });

  test('waits on for a clock that fires early, and keeps one timer of the host', () => {
    let nowMs = 0;
    const set: { readonly afterMs: number; readonly run: () => void; cancelled: boolean }[] = [];
    const clock: Clock = {
      nowMs: () => nowMs,
      setTimer: (afterMs, run) => {
        const timer = { afterMs, run, cancelled: false };
        set.push(timer);
        return { cancel: () => { timer.cancelled = true; } };
      },
    };
    const due: string[] = [];
    const queue = new TimerQueue<string>(clock, (value) => due.push(value));
    for (const afterMs of [30, 10, 20]) queue.add(`${afterMs}`, afterMs);
    nowMs = 9.5;
    set.at(-1)?.run();
    expect(due).toEqual([]);
    nowMs = 10;
    set.at(-1)?.run();
    expect(due).toEqual(['10']);
    expect(set.map(({ afterMs, cancelled }) => [afterMs, cancelled])).toEqual([[30, true], [10, false], [0.5, false], [10, false]]);
  });
});
