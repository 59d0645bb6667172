import type { Reproduction } from '../sim/experiments/reproduction.ts';
import { REPRODUCTIONS, reproduce } from '../sim/experiments/reproductions.ts';
import { renderJson } from '../sim/report/json.ts';
import { definitions } from '../sim/report/layout.ts';
import { renderReproductionCsv } from '../sim/report/reproduction-csv.ts';
import type { ReproductionReport } from '../sim/report/reproduction-report.ts';
import { renderReproduction } from '../sim/report/reproduction-table.ts';
import type { ReproduceCommand } from './arguments.ts';
import { checkOutput, outputWidth, wantsColor, writeOutput } from './output.ts';
import { ProgressLine } from './progress.ts';

/** `overlay-sim reproduce`: runs experiments again and writes what came out where it was asked for. @throws OverlayError */
export function runReproduction({ names, seed, quick, json, csv, quiet }: ReproduceCommand): void {
  for (const path of [json, csv]) if (path !== undefined) checkOutput(path);
  const chosen = REPRODUCTIONS.filter(({ name }) => names.includes(name));
  const line = quiet || !process.stderr.isTTY ? undefined : new ProgressLine((text) => process.stderr.write(text), () => performance.now(), 'reproductions');
  const toTable = json !== '-' && csv !== '-';
  const reports = chosen.map((reproduction, done) => {
    const report = measured(reproduction, { seed, quick }, (share) => line?.update({ protocol: reproduction.name, done, total: chosen.length, share }));
    line?.clear();
    // Each as soon as it is done: all of them take long.
    if (toTable) process.stdout.write(`${done > 0 ? '\n' : ''}${renderReproduction(report, { width: outputWidth(), color: wantsColor(process.env, process.stdout.isTTY), explain: !quiet })}`);
    return report;
  });
  const [only] = reports;
  if (json !== undefined) writeOutput(json, renderJson(reports.length === 1 && only !== undefined ? only : reports));
  if (csv !== undefined) writeOutput(csv, renderReproductionCsv(reports));
}

function measured(reproduction: Reproduction, { seed, quick }: Pick<ReproduceCommand, 'seed' | 'quick'>, onShare: (share: number) => void): ReproductionReport {
  onShare(0);
  return reproduce(reproduction, { seed, quick, onShare });
}

/** The names of all, one line each where the width allows. */
export function reproductionLines(width: number): string[] {
  return definitions([...REPRODUCTIONS.map(({ name, summary }) => [name, summary] as const), ['all', 'every one of them']], width, 2);
}
