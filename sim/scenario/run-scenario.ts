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
import { Applications } from './applications.ts';
import { Course, PROBES } from './course.ts';
import { type FaultEffect, FaultSchedule } from './fault-schedule.ts';
import type { Invariant, Published, RunView, Violation } from './invariant.ts';
import { PublishedMessages, payloadOf } from './published-messages.ts';
import { ASKED_FOR_MS, type AskedContact, HEAL_MS, LostPeers, RETRY_MS, contactOf } from './rendezvous.ts';
import { type RunListener, RunObserver } from './run-observer.ts';
import type { CommandPlan, PeerPlan, Scenario } from './scenario.ts';
import { type Terrain, terrainOf } from './underlay-spec.ts';
import { Verdict } from './verdict.ts';

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
  private readonly verdict: Verdict;
  private readonly lost = new Map<number, LostPeers>();
  /** Peers whose bootstrap address did not answer when it was last tried. */
  private readonly unreached = new Set<number>();
  /** By host: whom it has just asked to let it in. */
  private readonly asked = new Map<number, AskedContact>();
  private readonly incarnations = new Map<number, number>();
  private readonly pausedUntilMs = new Map<number, number>();
  private readonly applications: Applications;
  private readonly published = new PublishedMessages();
  /** The payload of a publish under way: its own delivery comes before `publish` returns. */
  private publishing: Uint8Array | undefined = undefined;
  private probeRounds = 0;
  private skipped = 0;
  private deliveries = 0;

  constructor(scenario: Scenario, { wire = 'objects', invariants, violationsMax = 1, application, observer = new SilentObserver() }: RunScenarioOptions) {
    this.scenario = scenario;
    this.config = groupConfig(scenario.group);
    this.terrain = terrainOf(scenario.underlay);
    this.random = new Random(scenario.seed).fork('scenario');
    this.plans = new Map(scenario.peers.map((plan) => [plan.host, plan]));
    this.world = new World(this.terrain.paths, { seed: scenario.seed, wire, observer: new RunObserver(this, observer) });
    this.verdict = new Verdict({ nowMs: () => this.nowMs, violationsMax, onStopped: () => this.world.stop() });
    this.verdict.watch(this, invariants);
    this.applications = new Applications(application, {
      random: this.random,
      nowMs: (host) => this.world.localMs(host),
      incarnation: (host) => this.incarnation(host),
      publish: (host, payload) => this.publish(host, payload),
      after: (host, ms, action) => this.after(host, ms, action),
      onThrow: (host, what) => this.verdict.report('application-throws-nothing', 'safety', what, host),
    });
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  get up(): readonly number[] {
    return [...this.plans.keys()].filter((host) => this.group(host) !== undefined).sort((x, y) => x - y);
  }

  group(host: number): Group | undefined {
    return this.world.engine(host)?.group(GROUP);
  }

  get links(): readonly (readonly [owner: number, peer: number])[] {
    return this.world.openLinks;
  }

  incarnation(host: number): number {
    return this.incarnations.get(host) ?? 0;
  }

  get allPublished(): readonly Published[] {
    return this.published.all;
  }

  publishedAs(origin: number, epoch: number, seq: number): Published | undefined {
    return this.published.find(origin, epoch, seq);
  }

  application(host: number): Application | undefined {
    return this.applications.get(host);
  }

  reaches(from: number, to: number): boolean {
    return this.world.reaches(from, to);
  }

  run(): ScenarioResult {
    for (const plan of this.scenario.peers) this.world.at(plan.joinMs, () => void this.join(plan.host));
    this.scenario.publishes.forEach((plan, index) => this.world.at(plan.atMs, () => {
      if (!this.publish(plan.peer, payloadOf(plan, index))) this.skipped++;
    }));
    for (const plan of this.scenario.commands ?? []) this.world.at(plan.atMs, () => this.command(plan));
    const { world, terrain, random, verdict } = this;
    const faults = new FaultSchedule(this.scenario.faults, {
      world, terrain, random: random.fork('faults'),
      up: () => this.up,
      crash: (host) => this.crash(host),
      wipe: (host) => this.applications.wipe(host),
      leave: (host, stays) => this.leave(host, stays),
      rejoin: (host) => this.join(host),
      paused: (host, untilMs) => { this.pausedUntilMs.set(host, untilMs); },
    });
    const course = new Course(this.scenario);
    try {
      for (const tickMs of course.ticks()) {
        if (!world.run(tickMs, course.eventsMax)) verdict.endless();
        for (const checker of verdict.checkers) checker.onTick?.();
        if (verdict.stopped || (course.mayEndAt(tickMs) && verdict.isGood() && !this.probe(course))) break;
      }
      verdict.judge();
    } catch (error) {
      verdict.thrown(error);
    }
    return {
      violations: verdict.violations, faults: faults.effects, published: this.published.size, skipped: this.skipped, deliveries: this.deliveries,
      events: world.events, endMs: world.nowMs, traceHash: world.traceHash, stateHash: this.stateHash(),
    };
  }

  /** All is good: then what is published now must come to all. Answers whether there is anything to wait for. */
  private probe(course: Course): boolean {
    // An application would not know what to do with it.
    const probes = PROBES[this.probeRounds];
    if (probes === undefined || this.up.length < 2 || this.applications.exist) return false;
    this.probeRounds++;
    course.goOn(this.nowMs);
    const before = this.published.size;
    this.random.sample(this.up, probes).forEach((host, index) => this.publish(host, Uint8Array.of(0x70, 0x72, this.probeRounds, index)));
    for (const checker of this.verdict.checkers) checker.onProbe?.(this.allPublished.slice(before));
    return true;
  }

  private join(host: number): boolean {
    const plan = this.plans.get(host);
    if (plan === undefined || this.group(host) !== undefined) return false;
    const contact = contactOf(plan, this.scenario, this.up);
    this.incarnations.set(host, this.incarnation(host) + 1);
    if (this.world.engine(host) === undefined) this.lost.set(host, new LostPeers());
    if (contact !== undefined && !this.isReached(host, contact)) this.unreached.add(host);
    this.ask(host, contact);
    this.world.join(host, this.config, this.peersFor(contact));
    this.seek(plan, this.incarnation(host), 0);
    this.applications.start(host);
    for (const checker of this.verdict.checkers) checker.onUp?.(host);
    return true;
  }

  /** As live: who has neighbours tries bootstrap addresses only that did not answer before. */
  private bootstrapOf(plan: PeerPlan, isIsolated: boolean): number | undefined {
    return isIsolated || this.unreached.has(plan.host) ? contactOf(plan, this.scenario, this.up) : undefined;
  }

  private isReached(from: number, to: number): boolean {
    return this.world.engine(to) !== undefined && this.world.reaches(from, to) && this.world.reaches(to, from);
  }

  private peersFor(contact: number | undefined): readonly PeerRef[] {
    if (this.config.overlay.kind === 'full' || this.config.overlay.kind === 'static') return [...this.plans.keys()].map(peerRef);
    return contact === undefined ? [] : [peerRef(contact)];
  }

  /** Looks for others as the live driver does, for as long as this incarnation lives. */
  private seek(plan: PeerPlan, incarnation: number, round: number): void {
    const { host } = plan;
    this.world.at(this.world.nowMs + RETRY_MS, () => {
      if (this.incarnation(host) !== incarnation || this.group(host) === undefined) return;
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

  private command({ peer, command }: CommandPlan): void {
    if (this.isPaused(peer) || !this.applications.inform(peer, (application) => application.onCommand?.(command))) this.skipped++;
  }

  /** Answers whether the peer is up and has a neighbour. */
  private publish(host: number, payload: Uint8Array): boolean {
    if (this.group(host) === undefined || this.isPaused(host)) return false;
    const before = this.publishing;
    this.publishing = payload;
    try {
      const published = this.published.add({ ...this.world.publish(host, payload), payload });
      for (const checker of this.verdict.checkers) checker.onPublish?.(host, published);
      return true;
    } catch (error) {
      if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
      return false;
    } finally {
      this.publishing = before;
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
    const wasMember = this.group(host) !== undefined;
    this.world.crash(host);
    if (wasMember) this.end(host);
    return true;
  }

  private leave(host: number, stays: boolean): boolean {
    if (this.group(host) === undefined || this.isPaused(host)) return false;
    if (stays) this.world.leaveGroup(host);
    else this.world.leave(host);
    this.end(host);
    return true;
  }

  /** It is no member any more. */
  private end(host: number): void {
    this.applications.stop(host);
    for (const checker of this.verdict.checkers) checker.onDown?.(host);
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
    const { origin, payload } = message;
    if (payload === this.publishing) this.published.add(message);
    for (const checker of this.verdict.checkers) checker.onDelivery?.(peer, from, message);
    this.applications.inform(peer, (application) => application.onMessage({ from: origin, payload, isOwn: origin === peer }));
  }

  /** @internal */
  onTransmission(from: PeerRef, to: PeerRef, message: Message, attempt: number): void {
    for (const checker of this.verdict.checkers) checker.onTransmission?.(from, to, message, attempt);
  }

  /** @internal */
  onEvent(peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind === 'neighbourUp') this.lost.get(peer)?.onUp(event.peer);
    for (const checker of this.verdict.checkers) checker.onEvent?.(peer, event);
  }

  /** @internal As live: lost is whose link fails while it is wanted. */
  onLinkDown(peer: PeerRef, other: PeerRef): void {
    this.lost.get(peer)?.onDown(other);
  }
}
