import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import { DEMERS_1987 } from '../../sim/experiments/reproductions/demers-1987.ts';
import { rumorEpidemic } from '../../sim/experiments/reproductions/rumor-epidemic.ts';

const SEED = 1;

describe('the reproduction of Demers et al. 1987', () => {
  test(`in its quick version every row that is judged is reproduced (seed ${SEED})`, () => {
    const shares: number[] = [];
    const rows = DEMERS_1987.run({ seed: SEED, quick: true, onShare: (share) => shares.push(share) });
    expect(rows.filter(({ verdict }) => verdict === 'not reproduced').map(({ what, measured, published }) => ({ what, mean: measured.mean, published }))).toEqual([]);
    const judged = rows.filter(({ verdict }) => verdict === 'reproduced').map(({ where }) => where);
    expect(Object.fromEntries([...new Set(judged)].map((where) => [where, judged.filter((other) => other === where).length]))).toEqual({
      'table 1': 15, 'table 2': 15, 'table 3': 11, 'section 1.4': 5, 'section 3.1, table 4': 3,
    });
    // Not judged: t_ave of push, and a residue that so few runs cannot resolve.
    expect(rows.filter(({ verdict }) => verdict === 'reported').map(({ what }) => what)).toEqual([
      ...[1, 2, 3, 4, 5].map((k) => `push, feedback, counter, k = ${k}: t_ave (cycles)`),
      ...[1, 2, 3, 4, 5].map((k) => `push, blind, coin, k = ${k}: t_ave (cycles)`),
      'pull, feedback, counter, k = 3: s (residue)',
    ]);
    expect(rows.every(({ note, verdict }) => verdict !== 'reported' || note?.startsWith('Not judged') === true)).toBe(true);
    expect([...shares].sort((x, y) => x - y)).toEqual(shares);
    expect(shares.at(-1)).toBe(1);
  }, 120_000);

  test('says what was run, in full and quickly', () => {
    expect(DEMERS_1987.method(false)).toMatch(/2000, 4000, 1000, 5000, 10000 runs a row/);
    expect(DEMERS_1987.method(true)).toMatch(/50, 100 runs a row.*four standard errors/);
    for (const quick of [false, true]) expect(DEMERS_1987.method(quick)).toMatch(/Three stand-ins were tried.*since it alone has less than 6.*trees with hubs have 6\.3.*grids have 7\.5/);
  });
});

describe('an epidemic in synchronous rounds', () => {
  const peers = Array.from({ length: 300 }, (_, peer) => peerRef(peer));

  function epidemic(options: object, seed: number): object {
    return rumorEpidemic(groupConfig({ overlay: 'full', dissemination: { kind: 'rumor', ...options } }), peers, new Random(seed));
  }

  test('is a function of its seed', () => {
    const made = [1, 2, 1].map((seed) => epidemic({ mode: 'push-pull', connectionLimit: 1, huntLimit: 2 }, seed));
    expect(made[0]).toEqual(made[2]);
    expect(made[0]).not.toEqual(made[1]);
  });

  test('push, blind, counter, k = 1: everybody tells once, so that as many updates are sent as there are infected', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { residue, traffic } = epidemic({ mode: 'push', interest: 'blind', stop: 'counter', k: 1 }, seed) as { residue: number; traffic: number };
      expect(traffic).toBeCloseTo(1 - residue, 12);
    }
  });

  test('pull ends too, though everybody asks for ever', () => {
    expect(epidemic({ mode: 'pull', k: 3 }, 1)).toMatchObject({ residue: 0 });
  });
});
