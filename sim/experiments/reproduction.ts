import { assert } from '../../lib/core/errors.ts';

/** A number that a paper gives, or a bound that it draws; `none` where it gives neither, and the row is reported. */
export type Published =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'atMost'; readonly value: number }
  | { readonly kind: 'atLeast'; readonly value: number }
  | { readonly kind: 'between'; readonly from: number; readonly to: number };

/** How far the mean may be from what is published; past a bound, on its far side. */
export interface Tolerance {
  readonly kind: 'absolute' | 'relative';
  readonly by: number;
}

/** What was measured, over seeds. */
export interface Sample {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of the single values; 0 for one. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** One row of a reproduction: a published figure beside what was measured. */
export interface ReproductionRow {
  /** What the figure is of, in the paper's words, with its unit. */
  readonly what: string;
  /** Where it stands: a table, a figure, a section. */
  readonly where: string;
  readonly published: Published;
  readonly measured: Sample;
  readonly tolerance: Tolerance;
  /** `reported`: nothing is judged, since the paper gives no figure or leaves open how it was measured; the note says so. */
  readonly verdict: 'reproduced' | 'not reproduced' | 'reported';
  /** What a reader should know; for a row that does not reproduce, what was tried. */
  readonly note?: string;
}

/** How a reproduction is to be run. */
export interface ReproductionOptions {
  readonly seed: number;
  /** A smaller version of the experiment; its rows say what is smaller. */
  readonly quick: boolean;
  /** Called now and then with the share that is done, 0 to 1. */
  readonly onShare: (share: number) => void;
}

/** An experiment of a paper, to be run again. */
export interface Reproduction {
  /** As on the command line: `demers-1987`. */
  readonly name: string;
  /** Authors, title, venue, year. */
  readonly paper: string;
  /** One line: what is reproduced. */
  readonly summary: string;
  /** What was run, in a few sentences: sizes, conditions, how many seeds, which reading of the paper. */
  method(quick: boolean): string;
  /** Deterministic in its options. */
  run(options: ReproductionOptions): readonly ReproductionRow[];
}

/** A row before it is judged. */
export type Finding = Omit<ReproductionRow, 'measured' | 'verdict'> & {
  /** One value for each seed; at least one. */
  readonly values: readonly number[];
  /** Report the row and judge nothing. */
  readonly unjudged?: boolean;
};

/** Judges what was found. */
export function row({ values, unjudged = false, ...rest }: Finding): ReproductionRow {
  const measured = sampleOf(values);
  const fits = within(measured.mean, rest.published, rest.tolerance);
  return { ...rest, measured, verdict: unjudged || rest.published.kind === 'none' ? 'reported' : fits ? 'reproduced' : 'not reproduced' };
}

/** Mean and spread of at least one value. */
export function sampleOf(values: readonly number[]): Sample {
  assert(values.length > 0, 'a row has a value for each seed');
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)), min: Math.min(...values), max: Math.max(...values) };
}

function within(mean: number, published: Published, tolerance: Tolerance): boolean {
  const slack = (of: number): number => (tolerance.kind === 'absolute' ? tolerance.by : Math.abs(of) * tolerance.by);
  switch (published.kind) {
    case 'none': return true;
    case 'value': return Math.abs(mean - published.value) <= slack(published.value);
    case 'atMost': return mean <= published.value + slack(published.value);
    case 'atLeast': return mean >= published.value - slack(published.value);
    case 'between': return mean >= published.from - slack(published.from) && mean <= published.to + slack(published.to);
  }
}
