import { OverlayError } from '../../lib/core/errors.ts';
import { onEqualDelays, onFewerRouters, sooner, withoutPeers } from '../scenario/edit.ts';
import type { Limits } from '../scenario/limits.ts';
import type { Fault, Scenario } from '../scenario/scenario.ts';

/** How much may be tried. */
export interface ShrinkOptions {
  /** Runs at most. */
  readonly runsMax: number;
  /** A smaller scenario takes another course: each is tried with so many seeds. Default 4, a guess. */
  readonly seeds?: number;
  /** Asked before each run; `false` ends the search with what there is. */
  readonly goOn?: () => boolean;
}

/** Whether a scenario fails as the first one did. */
export type Fails = (scenario: Scenario) => boolean | Promise<boolean>;

/** What a search came to. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly runs: number;
}

/** Of a payload; the mark that tells it from others needs half of them. */
const BYTES = 8;

/** Between all hosts, where the network is made simple. */
const DELAY_MS = 10;

/**
 * Looks for a smaller scenario that still fails: fewer faults, fewer peers, fewer and
 * shorter messages, a network without routers or with fewer, shorter and milder faults,
 * all of it sooner.
 * Takes out large parts first (delta debugging, Zeller and Hildebrandt, IEEE TSE 2002),
 * and goes round until nothing more can go.
 */
export async function shrink(failing: Scenario, fails: Fails, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(failing, fails, options);
  await search.run();
  return { scenario: search.best, runs: search.runs };
}

class Search {
  best: Scenario;
  runs = 0;
  private readonly fails: Fails;
  private readonly runsMax: number;
  private readonly seeds: number;
  private readonly goOn: () => boolean;

  constructor(failing: Scenario, fails: Fails, { runsMax, seeds = 4, goOn = () => true }: ShrinkOptions) {
    this.best = failing;
    this.fails = fails;
    this.runsMax = runsMax;
    this.seeds = seeds;
    this.goOn = goOn;
  }

  async run(): Promise<void> {
    for (let before = ''; before !== JSON.stringify(this.best) && !this.spent; ) {
      before = JSON.stringify(this.best);
      await this.fewerFaults();
      await this.fewerPeers();
      await this.fewerPublishes();
      await this.fewerCommands();
      await this.fewerLimits();
      await this.smallerUnderlay();
      await this.simplerFaults();
      if (this.best.publishes.some(({ bytes }) => bytes > BYTES)) await this.take({ ...this.best, publishes: this.best.publishes.map((plan) => ({ ...plan, bytes: Math.min(plan.bytes, BYTES) })) });
      await this.take(sooner(this.best, 0.5));
    }
  }

  private get spent(): boolean {
    return this.runs >= this.runsMax || !this.goOn();
  }

  /** Takes the candidate when it fails too, with the seed that made it. */
  private async take(candidate: Scenario): Promise<boolean> {
    for (let more = 0; more < this.seeds && !this.spent; more++) {
      const seeded = more === 0 ? candidate : { ...candidate, seed: (candidate.seed + more * SEED_STEP) % 2 ** 31 };
      this.runs++;
      if (!(await this.failsToo(seeded))) continue;
      this.best = seeded;
      return true;
    }
    return false;
  }

  /** What is left may name a link that a smaller network does not have; such a scenario is none. */
  private async failsToo(candidate: Scenario): Promise<boolean> {
    try {
      return await this.fails(candidate);
    } catch (error) {
      if (error instanceof OverlayError && error.code === 'INVALID_SCENARIO') return false;
      throw error;
    }
  }

  private fewerFaults(): Promise<void> {
    return this.without(() => this.best.faults, (faults) => ({ ...this.best, faults }));
  }

  private fewerPublishes(): Promise<void> {
    return this.without(() => this.best.publishes, (publishes) => ({ ...this.best, publishes }));
  }

  private async fewerCommands(): Promise<void> {
    if (this.best.commands !== undefined) await this.without(() => this.best.commands ?? [], (commands) => ({ ...this.best, commands }));
  }

  private async fewerLimits(): Promise<void> {
    if (this.best.limits !== undefined) await this.without(() => Object.entries(this.best.limits ?? {}), (limits) => limited(this.best, Object.fromEntries(limits)));
    for (let index = 0; index < this.best.peers.length && !this.spent; index++) {
      if (this.best.peers[index]?.limits === undefined) continue;
      await this.take({ ...this.best, peers: this.best.peers.map(({ limits, ...plan }, at) => (at === index || limits === undefined ? plan : { ...plan, limits })) });
    }
  }

  private fewerPeers(): Promise<void> {
    return this.without(() => this.best.peers, (peers) => {
      if (peers.length === 0) return undefined;
      const stay = new Set(peers.map(({ host }) => host));
      return withoutPeers(this.best, new Set(this.best.peers.map(({ host }) => host).filter((host) => !stay.has(host))));
    });
  }

  /** Tries to do without halves of the list, then quarters, and so on down to single items. */
  private async without<T>(items: () => readonly T[], make: (kept: readonly T[]) => Scenario | undefined): Promise<void> {
    for (let chunk = Math.ceil(items().length / 2); chunk >= 1 && !this.spent; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
      for (let end = items().length; end > 0 && !this.spent; end -= chunk) {
        const all = items();
        const start = Math.max(0, end - chunk);
        const smaller = make([...all.slice(0, start), ...all.slice(end)]);
        if (smaller !== undefined) await this.take(smaller);
      }
    }
  }

  private async smallerUnderlay(): Promise<void> {
    const { underlay, peers } = this.best;
    if (underlay.kind === 'equal' && underlay.hosts <= peers.length) return;
    const fewer = onFewerRouters(this.best);
    if (!(await this.take(onEqualDelays(this.best, DELAY_MS))) && fewer !== undefined) await this.take(fewer);
  }

  private async simplerFaults(): Promise<void> {
    for (let index = 0; index < this.best.faults.length && !this.spent; index++) {
      const fault = this.best.faults[index];
      for (const simpler of fault === undefined ? [] : simplerForms(fault)) {
        if (await this.take({ ...this.best, faults: this.best.faults.map((other, at) => (at === index ? simpler : other)) })) break;
      }
    }
  }
}

/** Far from the seeds that a user takes one after the other. */
const SEED_STEP = 1_000_003;

/** With these limits of all peers; without the field where there are none. */
function limited({ limits: _limits, ...scenario }: Scenario, limits: Limits): Scenario {
  return Object.keys(limits).length === 0 ? scenario : { ...scenario, limits };
}

/** The same fault: shorter, milder, without coming back. */
function simplerForms(fault: Fault): Fault[] {
  const forms: Fault[] = [];
  if ('forMs' in fault && fault.forMs > 100) forms.push({ ...fault, forMs: Math.round(fault.forMs / 2) });
  if ('p' in fault && fault.p > 0.02) forms.push({ ...fault, p: Math.round(fault.p * 50) / 100 });
  if ('byMs' in fault && fault.byMs > 2) forms.push({ ...fault, byMs: Math.round(fault.byMs / 2) });
  if (fault.kind === 'massFailure' && fault.share > 0.02) forms.push({ ...fault, share: Math.round(fault.share * 50) / 100 });
  if ('restartAfterMs' in fault || 'disk' in fault) {
    const { restartAfterMs: _restartAfterMs, disk: _disk, ...crash } = fault;
    forms.push(crash);
    if (fault.disk === 'lost') forms.push({ ...fault, disk: 'kept' });
  }
  if (fault.kind === 'leave' && fault.rejoinAfterMs !== undefined) forms.push({ kind: 'leave', atMs: fault.atMs, peer: fault.peer });
  return forms;
}
