import { describe, expect, test } from 'vitest';
import type { Invariant } from '../../../sim/scenario/invariant.ts';
import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { type SeedOutcome, SWARM_DEFAULTS, runSeed, summarise } from '../../../sim/scenario/swarm.ts';

const QUICK = { ...SWARM_DEFAULTS, contracts: CONTRACTS.filter(({ name }) => name === 'flood'), peersMax: 4, activeMs: 2000 };

function outcome(seed: number, more: Partial<SeedOutcome> = {}): SeedOutcome {
  return { seed, protocol: 'flood', peers: 3, violations: [], faults: [], published: 1, skipped: 2, deliveries: 3, events: 4, virtualMs: 5, ranTwice: false, ...more };
}

/** Refuses every second run, and no other. */
function alternating(): Invariant {
  let runs = 0;
  return { name: 'alternating', claim: '', kind: 'safety', watch: (_run, report) => (runs++ % 2 === 0 ? undefined : { onTick: () => report('is not the first') }) };
}

describe('runSeed', () => {
  test('is the same each time', () => {
    expect(runSeed(5, QUICK)).toEqual(runSeed(5, QUICK));
    expect(runSeed(5, QUICK)).toMatchObject({ seed: 5, protocol: 'flood', violations: [], ranTwice: false });
  });

  test('runs every so many seeds twice', () => {
    expect([15, 16, 32].map((seed) => runSeed(seed, QUICK).ranTwice)).toEqual([false, true, true]);
    expect(runSeed(5, { ...QUICK, againEvery: 5 }).ranTwice).toBe(true);
  });

  test('a second run that differs is a violation', () => {
    expect(runSeed(16, { ...QUICK, invariants: [alternating()] }).violations).toMatchObject([{
      invariant: 'deterministic', what: expect.stringMatching(/^a second run, by bytes, has trace [\da-f]{16} and state [\da-f]{8}, the first [\da-f]{16} and [\da-f]{8}$/),
    }]);
  });

  test('tells what was violated', () => {
    const broken: Invariant = { name: 'no-time', claim: '', kind: 'safety', watch: (run, report) => ({ onTick: () => report(`it is ${run.nowMs} ms`, 0) }) };
    expect(runSeed(5, { ...QUICK, invariants: [broken] }).violations).toEqual([{ invariant: 'no-time', atMs: 250, peer: 0, what: 'it is 250 ms' }]);
  });
});

describe('summarise', () => {
  test('adds up, by seed, whatever order outcomes come in', () => {
    const violations = [{ invariant: 'x', atMs: 1, what: 'y' }];
    const outcomes = [
      outcome(3, { protocol: 'rumor', faults: [['loss', 7], ['crash', 0]], violations }),
      outcome(1, { faults: [['loss', 0], ['loss', 5]], ranTwice: true }),
      outcome(2, { violations }),
    ];
    const summary = {
      seeds: 3,
      failing: [outcome(2, { violations }), outcome(3, { protocol: 'rumor', faults: [['loss', 7], ['crash', 0]], violations })],
      byProtocol: { flood: 2, rumor: 1 },
      faults: { crash: { scheduled: 1, effective: 0, affected: 0 }, loss: { scheduled: 3, effective: 2, affected: 12 } },
      published: 3, skipped: 6, deliveries: 9, events: 12, virtualMs: 15, ranTwice: 1,
    };
    expect(JSON.stringify(summarise(outcomes))).toBe(JSON.stringify(summary));
    expect(JSON.stringify(summarise([...outcomes].reverse()))).toBe(JSON.stringify(summary));
  });
});
