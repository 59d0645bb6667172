import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../../lib/transport/clock.ts';
import { DeadlineTimer } from '../../../../lib/transport/tcp/deadline-timer.ts';

/** A clock that is set by hand; `lateMs` is how late its timers run. */
class ManualClock implements Clock {
  private atMs = 0;
  private readonly timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  set = 0;

  nowMs(): number {
    return this.atMs;
  }

  setTimer(afterMs: number, run: () => void): { cancel(): void } {
    const timer = { dueMs: this.atMs + afterMs, run };
    this.set++;
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }

  get waiting(): number {
    return this.timers.size;
  }

  /** Jumps to the next timer and `lateMs` past it, and runs it. */
  next(lateMs = 0): number {
    const [first] = [...this.timers].sort((a, b) => a.dueMs - b.dueMs);
    if (first === undefined) return Infinity;
    this.timers.delete(first);
    this.atMs = Math.max(this.atMs, first.dueMs + lateMs);
    first.run();
    return this.atMs;
  }
}

describe('the deadline timer', () => {
  test('wakes at the earliest deadline, and then at the one that the check answers', () => {
    const clock = new ManualClock();
    const checks: number[] = [];
    const timer = new DeadlineTimer(clock, (nowMs) => {
      checks.push(nowMs);
      return nowMs === 50 ? 70 : Infinity;
    });
    timer.wakeBy(100);
    timer.wakeBy(50);
    timer.wakeBy(60);
    expect(clock.waiting).toBe(1);
    clock.next();
    clock.next();
    expect([checks, clock.waiting]).toEqual([[50, 70], 0]);
    timer.wakeBy(200);
    expect(clock.next()).toBe(200);
  });

  test('sets no timer for a deadline later than the one it waits for', () => {
    const clock = new ManualClock();
    const timer = new DeadlineTimer(clock, () => Infinity);
    for (let atMs = 100; atMs < 200; atMs++) timer.wakeBy(atMs);
    expect(clock.set).toBe(1);
  });

  test('takes deadlines near each other, or past, together', () => {
    const clock = new ManualClock();
    const timer = new DeadlineTimer(clock, () => Infinity);
    timer.wakeBy(-5);
    expect(clock.next()).toBe(10);
  });

  test('that wakes far too late looks a little later, when what came meanwhile has been read', () => {
    const clock = new ManualClock();
    const checks: number[] = [];
    const timer = new DeadlineTimer(clock, (nowMs) => checks.push(nowMs) * Infinity);
    timer.wakeBy(100);
    expect(clock.next(60_000)).toBe(60_100);
    expect(checks).toEqual([]);
    // Once: a process that is always late must judge at last.
    clock.next(60_000);
    expect(checks).toEqual([120_110]);
  });

  test('that is stopped wakes no more', () => {
    const clock = new ManualClock();
    const timer = new DeadlineTimer(clock, () => Infinity);
    timer.wakeBy(100);
    timer.stop();
    timer.wakeBy(50);
    expect(clock.waiting).toBe(0);
  });
});
