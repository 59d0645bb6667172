import { expect, test } from 'vitest';
import { ESM_2000 } from '../../../../sim/experiments/reproductions/esm-2000.ts';

const SEED = 1;

test(`the small version of esm-2000 reproduces its rows, each with a value for each seed (seed ${SEED})`, () => {
  const shares: number[] = [];
  const rows = ESM_2000.run({ seed: SEED, quick: true, onShare: (share) => shares.push(share) });
  expect(rows.filter(({ verdict }) => verdict === 'not reproduced')).toEqual([]);
  expect(rows.filter(({ verdict }) => verdict === 'reported').map(({ what }) => what)).toEqual(
    [8, 16, 32, 64].flatMap((size) => [
      `worst link stress of Narada, ${size} members`, `90th percentile RDP of Narada, ${size} members`, `control traffic of Narada per member, ${size} members, bytes per second`,
    ]),
  );
  expect(rows.filter(({ verdict, note }) => verdict === 'reported' && note === undefined)).toEqual([]);
  expect(rows.map(({ measured }) => measured.count)).toEqual([...new Array<number>(28).fill(2), 1, 1]);
  expect(rows.find(({ what }) => what === 'worst link stress of unicast, 64 members')?.measured).toMatchObject({ mean: 63, deviation: 0 });
  expect(shares).toEqual([...shares].sort((x, y) => x - y));
  expect(shares.at(-1)).toBeCloseTo(1, 12);
  expect(ESM_2000.method(true)).toContain('8, 16, 32, 64 members');
});
