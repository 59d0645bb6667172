import { expect, test } from 'vitest';
import type { SeedOutcome } from '../../../sim/swarm/swarm.ts';
import { SwarmTally } from '../../../sim/swarm/tally.ts';

function outcome(seed: number, more: Partial<SeedOutcome> = {}): SeedOutcome {
  return {
    seed, protocol: 'flood', wire: 'objects', peers: 3, violations: [], faults: [], published: 1, skipped: 2, deliveries: 3, events: 4, virtualMs: 5, ranTwice: false,
    traceHash: `trace ${seed}`, stateHash: 'state', ...more,
  };
}

function summaryOf(outcomes: readonly SeedOutcome[]): SwarmTally['summary'] {
  const tally = new SwarmTally();
  for (const each of outcomes) tally.add(each);
  return tally.summary;
}

const VIOLATIONS = [{ invariant: 'x', atMs: 1, what: 'y' }];
const OUTCOMES = [
  outcome(3, { protocol: 'rumor', wire: 'datagrams', faults: [['loss', 7], ['crash', 0]], violations: VIOLATIONS }),
  outcome(1, { faults: [['loss', 0], ['loss', 5]], ranTwice: true }),
  outcome(2, { violations: VIOLATIONS }),
];

test('a tally adds up, by seed, whatever order outcomes come in', () => {
  const summary = {
    seeds: 3,
    failed: 2,
    failing: [OUTCOMES[2], OUTCOMES[0]],
    byProtocol: { flood: 2, rumor: 1 },
    faults: { crash: { scheduled: 1, effective: 0, affected: 0 }, loss: { scheduled: 3, effective: 2, affected: 12 } },
    published: 3, skipped: 6, deliveries: 9, events: 12, virtualMs: 15, ranTwice: 1, wholeStack: 1,
    hash: summaryOf(OUTCOMES).hash,
  };
  expect(JSON.stringify(summaryOf(OUTCOMES))).toBe(JSON.stringify(summary));
  expect(JSON.stringify(summaryOf([...OUTCOMES].reverse()))).toBe(JSON.stringify(summary));
});

test('another trace or another state of one seed is another hash', () => {
  const hashes = [OUTCOMES, [...OUTCOMES.slice(0, 2), outcome(2, { traceHash: 'other' })], [...OUTCOMES.slice(0, 2), outcome(2, { stateHash: 'other' })]].map((all) => summaryOf(all).hash);
  expect(hashes).toEqual(hashes.map(() => expect.stringMatching(/^[\da-f]{16}$/)));
  expect(new Set(hashes).size).toBe(3);
});

test('of very many that fail those with the lowest seeds are kept, and all counted', () => {
  const { failed, failing } = summaryOf(Array.from({ length: 1200 }, (_, index) => outcome(1200 - index, { violations: VIOLATIONS })));
  expect([failed, failing.length, failing[0]?.seed, failing.at(-1)?.seed]).toEqual([1200, 1000, 1, 1000]);
});
