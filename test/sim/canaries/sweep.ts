import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { SWARM_DEFAULTS, type SwarmOptions, runSeed } from '../../../sim/swarm/swarm.ts';
import type { Canary } from './canary.ts';

/** Seeds that a canary may live through in a test; results/canaries.txt has how many each does. */
export const SEEDS_MAX = 200;

/** How a canary was noticed. */
export interface Notice {
  readonly canary: string;
  readonly contracts: readonly string[];
  /** The invariant; absent when no seed showed anything. */
  readonly invariant?: string;
  /** Seeds until then, that one included; or all that were run. */
  readonly seeds: number;
  readonly what?: string;
  /** Whether the same seed holds with the code as it is: else it says nothing. */
  readonly soundWithout?: boolean;
}

/** Runs the swarm on broken code, from seed 1 on, until it notices something or `seedsMax` have run. Mends the code in any case. */
export async function sweep({ name, contracts, wire, hatch }: Canary, seedsMax: number): Promise<Notice> {
  const options: SwarmOptions = { ...SWARM_DEFAULTS, wire, contracts: CONTRACTS.filter((contract) => contracts.includes(contract.name)) };
  for (let seed = 1; seed <= seedsMax; seed++) {
    const noticed = await violationOf(hatch, seed, options);
    if (noticed === undefined) continue;
    const soundWithout = (await runSeed(seed, options)).violations.length === 0;
    return { canary: name, contracts, ...noticed, seeds: seed, soundWithout };
  }
  return { canary: name, contracts, seeds: seedsMax };
}

async function violationOf(hatch: Canary['hatch'], seed: number, options: SwarmOptions): Promise<{ readonly invariant: string; readonly what: string } | undefined> {
  const undo = hatch();
  try {
    const { violations: [violation] } = await runSeed(seed, options);
    return violation === undefined ? undefined : { invariant: violation.invariant, what: violation.what };
  } finally {
    undo();
  }
}
