import { CONTRACTS, type Contract } from './bounds.ts';
import { drawScenario } from './draw.ts';
import type { Invariant, Violation } from './invariant.ts';
import { INVARIANTS } from './invariants.ts';
import { type ScenarioResult, runScenario } from './run-scenario.ts';
import type { FaultKind, Scenario } from './scenario.ts';

/** What every seed of a swarm has in common. */
export interface SwarmOptions {
  readonly contracts: readonly Contract[];
  readonly peersMax: number;
  readonly activeMs: number;
  /** Every this many seeds one is run again, by bytes, and must come out the same. */
  readonly againEvery: number;
  readonly invariants: readonly Invariant[];
}

export const SWARM_DEFAULTS: SwarmOptions = { contracts: CONTRACTS, peersMax: 32, activeMs: 12_000, againEvery: 16, invariants: INVARIANTS };

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  /** The contract's name. */
  readonly protocol: string;
  readonly peers: number;
  readonly violations: readonly Violation[];
  /** Times each kind of fault was scheduled, and what it affected. */
  readonly faults: readonly (readonly [kind: FaultKind, affected: number])[];
  readonly published: number;
  readonly skipped: number;
  readonly deliveries: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly ranTwice: boolean;
}

/** Draws and runs the scenario of one seed. Deterministic in its arguments. */
export function runSeed(seed: number, options: SwarmOptions = SWARM_DEFAULTS): SeedOutcome {
  const scenario = drawScenario(seed, options);
  const result = runScenario(scenario, { invariants: options.invariants });
  const ranTwice = seed % options.againEvery === 0;
  const violations = ranTwice && result.violations.length === 0 ? differences(scenario, result, options) : result.violations;
  return {
    seed,
    protocol: scenario.name,
    peers: scenario.peers.length,
    violations,
    faults: result.faults.map(({ fault, affected }) => [fault.kind, affected]),
    published: result.published,
    skipped: result.skipped,
    deliveries: result.deliveries,
    events: result.events,
    virtualMs: result.endMs,
    ranTwice,
  };
}

/** A second run, in which messages cross as bytes, must do the same: a hidden clock, a leaking order or a codec that loses something shows here. */
function differences(scenario: Scenario, first: ScenarioResult, { invariants }: SwarmOptions): Violation[] {
  const again = runScenario(scenario, { invariants, wire: 'bytes' });
  if (again.traceHash === first.traceHash && again.stateHash === first.stateHash) return [];
  return [{ invariant: 'deterministic', atMs: again.endMs, what: `a second run, by bytes, has trace ${again.traceHash} and state ${again.stateHash}, the first ${first.traceHash} and ${first.stateHash}` }];
}

/** A swarm in numbers. */
export interface SwarmSummary {
  readonly seeds: number;
  readonly failing: readonly SeedOutcome[];
  readonly byProtocol: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, FaultSummary>>;
  readonly published: number;
  readonly skipped: number;
  readonly deliveries: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly ranTwice: number;
}

/** How often a kind of fault was scheduled, how often it did something, and how much. */
export interface FaultSummary {
  readonly scheduled: number;
  readonly effective: number;
  readonly affected: number;
}

/** The sum of all outcomes, whatever order they came in. */
export function summarise(outcomes: readonly SeedOutcome[]): SwarmSummary {
  const inOrder = [...outcomes].sort((x, y) => x.seed - y.seed);
  const sum = (of: (outcome: SeedOutcome) => number): number => inOrder.reduce((total, outcome) => total + of(outcome), 0);
  const byProtocol: Record<string, number> = {};
  const faults: Record<string, { scheduled: number; effective: number; affected: number }> = {};
  for (const outcome of inOrder) {
    byProtocol[outcome.protocol] = (byProtocol[outcome.protocol] ?? 0) + 1;
    for (const [kind, affected] of outcome.faults) {
      const count = (faults[kind] ??= { scheduled: 0, effective: 0, affected: 0 });
      count.scheduled++;
      count.affected += affected;
      if (affected > 0) count.effective++;
    }
  }
  return {
    seeds: inOrder.length,
    failing: inOrder.filter(({ violations }) => violations.length > 0),
    byProtocol: sorted(byProtocol),
    faults: sorted(faults),
    published: sum(({ published }) => published),
    skipped: sum(({ skipped }) => skipped),
    deliveries: sum(({ deliveries }) => deliveries),
    events: sum(({ events }) => events),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    ranTwice: sum(({ ranTwice }) => (ranTwice ? 1 : 0)),
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([x], [y]) => (x < y ? -1 : 1)));
}
