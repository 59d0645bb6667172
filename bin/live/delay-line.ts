import { TimerQueue } from '../../lib/node/timer-queue.ts';
import type { Clock } from '../../lib/transport/clock.ts';
import type { Link, TransportHandlers } from '../../lib/transport/transport.ts';

/** A frame that has come in over its socket before its route would have brought it. */
interface Held {
  readonly handlers: TransportHandlers;
  readonly link: Link;
  readonly frame: Uint8Array;
}

/** Frames held at a time; further ones are dropped and counted. A guess: 64 peers flooding with 1000 messages under way. */
export const HELD_MAX = 200_000;

/** Holds frames until the delay of their route has passed since they were sent. One for all peers of a run. */
export class DelayLine {
  /** Frames thrown away because too many were held. */
  dropped = 0;
  private readonly clock: Clock;
  private readonly held: TimerQueue<Held>;

  constructor(clock: Clock) {
    this.clock = clock;
    this.held = new TimerQueue(clock, ({ handlers, link, frame }) => handlers.onFrame(link, frame));
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  /** Hands the frame on at `dueMs`, or at once where that is past; in order of the times, and of adding. */
  hold(dueMs: number, handlers: TransportHandlers, link: Link, frame: Uint8Array): void {
    if (this.held.size >= HELD_MAX) this.dropped++;
    else this.held.add({ handlers, link, frame }, dueMs - this.clock.nowMs());
  }

  /** Forgets what is held. */
  close(): void {
    this.held.clear();
  }
}
