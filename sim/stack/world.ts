import { Random } from '../../lib/core/random.ts';
import type { FaultWorld } from '../scenario/fault-schedule.ts';
import { type BegunFault, type PacketFault, PacketFaults } from '../world/packet-faults.ts';
import type { Paths } from '../world/paths.ts';
import { LinkWatch } from './link-watch.ts';
import { Machine } from './machine.ts';
import { type ProcessOptions, StackProcess } from './process.ts';
import { UnderlayNetwork } from './underlay-network.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Where nobody waits for a promise, the event loop has its turn every so many events all the same. */
const EVENTS_A_TURN = 256;

/** What a world tells. */
export interface StackWorldHandlers {
  /** A link did what it must not. */
  onWrong(what: string, host: number): void;
}

/** Machines on the hosts of an underlay, on virtual time, for processes with live peers. */
export class StackWorld implements FaultWorld {
  readonly clock = new VirtualClock();
  readonly network: UnderlayNetwork;
  readonly watch: LinkWatch;
  private readonly machines: readonly Machine[];
  private readonly faults: PacketFaults;
  private readonly running = new Map<number, StackProcess>();
  private readonly incarnations = new Map<number, number>();
  private readonly random: Random;
  /** Things that wait for promises, and whether something may have settled one. */
  private unsettled = 0;
  private touched = false;
  /** Events handled so far. */
  events = 0;

  constructor(paths: Paths, seed: number, { onWrong }: StackWorldHandlers) {
    const { clock } = this;
    this.random = new Random(seed).fork('stack');
    this.faults = new PacketFaults(this.random.fork('faults'));
    this.machines = Array.from({ length: paths.hosts }, () => new Machine(clock));
    this.network = new UnderlayNetwork({ clock, paths, faults: this.faults, machines: this.machines, random: this.random.fork('network'), seed });
    this.watch = new LinkWatch(() => clock.nowMs(), onWrong);
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  machine(host: number): Machine {
    const machine = this.machines[host];
    if (machine === undefined) throw new RangeError(`expected a host below ${this.machines.length}, got ${host}`);
    return machine;
  }

  /** What runs on the host. */
  engine(host: number): StackProcess | undefined {
    return this.running.get(host);
  }

  incarnation(host: number): number {
    return this.incarnations.get(host) ?? 0;
  }

  /** Starts a process on a host that has none. */
  start(host: number, options: Pick<ProcessOptions, 'resolve' | 'reassemblyBytesMax'>): StackProcess {
    const incarnation = this.incarnation(host) + 1;
    this.incarnations.set(host, incarnation);
    const process = new StackProcess(this, { host, incarnation, random: this.random.fork('process', host).fork('incarnation', incarnation), ...options });
    this.running.set(host, process);
    return process;
  }

  /** The process on the host ends at once; answers whether there was one. */
  kill(host: number): boolean {
    const process = this.running.get(host);
    process?.kill();
    return this.running.delete(host);
  }

  at(atMs: number, action: () => void): void {
    this.clock.setTimer(atMs - this.nowMs, action);
  }

  /** Handles every event up to and including `untilMs`; between two of them promises settle. Answers whether it came to that, with fewer than `eventsMax`. */
  async run(untilMs: number, eventsMax = Infinity): Promise<boolean> {
    await this.settle();
    const endEvents = this.events + eventsMax;
    while (this.clock.step(untilMs)) {
      if (++this.events >= endEvents) return false;
      if (this.unsettled > 0 || this.touched || this.events % EVENTS_A_TURN === 0) await this.settle();
    }
    return true;
  }

  /** Takes note of a promise: until it has settled, all that can settle does so between two events. */
  async waitFor<T>(promise: Promise<T>): Promise<T> {
    this.unsettled++;
    try {
      return await promise;
    } finally {
      this.unsettled--;
      this.touch();
    }
  }

  /** A promise was made, or settled, that nobody took note of. */
  touch(): void {
    this.touched = true;
  }

  /** Two turns of the event loop: in the first one may be begun what ends in the second. */
  private async settle(): Promise<void> {
    this.touched = false;
    await turn();
    if (this.unsettled > 0) await turn();
  }

  beginFault(fault: PacketFault, forMs: number): BegunFault {
    return this.faults.begin(fault, Math.round((this.nowMs + forMs) * 1000));
  }

  reaches(from: number, to: number): boolean {
    return this.network.reaches(from, to);
  }

  reroute(paths?: Paths): void {
    this.network.reroute(paths);
  }

  pause(host: number, forMs: number): void {
    this.machine(host).pause(forMs);
  }

  slow(host: number, inputMs: number): void {
    this.machine(host).slow(inputMs);
  }

  setClockRate(host: number, rate: number): void {
    this.machine(host).setClockRate(rate);
  }

  delayedInputs(host: number): number {
    return this.machine(host).delayed;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
