import { CONTRACTS, type Contract } from '../scenario/bounds.ts';
import type { Invariant, StackView, Violation } from '../scenario/invariant.ts';
import type { FaultKind, Scenario } from '../scenario/scenario.ts';
import { drawScenario } from '../scenario/draw.ts';
import { type Wire, runWith } from './run-with.ts';

/** What every seed of a swarm has in common. */
export interface SwarmOptions {
  readonly contracts: readonly Contract[];
  readonly peersMax: number;
  readonly activeMs: number;
  /** The one form that all seeds run in; `undefined` for objects, and the whole stack now and then. */
  readonly wire: SwarmWire | undefined;
  /** Every this many seeds one is run with the whole stack, with fewer peers. */
  readonly stackEvery: number;
  readonly stackPeersMax: number;
  /** Every this many seeds of a kind one is run again, by bytes where it was by objects, and must come out the same. */
  readonly againEvery: number;
  /** Beside those of the library. */
  readonly invariants: readonly Invariant<StackView>[];
}

/** The forms that a swarm runs scenarios in. */
export type SwarmWire = Exclude<Wire, 'bytes'>;

export const SWARM_DEFAULTS: SwarmOptions = { contracts: CONTRACTS, peersMax: 32, activeMs: 12_000, wire: undefined, stackEvery: 16, stackPeersMax: 12, againEvery: 4, invariants: [] };

/** What a seed stands for. */
export interface SeedPlan {
  readonly scenario: Scenario;
  readonly wire: SwarmWire;
  /** It must come out the same a second time. */
  readonly twice: boolean;
}

/** Draws what one seed stands for. Deterministic in its arguments. */
export function planSeed(seed: number, options: SwarmOptions = SWARM_DEFAULTS): SeedPlan {
  const { stackEvery, stackPeersMax, againEvery } = options;
  const { wire = seed % stackEvery === stackEvery >> 1 ? 'datagrams' : 'objects' } = options;
  const isStack = wire === 'datagrams';
  const peersMax = isStack ? Math.min(stackPeersMax, options.peersMax) : options.peersMax;
  const ofKind = isStack && options.wire === undefined ? Math.floor(seed / stackEvery) : seed;
  return { scenario: drawScenario(seed, { ...options, peersMax, isLive: isStack }), wire, twice: ofKind % againEvery === 0 };
}

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  /** The contract's name. */
  readonly protocol: string;
  readonly wire: SwarmWire;
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
  readonly traceHash: string;
  readonly stateHash: string;
}

/** Runs what one seed stands for. Deterministic in its arguments. */
export async function runSeed(seed: number, options: SwarmOptions = SWARM_DEFAULTS): Promise<SeedOutcome> {
  const { scenario, wire, twice } = planSeed(seed, options);
  const { violations, faults, published, skipped, deliveries, events, endMs, traceHash, stateHash } = await runWith(scenario, { wire, twice, invariants: options.invariants });
  return {
    seed,
    protocol: scenario.name,
    wire,
    peers: scenario.peers.length,
    violations,
    faults: faults.map(({ fault, affected }) => [fault.kind, affected]),
    published, skipped, deliveries, events,
    virtualMs: endMs,
    ranTwice: twice,
    traceHash, stateHash,
  };
}
