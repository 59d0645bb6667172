import { beforeAll, describe, expect, test } from 'vitest';
import type { ReproductionRow } from '../../../sim/experiments/reproduction.ts';
import { NICE_2002 } from '../../../sim/experiments/reproductions/nice-2002.ts';

describe('nice-2002, the quick version (seed 1)', () => {
  const shares: number[] = [];
  let rows: readonly ReproductionRow[] = [];
  beforeAll(() => {
    rows = NICE_2002.run({ seed: 1, quick: true, onShare: (share) => shares.push(share) });
  }, 120_000);

  test('finds what section 2 derives, and a group that has recovered a minute after a sudden leave', () => {
    const own = rows.filter(({ where }) => !where.startsWith('abstract'));
    expect(own.filter(({ verdict }) => verdict === 'not reproduced').map(({ what, measured }) => [what, measured.mean])).toEqual([]);
    expect(own.map(({ what }) => what)).toEqual(expect.arrayContaining([
      'share of members that get a message, 64 members',
      'control messages of the busiest member, 64 over 32 members',
      '8 of 64 members leave at once: members that get the last message, a minute later',
    ]));
  });

  test('has rows beside Narada, and judges no bound that is not the paper\'s', () => {
    expect(rows.some(({ what }) => what.includes('Narada'))).toBe(true);
    expect(rows.filter(({ verdict }) => verdict === 'reported').map(({ published, note }) => [published.kind, note === undefined])).toEqual(new Array(6).fill(['none', false]));
  });

  test('tells how far it has come', () => {
    expect(shares).toEqual([...shares].sort((x, y) => x - y));
    expect(shares.at(-1)).toBe(1);
  });
});
