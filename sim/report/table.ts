import { PROTOCOLS, protocolEntry } from '../experiments/protocols.ts';
import { counted } from '../underlay/formats/text.ts';
import { COLUMNS, LIVE_SMALL_PRINT, SMALL_PRINT } from './columns.ts';
import type { Column } from './columns.ts';
import { definitions, printable, style, wrap } from './layout.ts';
import type { Style } from './layout.ts';
import type { ProtocolDifference, Report } from './report.ts';

export interface TableOptions {
  /** Characters of a line. Default 100. */
  readonly width?: number;
  /** ANSI escapes: bold headings, dim notes. Default none. */
  readonly color?: boolean;
  /** Whether notes and the meaning of the columns are printed. Default true. */
  readonly explain?: boolean;
}

const WIDTH = 100;

/** What a figure that does not exist looks like; the notes say why. */
const ABSENT = '-';

/** Names stand two blanks in, under the name of their group. */
const INDENT = '  ';

/**
 * Renders a report as text for people: what was run, what was done to the map, a
 * row per protocol in the order of the report within its group, with what live peers
 * did and the difference below it where they ran, and what each column means. Nothing is sorted by a figure. Ends with a newline.
 */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const { width = WIDTH, color = false, explain = true } = options;
  const ink = style(color);
  const prose = Math.min(width, WIDTH);
  const rows = rowsOf(report);
  const smallPrint = [...COLUMNS_EXPLAINED, ...(report.live === undefined ? [] : LIVE_SMALL_PRINT), ...SMALL_PRINT];
  const parts = [
    heading(report, prose, ink),
    explain ? report.notes.flatMap((note) => wrap('note: ', printable(note), prose)).map(ink.dim) : [],
    ...blocks(rows, width).map((columns) => ['', ...block(rows, columns, ink)]),
    explain ? ['', ...definitions(smallPrint, prose).map(ink.dim)] : [],
  ];
  return `${parts.flat().join('\n')}\n`;
}

const COLUMNS_EXPLAINED = COLUMNS.flatMap(({ term, meaning }) => (meaning === undefined ? [] : [[term, meaning] as const]));

function heading(report: Report, width: number, ink: Style): string[] {
  const { underlay, options, seed } = report;
  const size = underlay.kind === 'matrix'
    ? `latency matrix of ${counted(underlay.hosts, 'host')}`
    : `${counted(underlay.routers, 'router')}, ${counted(underlay.links, 'link')}, ${counted(underlay.hosts, 'host')} (${options.hosts})`;
  const settings = [
    `seed ${seed}`,
    `source ${sourceOf(report)}`,
    `${counted(options.messages, 'message')} of ${counted(options.payloadBytes, 'byte')} from each source after ${options.warmUpMessages} for warm-up`,
    ...(underlay.kind === 'matrix' ? [] : [`access delay ${options.accessDelayMs} ms`]),
    `loss ${options.loss}`,
    `jitter ${options.jitter}`,
    ...(options.live === undefined ? [] : [`live over ${options.live}`]),
  ];
  return [
    ...wrap('', printable(`${underlay.name}: ${size}`), width).map(ink.bold),
    ...wrap('', printable(settings.join(', ')), width),
  ];
}

/** The choice as given, and whom it meant. */
function sourceOf({ options, results }: Report): string {
  const sources = results[0]?.sources ?? [];
  const [first] = sources;
  if (first === undefined || first === options.source) return options.source;
  return `${options.source} (${sources.length === 1 ? `host ${first}` : counted(sources.length, 'host')})`;
}

/** A line of the table. */
interface Row {
  readonly name: string;
  readonly group: string;
  /** `undefined`: no figure exists. */
  readonly figures: ProtocolDifference | undefined;
  /** Whether figures above 0 have a plus. */
  readonly signed: boolean;
}

/** Live rows follow the one that they belong to, further in. */
function rowsOf({ results, live, differences }: Report): readonly Row[] {
  return results.flatMap((result) => {
    const { protocol } = result;
    const group = groupOf(protocol);
    const row: Row = { name: `${INDENT}${printable(protocol)}`, group, figures: result, signed: false };
    if (live === undefined) return [row];
    const of = <T extends { readonly protocol: string }>(all: readonly T[] = []): T | undefined => all.find((each) => each.protocol === protocol);
    const [figures, difference] = [of(live), of(differences)];
    const liveRow: Row = { name: `${INDENT.repeat(2)}live`, group, figures, signed: false };
    return difference === undefined ? [row, liveRow] : [row, liveRow, { name: `${INDENT.repeat(2)}difference`, group, figures: difference, signed: true }];
  });
}

/** The columns of one block of rows, as wide as they must be. */
interface LaidOut {
  readonly column: Column;
  /** One cell for each row. */
  readonly cells: readonly string[];
  /** Blanks before it. */
  readonly gap: number;
  readonly width: number;
}

/** All columns side by side where they fit, with narrow gaps if need be; else in several blocks. */
function blocks(rows: readonly Row[], width: number): readonly (readonly LaidOut[])[] {
  const room = width - nameWidth(rows);
  for (const gaps of GAPS) {
    const all = layOut(rows, gaps);
    if (total(all) <= room) return [all];
  }
  const done: LaidOut[][] = [];
  let current: LaidOut[] = [];
  for (const span of spans(layOut(rows, { within: 1, between: 2 }))) {
    if (current.length > 0 && total([...current, ...span]) > room) {
      done.push(current);
      current = [];
    }
    current.push(...span);
  }
  return [...done, current];
}

interface Gaps {
  /** Blanks between columns under one heading, and between others. */
  readonly within: number;
  readonly between: number;
}

/** From the widest table to the narrowest. */
const GAPS: readonly Gaps[] = [{ within: 2, between: 2 }, { within: 1, between: 2 }, { within: 1, between: 1 }];

function layOut(rows: readonly Row[], { within, between }: Gaps): readonly LaidOut[] {
  const laid = COLUMNS.map((column, index) => {
    const values = rows.map(({ figures }) => (figures === undefined ? null : column.value(figures)));
    const format = column.format(values.filter((value) => value !== null));
    const cells = values.map((value, row) => (value === null ? ABSENT : rows[row]?.signed === true ? signed(format(value)) : format(value)));
    const width = Math.max(column.bottom.length, ...cells.map((cell) => cell.length));
    return { column, cells, width, gap: inSpanWith(COLUMNS[index - 1], column) ? within : between };
  });
  return spans(laid).flatMap((span) => {
    const [first, ...others] = span;
    const top = first?.column.top ?? '';
    const missing = top.length + (first?.gap ?? 0) - total(span);
    return first === undefined || missing <= 0 ? span : [{ ...first, width: first.width + missing }, ...others];
  });
}

/** With a plus, unless it is 0 or less. */
function signed(text: string): string {
  return /^-|^[0.]*$/.test(text) ? text : `+${text}`;
}

/** Neighbours under one heading. */
function spans(columns: readonly LaidOut[]): LaidOut[][] {
  const found: LaidOut[][] = [];
  for (const [index, each] of columns.entries()) {
    const last = found.at(-1);
    if (last !== undefined && inSpanWith(columns[index - 1]?.column, each.column)) last.push(each);
    else found.push([each]);
  }
  return found;
}

function inSpanWith(before: Column | undefined, column: Column): boolean {
  return column.top !== '' && before?.top === column.top;
}

function total(columns: readonly LaidOut[]): number {
  return columns.reduce((sum, { gap, width }) => sum + gap + width, 0);
}

/** Two lines of headings, then the rows of each group under its name. */
function block(rows: readonly Row[], columns: readonly LaidOut[], ink: Style): string[] {
  const names = nameWidth(rows);
  const tops = spans(columns).map((span) => (span[0]?.column.top ?? '').padStart(total(span)));
  const bottoms = columns.map(({ column, gap, width }) => column.bottom.padStart(gap + width));
  const lines = [`${' '.repeat(names)}${tops.join('')}`, `${'protocol'.padEnd(names)}${bottoms.join('')}`].map((line) => ink.bold(line.trimEnd()));
  for (const group of GROUPS) {
    const members = [...rows.entries()].filter(([, row]) => row.group === group);
    if (members.length > 0) lines.push(ink.bold(group));
    for (const [index, { name }] of members) {
      const cells = columns.map(({ cells: texts, gap, width }) => (texts[index] ?? ABSENT).padStart(gap + width));
      lines.push(`${name.padEnd(names)}${cells.join('')}`);
    }
  }
  return lines;
}

function nameWidth(rows: readonly Row[]): number {
  return Math.max('protocol'.length, ...rows.map(({ name }) => name.length));
}

/** In the order in which they are printed; `others` for a protocol that is not in the list. */
const GROUPS = [...new Set<string>(PROTOCOLS.map(({ group }) => group)), 'others'];

function groupOf(protocol: string): string {
  return protocolEntry(protocol)?.group ?? 'others';
}
