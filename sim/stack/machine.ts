import type { VirtualClock } from './virtual-clock.ts';

/** Something that comes to a process: a timer that is due, or a datagram. */
interface Input {
  readonly kind: 'timer' | 'datagram';
  readonly run: () => void;
}

/** Datagrams that wait at a process that stands still or is busy: what a receive buffer of 4 MiB holds of full ones. Further ones are lost. */
const DATAGRAMS_MAX = 2048;

/**
 * A host, whatever process runs there: it may stand still, need long for each input,
 * and its clock may be wrong. Inputs come one at a time, so that promises settle
 * between two. Its clock shows whole microseconds.
 */
export class Machine {
  private readonly clock: VirtualClock;
  private pausedUntilMs = 0;
  private busyUntilMs = 0;
  private inputMs = 0;
  private rate = 1;
  /** When the rate was set, and what the machine's clock showed then. */
  private sinceUs = 0;
  private localUs = 0;
  private late: Input[] = [];
  private woken = false;
  /** Inputs that came late. */
  delayed = 0;
  /** Datagrams that found no room. */
  overrun = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** What the machine's clock shows. */
  nowMs(): number {
    return (this.localUs + Math.floor((microseconds(this.clock.nowMs()) - this.sinceUs) * this.rate)) / 1000;
  }

  /** How long a timer of so many of its ms lasts: as Node has it, 1 ms at least, and no fractions of one. */
  spanMs(localMs: number): number {
    return Math.ceil((Math.max(1, Math.trunc(localMs)) * 1000) / this.rate) / 1000;
  }

  setClockRate(rate: number): void {
    const nowUs = microseconds(this.clock.nowMs());
    this.localUs = Math.round(this.nowMs() * 1000);
    this.sinceUs = nowUs;
    this.rate = rate;
  }

  pause(forMs: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.clock.nowMs() + forMs);
    this.woken = true;
  }

  get isPaused(): boolean {
    return this.clock.nowMs() < this.pausedUntilMs;
  }

  /** From now on each input takes so long; 0 ends that. */
  slow(inputMs: number): void {
    this.inputMs = inputMs;
  }

  /** Runs the input now, or when the machine comes to it. */
  take(input: Input): void {
    if (this.late.length === 0 && this.clock.nowMs() >= this.freeMs) return this.run(input);
    this.delayed++;
    if (input.kind === 'datagram' && this.late.length >= DATAGRAMS_MAX) {
      this.overrun++;
      return;
    }
    this.late.push(input);
    if (this.late.length === 1) this.goOnLater();
  }

  private get freeMs(): number {
    return Math.max(this.pausedUntilMs, this.busyUntilMs);
  }

  private goOnLater(): void {
    this.clock.setTimer(this.freeMs - this.clock.nowMs(), () => this.goOn());
  }

  private goOn(): void {
    if (this.clock.nowMs() < this.freeMs) return this.goOnLater();
    if (this.woken) {
      // A process that wakes sees to its timers before it reads its sockets.
      this.late = [...this.late.filter(({ kind }) => kind === 'timer'), ...this.late.filter(({ kind }) => kind === 'datagram')];
      this.woken = false;
    }
    const next = this.late.shift();
    if (next !== undefined) this.run(next);
    if (this.late.length > 0) this.goOnLater();
  }

  private run({ run }: Input): void {
    if (this.inputMs > 0) this.busyUntilMs = this.clock.nowMs() + this.inputMs;
    run();
  }
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}
