import { PROTOCOLS, protocolEntry } from '../experiments/protocols.ts';
import { counted } from '../underlay/formats/text.ts';
import { COLUMNS, SMALL_PRINT } from './columns.ts';
import type { Column } from './columns.ts';
import { definitions, printable, style, wrap } from './layout.ts';
import type { Style } from './layout.ts';
import type { ProtocolResult, Report } from './report.ts';

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
const INDENT = 2;

/**
 * Renders a report as text for people: what was run, what was done to the map, a
 * row per protocol in the order of the report within its group, and what each
 * column means. Nothing is sorted by a figure. Ends with a newline.
 */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const { width = WIDTH, color = false, explain = true } = options;
  const ink = style(color);
  const prose = Math.min(width, WIDTH);
  const parts = [
    heading(report, prose, ink),
    explain ? report.notes.flatMap((note) => wrap('note: ', printable(note), prose)).map(ink.dim) : [],
    ...blocks(report.results, width).map((columns) => ['', ...block(report.results, columns, ink)]),
    explain ? ['', ...definitions([...COLUMNS_EXPLAINED, ...SMALL_PRINT], prose).map(ink.dim)] : [],
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

/** The columns of one block of rows, as wide as they must be. */
interface LaidOut {
  readonly column: Column;
  /** One cell for each result. */
  readonly cells: readonly string[];
  /** Blanks before it. */
  readonly gap: number;
  readonly width: number;
}

/** All columns side by side where they fit, with narrow gaps if need be; else in several blocks. */
function blocks(results: readonly ProtocolResult[], width: number): readonly (readonly LaidOut[])[] {
  const room = width - nameWidth(results);
  for (const gaps of GAPS) {
    const all = layOut(results, gaps);
    if (total(all) <= room) return [all];
  }
  const done: LaidOut[][] = [];
  let current: LaidOut[] = [];
  for (const span of spans(layOut(results, { within: 1, between: 2 }))) {
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

function layOut(results: readonly ProtocolResult[], { within, between }: Gaps): readonly LaidOut[] {
  const laid = COLUMNS.map((column, index) => {
    const values = results.map(column.value);
    const format = column.format(values.filter((value) => value !== null));
    const cells = values.map((value) => (value === null ? ABSENT : format(value)));
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
function block(results: readonly ProtocolResult[], columns: readonly LaidOut[], ink: Style): string[] {
  const names = nameWidth(results);
  const tops = spans(columns).map((span) => (span[0]?.column.top ?? '').padStart(total(span)));
  const bottoms = columns.map(({ column, gap, width }) => column.bottom.padStart(gap + width));
  const lines = [`${' '.repeat(names)}${tops.join('')}`, `${'protocol'.padEnd(names)}${bottoms.join('')}`].map((line) => ink.bold(line.trimEnd()));
  for (const group of GROUPS) {
    const rows = [...results.entries()].filter(([, result]) => groupOf(result.protocol) === group);
    if (rows.length > 0) lines.push(ink.bold(group));
    for (const [row, result] of rows) {
      const cells = columns.map(({ cells: texts, gap, width }) => (texts[row] ?? ABSENT).padStart(gap + width));
      lines.push(`${`${' '.repeat(INDENT)}${printable(result.protocol)}`.padEnd(names)}${cells.join('')}`);
    }
  }
  return lines;
}

function nameWidth(results: readonly ProtocolResult[]): number {
  return Math.max('protocol'.length, ...results.map(({ protocol }) => INDENT + protocol.length));
}

/** In the order in which they are printed; `others` for a protocol that is not in the list. */
const GROUPS = [...new Set<string>(PROTOCOLS.map(({ group }) => group)), 'others'];

function groupOf(protocol: string): string {
  return protocolEntry(protocol)?.group ?? 'others';
}
