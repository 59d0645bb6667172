import { type GroupConfig, groupConfig } from '../../lib/core/config.ts';
import type { ProtocolEvent } from '../../lib/core/effects.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import type { Group } from '../../lib/peer/group.ts';
import { type Observer, type PacketLoss, SilentObserver } from '../world/observer.ts';
import { GROUP, World } from '../world/world.ts';
import { type FaultEffect, FaultSchedule } from './fault-schedule.ts';
import type { Checker, Invariant, Published, RunView, Violation } from './invariant.ts';
import { markOf, markedPayload } from './payload.ts';
import { HEAL_MS, LostPeers, RETRY_MS } from './rendezvous.ts';
import type { PeerPlan, PublishPlan, Scenario } from './scenario.ts';
import { type Terrain, terrainOf } from './underlay-spec.ts';

/** How a scenario is run. */
export interface RunScenarioOptions {
  /** How messages cross; the trace is the same. Default `objects`. */
  readonly wire?: 'objects' | 'bytes';
  readonly invariants: readonly Invariant[];
  /** Violations after which a run is stopped; 1 by default, since what follows is mostly its consequence. */
  readonly violationsMax?: number;
  /** Sees everything, too. */
  readonly observer?: Observer;
}

/** What came of it. */
export interface ScenarioResult {
  readonly violations: readonly Violation[];
  readonly faults: readonly FaultEffect[];
  readonly published: number;
  /** Publishes that did not take place: the peer was down, or had no neighbour. */
  readonly skipped: number;
  readonly deliveries: number;
  readonly events: number;
  readonly endMs: number;
  readonly traceHash: string;
  /** A digest of what every peer held at the end. */
  readonly stateHash: string;
}

/** Invariants look at the state this often, in ms of virtual time. */
const TICK_MS = 250;
/** From when all is healed on, the run ends as soon as everything is good; it is looked at this often, in ms. */
const LOOK_MS = 2500;
/** Time to make good where the scenario gives none, in ms: see BOUNDS in the invariants. */
export const SETTLE_MS = 60_000;

/** Runs a scenario to its end, or to its first violations. Deterministic in its arguments. */
export function runScenario(scenario: Scenario, options: RunScenarioOptions): ScenarioResult {
  return new ScenarioRun(scenario, options).run();
}

class ScenarioRun implements RunView {
  readonly scenario: Scenario;
  readonly published = new Map<number, Published>();
  private readonly config: GroupConfig;
  private readonly world: World;
  private readonly terrain: Terrain;
  private readonly random: Random;
  private readonly plans: ReadonlyMap<number, PeerPlan>;
  private readonly checkers: readonly Checker[];
  private readonly lost = new Map<number, LostPeers>();
  private readonly incarnations = new Map<number, number>();
  private readonly pausedUntilMs = new Map<number, number>();
  private readonly violations: Violation[] = [];
  /** What liveness claims is not true now. */
  private unmet: Violation[] = [];
  private readonly violationsMax: number;
  private skipped = 0;
  deliveries = 0;

  constructor(scenario: Scenario, { wire = 'objects', invariants, violationsMax = 1, observer = new SilentObserver() }: RunScenarioOptions) {
    this.scenario = scenario;
    this.violationsMax = violationsMax;
    this.config = groupConfig(scenario.group);
    this.terrain = terrainOf(scenario.underlay);
    this.random = new Random(scenario.seed).fork('scenario');
    this.plans = new Map(scenario.peers.map((plan) => [plan.host, plan]));
    this.world = new World(this.terrain.paths, { seed: scenario.seed, wire, observer: new Watch(this, observer) });
    this.checkers = invariants.flatMap((invariant) => {
      const report = (what: string, peer?: number): void => this.report(invariant, what, peer);
      return invariant.watch(this, report) ?? [];
    });
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  get up(): readonly number[] {
    return [...this.plans.keys()].filter((host) => this.world.engine(host) !== undefined).sort((x, y) => x - y);
  }

  group(host: number): Group | undefined {
    return this.world.engine(host)?.group(GROUP);
  }

  incarnation(host: number): number {
    return this.incarnations.get(host) ?? 0;
  }

  reaches(from: number, to: number): boolean {
    return this.world.reaches(from, to);
  }

  run(): ScenarioResult {
    for (const plan of this.scenario.peers) this.world.at(plan.joinMs, () => void this.join(plan.host));
    this.scenario.publishes.forEach((plan, index) => this.world.at(plan.atMs, () => this.publish(plan, index)));
    const { world, terrain, random } = this;
    const faults = new FaultSchedule(this.scenario.faults, {
      world, terrain, random: random.fork('faults'),
      up: () => this.up,
      crash: (host) => this.crash(host),
      leave: (host) => this.leave(host),
      rejoin: (host) => this.join(host),
      paused: (host, untilMs) => { this.pausedUntilMs.set(host, untilMs); },
    });
    const healedMs = lastMs(this.scenario);
    const endMs = healedMs + (this.scenario.settleMs ?? SETTLE_MS);
    for (let nextMs = TICK_MS; !this.stopped; nextMs += TICK_MS) {
      world.run(Math.min(nextMs, endMs));
      for (const checker of this.checkers) checker.onTick?.();
      const isLook = world.nowMs > healedMs && nextMs % LOOK_MS === 0;
      if (world.nowMs >= endMs || (isLook && this.isGood())) break;
    }
    if (!this.stopped) this.judge();
    return {
      violations: this.violations, faults: faults.effects, published: this.published.size, skipped: this.skipped, deliveries: this.deliveries,
      events: world.events, endMs: world.nowMs, traceHash: world.traceHash, stateHash: this.stateHash(),
    };
  }

  /** What liveness claims is promised from some moment on, and asked about again and again until then. */
  private isGood(): boolean {
    this.unmet = [];
    for (const checker of this.checkers) checker.atEnd?.();
    return this.unmet.length === 0;
  }

  private judge(): void {
    if (!this.isGood()) this.violations.push(...this.unmet.slice(0, this.violationsMax));
  }

  private get stopped(): boolean {
    return this.violations.length >= this.violationsMax;
  }

  private report({ name, kind }: Invariant, what: string, peer: number | undefined): void {
    const violation: Violation = { invariant: name, atMs: this.world.nowMs, what, ...(peer !== undefined && { peer }) };
    if (kind === 'liveness') this.unmet.push(violation);
    else if (!this.stopped) this.violations.push(violation);
  }

  private join(host: number): boolean {
    const plan = this.plans.get(host);
    if (plan === undefined || this.world.engine(host) !== undefined) return false;
    const contact = this.contactOf(plan);
    this.incarnations.set(host, this.incarnation(host) + 1);
    this.lost.set(host, new LostPeers());
    this.world.join(host, this.config, this.peersFor(contact));
    this.seek(plan, this.incarnation(host), 0);
    for (const checker of this.checkers) checker.onUp?.(host);
    return true;
  }

  /** Live peers need one live address to join through: where the peer that was named is down, any other is told. */
  private contactOf({ host, contact }: PeerPlan): number | undefined {
    const named = contact ?? this.scenario.peers[0]?.host;
    if (named !== undefined && named !== host && this.world.engine(named) !== undefined) return named;
    return this.random.pick(this.up.filter((other) => other !== host));
  }

  private peersFor(contact: number | undefined): readonly PeerRef[] {
    if (this.config.overlay.kind === 'full') return [...this.plans.keys()].map(peerRef);
    return contact === undefined ? [] : [peerRef(contact)];
  }

  /** Looks for others as the live driver does, for as long as this incarnation lives. */
  private seek(plan: PeerPlan, incarnation: number, round: number): void {
    const { host } = plan;
    this.world.at(this.world.nowMs + RETRY_MS, () => {
      if (this.incarnation(host) !== incarnation || this.world.engine(host) === undefined) return;
      const isIsolated = this.group(host)?.overlay.neighbours.length === 0;
      if (!this.isPaused(host) && (isIsolated || round % (HEAL_MS / RETRY_MS) === 0)) {
        const other = this.lost.get(host)?.next(this.contactOf(plan));
        if (other !== undefined && other !== host) this.world.addContact(host, other);
      }
      this.seek(plan, incarnation, round + 1);
    });
  }

  private isPaused(host: number): boolean {
    return this.world.nowMs < (this.pausedUntilMs.get(host) ?? 0);
  }

  private publish(plan: PublishPlan, index: number): void {
    const group = this.group(plan.peer);
    if (group === undefined || this.isPaused(plan.peer)) {
      this.skipped++;
      return;
    }
    try {
      this.publishing = { plan, index };
      const { origin, epoch, seq } = this.world.publish(plan.peer, markedPayload(plan.bytes, index));
      this.published.set(index, { plan, origin, epoch, seq });
    } catch (error) {
      if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
      this.skipped++;
    } finally {
      this.publishing = undefined;
    }
  }

  /** A publish under way: its own delivery comes before `publish` returns. */
  publishing: { readonly plan: PublishPlan; readonly index: number } | undefined = undefined;

  private crash(host: number): boolean {
    if (this.world.engine(host) === undefined) return false;
    this.world.crash(host);
    for (const checker of this.checkers) checker.onDown?.(host);
    return true;
  }

  private leave(host: number): boolean {
    if (this.world.engine(host) === undefined || this.isPaused(host)) return false;
    this.world.leave(host);
    for (const checker of this.checkers) checker.onDown?.(host);
    return true;
  }

  private stateHash(): string {
    let hash = 0x811c9dc5;
    const add = (value: number): void => { hash = Math.imul(hash ^ value, 0x01000193) >>> 0; };
    for (const host of this.up) {
      const group = this.group(host);
      if (group === undefined) continue;
      add(host);
      for (const peer of [...group.overlay.neighbours].sort((x, y) => x - y)) add(peer);
      for (const { origin, epoch, next, beyond } of group.log.digest()) [origin, epoch, next, ...beyond].forEach(add);
    }
    return hash.toString(16).padStart(8, '0');
  }

  /** @internal */
  onDelivery(peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.deliveries++;
    if (this.publishing !== undefined && markOf(message.payload) === this.publishing.index) {
      this.published.set(this.publishing.index, { plan: this.publishing.plan, origin: peer, epoch: message.epoch, seq: message.seq });
    }
    for (const checker of this.checkers) checker.onDelivery?.(peer, from, message);
  }

  /** @internal */
  onTransmission(from: PeerRef, to: PeerRef, message: Message): void {
    for (const checker of this.checkers) checker.onTransmission?.(from, to, message);
  }

  /** @internal */
  onEvent(peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind === 'neighbourDown') this.lost.get(peer)?.onDown(event.peer);
    if (event.kind === 'neighbourUp') this.lost.get(peer)?.onUp(event.peer);
    for (const checker of this.checkers) checker.onEvent?.(peer, event);
  }
}

/** When the last thing of a scenario happens, faults healed. */
export function lastMs({ peers, publishes, faults }: Scenario): number {
  const ends = faults.map((fault) => {
    if ('forMs' in fault) return fault.atMs + fault.forMs;
    return fault.atMs + (('restartAfterMs' in fault ? fault.restartAfterMs : 'rejoinAfterMs' in fault ? fault.rejoinAfterMs : undefined) ?? 0);
  });
  return Math.max(0, ...peers.map(({ joinMs }) => joinMs), ...publishes.map(({ atMs }) => atMs), ...ends);
}

/** Tells the run what it needs, and another observer everything. */
class Watch implements Observer {
  private readonly run: ScenarioRun;
  private readonly also: Observer;

  constructor(run: ScenarioRun, also: Observer) {
    this.run = run;
    this.also = also;
  }

  onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void {
    this.also.onTransmission(timeUs, from, to, message, bytes, attempt);
    this.run.onTransmission(from, to, message);
  }

  onArrival(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void {
    this.also.onArrival(timeUs, from, to, message);
  }

  onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: PacketLoss, again: boolean): void {
    this.also.onLoss(timeUs, from, to, message, why, again);
  }

  onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.also.onDelivery(timeUs, peer, from, message);
    this.run.onDelivery(peer, from, message);
  }

  onEvent(timeUs: number, peer: PeerRef, event: ProtocolEvent): void {
    this.also.onEvent(timeUs, peer, event);
    this.run.onEvent(peer, event);
  }
}
