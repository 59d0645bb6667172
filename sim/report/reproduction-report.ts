import type { ReproductionRow } from '../experiments/reproduction.ts';

/**
 * The report of a reproduction, as written by `overlay-sim reproduce NAME --json`.
 * Stable within a major version: fields are added, never renamed or given another meaning.
 */
export const REPRODUCTION_FORMAT = 'overlay-sim-reproduction/1';

/** What a reproduction found: everything needed to read it, and to run it again. */
export interface ReproductionReport {
  readonly format: typeof REPRODUCTION_FORMAT;
  /** As on the command line. */
  readonly name: string;
  readonly seed: number;
  /** Whether the smaller version was run. */
  readonly quick: boolean;
  /** One line: what is reproduced. */
  readonly summary: string;
  /** Authors, title, venue, year. */
  readonly paper: string;
  /** What was run. */
  readonly method: string;
  readonly rows: readonly ReproductionRow[];
}
