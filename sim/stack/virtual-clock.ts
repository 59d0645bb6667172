import type { Clock, TimerHandle } from '../../lib/transport/clock.ts';

/** Time that moves only when it is told to, from one timer to the next. */
export class VirtualClock implements Clock {
  private now = 0;
  private set = 0;
  /** Rising by time, then by when they were set. */
  private readonly timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  setTimer(afterMs: number, run: () => void): TimerHandle {
    const timer = { atMs: this.now + Math.max(0, afterMs), order: this.set++, run };
    let [low, high] = [0, this.timers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timers[middle]?.atMs ?? Infinity) <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    this.timers.splice(low, 0, timer);
    return {
      cancel: () => {
        const at = this.timers.indexOf(timer);
        if (at >= 0) this.timers.splice(at, 1);
      },
    };
  }

  /** Runs the next timer if it is due by `untilMs`; answers whether there was one, and moves to `untilMs` otherwise. */
  step(untilMs = Infinity): boolean {
    const next = this.timers[0];
    if (next === undefined || next.atMs > untilMs) {
      if (untilMs < Infinity) this.now = Math.max(this.now, untilMs);
      return false;
    }
    this.timers.shift();
    this.now = next.atMs;
    next.run();
    return true;
  }

  /** Runs all that is due within `ms`. */
  advance(ms: number): void {
    const untilMs = this.now + ms;
    while (this.step(untilMs));
  }

  /** Moves on without running anything, as for a process that was stopped; what was due comes late. */
  skip(ms: number): void {
    this.now += ms;
    for (const timer of this.timers.splice(0)) this.setTimer(Math.max(0, timer.atMs - this.now), timer.run);
  }

  /** Lets time go on until `condition` holds, and promises settle meanwhile; rejects when that takes `deadlineMs`, or when nothing is left to happen. */
  async until(condition: () => boolean, deadlineMs: number): Promise<void> {
    const endMs = this.now + deadlineMs;
    while (!condition()) {
      const idle = !this.step(endMs);
      await new Promise((resolve) => setImmediate(resolve));
      if (idle && !condition()) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`);
    }
  }
}
