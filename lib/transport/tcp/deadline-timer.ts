import type { Clock, TimerHandle } from '../clock.ts';

/** Deadlines are kept to this many ms, so that many of them near each other cost one look. */
const GRAIN_MS = 10;

/**
 * A timer that is so late that the process must have been stopped or busy: what the
 * others sent meanwhile is still unread, and they must not be judged before it is.
 */
const LATE_MS = 1000;

/** One timer for all deadlines of a transport; most of them move on before they are reached. */
export class DeadlineTimer {
  private readonly clock: Clock;
  private readonly check: (nowMs: number) => number;
  private timer: TimerHandle | undefined = undefined;
  private atMs = Infinity;
  private stopped = false;
  private wasLate = false;

  /** @param check does what is due, and answers when something will be due next, or `Infinity`. */
  constructor(clock: Clock, check: (nowMs: number) => number) {
    this.clock = clock;
    this.check = check;
  }

  /** There is a deadline at `atMs`. */
  wakeBy(atMs: number): void {
    if (this.stopped || atMs >= this.atMs) return;
    this.timer?.cancel();
    const nowMs = this.clock.nowMs();
    this.atMs = Math.max(atMs, nowMs + GRAIN_MS);
    this.timer = this.clock.setTimer(this.atMs - nowMs, () => this.wake());
  }

  /** Calls `check` no more. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private wake(): void {
    const nowMs = this.clock.nowMs();
    this.wasLate = !this.wasLate && nowMs > this.atMs + LATE_MS;
    this.atMs = Infinity;
    this.wakeBy(this.wasLate ? nowMs : this.check(nowMs));
  }
}
