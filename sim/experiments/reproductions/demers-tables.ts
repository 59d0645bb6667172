import type { RumorOptions } from '../../../lib/core/config.ts';
import { type Tolerance, sampleOf } from '../reproduction.ts';

/** The columns of the tables: residue, traffic, and the mean and the last time of arrival. */
export type Figure = 's' | 'm' | 'tAve' | 'tLast';

/** A line of a table: one variant with one k. */
export interface TableLine {
  readonly where: string;
  readonly name: string;
  readonly variant: Partial<RumorOptions>;
  /** As printed, so that the digits show how far a figure is rounded. */
  readonly published: Readonly<Record<Figure, string>>;
  /** Beside the rounding. */
  readonly tolerances: Readonly<Record<Figure, Tolerance>>;
  readonly runs: { readonly full: number; readonly quick: number };
  readonly notes: Partial<Readonly<Record<Figure, string>>>;
}

const TOLERANCES: TableLine['tolerances'] = {
  s: { kind: 'relative', by: 0.05 },
  m: { kind: 'absolute', by: 0.05 },
  tAve: { kind: 'absolute', by: 0.3 },
  tLast: { kind: 'absolute', by: 0.3 },
};

const T_AVE = 'Not judged: the mean time of arrival, which is what is measured, does not come out as in the tables of push under any reading tried.';

const T_AVE_NOTES = { tAve: T_AVE };

/** What a quick version adds to a tolerance: four standard errors of the mean of what it measured. */
export function slackOf(values: readonly number[], quick: boolean): number {
  return quick ? (4 * sampleOf(values).deviation) / Math.sqrt(values.length) : 0;
}

/** Half a unit of the last digit of a figure. */
export function roundingOf(printed: string): number {
  return 0.5 * 10 ** -(printed.split('.')[1]?.length ?? 0);
}

/** Tables 1, 2 and 3 of the paper: 1000 sites, one update, no connection limit. */
export const DEMERS_TABLES: readonly TableLine[] = [
  ...table('table 1', 'push, feedback, counter', { mode: 'push', interest: 'feedback', stop: 'counter' }, [
    '0.18 1.7 11.0 16.8', '0.037 3.3 12.1 16.9', '0.011 4.5 12.5 17.4', '0.0036 5.6 12.7 17.5', '0.0012 6.7 12.8 17.7',
  ], [{}, {}, {}, {}, { runs: { full: 4000, quick: 50 } }]),
  ...table('table 2', 'push, blind, coin', { mode: 'push', interest: 'blind', stop: 'coin' }, [
    '0.96 0.04 19 38', '0.20 1.6 17 33', '0.060 2.8 15 32', '0.021 3.9 14.1 32', '0.008 4.9 13.8 32',
  ], [
    { tolerances: { ...TOLERANCES, tLast: { kind: 'absolute', by: 1.5 } } },
    {}, {}, {},
    {
      notes: {
        ...T_AVE_NOTES,
        s: 'A blind peer tells k times on the average, so that m = k (1 - s), and the paper has s = e^-m: together 0.0070, 12 % below what is printed. One run in some 14 000 dies at once and misses everybody; one such among 1000 adds 0.001, which makes 0.008. The verdict hangs on whether there is one among these runs. Tried: tossing before telling (s = 0.31), partners that may be the peer itself (no difference).',
      },
    },
  ]),
  ...table('table 3', 'pull, feedback, counter', { mode: 'pull', interest: 'feedback', stop: 'counter' }, [
    '0.031 2.7 9.97 17.6', '0.00058 4.5 10.07 15.4', '0.0000040 6.1 10.08 14.0',
  ], [
    { runs: { full: 1000, quick: 50 }, notes: {} },
    { runs: { full: 5000, quick: 100 }, notes: { s: 'The residue of a run is half a peer: its mean over 5000 runs has a standard error of 2 %.' } },
    {
      runs: { full: 10_000, quick: 100 },
      tolerances: { ...TOLERANCES, s: { kind: 'relative', by: 0.5 } },
      notes: {
        s: 'One run in 300 misses a peer, so that 10 000 runs resolve s to about 20 % (one standard error), 5 % takes 150 000. How many runs the paper made it does not say; its figure stands for 4 peers in 1000 runs.',
      },
    },
  ]),
];

type Special = Partial<Pick<TableLine, 'tolerances' | 'runs' | 'notes'>>;

/** @param printed for k = 1, 2, ...: the columns in order. @param specials what a line has of its own. */
function table(where: string, name: string, variant: Partial<RumorOptions>, printed: readonly string[], specials: readonly Special[]): TableLine[] {
  return printed.map((columns, index) => {
    const k = index + 1;
    const [s = '', m = '', tAve = '', tLast = ''] = columns.split(' ');
    return {
      where,
      name: `${name}, k = ${k}`,
      variant: { ...variant, k },
      published: { s, m, tAve, tLast },
      tolerances: TOLERANCES,
      runs: { full: 2000, quick: 50 },
      notes: T_AVE_NOTES,
      ...specials[index],
    };
  });
}
