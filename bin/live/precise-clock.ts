import { type Clock, SYSTEM_CLOCK } from '../../lib/transport/clock.ts';

/** The system's timers count whole milliseconds and come up to two of them late: the rest of a wait is spent looking at the clock. */
const LOOKING_MS = 2;

/**
 * A clock whose timers come within a tenth of a millisecond where the event loop is
 * free, as the delays of a map need it. The last two milliseconds of a wait cost CPU
 * time; everything else that the process has to do goes on meanwhile.
 */
export const PRECISE_CLOCK: Clock = {
  nowMs: SYSTEM_CLOCK.nowMs,
  setTimer: (afterMs, run) => {
    const dueMs = SYSTEM_CLOCK.nowMs() + afterMs;
    let looking: NodeJS.Immediate | undefined;
    const look = (): void => {
      if (SYSTEM_CLOCK.nowMs() >= dueMs) run();
      else looking = setImmediate(look);
    };
    // Even a timer of 0 ms would come a millisecond late.
    const timer = afterMs > LOOKING_MS ? SYSTEM_CLOCK.setTimer(afterMs - LOOKING_MS, look) : undefined;
    if (timer === undefined) looking = setImmediate(look);
    return {
      cancel: () => {
        timer?.cancel();
        clearImmediate(looking);
      },
    };
  },
};
