import { unreachable } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { BegunFault, PacketFault } from '../world/packet-faults.ts';
import type { Paths } from '../world/paths.ts';
import type { Fault } from './scenario.ts';
import { type Outage, type Terrain, changedPairs } from './underlay-spec.ts';

/** A world that faults can strike; what each method does stands at `World`. */
export interface FaultWorld {
  readonly nowMs: number;
  at(atMs: number, action: () => void): void;
  beginFault(fault: PacketFault, forMs: number): BegunFault;
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
  leave(host: number, stays: boolean): boolean;
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

/** A fault whose time has come: how much it has affected so far. */
type Effect = () => number;

/** Puts faults into a world at their times, and counts what each affects. */
export class FaultSchedule {
  private readonly faults: readonly Fault[];
  private readonly targets: FaultTargets;
  /** By the place of the fault in the list. */
  private readonly begun = new Map<number, Effect>();
  /** Links and routers that are down now. */
  private readonly outages = new Set<Outage>();
  /** By peer: what makes it slow, and what makes its clock wrong, in the order in which that began. */
  private readonly slow = new Map<number, number[]>();
  private readonly skewed = new Map<number, number[]>();

  constructor(faults: readonly Fault[], targets: FaultTargets) {
    this.faults = faults;
    this.targets = targets;
    faults.forEach((fault, index) => targets.world.at(fault.atMs, () => void this.begun.set(index, this.begin(fault))));
  }

  /** What each fault has affected so far. */
  get effects(): readonly FaultEffect[] {
    return this.faults.map((fault, index) => ({ fault, affected: this.begun.get(index)?.() ?? 0 }));
  }

  private begin(fault: Fault): Effect {
    switch (fault.kind) {
      case 'loss':
      case 'duplication':
      case 'reordering':
      case 'corruption':
      case 'jitter':
      case 'bandwidth':
      case 'clog':
      case 'partition': {
        const begun = this.targets.world.beginFault(fault, fault.forMs);
        this.after(fault.forMs, () => begun.end());
        return () => begun.affected();
      }
      case 'linkFailure': return this.outage(fault.forMs, { links: [fault.link], routers: [] });
      case 'routerFailure': return this.outage(fault.forMs, { links: [], routers: [fault.router] });
      case 'crash': return this.crashes([fault.peer], fault);
      case 'massFailure': {
        const up = this.targets.up();
        return this.crashes(this.targets.random.sample(up, Math.min(up.length, Math.round(fault.share * up.length))), fault);
      }
      case 'leave': return this.leave(fault);
      case 'pause': return this.pause(fault.peer, fault.forMs);
      case 'slow': return this.slowDown(fault);
      case 'clockSkew': return this.skew(fault);
      default: return unreachable(fault);
    }
  }

  private crashes(hosts: readonly number[], { restartAfterMs, disk }: Extract<Fault, { kind: 'crash' | 'massFailure' }>): Effect {
    const crashed = hosts.filter((host) => this.targets.crash(host));
    if (disk === 'lost') crashed.forEach((host) => this.targets.wipe(host));
    if (restartAfterMs !== undefined) this.after(restartAfterMs, () => crashed.forEach((host) => void this.targets.rejoin(host)));
    return () => crashed.length;
  }

  /** Who was not there to leave does not come back for that. */
  private leave({ peer, rejoinAfterMs, stays = false }: Extract<Fault, { kind: 'leave' }>): Effect {
    const left = this.targets.leave(peer, stays);
    if (left && rejoinAfterMs !== undefined) this.after(rejoinAfterMs, () => void this.targets.rejoin(peer));
    return () => (left ? 1 : 0);
  }

  private pause(peer: number, forMs: number): Effect {
    const { world } = this.targets;
    if (world.engine(peer) === undefined) return () => 0;
    world.pause(peer, forMs);
    this.targets.paused(peer, world.nowMs + forMs);
    return this.inputsDelayed(peer, forMs);
  }

  /** Of several at once the slowest counts. */
  private slowDown({ peer, inputMs, forMs }: Extract<Fault, { kind: 'slow' }>): Effect {
    this.during(this.slow, peer, inputMs, forMs, (all) => this.targets.world.slow(peer, Math.max(0, ...all)));
    return this.inputsDelayed(peer, forMs);
  }

  /** Of several at once the last to begin counts. A peer that starts meanwhile has the wrong clock, too. */
  private skew({ peer, rate, forMs }: Extract<Fault, { kind: 'clockSkew' }>): Effect {
    const { world } = this.targets;
    this.during(this.skewed, peer, rate, forMs, (all) => world.setClockRate(peer, all.at(-1) ?? 1));
    const struck = this.atBothEnds(forMs, () => (rate !== 1 && world.engine(peer) !== undefined ? [peer] : []));
    return () => struck().length;
  }

  /** Puts `value` among what works on the peer for so long, and tells all that does, at both ends. */
  private during(among: Map<number, number[]>, peer: number, value: number, forMs: number, tell: (all: readonly number[]) => void): void {
    const all = among.get(peer) ?? [];
    among.set(peer, all);
    all.push(value);
    tell(all);
    this.after(forMs, () => {
      all.splice(all.indexOf(value), 1);
      tell(all);
    });
  }

  /** How many inputs of the peer came late from now on, for so long. */
  private inputsDelayed(peer: number, forMs: number): Effect {
    const { world } = this.targets;
    const before = world.delayedInputs(peer);
    let end: number | undefined;
    this.after(forMs, () => { end = world.delayedInputs(peer); });
    return () => (end ?? world.delayedInputs(peer)) - before;
  }

  /** The pairs of peers whose way it changes are counted by itself, whatever else is down. */
  private outage(forMs: number, outage: Outage): Effect {
    const { terrain } = this.targets;
    this.outages.add(outage);
    this.reroute();
    this.after(forMs, () => {
      this.outages.delete(outage);
      this.reroute();
    });
    const alone = terrain.without(outage);
    const there = this.atBothEnds(forMs, () => this.targets.up());
    return () => changedPairs(terrain.paths, alone, there());
  }

  /** Those that are there now, when the fault ends, or when it is asked about before that. */
  private atBothEnds(forMs: number, now: () => readonly number[]): () => readonly number[] {
    const there = new Set(now());
    const look = (): void => now().forEach((host) => there.add(host));
    let isOver = false;
    this.after(forMs, () => {
      look();
      isOver = true;
    });
    return () => {
      if (!isOver) look();
      return [...there];
    };
  }

  private reroute(): void {
    const { world, terrain } = this.targets;
    const all = [...this.outages];
    if (all.length === 0) world.reroute();
    else world.reroute(terrain.without({ links: all.flatMap(({ links }) => links), routers: all.flatMap(({ routers }) => routers) }));
  }

  private after(ms: number, action: () => void): void {
    this.targets.world.at(this.targets.world.nowMs + ms, action);
  }
}
