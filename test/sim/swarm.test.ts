import { describe, expect, test } from 'vitest';
import { drawScenario } from '../../sim/scenario/draw.ts';
import { INVARIANTS } from '../../sim/scenario/invariants.ts';
import { runScenario } from '../../sim/scenario/run-scenario.ts';
import { runSeed } from '../../sim/swarm/swarm.ts';
import { SwarmTally } from '../../sim/swarm/tally.ts';

/** The share of the swarm that every test run has; `npm run swarm` has more. */
const FROM = 1001;
const SEEDS = 150;

/** Seeds of the runs that are compared. */
const COMPARED = [3, 9, 14, 22] as const;

describe('the swarm', () => {
  test(`holds for seeds ${FROM} to ${FROM + SEEDS - 1}; again: npx overlay-sim swarm --from ${FROM} --seeds ${SEEDS}`, async () => {
    const tally = new SwarmTally();
    for (let seed = FROM; seed < FROM + SEEDS; seed++) tally.add(await runSeed(seed));
    const { failing, faults, ranTwice, wholeStack, deliveries } = tally.summary;
    expect(failing.map(({ seed, protocol, violations: [violation] }) => (
      `seed ${seed}, ${protocol}: ${violation?.invariant}: ${violation?.what}; again: npx overlay-sim swarm --from ${seed} --seeds 1`
    ))).toEqual([]);
    expect(Object.entries(faults).filter(([, { effective }]) => effective === 0)).toEqual([]);
    expect(ranTwice).toBeGreaterThanOrEqual(Math.floor(SEEDS / 16));
    expect(wholeStack).toBeGreaterThanOrEqual(Math.floor(SEEDS / 16));
    expect(deliveries).toBeGreaterThan(SEEDS * 100);
  });

  test.each(COMPARED)('seed %i comes out the same a second time, and by bytes', (seed) => {
    const scenario = drawScenario(seed);
    const first = runScenario(scenario, { invariants: INVARIANTS });
    expect(runScenario(scenario, { invariants: INVARIANTS })).toEqual(first);
    expect(runScenario(scenario, { invariants: INVARIANTS, wire: 'bytes' })).toEqual(first);
    expect(first).toMatchObject({ traceHash: expect.stringMatching(/^[\da-f]{16}$/), stateHash: expect.stringMatching(/^[\da-f]{8}$/), violations: [] });
  });

  test('watching changes nothing: without invariants the same trace', () => {
    const scenario = drawScenario(COMPARED[0]);
    const { traceHash, stateHash } = runScenario({ ...scenario, settleMs: 0 }, { invariants: [] });
    expect(runScenario({ ...scenario, settleMs: 0 }, { invariants: INVARIANTS.filter(({ kind }) => kind === 'safety') })).toMatchObject({ traceHash, stateHash });
  });

  test('another seed is another scenario and another trace', () => {
    const [x, y] = [5, 6].map((seed) => runScenario(drawScenario(seed), { invariants: [] }));
    expect(x?.traceHash).not.toBe(y?.traceHash);
  });
});
