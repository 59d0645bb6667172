import { type Progress, comparison, simulate } from '../sim/experiments/comparison.ts';
import { renderCsv } from '../sim/report/csv.ts';
import { renderJson } from '../sim/report/json.ts';
import type { Report } from '../sim/report/report.ts';
import { renderTable } from '../sim/report/table.ts';
import type { CompareCommand } from './arguments.ts';
import { checkLive, withLive } from './live/with-live.ts';
import { checkOutput, outputWidth, wantsColor, writeOutput } from './output.ts';
import { ProgressLine } from './progress.ts';
import { openTopology } from './topology.ts';

/** `overlay-sim`: runs the comparison and writes the report where it was asked for. @throws OverlayError */
export async function runComparison(command: CompareCommand, warn: (note: string) => void): Promise<void> {
  const { topology, json, csv, quiet } = command;
  for (const path of [json, csv]) if (path !== undefined) checkOutput(path);
  const report = await measured(command);
  if (json !== '-' && csv !== '-') {
    const color = wantsColor(process.env, process.stdout.isTTY);
    process.stdout.write(renderTable(report, { width: outputWidth(), color, explain: !quiet }));
  } else if (csv === '-' && !quiet) {
    for (const note of report.notes) warn(`${topology}: ${note}`);
  }
  if (json !== undefined) writeOutput(json, renderJson(report));
  if (csv !== undefined) writeOutput(csv, renderCsv(report));
}

async function measured({ topology, options, live, quiet }: CompareCommand): Promise<Report> {
  const chosen = comparison(openTopology(topology), topology, options);
  if (live !== undefined) checkLive(chosen);
  const line = quiet || !process.stderr.isTTY ? undefined : new ProgressLine((text) => process.stderr.write(text), () => performance.now());
  const onProgress = (step: Progress): void => line?.update(step);
  try {
    const report = simulate(chosen, { onProgress });
    return live === undefined ? report : await withLive(chosen, report, live, onProgress);
  } finally {
    line?.clear();
  }
}
