import { describe } from '../../../lib/core/errors.ts';
import type { MatrixUnderlay } from '../underlay.ts';
import { MATRIX_HOSTS_MAX } from './limits.ts';
import { buildMatrixUnderlay, checkedRtt, checkHostIds, checkMatrixSize } from './matrix.ts';
import { invalid, lines, parseNumber, tooLarge, words } from './text.ts';

/** What files write where a pair was not measured. */
const MISSING = new Set(['', '-', 'nan', 'na', 'n/a', 'null', 'none']);

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Reads a square of round-trip times in ms, parted by commas, semicolons, tabs or
 * blanks, with or without a header row and a header column. Lines that start with
 * `#` are comments. Hosts without names are named by their index.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with line and column for a cell that is
 *   neither a time nor missing, and for what is not square.
 */
export function parseMatrixText(text: string, file: string): MatrixUnderlay {
  const rows = readRows(text, file);
  const top = rows[0];
  if (top === undefined) invalid(file, '', 'the matrix has no rows');
  const header = hasHeaderRow(rows) ? top : undefined;
  const body = header === undefined ? rows : rows.slice(1);
  const n = body.length;
  if (n === 0) invalid(file, `line ${top.line}`, 'the matrix has a header and no rows');
  checkMatrixSize(file, n);
  const columnsFrom = hasHeaderColumn(body, header !== undefined) ? 1 : 0;
  const { hostIds, columnHosts } = hostOrder(body, header, columnsFrom, file);
  const rttMs = new Float64Array(n * n).fill(NaN);
  for (const [from, row] of body.entries()) {
    const values = withoutTrailing(row.cells.slice(columnsFrom), n);
    if (values.length !== n) {
      invalid(file, `line ${row.line}`, `expected ${n} entries, as many as there are rows, got ${values.length}`);
    }
    for (const [column, cell] of values.entries()) {
      const to = columnHosts[column] as number;
      if (to !== from) rttMs[from * n + to] = rtt(cell, file, row.line, columnsFrom + column + 1);
    }
  }
  return buildMatrixUnderlay({ file, hostIds, rttMs });
}

function rtt(cell: string, file: string, line: number, column: number): number {
  if (isMissing(cell)) return NaN;
  const place = `line ${line}, column ${column}`;
  const value = parseNumber(cell);
  if (value === undefined) invalid(file, place, `expected a round-trip time in ms, got ${describe(cell)}`);
  return checkedRtt(value, file, place);
}

function isMissing(cell: string): boolean {
  return MISSING.has(cell.toLowerCase());
}

function isValue(cell: string): boolean {
  return isMissing(cell) || parseNumber(cell) !== undefined;
}

/** Names stand in the first row when it has text, or when it repeats the first column, as numbers can. */
function hasHeaderRow(rows: readonly Row[]): boolean {
  const cells = rows[0]?.cells ?? [];
  if (cells.slice(1).some((cell) => !isValue(cell))) return true;
  // A symmetric matrix repeats its first column too, but then its whole diagonal is empty.
  const repeats = rows.length > 1 && cells[0] === '' && rows.every((row, index) => row.cells[0] === cells[index]);
  return repeats && rows.some((row, index) => row.cells[index] !== '');
}

/** Names stand in the first column when it has text, or when every row has one cell more than there are rows. */
function hasHeaderColumn(body: readonly Row[], hasHeader: boolean): boolean {
  if (body.some((row) => !isValue(row.cells[0] ?? ''))) return true;
  const longer = body.every((row) => withoutTrailing(row.cells, body.length + 1).length === body.length + 1);
  return longer && hasHeader;
}

/** The hosts in the order of the rows, and which of them each column is. */
function hostOrder(
  body: readonly Row[], header: Row | undefined, columnsFrom: number, file: string,
): { hostIds: string[]; columnHosts: number[] } {
  const n = body.length;
  const rowIds = columnsFrom === 1 ? body.map((row) => row.cells[0] ?? '') : undefined;
  const columnIds = header === undefined ? undefined : headerIds(header, columnsFrom, n, file);
  const hostIds = rowIds ?? columnIds ?? body.map((_, index) => String(index));
  checkHostIds(hostIds, file, rowIds === undefined ? `line ${header?.line ?? 1}` : 'first column');
  if (rowIds === undefined || columnIds === undefined) return { hostIds, columnHosts: hostIds.map((_, index) => index) };
  checkHostIds(columnIds, file, `line ${header?.line ?? 1}`);
  const indices = new Map(hostIds.map((id, index) => [id, index]));
  const columnHosts = columnIds.map((id) => {
    return indices.get(id) ?? invalid(file, `line ${header?.line ?? 1}`, `the column ${describe(id)} has no row of that name`);
  });
  return { hostIds, columnHosts };
}

/** The names above the columns: an empty or titled corner above a header column is no name. */
function headerIds(header: Row, columnsFrom: number, n: number, file: string): string[] {
  const cells = withoutTrailing(header.cells, n + columnsFrom);
  const ids = cells.length === n ? cells : cells.slice(columnsFrom);
  if (ids.length !== n) invalid(file, `line ${header.line}`, `expected ${n} names, as many as there are rows, got ${ids.length}`);
  return [...ids];
}

/** Drops empty cells at the end beyond `length`: a comma at the end of a line opens one. */
function withoutTrailing(cells: readonly string[], length: number): readonly string[] {
  let end = cells.length;
  while (end > length && cells[end - 1] === '') end--;
  return cells.slice(0, end);
}

function readRows(text: string, file: string): Row[] {
  const rows: Row[] = [];
  let split: ((line: string) => string[]) | undefined;
  for (const { text: line, number } of lines(text)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    split ??= splitter(line);
    const cells = split(line);
    if (cells.length > MATRIX_HOSTS_MAX + 2) tooLarge(file, `line ${number} has ${cells.length} columns, matrices of at most ${MATRIX_HOSTS_MAX} hosts are read`);
    rows.push({ cells, line: number });
    if (rows.length > MATRIX_HOSTS_MAX + 1) tooLarge(file, `more than ${MATRIX_HOSTS_MAX} rows, matrices of at most ${MATRIX_HOSTS_MAX} hosts are read`);
  }
  return rows;
}

/** How lines like the first one are parted into cells. */
function splitter(line: string): (line: string) => string[] {
  const separator = ['\t', ',', ';'].find((candidate) => line.includes(candidate));
  if (separator === undefined) return words;
  return (text) => (text.includes('"') ? quotedCells(text, separator) : text.split(separator).map((cell) => cell.trim()));
}

/** Cells of which some are in double quotes, doubled where one is meant (RFC 4180, within one line). */
function quotedCells(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === '"' && quoted && line.charAt(i + 1) === '"') {
      cell += '"';
      i++;
    } else if (char === '"') {
      quoted = !quoted;
    } else if (char === separator && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else {
      cell += char;
    }
  }
  cells.push(cell.trim());
  return cells;
}
