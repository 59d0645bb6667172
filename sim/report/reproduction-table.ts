import type { Published, ReproductionRow, Sample, Tolerance } from '../experiments/reproduction.ts';
import { counted } from '../underlay/formats/text.ts';
import { definitions, printable, style, wrap } from './layout.ts';
import type { Style } from './layout.ts';
import type { ReproductionReport } from './reproduction-report.ts';
import type { TableOptions } from './table.ts';

const WIDTH = 100;
const GAP = 2;
/** What a row is of is wrapped into this many characters at least. */
const WHAT_WIDTH_MIN = 16;
const INDENT = '  ';

/**
 * Renders a reproduction as text for people: a row for each published figure, in the
 * order of the report, under the table or section of the paper that it stands in; then
 * how many reproduce, the paper, what was run and the notes. Ends with a newline.
 */
export function renderReproduction(report: ReproductionReport, options: TableOptions = {}): string {
  const { color = false, explain = true } = options;
  const width = Math.min(options.width ?? WIDTH, WIDTH);
  const ink = style(color);
  const notes = numberedNotes(report.rows);
  const lines = [
    ...wrap('', `${report.name}: ${report.summary}`, width).map(ink.bold),
    `seed ${report.seed}, ${report.quick ? 'the quick version' : 'in full'}`,
    '',
    ...table(report.rows, explain ? notes : new Map<string, number>(), width, ink),
    '',
    ...wrap('', verdicts(report.rows), width),
    ...(explain ? prose(report, notes, width).map(ink.dim) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** How many rows have which verdict, as a sentence. */
export function verdicts(rows: readonly ReproductionRow[]): string {
  const count = (verdict: ReproductionRow['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  const parts = [
    `${count('reproduced')} reproduced`,
    `${count('not reproduced')} not reproduced`,
    ...(count('reported') === 0 ? [] : [`${count('reported')} reported without a verdict`]),
  ];
  return `${counted(rows.length, 'row')}: ${parts.join(', ')}.`;
}

function prose({ paper, method }: ReproductionReport, notes: ReadonlyMap<string, number>, width: number): string[] {
  const numbered = [...notes].map(([note, number]) => [`[${number}]`, printable(note)] as const);
  return [
    '',
    ...definitions([['paper', printable(paper)], ['method', printable(method)], ...COLUMNS_EXPLAINED], width),
    ...(numbered.length === 0 ? [] : ['', ...definitions(numbered, width)]),
  ];
}

const COLUMNS_EXPLAINED: readonly (readonly [string, string])[] = [
  ['mean, dev.', 'of the n values measured, one for each run, and their standard deviation'],
  ['within', 'how far the mean may be from what is published; of a bound, on its far side'],
];

/** Each note once, in the order in which rows have them, numbered from 1. */
function numberedNotes(rows: readonly ReproductionRow[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { note } of rows) if (note !== undefined && !numbers.has(note)) numbers.set(note, numbers.size + 1);
  return numbers;
}

/** A column but the first: its heading, and its cell of each row. */
interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  readonly alignment: 'left' | 'right';
}

function table(rows: readonly ReproductionRow[], notes: ReadonlyMap<string, number>, width: number, ink: Style): string[] {
  const columns = columnsOf(rows);
  const widths = columns.map(({ heading, cells }) => Math.max(heading.length, ...cells.map((cell) => cell.length)));
  const taken = widths.reduce((sum, each) => sum + GAP + each, 0);
  const whats = rows.map((row) => `${printable(row.what)}${marked(row, notes)}`);
  const natural = Math.max('figure'.length, ...whats.map((what) => INDENT.length + what.length));
  const whatWidth = Math.max(WHAT_WIDTH_MIN, Math.min(natural, width - taken));
  const line = (what: string, cell: (column: Column) => string): string => {
    const others = columns.map((column, index) => `${' '.repeat(GAP)}${aligned(cell(column), widths[index] ?? 0, column.alignment)}`);
    return `${what.padEnd(whatWidth)}${others.join('')}`.trimEnd();
  };
  const lines = [ink.bold(line('figure', ({ heading }) => heading))];
  rows.forEach((row, index) => {
    if (row.where !== rows[index - 1]?.where) lines.push(...wrap('', printable(row.where), width).map(ink.bold));
    const [first = '', ...others] = wrap(INDENT, whats[index] ?? '', whatWidth);
    const text = line(first, ({ cells }) => cells[index] ?? '');
    lines.push(row.verdict === 'not reproduced' ? ink.bold(text) : text, ...others);
  });
  return lines;
}

function marked({ note }: ReproductionRow, notes: ReadonlyMap<string, number>): string {
  const number = note === undefined ? undefined : notes.get(note);
  return number === undefined ? '' : ` [${number}]`;
}

function aligned(text: string, width: number, alignment: Column['alignment']): string {
  return alignment === 'left' ? text.padEnd(width) : text.padStart(width);
}

function columnsOf(rows: readonly ReproductionRow[]): readonly Column[] {
  const column = (heading: string, alignment: Column['alignment'], cell: (row: ReproductionRow) => string): Column => ({ heading, alignment, cells: rows.map(cell) });
  return [
    column('published', 'right', ({ published }) => publishedText(published)),
    column('mean', 'right', ({ measured }) => figure(measured.mean)),
    column('dev.', 'right', ({ measured }) => deviationText(measured)),
    column('n', 'right', ({ measured }) => String(measured.count)),
    column('within', 'right', toleranceText),
    column('verdict', 'left', ({ verdict }) => verdict),
  ];
}

function publishedText(published: Published): string {
  switch (published.kind) {
    case 'none': return '-';
    case 'value': return figure(published.value);
    case 'atMost': return `<= ${figure(published.value)}`;
    case 'atLeast': return `>= ${figure(published.value)}`;
    case 'between': return `${figure(published.from)} to ${figure(published.to)}`;
  }
}

/** Of one value there is none. */
function deviationText({ count, deviation }: Sample): string {
  return count === 1 ? '-' : figure(deviation, 2);
}

function toleranceText({ published, tolerance, verdict }: ReproductionRow): string {
  if (verdict === 'reported') return '-';
  return tolerance.by === 0 && published.kind === 'value' ? 'exact' : withinText(tolerance);
}

function withinText({ kind, by }: Tolerance): string {
  return kind === 'relative' ? `${figure(by * 100)} %` : figure(by);
}

/** Digits that a figure has at least, as far as it is not a whole number. */
const DIGITS = 4;

/** A number with so many digits, and none that are 0 at its end; no exponent for what papers print. */
function figure(value: number, digits = DIGITS): string {
  const whole = Math.round(value);
  if (value === 0 || Math.abs(value) >= 10 ** (digits - 1)) return String(whole);
  const decimals = Math.min(DECIMALS_MAX, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const DECIMALS_MAX = 8;
