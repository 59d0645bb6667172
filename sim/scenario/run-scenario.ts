import { type GroupConfig, groupConfig } from '../../lib/core/config.ts';
import type { ProtocolEvent } from '../../lib/core/effects.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import type { Group } from '../../lib/peer/group.ts';
import { type Observer, SilentObserver } from '../world/observer.ts';
import { GROUP, World } from '../world/world.ts';
import type { Application, StartApplication } from './application.ts';
import { type FaultEffect, FaultSchedule } from './fault-schedule.ts';
import type { Checker, Invariant, Published, RunView, Violation } from './invariant.ts';
import { ASKED_FOR_MS, type AskedContact, HEAL_MS, LostPeers, RETRY_MS } from './rendezvous.ts';
import { type RunListener, RunObserver } from './run-observer.ts';
import { type CommandPlan, type PeerPlan, type PublishPlan, type Scenario, lastMs } from './scenario.ts';
import { type Terrain, terrainOf } from './underlay-spec.ts';

/** How a scenario is run. */
export interface RunScenarioOptions {
  /** How messages cross; the trace is the same. Default `objects`. */
  readonly wire?: 'objects' | 'bytes';
  readonly invariants: readonly Invariant[];
  /** Violations after which a run is stopped; 1 by default, since what follows is mostly its consequence. */
  readonly violationsMax?: number;
  /** What runs on the peers. */
  readonly application?: StartApplication;
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
export const TICK_MS = 250;
/** From when all is healed on, the run ends as soon as everything is good; it is looked at this often, in ms. */
export const LOOK_MS = 2500;
/** Messages that are published at once when all is good; and again, since they may have left a tree in pieces that only the next ones find. */
export const PROBES = 3;
export const PROBE_ROUNDS = 2;
/** Time to make good where the scenario gives none, in ms: see BOUNDS in the invariants. */
export const SETTLE_MS = 60_000;

/** Runs a scenario to its end, or to its first violations. Deterministic in its arguments. */
export function runScenario(scenario: Scenario, options: RunScenarioOptions): ScenarioResult {
  return new ScenarioRun(scenario, options).run();
}

class ScenarioRun implements RunView, RunListener {
  readonly scenario: Scenario;
  private readonly config: GroupConfig;
  private readonly world: World;
  private readonly terrain: Terrain;
  private readonly random: Random;
  private readonly plans: ReadonlyMap<number, PeerPlan>;
  private readonly checkers: readonly Checker[];
  private readonly lost = new Map<number, LostPeers>();
  /** Peers whose bootstrap address did not answer when it was last tried. */
  private readonly unreached = new Set<number>();
  /** By host: whom it has just asked to let it in. */
  private readonly asked = new Map<number, AskedContact>();
  private readonly incarnations = new Map<number, number>();
  private readonly pausedUntilMs = new Map<number, number>();
  private readonly violations: Violation[] = [];
  /** What liveness claims is not true now. */
  private unmet: Violation[] = [];
  private readonly violationsMax: number;
  private readonly startApplication: StartApplication | undefined;
  private readonly applications = new Map<number, Application>();
  private readonly published = new Map<string, Published>();
  /** The payload of a publish under way: its own delivery comes before `publish` returns. */
  private publishing: Uint8Array | undefined = undefined;
  private probeRounds = 0;
  private skipped = 0;
  private deliveries = 0;

  constructor(scenario: Scenario, { wire = 'objects', invariants, violationsMax = 1, application, observer = new SilentObserver() }: RunScenarioOptions) {
    this.scenario = scenario;
    this.violationsMax = violationsMax;
    this.startApplication = application;
    this.config = groupConfig(scenario.group);
    this.terrain = terrainOf(scenario.underlay);
    this.random = new Random(scenario.seed).fork('scenario');
    this.plans = new Map(scenario.peers.map((plan) => [plan.host, plan]));
    this.world = new World(this.terrain.paths, { seed: scenario.seed, wire, observer: new RunObserver(this, observer) });
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

  get allPublished(): readonly Published[] {
    return [...this.published.values()];
  }

  publishedAs(origin: number, epoch: number, seq: number): Published | undefined {
    return this.published.get(`${origin} ${epoch} ${seq}`);
  }

  application(host: number): Application | undefined {
    return this.applications.get(host);
  }

  reaches(from: number, to: number): boolean {
    return this.world.reaches(from, to);
  }

  run(): ScenarioResult {
    for (const plan of this.scenario.peers) this.world.at(plan.joinMs, () => void this.join(plan.host));
    this.scenario.publishes.forEach((plan, index) => this.world.at(plan.atMs, () => this.publishPlan(plan, index)));
    for (const plan of this.scenario.commands ?? []) this.world.at(plan.atMs, () => this.command(plan));
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
      if (world.nowMs >= endMs || (isLook && this.isGood() && !this.probe())) break;
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

  /** All is good: then what is published now must come to all. Answers whether there is anything to wait for. */
  private probe(): boolean {
    // An application would not know what to do with it.
    if (this.probeRounds === PROBE_ROUNDS || this.up.length < 2 || this.startApplication !== undefined) return false;
    this.probeRounds++;
    const before = this.published.size;
    this.random.sample(this.up, PROBES).forEach((host, index) => this.publish(host, Uint8Array.of(0x70, 0x72, this.probeRounds, index)));
    for (const checker of this.checkers) checker.onProbe?.(this.allPublished.slice(before));
    return true;
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
    else this.violated(violation);
  }

  /** What follows the last violation that is told is not run: broken code may never come to the end of it. */
  private violated(violation: Violation): void {
    if (!this.stopped) this.violations.push(violation);
    if (this.stopped) this.world.stop();
  }

  private join(host: number): boolean {
    const plan = this.plans.get(host);
    if (plan === undefined || this.world.engine(host) !== undefined) return false;
    const contact = this.contactOf(plan);
    this.incarnations.set(host, this.incarnation(host) + 1);
    this.lost.set(host, new LostPeers());
    if (contact !== undefined && !this.isReached(host, contact)) this.unreached.add(host);
    this.ask(host, contact);
    this.world.join(host, this.config, this.peersFor(contact));
    this.seek(plan, this.incarnation(host), 0);
    this.start(host);
    for (const checker of this.checkers) checker.onUp?.(host);
    return true;
  }

  /** Live peers need one live address to join through, the same for all: where the peer that was named is down, the first that is up. */
  private contactOf({ host, contact }: PeerPlan): number | undefined {
    const named = contact ?? this.scenario.peers[0]?.host;
    if (named !== undefined && named !== host && this.world.engine(named) !== undefined) return named;
    return this.up.find((other) => other !== host);
  }

  /** As live: who has neighbours tries bootstrap addresses only that did not answer before. */
  private bootstrapOf(plan: PeerPlan, isIsolated: boolean): number | undefined {
    return isIsolated || this.unreached.has(plan.host) ? this.contactOf(plan) : undefined;
  }

  private isReached(from: number, to: number): boolean {
    return this.world.engine(to) !== undefined && this.world.reaches(from, to) && this.world.reaches(to, from);
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
      this.missAsked(host);
      if (!this.isPaused(host) && (isIsolated || round % (HEAL_MS / RETRY_MS) === 0)) {
        const other = this.lost.get(host)?.next(this.bootstrapOf(plan, isIsolated));
        if (other !== undefined && other !== host) {
          this.ask(host, other);
          this.world.addContact(host, other);
          if (this.isReached(host, other)) this.unreached.delete(host);
        }
      }
      this.seek(plan, incarnation, round + 1);
    });
  }

  private ask(host: number, contact: number | undefined): void {
    if (contact !== undefined) this.asked.set(host, { contact, incarnation: this.incarnation(contact), untilMs: this.world.nowMs + ASKED_FOR_MS });
  }

  /** As live: whoever fails soon after it was asked may not have let this peer in, and is lost like a neighbour. */
  private missAsked(host: number): void {
    const asked = this.asked.get(host);
    if (asked === undefined) return;
    const { contact, incarnation, untilMs } = asked;
    const fails = this.incarnation(contact) !== incarnation || !this.isReached(host, contact);
    if (fails) {
      this.lost.get(host)?.onDown(contact);
      // Nor has the address that led to it let anybody in: whoever answers there next is asked.
      this.unreached.add(host);
    }
    if (fails || this.world.nowMs >= untilMs) this.asked.delete(host);
  }

  private isPaused(host: number): boolean {
    return this.world.nowMs < (this.pausedUntilMs.get(host) ?? 0);
  }

  private publishPlan({ peer, bytes }: PublishPlan, index: number): void {
    const payload = new Uint8Array(bytes);
    // Different from others, as far as it has room.
    for (let i = 0; i < Math.min(4, bytes); i++) payload[i] = index >>> (8 * i);
    if (!this.publish(peer, payload)) this.skipped++;
  }

  private command({ peer, command }: CommandPlan): void {
    if (this.isPaused(peer) || !this.applications.has(peer)) this.skipped++;
    else this.inform(peer, (application) => application.onCommand?.(command));
  }

  /** Answers whether the peer is up and has a neighbour. */
  private publish(host: number, payload: Uint8Array): boolean {
    if (this.group(host) === undefined || this.isPaused(host)) return false;
    const before = this.publishing;
    this.publishing = payload;
    try {
      const { origin, epoch, seq } = this.world.publish(host, payload);
      const published = { payload, origin, epoch, seq };
      this.published.set(`${origin} ${epoch} ${seq}`, published);
      for (const checker of this.checkers) checker.onPublish?.(host, published);
      return true;
    } catch (error) {
      if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
      return false;
    } finally {
      this.publishing = before;
    }
  }

  private start(host: number): void {
    if (this.startApplication === undefined) return;
    const incarnation = this.incarnation(host);
    const random = this.random.fork('application', host).fork('incarnation', incarnation);
    const lives = (): boolean => this.incarnation(host) === incarnation && this.world.engine(host) !== undefined;
    this.applications.set(host, this.startApplication({
      peer: host,
      nowMs: () => this.world.localMs(host),
      publish: (payload) => lives() && this.publish(host, payload),
      after: (ms, action) => this.after(host, ms, () => { if (lives()) this.inform(host, action); }),
      random: () => random.float(),
    }));
  }

  /** What an application throws is its own fault, and a violation. */
  private inform(peer: number, tell: (application: Application) => void): void {
    const application = this.applications.get(peer);
    if (application === undefined) return;
    try {
      tell(application);
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.violated({ invariant: 'application-throws-nothing', atMs: this.world.nowMs, peer, what });
    }
  }

  /** A process that stands still acts when it goes on. */
  private after(host: number, ms: number, action: () => void): void {
    this.world.at(this.world.nowMs + ms, () => {
      if (this.isPaused(host)) this.after(host, (this.pausedUntilMs.get(host) ?? 0) - this.world.nowMs, action);
      else action();
    });
  }

  private crash(host: number): boolean {
    if (this.world.engine(host) === undefined) return false;
    this.world.crash(host);
    this.applications.delete(host);
    for (const checker of this.checkers) checker.onDown?.(host);
    return true;
  }

  private leave(host: number): boolean {
    if (this.world.engine(host) === undefined || this.isPaused(host)) return false;
    this.world.leave(host);
    this.applications.delete(host);
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
    const { origin, epoch, seq, payload } = message;
    if (payload === this.publishing) this.published.set(`${origin} ${epoch} ${seq}`, { payload, origin, epoch, seq });
    for (const checker of this.checkers) checker.onDelivery?.(peer, from, message);
    this.inform(peer, (application) => application.onMessage({ from: origin, payload, isOwn: origin === peer }));
  }

  /** @internal */
  onTransmission(from: PeerRef, to: PeerRef, message: Message): void {
    for (const checker of this.checkers) checker.onTransmission?.(from, to, message);
  }

  /** @internal */
  onEvent(peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind === 'neighbourUp') this.lost.get(peer)?.onUp(event.peer);
    for (const checker of this.checkers) checker.onEvent?.(peer, event);
  }

  /** @internal As live: lost is whose link fails while it is wanted. */
  onLinkDown(peer: PeerRef, other: PeerRef): void {
    this.lost.get(peer)?.onDown(other);
  }
}
