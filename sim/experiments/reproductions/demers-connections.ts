import type { RumorOptions } from '../../../lib/core/config.ts';
import { type Finding, type ReproductionRow, row, sampleOf } from '../reproduction.ts';
import { slackOf } from './demers-tables.ts';
import type { Epidemic } from './rumor-epidemic.ts';

/** Makes so many independent epidemics of a variant. */
export type EpidemicsOf = (variant: Partial<RumorOptions>, runs: number) => readonly Epidemic[];

const PUSH: Partial<RumorOptions> = { mode: 'push', interest: 'feedback', stop: 'counter', k: 2 };
const PULL: Partial<RumorOptions> = { ...PUSH, mode: 'pull' };
const PUSH_PULL: Partial<RumorOptions> = { ...PUSH, mode: 'push-pull' };
const LIMITED: Partial<RumorOptions> = { connectionLimit: 1 };
/** As far as the options go: the paper's hunt without end comes to the same, since hardly anybody is refused so often. */
const HUNTING: Partial<RumorOptions> = { connectionLimit: 1, huntLimit: 64 };

/**
 * The variations of section 1.4 of which the paper says how they compare, and gives no
 * table: residues beside each other, with feedback, counter and k = 2.
 */
export function connectionRows(epidemicsOf: EpidemicsOf, quick: boolean): readonly ReproductionRow[] {
  const runs = quick ? { many: 30, few: 5 } : { many: 500, few: 100 };
  const residues = (variant: Partial<RumorOptions>, count: number): number[] => epidemicsOf(variant, count).map(({ residue }) => residue);
  const push = sampleOf(residues(PUSH, runs.many)).mean;
  const pull = sampleOf(residues(PULL, runs.many)).mean;
  const pushPull = sampleOf(residues(PUSH_PULL, runs.many)).mean;
  const limitedPush = residues({ ...PUSH, ...LIMITED }, runs.many);
  const huntingPush = residues({ ...PUSH, ...HUNTING }, runs.few);
  const over = (values: readonly number[], base: number): number[] => values.map((value) => value / base);
  const shape = (what: string, claim: string, published: Finding['published'], values: readonly number[]): ReproductionRow =>
    row({
      what,
      where: 'section 1.4',
      published,
      tolerance: { kind: 'absolute', by: slackOf(values, quick) },
      values,
      note: `A shape: ${claim}, as the paper says. With feedback, counter and k = 2.`,
    });
  return [
    shape('push, connection limit 1: s over s without a limit', 'push gets better', { kind: 'atMost', value: 1 }, over(limitedPush, push)),
    shape('pull, connection limit 1: s over s without a limit', 'pull gets worse', { kind: 'atLeast', value: 1 }, over(residues({ ...PULL, ...LIMITED }, runs.few), pull)),
    shape('push, connection limit 1, hunt limit 64: s over s without hunting', 'hunting improves', { kind: 'atMost', value: 1 }, over(huntingPush, sampleOf(limitedPush).mean)),
    shape('pull over push, connection limit 1, hunt limit 64: s', 'with a hunt without end push and pull are equivalent', { kind: 'between', from: 0.85, to: 1.15 },
      over(residues({ ...PULL, ...HUNTING }, runs.few), sampleOf(huntingPush).mean)),
    shape('push-pull with minimization: s over s without', 'minimization leaves the smallest residue', { kind: 'atMost', value: 1 },
      over(residues({ ...PUSH_PULL, minimization: 'counters' }, runs.many), pushPull)),
  ];
}
