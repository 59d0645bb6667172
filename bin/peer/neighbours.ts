import type { Explanation, Group } from '../../lib/node/group.ts';
import { shortId } from './events.ts';

/** A neighbour as it is shown; JSON has the same names. Times in ms since 1970. */
export interface NeighbourView {
  readonly peer: string;
  /** The transports of the links that are up: `udp`, `tcp` or `udp+tcp`. */
  readonly transport: string;
  readonly rttMs: number | null;
  readonly queuedBytes: number;
  readonly tree: 'eager' | 'lazy' | null;
  /** What last changed its part in the tree, and when. */
  readonly why: string | null;
  readonly sinceMs: number | null;
  readonly health: 'alive' | 'suspected' | null;
  readonly neighbourSinceMs: number | null;
  /** Copies of messages that it sent, a second. */
  readonly receivedPerS?: number;
}

/** What `rttMs` is for a peer where its links do not know. */
export type OtherRtt = (peer: string) => number | undefined;

export function neighboursOf(group: Group, otherRtt: OtherRtt = () => undefined): readonly NeighbourView[] {
  return group.neighbours.flatMap((peer) => {
    const explanation = group.explain(peer);
    return explanation === undefined ? [] : [viewOf(explanation, otherRtt)];
  });
}

function viewOf({ peer, links, tree, role, health, neighbourSinceMs }: Explanation, otherRtt: OtherRtt): NeighbourView {
  return {
    peer,
    transport: links.map(({ transport }) => transport).join('+'),
    rttMs: links.find(({ rttMs }) => rttMs !== undefined)?.rttMs ?? otherRtt(peer) ?? null,
    queuedBytes: links.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
    tree: tree ?? null,
    why: role?.reason ?? null,
    sinceMs: role?.sinceMs ?? null,
    health: health?.state ?? null,
    neighbourSinceMs: neighbourSinceMs ?? null,
  };
}

const HEADS = ['peer', 'transport', 'rtt', 'tree', 'why', 'since', 'health'];

/** A table, its columns parted by two blanks; no line where there is no neighbour. */
export function neighbourLines(neighbours: readonly NeighbourView[], nowMs: number): string[] {
  if (neighbours.length === 0) return [];
  const rated = neighbours.some(({ receivedPerS }) => receivedPerS !== undefined);
  const rows = [rated ? [...HEADS, 'in/s'] : HEADS, ...neighbours.map((view) => cells(view, nowMs, rated))];
  const widths = HEADS.concat('in/s').map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function cells({ peer, transport, rttMs, tree, why, sinceMs, health, receivedPerS }: NeighbourView, nowMs: number, rated: boolean): string[] {
  const row = [shortId(peer), transport === '' ? '-' : transport, milliseconds(rttMs), tree ?? '-', why ?? '-', sinceMs === null ? '-' : ago(nowMs - sinceMs), health ?? '-'];
  return rated ? [...row, String(receivedPerS ?? 0)] : row;
}

/** Three figures or two decimals: `0.42 ms`, `12.3 ms`, `250 ms`. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '-';
  return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** How long ago in the largest unit that fits. */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
