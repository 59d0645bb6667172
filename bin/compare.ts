import { compare } from '../sim/experiments/comparison.ts';
import { renderCsv } from '../sim/report/csv.ts';
import { renderJson } from '../sim/report/json.ts';
import type { Report } from '../sim/report/report.ts';
import { renderTable } from '../sim/report/table.ts';
import type { CompareCommand } from './arguments.ts';
import { checkOutput, outputWidth, wantsColor, writeOutput } from './output.ts';
import { ProgressLine } from './progress.ts';
import { openTopology } from './topology.ts';

/** `overlay-sim`: runs the comparison and writes the report where it was asked for. @throws OverlayError */
export function runComparison(command: CompareCommand, warn: (note: string) => void): void {
  const { topology, json, csv, quiet } = command;
  for (const path of [json, csv]) if (path !== undefined) checkOutput(path);
  const report = measured(command);
  if (json !== '-' && csv !== '-') {
    const color = wantsColor(process.env, process.stdout.isTTY);
    process.stdout.write(renderTable(report, { width: outputWidth(), color, explain: !quiet }));
  } else if (csv === '-' && !quiet) {
    for (const note of report.notes) warn(`${topology}: ${note}`);
  }
  if (json !== undefined) writeOutput(json, renderJson(report));
  if (csv !== undefined) writeOutput(csv, renderCsv(report));
}

function measured({ topology, options, quiet }: CompareCommand): Report {
  const underlay = openTopology(topology);
  if (quiet || !process.stderr.isTTY) return compare(underlay, topology, options);
  const progress = new ProgressLine((text) => process.stderr.write(text), () => performance.now());
  try {
    return compare(underlay, topology, { ...options, onProgress: (step) => progress.update(step) });
  } finally {
    progress.clear();
  }
}
