import { unreachable } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { PacketFault } from '../world/packet-faults.ts';
import type { Paths } from '../world/paths.ts';
import type { Fault, NetworkFault } from './scenario.ts';
import type { Outage, Terrain } from './underlay-spec.ts';

/** A world that faults can strike; what each method does stands at `World`. */
export interface FaultWorld {
  readonly nowMs: number;
  at(atMs: number, action: () => void): void;
  beginFault(fault: PacketFault, forMs: number): () => number;
  reroute(paths?: Paths): void;
  pause(host: number, forMs: number): void;
  slow(host: number, inputMs: number): void;
  setClockRate(host: number, rate: number): void;
  delayedInputs(host: number): number;
  /** What runs on the host, if something does. */
  engine(host: number): unknown;
}

/** What a schedule needs of the run: peers come and go through it. */
export interface FaultTargets {
  readonly world: FaultWorld;
  readonly terrain: Terrain;
  readonly random: Random;
  /** Hosts whose peer is up, ascending. */
  up(): readonly number[];
  /** Answers whether there was one. */
  crash(host: number): boolean;
  /** What the application there has saved is lost. */
  wipe(host: number): void;
  leave(host: number): boolean;
  /** Joins the group again. Answers whether the host was free. */
  rejoin(host: number): boolean;
  /** The process stands still until then: nobody may call it. */
  paused(host: number, untilMs: number): void;
}

/** A fault and what it did. */
export interface FaultEffect {
  readonly fault: Fault;
  /** Packets, inputs, peers or routes, as the fault has it; 0: it might as well not have been there. */
  readonly affected: number;
}

/** Puts faults into a world at their times, and counts what each affected. */
export class FaultSchedule {
  private readonly targets: FaultTargets;
  private readonly counts: { readonly fault: Fault; affected: number }[];
  /** Links and routers that are down now. */
  private readonly outages = new Set<Outage>();

  constructor(faults: readonly Fault[], targets: FaultTargets) {
    this.targets = targets;
    this.counts = faults.map((fault) => ({ fault, affected: 0 }));
    this.counts.forEach((count) => targets.world.at(count.fault.atMs, () => this.begin(count.fault, (affected) => { count.affected += affected; })));
  }

  get effects(): readonly FaultEffect[] {
    return this.counts.map(({ fault, affected }) => ({ fault, affected }));
  }

  private begin(fault: Fault, count: (affected: number) => void): void {
    const { world } = this.targets;
    switch (fault.kind) {
      case 'loss':
      case 'duplication':
      case 'reordering':
      case 'corruption':
      case 'jitter':
      case 'bandwidth':
      case 'clog':
      case 'partition': {
        const end = world.beginFault(fault, fault.forMs);
        return this.after(fault.forMs, () => count(end()));
      }
      case 'linkFailure': return this.outage(fault, { links: [fault.link], routers: [] }, count);
      case 'routerFailure': return this.outage(fault, { links: [], routers: [fault.router] }, count);
      case 'crash': return this.crashes([fault.peer], fault, count);
      case 'massFailure': {
        const up = this.targets.up();
        const chosen = this.targets.random.sample(up, Math.min(up.length, Math.round(fault.share * up.length)));
        return this.crashes(chosen, fault, count);
      }
      case 'leave': {
        if (this.targets.leave(fault.peer)) count(1);
        if (fault.rejoinAfterMs !== undefined) this.after(fault.rejoinAfterMs, () => void this.targets.rejoin(fault.peer));
        return;
      }
      case 'pause': return this.pause(fault, count);
      case 'slow': {
        const before = world.delayedInputs(fault.peer);
        world.slow(fault.peer, fault.inputMs);
        return this.after(fault.forMs, () => {
          world.slow(fault.peer, 0);
          count(world.delayedInputs(fault.peer) - before);
        });
      }
      case 'clockSkew': {
        world.setClockRate(fault.peer, fault.rate);
        if (world.engine(fault.peer) !== undefined) count(1);
        return this.after(fault.forMs, () => world.setClockRate(fault.peer, 1));
      }
      default: return unreachable(fault);
    }
  }

  private pause(fault: Extract<Fault, { kind: 'pause' }>, count: (affected: number) => void): void {
    const { world } = this.targets;
    if (world.engine(fault.peer) === undefined) return;
    const before = world.delayedInputs(fault.peer);
    world.pause(fault.peer, fault.forMs);
    this.targets.paused(fault.peer, world.nowMs + fault.forMs);
    this.after(fault.forMs, () => count(world.delayedInputs(fault.peer) - before));
  }

  private crashes(hosts: readonly number[], { restartAfterMs, disk }: Extract<Fault, { kind: 'crash' | 'massFailure' }>, count: (affected: number) => void): void {
    const crashed = hosts.filter((host) => this.targets.crash(host));
    count(crashed.length);
    if (disk === 'lost') crashed.forEach((host) => this.targets.wipe(host));
    if (restartAfterMs !== undefined) this.after(restartAfterMs, () => crashed.forEach((host) => void this.targets.rejoin(host)));
  }

  private outage({ forMs }: NetworkFault, outage: Outage, count: (affected: number) => void): void {
    this.outages.add(outage);
    count(this.reroute(outage));
    this.after(forMs, () => {
      this.outages.delete(outage);
      this.reroute(outage);
    });
  }

  /** Answers how many pairs of hosts that outage alone sends another way. */
  private reroute(outage: Outage): number {
    const { world, terrain } = this.targets;
    const all = [...this.outages];
    if (all.length === 0) world.reroute();
    else world.reroute(terrain.without({ links: all.flatMap(({ links }) => links), routers: all.flatMap(({ routers }) => routers) }).paths);
    return terrain.without(outage).changed;
  }

  private after(ms: number, action: () => void): void {
    this.targets.world.at(this.targets.world.nowMs + ms, action);
  }
}
