import { afterEach, describe, expect, test, vi } from 'vitest';
import { Flooding } from '../../../lib/dissemination/flooding.ts';
import type { Invariant, StackView } from '../../../sim/scenario/invariant.ts';
import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { runWith } from '../../../sim/swarm/run-with.ts';
import { SWARM_DEFAULTS, planSeed, runSeed } from '../../../sim/swarm/swarm.ts';

const QUICK = { ...SWARM_DEFAULTS, contracts: CONTRACTS.filter(({ name }) => name === 'flood'), peersMax: 4, activeMs: 2000 };

/** Refuses every second run, and no other. */
function alternating(): Invariant<StackView> {
  let runs = 0;
  return { name: 'alternating', claim: '', kind: 'safety', watch: (_run, report) => (runs++ % 2 === 0 ? undefined : { onTick: () => report('is not the first') }) };
}

describe('runSeed', () => {
  test.each([8, 5])('is the same each time: %i', async (seed) => {
    expect(await runSeed(seed, QUICK)).toEqual(await runSeed(seed, QUICK));
    expect(await runSeed(seed, QUICK)).toMatchObject({ seed, protocol: 'flood', violations: [], ranTwice: seed === 8 });
  });

  test('tells what was violated', async () => {
    const broken: Invariant<StackView> = { name: 'no-time', claim: '', kind: 'safety', watch: (run, report) => ({ onTick: () => report(`it is ${run.nowMs} ms`, 0) }) };
    const what = [{ invariant: 'no-time', atMs: 250, peer: 0, what: 'it is 250 ms' }];
    expect((await runSeed(5, { ...QUICK, invariants: [broken] })).violations).toEqual(what);
    expect((await runSeed(8, { ...QUICK, invariants: [broken] })).violations).toEqual(what);
  });
});

describe('a broken protocol', () => {
  afterEach(() => { vi.restoreAllMocks(); });
  const { scenario } = planSeed(8, QUICK);

  test.each(['objects', 'bytes', 'datagrams'] as const)('that throws is a violation: %s', async (wire) => {
    vi.spyOn(Flooding.prototype, 'publish').mockImplementation(() => { throw new TypeError('oops'); });
    expect((await runWith(scenario, { wire })).violations).toMatchObject([{ invariant: 'throws-nothing', what: expect.stringMatching(/^TypeError: oops\n +at /) }]);
  });
});

describe('planSeed', () => {
  test('every 16th seed is for the whole stack, with fewer peers; of each kind every 4th is run twice', () => {
    const plans = Array.from({ length: 512 }, (_, seed) => planSeed(seed));
    const seeds = (which: (plan: (typeof plans)[number]) => boolean): number[] => plans.flatMap((plan, seed) => (which(plan) ? [seed] : []));
    expect(seeds(({ wire }) => wire === 'datagrams')).toEqual(Array.from({ length: 32 }, (_, index) => 16 * index + 8));
    expect(seeds(({ wire, twice }) => wire === 'datagrams' && twice)).toEqual(Array.from({ length: 8 }, (_, index) => 64 * index + 8));
    expect(seeds(({ wire, twice }) => wire === 'objects' && twice)).toEqual(Array.from({ length: 128 }, (_, index) => 4 * index).filter((seed) => seed % 16 !== 8));
    const most = (wire: string): number => Math.max(...plans.filter((plan) => plan.wire === wire).map(({ scenario }) => scenario.peers.length));
    expect([most('objects'), most('datagrams')]).toEqual([32, 12]);
  });

  test.each(['objects', 'datagrams'] as const)('one form for all seeds: %s, and every 4th is run twice', (wire) => {
    const plans = Array.from({ length: 16 }, (_, seed) => planSeed(seed, { ...SWARM_DEFAULTS, wire }));
    expect(plans.map((plan) => [plan.wire, plan.twice])).toEqual(plans.map((_, seed) => [wire, seed % 4 === 0]));
  });

  test('a seed stands for the same scenario, whether it comes to a form by turns or all do', () => {
    for (const [seed, wire] of [[SWARM_DEFAULTS.stackEvery >> 1, 'datagrams'], [5, 'objects']] as const) expect(planSeed(seed, { ...SWARM_DEFAULTS, wire }).scenario).toEqual(planSeed(seed).scenario);
  });
});

describe('runWith', () => {
  test.each(['objects', 'bytes', 'datagrams'] as const)('a second run that differs is a violation: %s', async (wire) => {
    const { scenario } = planSeed(8, QUICK);
    expect((await runWith(scenario, { wire, twice: true, invariants: [alternating()] })).violations).toMatchObject([{
      invariant: 'deterministic', what: expect.stringMatching(/^a second run has trace [\da-f]{16} and state [\da-f]{8}, the first [\da-f]{16} and [\da-f]{8}$/),
    }]);
  });
});
