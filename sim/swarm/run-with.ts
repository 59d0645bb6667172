import process from 'node:process';
import type { Invariant, StackView } from '../scenario/invariant.ts';
import { INVARIANTS, STACK_INVARIANTS } from '../scenario/invariants.ts';
import { type ScenarioResult, runScenario } from '../scenario/run-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { THROWS_NOTHING, textOf } from '../scenario/verdict.ts';
import { runStack } from '../stack/run-stack.ts';

/** How messages cross: as objects, as bytes through the codec, or in datagrams, with the whole stack. */
export type Wire = 'objects' | 'bytes' | 'datagrams';

/** How a scenario is run. */
export interface RunWithOptions {
  readonly wire: Wire;
  /** Once more, which must come out the same: a hidden clock, a leaking order or a codec that loses something shows here. What crossed as objects does so as bytes then, and the other way round. */
  readonly twice?: boolean;
  /** Violations after which a run is stopped; 1 by default. */
  readonly violationsMax?: number;
  /** Beside those of the library. */
  readonly invariants?: readonly Invariant<StackView>[];
}

/** Runs a scenario by any wire, with all invariants that can be looked at there. */
export async function runWith(scenario: Scenario, options: RunWithOptions): Promise<ScenarioResult> {
  const first = await runOnce(scenario, options.wire, options);
  if (options.twice !== true || first.violations.length > 0) return first;
  const again = await runOnce(scenario, OTHER_WIRE[options.wire], options);
  if (again.traceHash === first.traceHash && again.stateHash === first.stateHash) return first;
  const what = `a second run has trace ${again.traceHash} and state ${again.stateHash}, the first ${first.traceHash} and ${first.stateHash}`;
  return { ...first, violations: [{ invariant: 'deterministic', atMs: again.endMs, what }] };
}

const OTHER_WIRE: Readonly<Record<Wire, Wire>> = { objects: 'bytes', bytes: 'objects', datagrams: 'datagrams' };

async function runOnce(scenario: Scenario, wire: Wire, { violationsMax = 1, invariants = [] }: RunWithOptions): Promise<ScenarioResult> {
  if (wire !== 'datagrams') return runScenario(scenario, { wire, violationsMax, invariants: [...INVARIANTS, ...invariants] });
  return rejectionsToo(violationsMax, () => runStack(scenario, { violationsMax, invariants: [...STACK_INVARIANTS, ...invariants] }));
}

/** Live peers begin things that nobody waits for: where one of these fails, that is a violation, too. */
async function rejectionsToo(violationsMax: number, run: () => Promise<ScenarioResult>): Promise<ScenarioResult> {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', note);
  try {
    const result = await run();
    await new Promise((resolve) => setImmediate(resolve));
    const thrown = rejections.map((reason) => ({ invariant: THROWS_NOTHING, atMs: result.endMs, what: textOf(reason) }));
    // It comes first: what else is violated is mostly its consequence.
    return { ...result, violations: [...thrown, ...result.violations].slice(0, violationsMax) };
  } finally {
    process.off('unhandledRejection', note);
  }
}
