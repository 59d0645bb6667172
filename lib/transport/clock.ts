/**
 * Time for what stands outside the pure folders. Transports and the live driver take
 * it from here, so that a test can run them on virtual time.
 */
export interface Clock {
  /** Ms from any fixed moment, with fractions, never going back. */
  nowMs(): number;
  /** Calls `run` once, `afterMs` from now or later, unless cancelled. */
  setTimer(afterMs: number, run: () => void): TimerHandle;
}

/** A timer that was set and can be called off. */
export interface TimerHandle {
  cancel(): void;
}

/** The clock of the machine. Its timers do not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  setTimer: (afterMs, run) => {
    const timer = setTimeout(run, afterMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
