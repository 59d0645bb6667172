/**
 * Latency matrices: round-trip times between hosts, measured end to end. What the
 * readers of their various forms share: checking, filling, dropping, halving.
 */

import { describe } from '../../../lib/core/errors.ts';
import type { MatrixUnderlay } from '../underlay.ts';
import { MATRIX_HOSTS_MAX } from './limits.ts';
import { counted, invalid, stem, tooLarge } from './text.ts';

/** Round-trip times as a file lists them. */
export interface RawMatrix {
  readonly file: string;
  /** Unique; the number of rows and columns. */
  readonly hostIds: readonly string[];
  /** ms, finite and at least 0, at `from * n + to`; NaN where the file has none. The diagonal is ignored. */
  readonly rttMs: Float64Array;
  /** Sentences of the reader, put first. */
  readonly notes?: readonly string[];
  /** The matrix's own name; the file's stem when absent. */
  readonly name?: string;
}

/** Throws `TOPOLOGY_TOO_LARGE` for more hosts than are read. */
export function checkMatrixSize(file: string, hosts: number): void {
  if (hosts > MATRIX_HOSTS_MAX) tooLarge(file, `a matrix of ${hosts} hosts, at most ${MATRIX_HOSTS_MAX} are read`);
}

/** A round-trip time as read, checked; `place` names it in the error. */
export function checkedRtt(value: number, file: string, place: string): number {
  if (value >= 0 && value < Infinity) return value;
  return invalid(file, place, `expected a finite round-trip time of at least 0 ms, got ${value}`);
}

/** Throws `INVALID_TOPOLOGY` when two hosts share an id. */
export function checkHostIds(ids: readonly string[], file: string, place: string): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) invalid(file, place, `two hosts have the id ${describe(id)}`);
    seen.add(id);
  }
}

/**
 * Makes an underlay of measured round-trip times.
 *
 * An off-diagonal 0 is a missing measurement, since no round trip takes no time.
 * A time known in one direction only stands for both, being a round trip. Then
 * the host with the most missing pairs is dropped, of equal ones the last, until
 * no pair is missing. The one-way delay is half the round trip.
 */
export function buildMatrixUnderlay(raw: RawMatrix): MatrixUnderlay {
  const n = raw.hostIds.length;
  if (n === 0) invalid(raw.file, '', 'the matrix has no hosts');
  const rttMs = raw.rttMs.slice();
  const zeros = blankZeros(rttMs, n);
  const filled = fillFromReverse(rttMs, n);
  const { kept, dropped } = dropIncomplete(rttMs, n);
  const { delaysMs, asymmetric } = halved(rttMs, n, kept);
  const name = (host: number): string => raw.hostIds[host] ?? '';

  const notes = [...(raw.notes ?? []), 'Round-trip times halved to one-way delays; the diagonal is ignored.'];
  if (zeros > 0) notes.push(`${counted(zeros, 'entry', 'entries')} of 0 off the diagonal taken as missing.`);
  if (filled > 0) notes.push(`${counted(filled, 'missing entry', 'missing entries')} filled in from the opposite direction.`);
  if (dropped.length > 0) {
    notes.push(`${dropped.length} of ${counted(n, 'host')} excluded so that no pair lacks a measurement: ${dropped.map(name).join(', ')}.`);
  }
  if (asymmetric > 0) notes.push(`${counted(asymmetric, 'pair')} of hosts with different times in the two directions; both are kept.`);
  return {
    kind: 'matrix',
    name: raw.name ?? stem(raw.file),
    hostIds: kept.map(name),
    delaysMs,
    counts: { mergedLinks: 0, selfLoops: 0, defaultDelays: 0, coordinateDelays: 0, excludedRouters: dropped.length },
    notes,
  };
}

function blankZeros(rttMs: Float64Array, n: number): number {
  let zeros = 0;
  for (let from = 0; from < n; from++) {
    for (let to = 0; to < n; to++) {
      if (from === to || rttMs[from * n + to] !== 0) continue;
      rttMs[from * n + to] = NaN;
      zeros++;
    }
  }
  return zeros;
}

function fillFromReverse(rttMs: Float64Array, n: number): number {
  let filled = 0;
  for (let from = 0; from < n; from++) {
    for (let to = 0; to < n; to++) {
      const reverse = rttMs[to * n + from] as number;
      if (from === to || !Number.isNaN(rttMs[from * n + to]) || Number.isNaN(reverse)) continue;
      rttMs[from * n + to] = reverse;
      filled++;
    }
  }
  return filled;
}

function dropIncomplete(rttMs: Float64Array, n: number): { kept: number[]; dropped: number[] } {
  const missing = new Int32Array(n);
  for (let from = 0; from < n; from++) {
    for (let to = 0; to < n; to++) {
      if (from !== to && Number.isNaN(rttMs[from * n + to])) missing[from] = (missing[from] as number) + 1;
    }
  }
  const gone = new Uint8Array(n);
  const dropped: number[] = [];
  for (;;) {
    let worst = 0;
    for (let host = 1; host < n; host++) if ((missing[host] as number) >= (missing[worst] as number)) worst = host;
    if (missing[worst] === 0) break;
    gone[worst] = 1;
    missing[worst] = 0;
    dropped.push(worst);
    for (let host = 0; host < n; host++) {
      if (gone[host] === 0 && Number.isNaN(rttMs[host * n + worst])) missing[host] = (missing[host] as number) - 1;
    }
  }
  const kept: number[] = [];
  for (let host = 0; host < n; host++) if (gone[host] === 0) kept.push(host);
  return { kept, dropped };
}

function halved(rttMs: Float64Array, n: number, kept: readonly number[]): { delaysMs: Float64Array; asymmetric: number } {
  const delaysMs = new Float64Array(kept.length * kept.length);
  let asymmetric = 0;
  for (const [i, from] of kept.entries()) {
    for (const [j, to] of kept.entries()) {
      if (i === j) continue;
      delaysMs[i * kept.length + j] = (rttMs[from * n + to] as number) / 2;
      if (i < j && rttMs[from * n + to] !== rttMs[to * n + from]) asymmetric++;
    }
  }
  return { delaysMs, asymmetric };
}
