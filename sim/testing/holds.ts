import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Application, StartApplication } from '../scenario/application.ts';
import type { Invariant, StackView, Violation } from '../scenario/invariant.ts';
import { INVARIANTS, STACK_INVARIANTS } from '../scenario/invariants.ts';
import { parseScenario } from '../scenario/parse.ts';
import { type ScenarioResult, runScenario } from '../scenario/run-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { shrink } from '../swarm/shrink.ts';
import { runStack } from '../stack/run-stack.ts';

/** What is to hold, and of what. */
export interface HoldsOptions<A extends Application = Application> {
  /** What runs on the peers. */
  readonly application?: StartApplication<A>;
  /**
   * Asked about the applications on live peers, by peer, once the last fault has
   * healed, again and again until it answers `undefined` or the time to make good has
   * passed. Else it says in a few words what is wrong.
   */
  readonly agree?: (applications: ReadonlyMap<number, A>) => string | undefined;
  /** Beside those of the library. */
  readonly invariants?: readonly Invariant<StackView>[];
  /** How messages cross. Default `objects`; with the whole stack, `datagrams`, it takes some ten times longer. */
  readonly wire?: 'objects' | 'datagrams';
  /** Time that making a failing scenario small may take, in ms. Default 30 000. */
  readonly shrinkMsMax?: number;
}

/** Runs a scenario with the library's invariants, those given, and the application. Throws nothing for what is violated. */
export function simulate<A extends Application>(scenario: Scenario, options: Omit<HoldsOptions<A>, 'wire' | 'shrinkMsMax'> = {}): ScenarioResult {
  return runScenario(scenario, { invariants: [...INVARIANTS, ...ownInvariants(options)], ...ownApplication(options) });
}

/** As `simulate`, with the whole stack: live peers and UDP links over simulated sockets. */
export function simulateStack<A extends Application>(scenario: Scenario, options: Omit<HoldsOptions<A>, 'wire' | 'shrinkMsMax'> = {}): Promise<ScenarioResult> {
  return runStack(scenario, { invariants: [...STACK_INVARIANTS, ...ownInvariants(options)], ...ownApplication(options) });
}

/** A scenario that does not hold, made small. */
export class ScenarioFailure extends Error {
  override readonly name = 'ScenarioFailure';
  readonly scenario: Scenario;
  readonly violation: Violation;

  constructor(scenario: Scenario, violation: Violation, message: string) {
    super(message);
    this.scenario = scenario;
    this.violation = violation;
  }
}

/**
 * A property for `fc.asyncProperty(scenarios(...), holds(...))`: rejects with a
 * `ScenarioFailure` that says what is wrong in the smallest scenario found, where that
 * is kept, and how to run it again. While OVERLAYCAST_SCENARIO names such a file, that
 * is the scenario, whatever was drawn.
 */
export function holds<A extends Application>(options: HoldsOptions<A> = {}): (scenario: Scenario) => Promise<void> {
  const violationIn = async (scenario: Scenario): Promise<Violation | undefined> => {
    const { violations } = options.wire === 'datagrams' ? await simulateStack(scenario, options) : simulate(scenario, options);
    return violations[0];
  };
  return async (drawn) => {
    const file = env[SCENARIO_VARIABLE];
    const scenario = file === undefined ? drawn : parseScenario(JSON.parse(readFileSync(file, 'utf8')));
    const first = await violationIn(scenario);
    if (first === undefined) return;
    if (file !== undefined) throw new ScenarioFailure(scenario, first, failureText(scenario, first, file, options));
    const endMs = performance.now() + (options.shrinkMsMax ?? SHRINK_MS_MAX);
    const fails = async (candidate: Scenario): Promise<boolean> => (await violationIn(candidate))?.invariant === first.invariant;
    const { scenario: small } = await shrink(scenario, fails, { runsMax: SHRINK_RUNS_MAX, goOn: () => performance.now() < endMs });
    const violation = (await violationIn(small)) ?? first;
    throw new ScenarioFailure(small, violation, failureText(small, violation, saved(small), options));
  };
}

/** Names the file of a scenario that is to be run again. */
const SCENARIO_VARIABLE = 'OVERLAYCAST_SCENARIO';

/** What making a failing scenario small may take. */
const SHRINK_RUNS_MAX = 20_000;
const SHRINK_MS_MAX = 30_000;

/** The file that a scenario is kept in. */
function saved(scenario: Scenario): string {
  const file = join(mkdtempSync(join(tmpdir(), 'overlaycast-')), 'scenario.json');
  writeFileSync(file, `${JSON.stringify(scenario, null, 2)}\n`);
  return file;
}

function failureText<A extends Application>(scenario: Scenario, { invariant, atMs, peer, what }: Violation, file: string, { application, invariants, wire }: HoldsOptions<A>): string {
  const command = `overlay-sim run ${file} --seed ${scenario.seed}${wire === 'datagrams' ? ' --wire datagrams' : ''}`;
  const hasOwn = application !== undefined || invariants !== undefined;
  return [
    `${invariant} violated at ${atMs} ms${peer === undefined ? '' : `, peer ${peer}`}: ${what}`,
    `seed ${scenario.seed}, ${scenario.peers.length} peers, ${scenario.faults.length} faults, ${scenario.publishes.length + (scenario.commands?.length ?? 0)} messages and commands: ${JSON.stringify(scenario)}`,
    hasOwn ? `to run it again: this test with ${SCENARIO_VARIABLE}=${file}; the protocols alone: ${command}` : `to run it again: ${command}`,
  ].join('\n');
}

function ownApplication<A extends Application>({ application }: Pick<HoldsOptions<A>, 'application'>): { readonly application?: StartApplication<A> } {
  return application === undefined ? {} : { application };
}

function ownInvariants<A extends Application>({ invariants = [], ...options }: Pick<HoldsOptions<A>, 'agree' | 'invariants'>): readonly Invariant<StackView>[] {
  return [...invariants, ...agreement(options)];
}

function agreement<A extends Application>({ agree }: Pick<HoldsOptions<A>, 'agree'>): Invariant<StackView>[] {
  if (agree === undefined) return [];
  return [{
    name: 'applications-agree',
    claim: 'in the end the applications on live peers agree',
    kind: 'liveness',
    watch: (run, report) => ({
      atEnd() {
        const applications = new Map(run.up.flatMap((peer) => {
          const application = run.application(peer);
          // Each was made by the function that came with `agree`.
          return application === undefined ? [] : [[peer, application as A] as const];
        }));
        const what = agree(applications);
        if (what !== undefined) report(what);
      },
    }),
  }];
}
