import { describe, expect, test } from 'vitest';
import type { Invariant, StackView } from '../../../sim/scenario/invariant.ts';
import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { runWith } from '../../../sim/swarm/run-with.ts';
import { type SeedOutcome, SWARM_DEFAULTS, planSeed, runSeed, summarise } from '../../../sim/swarm/swarm.ts';

const QUICK = { ...SWARM_DEFAULTS, contracts: CONTRACTS.filter(({ name }) => name === 'flood'), peersMax: 4, activeMs: 2000 };

function outcome(seed: number, more: Partial<SeedOutcome> = {}): SeedOutcome {
  return { seed, protocol: 'flood', wire: 'objects', peers: 3, violations: [], faults: [], published: 1, skipped: 2, deliveries: 3, events: 4, virtualMs: 5, ranTwice: false, ...more };
}

/** Refuses every second run, and no other. */
function alternating(): Invariant<StackView> {
  let runs = 0;
  return { name: 'alternating', claim: '', kind: 'safety', watch: (_run, report) => (runs++ % 2 === 0 ? undefined : { onTick: () => report('is not the first') }) };
}

describe('runSeed', () => {
  test.each([4, 5])('is the same each time: %i', async (seed) => {
    expect(await runSeed(seed, QUICK)).toEqual(await runSeed(seed, QUICK));
    expect(await runSeed(seed, QUICK)).toMatchObject({ seed, protocol: 'flood', violations: [], ranTwice: seed === 4 });
  });

  test('tells what was violated', async () => {
    const broken: Invariant<StackView> = { name: 'no-time', claim: '', kind: 'safety', watch: (run, report) => ({ onTick: () => report(`it is ${run.nowMs} ms`, 0) }) };
    const what = [{ invariant: 'no-time', atMs: 250, peer: 0, what: 'it is 250 ms' }];
    expect((await runSeed(5, { ...QUICK, invariants: [broken] })).violations).toEqual(what);
    expect((await runSeed(4, { ...QUICK, invariants: [broken] })).violations).toEqual(what);
  });
});

describe('planSeed', () => {
  test('every 8th seed is for the whole stack, with fewer peers; of each kind every 16th is run twice', () => {
    const plans = Array.from({ length: 512 }, (_, seed) => planSeed(seed));
    const seeds = (which: (plan: (typeof plans)[number]) => boolean): number[] => plans.flatMap((plan, seed) => (which(plan) ? [seed] : []));
    expect(seeds(({ wire }) => wire === 'datagrams')).toEqual(Array.from({ length: 64 }, (_, index) => 8 * index + 4));
    expect(seeds(({ wire, twice }) => wire === 'datagrams' && twice)).toEqual([4, 132, 260, 388]);
    expect(seeds(({ wire, twice }) => wire === 'objects' && twice)).toEqual(Array.from({ length: 32 }, (_, index) => 16 * index));
    const most = (wire: string): number => Math.max(...plans.filter((plan) => plan.wire === wire).map(({ scenario }) => scenario.peers.length));
    expect([most('objects'), most('datagrams')]).toEqual([32, 12]);
  });
});

describe('runWith', () => {
  test.each(['objects', 'bytes', 'datagrams'] as const)('a second run that differs is a violation: %s', async (wire) => {
    const { scenario } = planSeed(4, QUICK);
    expect((await runWith(scenario, { wire, twice: true, invariants: [alternating()] })).violations).toMatchObject([{
      invariant: 'deterministic', what: expect.stringMatching(/^a second run has trace [\da-f]{16} and state [\da-f]{8}, the first [\da-f]{16} and [\da-f]{8}$/),
    }]);
  });
});

describe('summarise', () => {
  test('adds up, by seed, whatever order outcomes come in', () => {
    const violations = [{ invariant: 'x', atMs: 1, what: 'y' }];
    const outcomes = [
      outcome(3, { protocol: 'rumor', wire: 'datagrams', faults: [['loss', 7], ['crash', 0]], violations }),
      outcome(1, { faults: [['loss', 0], ['loss', 5]], ranTwice: true }),
      outcome(2, { violations }),
    ];
    const summary = {
      seeds: 3,
      failing: [outcome(2, { violations }), outcome(3, { protocol: 'rumor', wire: 'datagrams', faults: [['loss', 7], ['crash', 0]], violations })],
      byProtocol: { flood: 2, rumor: 1 },
      faults: { crash: { scheduled: 1, effective: 0, affected: 0 }, loss: { scheduled: 3, effective: 2, affected: 12 } },
      published: 3, skipped: 6, deliveries: 9, events: 12, virtualMs: 15, ranTwice: 1, wholeStack: 1,
    };
    expect(JSON.stringify(summarise(outcomes))).toBe(JSON.stringify(summary));
    expect(JSON.stringify(summarise([...outcomes].reverse()))).toBe(JSON.stringify(summary));
  });
});
