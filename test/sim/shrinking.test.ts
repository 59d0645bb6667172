import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { FAULT_KINDS, drawFault } from '../../sim/scenario/draw.ts';
import { INVARIANTS } from '../../sim/scenario/invariants.ts';
import { parseScenario } from '../../sim/scenario/parse.ts';
import { runScenario } from '../../sim/scenario/run-scenario.ts';
import type { Fault, Scenario } from '../../sim/scenario/scenario.ts';
import { shrink } from '../../sim/swarm/shrink.ts';
import { CANARIES } from './canaries/canaries.ts';

const PEERS = 30;
const FAULTS = 20;
const ACTIVE_MS = 12_000;
/** Two minutes are promised; most of these take seconds. */
const RUNS_MAX = 2000;
/** Scenarios in which a defect must show. */
const SEEDS_MAX = 10;

/** A large scenario in which nearly everything goes wrong. */
function large(seed: number): Scenario {
  const random = new Random(seed).fork('large');
  const underlay = { kind: 'generated', name: 'ring', parameters: { routers: PEERS }, seed } as const;
  const hosts = Array.from({ length: PEERS }, (_, host) => host);
  const faults: Fault[] = [];
  while (faults.length < FAULTS) {
    const fault = drawFault(random, FAULT_KINDS[faults.length % FAULT_KINDS.length] ?? 'loss', hosts, underlay, ACTIVE_MS);
    if (fault !== undefined) faults.push(fault);
  }
  return {
    format: 'overlaycast-scenario/1', name: 'large', seed, underlay,
    group: { dissemination: 'flooding', repair: 'anti-entropy' },
    peers: hosts.map((host) => ({ host, joinMs: host * 100 })),
    publishes: Array.from({ length: 40 }, (_, index) => ({ atMs: 3000 + index * 200, peer: (index % 3) * 7, bytes: 100 })),
    faults,
    settleMs: 20_000,
  };
}

function firstViolation(scenario: Scenario): string | undefined {
  return runScenario(scenario, { invariants: INVARIANTS }).violations[0]?.invariant;
}

describe(`a defect in ${PEERS} peers and ${FAULTS} faults is made small`, () => {
  test.each(['what a partner lacks leaves out some', 'a link that is down is ignored', 'a payload changes when it is passed on'])('%s', async (name) => {
    const undo = CANARIES.find((canary) => canary.name === name)?.hatch();
    try {
      const scenario = Array.from({ length: SEEDS_MAX }, (_, index) => large(index + 1)).find((drawn) => firstViolation(drawn) !== undefined);
      if (scenario === undefined) throw new Error(`no seed up to ${SEEDS_MAX} shows it`);
      const invariant = firstViolation(scenario);
      const { scenario: small, runs } = await shrink(scenario, (candidate) => firstViolation(candidate) === invariant, { runsMax: RUNS_MAX });
      expect({ peers: small.peers.length <= 5, faults: small.faults.length <= 3, runs: runs <= RUNS_MAX, underlay: small.underlay.kind }).toEqual({ peers: true, faults: true, runs: true, underlay: 'equal' });
      // What is kept in a file fails like what was found.
      expect(firstViolation(parseScenario(JSON.parse(JSON.stringify(small))))).toBe(invariant);
      undo?.();
      expect([scenario, small].map(firstViolation)).toEqual([undefined, undefined]);
    } finally {
      undo?.();
    }
  });
});
