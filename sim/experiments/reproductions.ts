import { closest } from '../../lib/core/suggest.ts';
import { REPRODUCTION_FORMAT, type ReproductionReport } from '../report/reproduction-report.ts';
import type { Reproduction, ReproductionOptions } from './reproduction.ts';
import { DEMERS_1987 } from './reproductions/demers-1987.ts';
import { ESM_2000 } from './reproductions/esm-2000.ts';
import { GLOMERS } from './reproductions/glomers.ts';
import { HYPARVIEW_2007 } from './reproductions/hyparview-2007.ts';
import { NICE_2002 } from './reproductions/nice-2002.ts';
import { PLUMTREE_2007 } from './reproductions/plumtree-2007.ts';
import { TEXTBOOK } from './reproductions/textbook.ts';

/** Every experiment that can be run again, in the order of the list that help prints. */
export const REPRODUCTIONS: readonly Reproduction[] = [
  TEXTBOOK,
  DEMERS_1987,
  HYPARVIEW_2007,
  PLUMTREE_2007,
  ESM_2000,
  NICE_2002,
  GLOMERS,
];

/** The reproduction that probably was meant: one whose name begins like this, or is spelt nearly so. */
export function suggestedReproduction(given: string): string | undefined {
  const names = REPRODUCTIONS.map(({ name }) => name);
  const beginning = given === '' ? undefined : names.find((name) => name.startsWith(given.toLowerCase()));
  return beginning ?? closest(given, names) ?? names.find((name) => closest(given, [name.replace(/-\d+$/, '')]) !== undefined);
}

/** Runs an experiment again. Deterministic in its options. */
export function reproduce(reproduction: Reproduction, options: ReproductionOptions): ReproductionReport {
  const { name, summary, paper } = reproduction;
  const { seed, quick } = options;
  return { format: REPRODUCTION_FORMAT, name, seed, quick, summary, paper, method: reproduction.method(quick), rows: reproduction.run(options) };
}
