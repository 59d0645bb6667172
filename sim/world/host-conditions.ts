/**
 * What faults do to the machines of a world: a host that stands still, one that needs
 * long for each input, one whose clock runs fast or slow. A world has none of this
 * until the first such fault, and then looks here before each input.
 */
export class HostConditions {
  /** By host: until when it takes no input, in microseconds. */
  private readonly busyUntilUs: Float64Array;
  /** By host: what one input takes, in microseconds. */
  private readonly inputUs: Float64Array;
  private readonly clocks = new Map<number, LocalClock>();
  /** Inputs that came late since their host was busy or stood still, by host. */
  readonly delayed: Uint32Array;

  constructor(hosts: number) {
    this.busyUntilUs = new Float64Array(hosts);
    this.inputUs = new Float64Array(hosts);
    this.delayed = new Uint32Array(hosts);
  }

  /** The host takes no input until then: its process is stopped, or asleep. */
  pause(host: number, untilUs: number): void {
    this.busyUntilUs[host] = Math.max(this.busyUntilUs[host] as number, untilUs);
  }

  /** From now on the host needs so long for each message and timer; 0 ends that. */
  slow(host: number, inputUs: number): void {
    this.inputUs[host] = inputUs;
  }

  /** From now on the clock of the host runs at `rate` times the speed of the world's. It never goes back. */
  setClockRate(host: number, rate: number, nowUs: number): void {
    this.clocks.set(host, { rate, sinceUs: nowUs, localUs: this.localUs(host, nowUs) });
  }

  /** When the host takes an input that is there now; `nowUs` for at once, and then it is busy with it. */
  takesAt(host: number, nowUs: number): number {
    const freeUs = this.busyUntilUs[host] as number;
    if (freeUs > nowUs) {
      this.delayed[host] = (this.delayed[host] as number) + 1;
      return freeUs;
    }
    const inputUs = this.inputUs[host] as number;
    if (inputUs > 0) this.busyUntilUs[host] = nowUs + inputUs;
    return nowUs;
  }

  /** What the clock of the host shows. */
  localUs(host: number, nowUs: number): number {
    const clock = this.clocks.get(host);
    return clock === undefined ? nowUs : clock.localUs + Math.round((nowUs - clock.sinceUs) * clock.rate);
  }

  /** How long the host's clock takes for so many of its microseconds. */
  spanUs(host: number, localUs: number): number {
    const clock = this.clocks.get(host);
    return clock === undefined ? localUs : Math.round(localUs / clock.rate);
  }
}

interface LocalClock {
  readonly rate: number;
  /** When the rate was set, and what the clock showed then. */
  readonly sinceUs: number;
  readonly localUs: number;
}
