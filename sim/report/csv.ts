import { assert } from '../../lib/core/errors.ts';
import type { ProtocolResult, Report } from './report.ts';

/**
 * Writes the results of a report as CSV: a header, then a row per protocol, so that
 * rows of several runs can be put together. Columns are named as the fields of the
 * JSON report (`linkStress.undirected.all.max`); what does not exist is empty. Cells
 * are quoted as RFC 4180 says where they must be; lines end in a newline alone.
 *
 * Where live peers ran, their rows follow, and a last column `live` has their transport.
 */
export function renderCsv(report: Report): string {
  const run = RUN_COLUMNS.map((path) => cell(report, path));
  const row = (result: ProtocolResult): string[] => [...run, ...RESULT_COLUMNS.map((path) => cell(result, path))];
  const header = [...RUN_COLUMNS, ...RESULT_COLUMNS];
  const { live, results, options } = report;
  const lines = live === undefined
    ? [header, ...results.map(row)]
    : [[...header, 'live'], ...results.map((result) => [...row(result), '']), ...live.map((result) => [...row(result), options.live ?? ''])];
  return lines.map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

/** What was run: fields of the report. */
export const RUN_COLUMNS: readonly string[] = [
  'seed',
  ...under('underlay', ['name', 'kind', 'routers', 'links', 'hosts']),
  ...under('options', ['topology', 'source', 'hosts', 'accessDelayMs', 'messages', 'warmUpMessages', 'payloadBytes', 'loss', 'jitter', 'wire']),
];

const SPREAD = ['min', 'mean', 'p50', 'p90', 'max'];
const STRESS = ['max', 'mean', 'meanAllLinks', 'p50', 'p90', 'usedLinks', 'sum'];
const SCOPES = ['undirected.all', 'undirected.routers', 'directed.all', 'directed.routers'];

/** What came out: fields of a result, all that are one value. */
export const RESULT_COLUMNS: readonly string[] = [
  'protocol', 'source', 'messages',
  ...SCOPES.flatMap((scope) => under(`linkStress.${scope}`, STRESS)),
  ...under('rdp', SPREAD), 'rmd', 'rad',
  ...under('treeCost', ['value', 'ratioToMst', 'ratioToIpMulticast']),
  'resourceUsage', 'normalizedResourceUsage', 'reliability', 'residue',
  'lastDeliveryHop', 'lastDeliveryMs', 'meanDeliveryMs', 'relativeMessageRedundancy',
  ...under('nodeStress', ['max', 'mean']),
  'controlMessages', 'controlBytes', 'payloadBytes',
  ...under('controlOverhead', ['messagesPerPeerPerSecond', 'bytesPerPeerPerSecond', 'shareOfBytes']),
  ...under('epidemic', ['residue', 'traffic', 'tAveCycles', 'tLastCycles']),
  ...under('overlayGraph.degree', SPREAD), ...under('overlayGraph.inDegree', SPREAD),
  ...under('overlayGraph', ['clusteringCoefficient', 'averageShortestPath', 'diameter', 'components']),
  'retransmissions', 'queueDrops', 'measuredMs', 'events', 'traceHash',
];

function under(prefix: string, names: readonly string[]): string[] {
  return names.map((name) => `${prefix}.${name}`);
}

/** The field at a path; empty where it or what holds it is `null`. */
function cell(from: object, path: string): string {
  let value: unknown = from;
  for (const name of path.split('.')) {
    if (value === null) return '';
    value = (value as Readonly<Record<string, unknown>>)[name];
    assert(value !== undefined, `the report has a field ${path}`);
  }
  if (typeof value === 'number') assert(Number.isFinite(value), `the report has a finite ${path}, not ${value}`);
  return value === null ? '' : String(value);
}

/** A cell, in quotes where RFC 4180 wants them. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
