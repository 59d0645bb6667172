import type { ReproductionRow } from '../experiments/reproduction.ts';
import { quoted } from './csv.ts';
import type { ReproductionReport } from './reproduction-report.ts';

type Cell = (row: ReproductionRow) => string | number;

/** The columns that a row has, named as the fields of the JSON report. */
const COLUMNS: readonly (readonly [name: string, cell: Cell])[] = [
  ['what', ({ what }) => what],
  ['where', ({ where }) => where],
  ['published.kind', ({ published }) => published.kind],
  ['published.value', ({ published }) => ('value' in published ? published.value : '')],
  ['published.from', ({ published }) => (published.kind === 'between' ? published.from : '')],
  ['published.to', ({ published }) => (published.kind === 'between' ? published.to : '')],
  ['measured.count', ({ measured }) => measured.count],
  ['measured.mean', ({ measured }) => measured.mean],
  ['measured.deviation', ({ measured }) => measured.deviation],
  ['measured.min', ({ measured }) => measured.min],
  ['measured.max', ({ measured }) => measured.max],
  ['tolerance.kind', ({ tolerance }) => tolerance.kind],
  ['tolerance.by', ({ tolerance }) => tolerance.by],
  ['verdict', ({ verdict }) => verdict],
  ['note', ({ note = '' }) => note],
];

/**
 * Writes reproductions as CSV: a header, then a row for each published figure, after
 * the name, seed and version of its reproduction, so that several can be put together.
 */
export function renderReproductionCsv(reports: readonly ReproductionReport[]): string {
  const lines = [
    ['name', 'seed', 'quick', ...COLUMNS.map(([name]) => name)],
    ...reports.flatMap(({ name, seed, quick, rows }) => rows.map((row) => [name, seed, quick, ...COLUMNS.map(([, cell]) => cell(row))].map(String))),
  ];
  return lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}
