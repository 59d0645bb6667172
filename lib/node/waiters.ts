import type { Clock, TimerHandle } from '../transport/clock.ts';

/** How a wait ended. */
export type WaitEnd = 'held' | 'timeout';

/** Longest time that a timer of Node can wait, in ms: whoever waits longer waits for ever. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** One call that waits until something holds. Whoever changes what it looks at calls `check`. */
export class Wait {
  /** Rejects with the signal's reason when it aborts, and with what `fail` was given. */
  readonly ended: Promise<WaitEnd>;
  private readonly holds: () => boolean;
  private readonly signal: AbortSignal | undefined;
  private timer: TimerHandle | undefined = undefined;
  private resolve: (end: WaitEnd) => void = () => {};
  private reject: (reason: unknown) => void = () => {};
  private settled = false;

  /** @param signal not aborted yet. */
  constructor(clock: Clock, holds: () => boolean, timeoutMs: number, signal: AbortSignal | undefined) {
    this.holds = holds;
    this.signal = signal;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    signal?.addEventListener('abort', this.onAbort);
    if (timeoutMs <= TIMER_MAX_MS) this.timer = clock.setTimer(timeoutMs, () => { if (this.settle()) this.resolve('timeout'); });
  }

  check(): void {
    if (!this.settled && this.holds() && this.settle()) this.resolve('held');
  }

  fail(reason: unknown): void {
    if (this.settle()) this.reject(reason);
  }

  private readonly onAbort = (): void => this.fail(this.signal?.reason);

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.timer?.cancel();
    this.signal?.removeEventListener('abort', this.onAbort);
    return true;
  }
}

/** Calls that wait, all at once. */
export class Waiters {
  private readonly clock: Clock;
  private readonly waiting = new Set<Wait>();
  private error: Error | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Rejects with the signal's reason when it aborts, and with what `end` was given. */
  async until(holds: () => boolean, timeoutMs: number, signal: AbortSignal | undefined): Promise<WaitEnd> {
    if (this.error !== undefined) throw this.error;
    signal?.throwIfAborted();
    const wait = new Wait(this.clock, holds, timeoutMs, signal);
    this.waiting.add(wait);
    wait.check();
    try {
      return await wait.ended;
    } finally {
      this.waiting.delete(wait);
    }
  }

  check(): void {
    for (const wait of [...this.waiting]) wait.check();
  }

  /** Ends all waits, now and later, with an error. */
  end(error: Error): void {
    this.error = error;
    for (const wait of [...this.waiting]) wait.fail(error);
  }
}
