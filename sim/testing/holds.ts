import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application, StartApplication } from '../scenario/application.ts';
import type { Invariant, StackView, Violation } from '../scenario/invariant.ts';
import { INVARIANTS, STACK_INVARIANTS } from '../scenario/invariants.ts';
import { type ScenarioResult, runScenario } from '../scenario/run-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { shrink } from '../scenario/shrink.ts';
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
  readonly invariants?: readonly Invariant[];
  /** Time that making a failing scenario small may take, in ms. Default 30 000. */
  readonly shrinkMsMax?: number;
}

/** Runs a scenario with the library's invariants, those given, and the application. Throws nothing for what is violated. */
export function simulate<A extends Application>(scenario: Scenario, options: HoldsOptions<A> = {}): ScenarioResult {
  const { application, invariants = [] } = options;
  return runScenario(scenario, {
    invariants: [...INVARIANTS, ...invariants, ...agreement(options)],
    ...(application !== undefined && { application }),
  });
}

/** As `simulate`, with the whole stack: live peers and UDP links over simulated sockets. Slower, some ten times. */
export function simulateStack<A extends Application>(scenario: Scenario, options: Pick<HoldsOptions<A>, 'application' | 'agree'> = {}): Promise<ScenarioResult> {
  const { application } = options;
  return runStack(scenario, { invariants: [...STACK_INVARIANTS, ...agreement(options)], ...(application !== undefined && { application }) });
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
 * is kept, and how to run it again.
 */
export function holds<A extends Application>(options: HoldsOptions<A> = {}): (scenario: Scenario) => Promise<void> {
  return async (scenario) => {
    const first = simulate(scenario, options).violations[0];
    if (first === undefined) return;
    const endMs = performance.now() + (options.shrinkMsMax ?? 30_000);
    const fails = (candidate: Scenario): boolean => simulate(candidate, options).violations[0]?.invariant === first.invariant;
    const { scenario: small } = shrink(scenario, fails, { runsMax: 20_000, goOn: () => performance.now() < endMs });
    const violation = simulate(small, options).violations[0] ?? first;
    throw new ScenarioFailure(small, violation, failureText(small, violation, options.application !== undefined));
  };
}

function failureText(scenario: Scenario, { invariant, atMs, peer, what }: Violation, hasApplication: boolean): string {
  const file = join(mkdtempSync(join(tmpdir(), 'overlaycast-')), 'scenario.json');
  writeFileSync(file, `${JSON.stringify(scenario, null, 2)}\n`);
  const again = hasApplication ? `simulate(JSON.parse(readFileSync('${file}', 'utf8')), ...) with the same application` : 'the command below';
  return [
    `${invariant} violated at ${atMs} ms${peer === undefined ? '' : `, peer ${peer}`}: ${what}`,
    `seed ${scenario.seed}, ${scenario.peers.length} peers, ${scenario.faults.length} faults, ${scenario.publishes.length + (scenario.commands?.length ?? 0)} messages and commands: ${JSON.stringify(scenario)}`,
    `to run it again: ${again}; overlay-sim run ${file} --seed ${scenario.seed}`,
  ].join('\n');
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
