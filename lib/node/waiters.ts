import type { Clock, TimerHandle } from '../transport/clock.ts';

/** How a wait ended. */
export type WaitEnd = 'held' | 'timeout';

/** Longest time that a timer of Node can wait, in ms: whoever waits longer waits for ever. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Calls that wait until something holds. Whoever changes what they look at calls `check`. */
export class Waiters {
  private readonly clock: Clock;
  private readonly waiting = new Set<Waiter>();
  private ended: Error | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Rejects with the signal's reason when it aborts, and with what `end` was given. */
  until(holds: () => boolean, timeoutMs: number, signal: AbortSignal | undefined): Promise<WaitEnd> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.ended);
      if (signal?.aborted === true) return reject(signal.reason);
      if (holds()) return resolve('held');
      let timer: TimerHandle | undefined;
      const onAbort = (): void => settle(() => reject(signal?.reason));
      const settle = (how: () => void): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.waiting.delete(waiter);
        how();
      };
      const waiter: Waiter = {
        check: () => { if (holds()) settle(() => resolve('held')); },
        end: (error) => settle(() => reject(error)),
      };
      this.waiting.add(waiter);
      signal?.addEventListener('abort', onAbort);
      if (timeoutMs <= TIMER_MAX_MS) timer = this.clock.setTimer(timeoutMs, () => settle(() => resolve('timeout')));
    });
  }

  check(): void {
    for (const waiter of [...this.waiting]) waiter.check();
  }

  /** Ends all waits, now and later, with an error. */
  end(error: Error): void {
    this.ended = error;
    for (const waiter of [...this.waiting]) waiter.end(error);
  }
}

interface Waiter {
  check(): void;
  end(error: Error): void;
}
