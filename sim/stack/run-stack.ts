import { type GroupConfig, groupConfig } from '../../lib/core/config.ts';
import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import type { Application, StartApplication } from '../scenario/application.ts';
import { Applications } from '../scenario/applications.ts';
import { Course, PROBES } from '../scenario/course.ts';
import { FaultSchedule } from '../scenario/fault-schedule.ts';
import type { GroupView, Invariant, Published, StackView } from '../scenario/invariant.ts';
import { STACK_INVARIANTS } from '../scenario/invariants.ts';
import { REACHES_ALL } from '../scenario/invariants/convergence.ts';
import { PublishedMessages, payloadOf } from '../scenario/published-messages.ts';
import { contactOf } from '../scenario/rendezvous.ts';
import type { ScenarioResult } from '../scenario/run-scenario.ts';
import type { CommandPlan, PeerPlan, PublishPlan, Scenario } from '../scenario/scenario.ts';
import { type Terrain, terrainOf } from '../scenario/underlay-spec.ts';
import { Verdict } from '../scenario/verdict.ts';
import { keepsTime } from './calm.ts';
import { checkLimits } from './check-limits.ts';
import { Member } from './member.ts';
import { addressOf, fnv } from './underlay-network.ts';
import { Upkeep } from './upkeep.ts';
import { StackWorld } from './world.ts';

/** How a scenario is run with the whole stack. */
export interface RunStackOptions {
  /** Default: those of the library that look at what the live API shows. */
  readonly invariants?: readonly Invariant<StackView>[];
  /** Violations after which a run is stopped; 1 by default, since what follows is mostly its consequence. */
  readonly violationsMax?: number;
  /** What runs on the peers. A message of its own comes to it soon after `publish`, not within the call. */
  readonly application?: StartApplication;
}

/** Bytes of the messages that are published when all is good: no datagram holds them. */
const PROBE_BYTES = 3000;

/**
 * Runs a scenario with the whole stack on virtual time: live peers as `createPeer` makes
 * them, UDP links, packets, fragments, acknowledgements, the codec, over simulated
 * sockets. Beside the invariants given, links are held to what they promise. The trace
 * hash is one of all datagrams sent. Deterministic in its arguments.
 */
export function runStack(scenario: Scenario, options: RunStackOptions = {}): Promise<ScenarioResult> {
  return new StackRun(scenario, options).run();
}

class StackRun implements StackView {
  readonly scenario: Scenario;
  private readonly config: GroupConfig;
  private readonly terrain: Terrain;
  private readonly world: StackWorld;
  private readonly random: Random;
  private readonly plans: ReadonlyMap<number, PeerPlan>;
  private readonly verdict: Verdict;
  private readonly upkeep: Upkeep;
  private readonly members = new Map<number, Member>();
  /** By host: how often somebody there has joined. */
  private readonly incarnations = new Map<number, number>();
  private readonly applications: Applications;
  /** Hosts whose peer has left the group, and is still up. */
  private readonly left = new Set<number>();
  /** Peers that say good-bye; none starts on that host before they have done so. */
  private readonly leaving = new Map<number, Promise<void>>();
  private readonly published = new PublishedMessages();
  /** Rounds of probes that have come to all, and the last round. */
  private probesReached = 0;
  private round: ProbeRound | undefined = undefined;
  /** Planned publishes and commands that have not taken place. */
  private skipped = 0;
  private deliveries = 0;

  constructor(scenario: Scenario, { invariants = STACK_INVARIANTS, violationsMax = 1, application }: RunStackOptions) {
    this.scenario = scenario;
    this.config = groupConfig(scenario.group);
    checkLimits(scenario);
    this.terrain = terrainOf(scenario.underlay);
    this.random = new Random(scenario.seed).fork('scenario');
    this.plans = new Map(scenario.peers.map((plan) => [plan.host, plan]));
    this.world = new StackWorld(this.terrain.paths, scenario.seed, { onWrong: (what, host) => this.verdict.report('links-true', 'safety', what, host) });
    this.verdict = new Verdict({ nowMs: () => this.nowMs, violationsMax });
    this.verdict.watch(this, invariants);
    this.upkeep = new Upkeep({ world: this.world, scenario, members: this.members, report: (invariant, kind, what, host) => this.verdict.report(invariant, kind, what, host) });
    this.verdict.checkers.push(this.upkeep);
    this.applications = new Applications(application, {
      random: this.random,
      nowMs: (host) => this.world.machine(host).nowMs(),
      incarnation: (host) => this.incarnation(host),
      publish: (host, payload) => this.publishSoon(host, payload),
      after: (host, ms, action) => void this.world.engine(host)?.setTimer(ms, action),
      onThrow: (host, what) => this.verdict.report('application-throws-nothing', 'safety', what, host),
    });
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  get up(): readonly number[] {
    return [...this.members].filter(([, { joined }]) => joined).map(([host]) => host).sort((x, y) => x - y);
  }

  group(host: number): GroupView | undefined {
    return this.members.get(host)?.view;
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

  async run(): Promise<ScenarioResult> {
    const { world, terrain, scenario, verdict } = this;
    for (const plan of scenario.peers) world.at(plan.joinMs, () => void this.join(plan.host));
    scenario.publishes.forEach((plan, index) => world.at(plan.atMs, () => this.publishPlan(plan, index)));
    for (const plan of scenario.commands ?? []) world.at(plan.atMs, () => this.command(plan));
    const faults = new FaultSchedule(scenario.faults, {
      world, terrain, random: this.random.fork('faults'),
      up: () => this.up,
      crash: (host) => this.crash(host),
      wipe: (host) => this.applications.wipe(host),
      leave: (host, stays) => this.leave(host, stays),
      rejoin: (host) => this.join(host),
      // The machine stands still by itself.
      paused: () => {},
    });
    const course = new Course(scenario);
    try {
      for (const tickMs of course.ticks()) {
        if (!(await world.run(tickMs, course.eventsMax))) verdict.endless();
        for (const checker of verdict.checkers) checker.onTick?.();
        if (verdict.stopped || (course.mayEndAt(tickMs) && verdict.isGood(REACHES_ALL.name) && !this.probe(course))) break;
      }
      verdict.judge();
      const [refused] = [...this.round?.waiting ?? [], ...(this.round?.failed === undefined ? [] : [this.round.failed])];
      if (refused !== undefined) verdict.report('publishes', 'safety', 'could not publish though all was good', refused);
    } catch (error) {
      verdict.thrown(error);
    }
    return {
      violations: verdict.violations, faults: faults.effects, published: this.published.size, skipped: this.skipped,
      deliveries: this.deliveries, events: world.events, endMs: world.nowMs, traceHash: world.network.traceHash, stateHash: this.stateHash(),
    };
  }

  /**
   * All is good as far as neighbours show: then what is published must come to all. What
   * trees and meshes hold cannot be seen here, and may take a while longer: who is not
   * reached is sent more at the next look. Answers whether there is anything to wait for.
   */
  private probe(course: Course): boolean {
    // An application would not know what to do with it.
    if (this.up.length < 2 || this.applications.exist) return false;
    const { round } = this;
    // Who has no room now publishes when there is some.
    if (round !== undefined && round.waiting.size > 0) return true;
    const reached = round?.failed === undefined && round !== undefined && this.verdict.isGood();
    if (reached) this.probesReached++;
    const probes = PROBES[this.probesReached];
    if (probes === undefined) return false;
    if (reached || round === undefined) course.goOn(this.nowMs);
    this.round = this.startRound(probes);
    return true;
  }

  private startRound(probes: number): ProbeRound {
    const before = this.published.size;
    const publishers = this.random.sample(this.up, probes);
    const round: ProbeRound = { waiting: new Set(publishers), failed: undefined };
    publishers.forEach((host, index) => void this.publish(host, new Uint8Array(PROBE_BYTES).fill(index + 1)).then((done) => {
      round.waiting.delete(host);
      if (!done) round.failed = host;
      if (round.waiting.size > 0 || round.failed !== undefined) return;
      for (const checker of this.verdict.checkers) checker.onProbe?.(this.allPublished.slice(before));
    }));
    return round;
  }

  /** Answers whether the host was free. */
  private join(host: number): boolean {
    const plan = this.plans.get(host);
    if (plan === undefined) return false;
    const there = this.members.get(host);
    if (there !== undefined) return this.joinAgain(host, there);
    const leaving = this.leaving.get(host);
    if (leaving !== undefined) {
      void leaving.then(() => this.join(host));
      return true;
    }
    const limits = { ...this.scenario.limits, ...plan.limits };
    const resolve = (): string | undefined => {
      const contact = contactOf(plan, this.scenario, this.up);
      return contact === undefined ? undefined : addressOf(contact);
    };
    const process = this.world.start(host, { resolve, reassemblyBytesMax: this.scenario.limits?.reassemblyBytesMax });
    const member = new Member(process, { config: this.config, hosts: [...this.plans.keys()], limits, isOnTime: keepsTime(this.scenario, host), handlers: this });
    this.members.set(host, member);
    void this.world.waitFor(member.open().then(() => {
      if (member.joined) this.begin(host);
    }));
    return true;
  }

  /** Answers whether it had left. */
  private joinAgain(host: number, member: Member): boolean {
    if (!this.left.delete(host)) return false;
    member.join();
    this.begin(host);
    return true;
  }

  private begin(host: number): void {
    this.incarnations.set(host, this.incarnation(host) + 1);
    this.applications.start(host);
    for (const checker of this.verdict.checkers) checker.onUp?.(host);
  }

  private publishPlan(plan: PublishPlan, index: number): void {
    this.skipped++;
    void this.publish(plan.peer, payloadOf(plan, index)).then((done) => { if (done) this.skipped--; });
  }

  private command({ peer, command }: CommandPlan): void {
    const isPaused = this.world.machine(peer).isPaused;
    if (isPaused || !this.applications.inform(peer, (application) => application.onCommand?.(command))) this.skipped++;
  }

  /** For an application. Answers whether that is possible. */
  private publishSoon(host: number, payload: Uint8Array): boolean {
    if ((this.group(host)?.overlay.neighbours.length ?? 0) === 0) return false;
    void this.publish(host, payload);
    return true;
  }

  /** Answers whether it took place. */
  private async publish(host: number, payload: Uint8Array): Promise<boolean> {
    const member = this.members.get(host);
    if (member === undefined || this.world.machine(host).isPaused) return false;
    const id = await this.world.waitFor(member.publish(payload));
    if (id === undefined) return false;
    this.published.add({ ...id, payload });
    this.onDelivery(host, { kind: 'data', group: 0 as DataMessage['group'], ...id, hops: 0, repair: false, payload });
    return true;
  }

  private crash(host: number): boolean {
    const member = this.members.get(host);
    if (!this.members.delete(host)) return false;
    this.world.kill(host);
    member?.end();
    this.world.touch();
    if (this.left.delete(host)) return true;
    this.applications.stop(host);
    for (const checker of this.verdict.checkers) checker.onDown?.(host);
    return true;
  }

  private leave(host: number, stays: boolean): boolean {
    const member = this.members.get(host);
    if (member?.joined !== true || this.world.machine(host).isPaused) return false;
    this.applications.stop(host);
    for (const checker of this.verdict.checkers) checker.onDown?.(host);
    const fromMs = this.nowMs;
    if (stays) {
      member.leaveGroup();
      this.left.add(host);
      return true;
    }
    this.members.delete(host);
    this.leaving.set(host, this.world.waitFor(member.leave()).then(() => {
      this.leaving.delete(host);
      if (member.process.alive) this.upkeep.onClosed(member.process, fromMs);
      this.world.kill(host);
    }));
    return true;
  }

  private stateHash(): string {
    const parts = this.up.map((host) => {
      const view = this.group(host);
      const held = (view?.log.lackedBy([], Infinity) ?? []).map(({ origin, epoch, seq }) => `${origin}.${epoch}.${seq}`).sort();
      return `${host}: ${[...(view?.overlay.neighbours ?? [])].sort((x, y) => x - y).join(',')}; ${held.join(',')}`;
    });
    return fnv(new TextEncoder().encode(parts.join('\n'))).toString(16).padStart(8, '0');
  }

  /** @internal */
  onDelivery(host: number, message: DataMessage): void {
    this.deliveries++;
    // Through whom it came the API does not tell.
    for (const checker of this.verdict.checkers) checker.onDelivery?.(host, message.origin, message);
    const { origin, payload } = message;
    this.applications.inform(host, (application) => application.onMessage({ from: origin, payload, isOwn: origin === host }));
  }

  /** @internal */
  onSuspected(host: number, suspected: number): void {
    this.upkeep.onSuspected(host, suspected);
  }

  /** @internal */
  onWrongPublish(host: number, what: string): void {
    this.verdict.report('publishes', 'safety', what, host);
  }

  /** @internal */
  onWrongRead(host: number, what: string): void {
    this.verdict.report('reads-true', 'safety', what, host);
  }

  /** @internal */
  onEvent(host: number, event: ProtocolEvent): void {
    for (const checker of this.verdict.checkers) checker.onEvent?.(host, event);
  }
}

/** Messages that were published at once when all was good. */
interface ProbeRound {
  /** Whose call of `publish` is under way. */
  readonly waiting: Set<number>;
  /** Whose call was refused. */
  failed: number | undefined;
}
