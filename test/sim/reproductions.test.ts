import { describe, expect, test } from 'vitest';
import type { Reproduction, ReproductionRow } from '../../sim/experiments/reproduction.ts';
import { GLOMERS } from '../../sim/experiments/reproductions/glomers.ts';
import { HYPARVIEW_2007 } from '../../sim/experiments/reproductions/hyparview-2007.ts';
import { PLUMTREE_2007 } from '../../sim/experiments/reproductions/plumtree-2007.ts';

const SEED = 5;
const TIMEOUT_MS = 120_000;

/** The quick version; the shares that it reports grow and stay below 1. */
function quick({ run }: Reproduction): readonly ReproductionRow[] {
  const shares: number[] = [];
  const rows = run({ seed: SEED, quick: true, onShare: (share) => shares.push(share) });
  expect(shares).toEqual([...shares].sort((x, y) => x - y));
  expect(shares.every((share) => share >= 0 && share < 1)).toBe(true);
  return rows;
}

function verdictsOf(rows: readonly ReproductionRow[], verdict: ReproductionRow['verdict']): string[] {
  return rows.filter((row) => row.verdict === verdict).map(({ what }) => what);
}

describe(`the quick versions (seed ${SEED})`, () => {
  test('glomers: the tree has the published messages and latencies, both settings keep the bounds, and the same seed gives the same', () => {
    const rows = quick(GLOMERS);
    expect(verdictsOf(rows, 'not reproduced')).toEqual([]);
    expect(rows.slice(0, 5).map(({ what, measured }) => [what, Math.round(measured.mean)])).toEqual([
      ['server messages per operation', 12],
      ['stable latency, median, ms', expect.closeTo(391, -1)],
      ['stable latency, largest, ms', 500],
      ['until all have it, median, ms', 500],
      ['until all have it, largest, ms', 500],
    ]);
    expect(quick(GLOMERS)).toEqual(rows);
  }, TIMEOUT_MS);

  test('hyparview-2007: reliable after all failures that 1000 peers can be judged by', () => {
    const rows = quick(HYPARVIEW_2007);
    expect(verdictsOf(rows, 'not reproduced')).toEqual([]);
    expect(verdictsOf(rows, 'reproduced')).toEqual([
      'hops of a flood to the last peer, most', 'reliability after 10 % fail', 'reliability after 50 % fail', 'reliability after 80 % fail',
    ]);
  }, TIMEOUT_MS);

  test('plumtree-2007: one payload for each peer once the tree has formed, and soon again after failures', () => {
    const rows = quick(PLUMTREE_2007);
    expect(verdictsOf(rows, 'not reproduced')).toEqual([]);
    expect(rows[0]).toMatchObject({ what: 'payloads once the tree has formed', measured: { mean: 999, deviation: 0 } });
    expect(verdictsOf(rows, 'reproduced')).toEqual([
      'payloads once the tree has formed', 'relative message redundancy, RMR', 'RMR of the flood',
      'cycles until RMR is about 0, 10 % failed', 'cycles until RMR is about 0, 50 % failed', 'cycles until RMR is about 0, 80 % failed',
    ]);
  }, TIMEOUT_MS);
});
