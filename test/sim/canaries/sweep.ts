import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { SWARM_DEFAULTS, type SwarmOptions, runSeed } from '../../../sim/scenario/swarm.ts';
import type { Canary } from './canary.ts';

/** Seeds that a canary may live through in a test; results/canaries.txt has how many each does. */
export const SEEDS_MAX = 200;

/** How a canary was noticed. */
export interface Notice {
  readonly canary: string;
  readonly contracts: readonly string[];
  /** The invariant, or `exception`; absent when no seed showed anything. */
  readonly invariant?: string;
  /** Seeds until then, that one included; or all that were run. */
  readonly seeds: number;
  readonly what?: string;
  /** Whether the same seed holds with the code as it is: else it says nothing. */
  readonly soundWithout?: boolean;
}

/** Runs the swarm on broken code, from seed 1 on, until it notices something or `seedsMax` have run. Mends the code in any case. */
export function sweep({ name, contracts, hatch }: Canary, seedsMax: number): Notice {
  const options: SwarmOptions = { ...SWARM_DEFAULTS, contracts: CONTRACTS.filter((contract) => contracts.includes(contract.name)) };
  for (let seed = 1; seed <= seedsMax; seed++) {
    const noticed = violationOf(hatch, seed, options);
    if (noticed === undefined) continue;
    const soundWithout = runSeed(seed, options).violations.length === 0;
    return { canary: name, contracts, ...noticed, seeds: seed, soundWithout };
  }
  return { canary: name, contracts, seeds: seedsMax };
}

function violationOf(hatch: Canary['hatch'], seed: number, options: SwarmOptions): { readonly invariant: string; readonly what: string } | undefined {
  const undo = hatch();
  try {
    const [violation] = runSeed(seed, options).violations;
    return violation === undefined ? undefined : { invariant: violation.invariant, what: violation.what };
  } catch (error) {
    return { invariant: 'exception', what: error instanceof Error ? error.message : String(error) };
  } finally {
    undo();
  }
}
