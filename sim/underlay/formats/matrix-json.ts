import { describe } from '../../../lib/core/errors.ts';
import type { MatrixUnderlay } from '../underlay.ts';
import { isObject, own } from './json-text.ts';
import type { JsonObject } from './json-text.ts';
import { buildMatrixUnderlay, checkedRtt, checkHostIds, checkMatrixSize } from './matrix.ts';
import { invalid } from './text.ts';

/**
 * Reads rows of round-trip times, `null` where one is missing.
 *
 * @param labels An array of host ids, or nothing: then hosts are named by their index.
 * @param path Where the rows stand in the file; empty at the top.
 * @param name The matrix's own name, where it is a string.
 */
export function matrixOfRows(rows: readonly unknown[], labels: unknown, file: string, path: string, name?: unknown): MatrixUnderlay {
  const n = rows.length;
  checkMatrixSize(file, n);
  const hostIds = labels === undefined ? rows.map((_, index) => String(index)) : hostNames(labels, n, file);
  const rttMs = new Float64Array(n * n);
  for (const [from, row] of rows.entries()) {
    if (!Array.isArray(row)) invalid(file, `${path}[${from}]`, `expected an array of ${n} round-trip times, got ${describe(row)}`);
    if (row.length !== n) invalid(file, `${path}[${from}]`, `expected ${n} entries, as many as there are rows, got ${row.length}`);
    for (const [to, value] of (row as unknown[]).entries()) rttMs[from * n + to] = rtt(value, from === to, file, `${path}[${from}][${to}]`);
  }
  return buildMatrixUnderlay({ file, hostIds, rttMs, ...(typeof name === 'string' && name !== '' ? { name } : {}) });
}

/** Reads `pairs[from][to]`, in the order of the outer keys, then of inner ones that are no outer ones. */
export function matrixOfPairs(pairs: JsonObject, file: string, path: string): MatrixUnderlay {
  const indices = new Map<string, number>();
  const seen = (id: string): number => {
    const index = indices.get(id) ?? indices.size;
    indices.set(id, index);
    return index;
  };
  for (const from of Object.keys(pairs)) seen(from);
  for (const row of Object.values(pairs)) if (isObject(row)) for (const to of Object.keys(row)) seen(to);
  const n = indices.size;
  checkMatrixSize(file, n);
  const rttMs = new Float64Array(n * n).fill(NaN);
  for (const from of Object.keys(pairs)) {
    const row = own(pairs, from);
    if (!isObject(row)) continue;
    for (const to of Object.keys(row)) {
      rttMs[seen(from) * n + seen(to)] = rtt(own(row, to), from === to, file, `${path}[${describe(from)}][${describe(to)}]`);
    }
  }
  return buildMatrixUnderlay({ file, hostIds: [...indices.keys()], rttMs });
}

function rtt(value: unknown, isDiagonal: boolean, file: string, place: string): number {
  if (isDiagonal) return 0;
  if (value === null) return NaN;
  if (typeof value !== 'number') invalid(file, place, `expected a round-trip time in ms or null, got ${describe(value)}`);
  return checkedRtt(value, file, place);
}

function hostNames(labels: unknown, n: number, file: string): string[] {
  if (!Array.isArray(labels) || labels.length !== n) invalid(file, 'hosts', `expected an array of ${n} names, one a row, got ${describe(labels)}`);
  const ids = (labels as unknown[]).map((label, index) => {
    if (typeof label === 'string' || typeof label === 'number') return String(label);
    return invalid(file, `hosts[${index}]`, `expected a name, got ${describe(label)}`);
  });
  checkHostIds(ids, file, 'hosts');
  return ids;
}
