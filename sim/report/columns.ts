import type { ProtocolDifference } from './report.ts';

type Format = (value: number) => string;

/** A column of the table. */
export interface Column {
  /** Two lines of heading; neighbours with the same first line share it. */
  readonly top: string;
  readonly bottom: string;
  /** What the explanation below the table calls it. */
  readonly term: string;
  /** One line, with the unit; absent where the column before explains it. */
  readonly meaning?: string;
  /** Of a result, or of the difference of two. */
  readonly value: (result: ProtocolDifference) => number | null;
  /** Chooses the digits for all values of the column, so that the points stand below each other. */
  readonly format: (values: readonly number[]) => Format;
}

/** The columns of the table, in their order. */
export const COLUMNS: readonly Column[] = [
  {
    top: 'stress', bottom: 'max', term: 'stress', value: (r) => r.linkStress?.undirected.all.max ?? null, format: whole,
    meaning: 'link stress: copies of a message on one physical link; most, and mean over links used',
  },
  { top: 'stress', bottom: 'mean', term: 'stress', value: (r) => r.linkStress?.undirected.all.mean ?? null, format: ratio },
  {
    top: 'RDP', bottom: 'mean', term: 'RDP', value: (r) => r.rdp?.mean ?? null, format: ratio,
    meaning: 'relative delay penalty: delay along the overlay / delay of unicast, over the receivers',
  },
  { top: 'RDP', bottom: 'p90', term: 'RDP', value: (r) => r.rdp?.p90 ?? null, format: ratio },
  { top: 'RDP', bottom: 'max', term: 'RDP', value: (r) => r.rdp?.max ?? null, format: ratio },
  {
    top: 'tree cost', bottom: 'ms', term: 'tree cost', value: (r) => r.treeCost.value, format: quantity,
    meaning: 'sum of unicast delays over the delivery tree; /MST: / that of the minimum spanning tree',
  },
  { top: 'tree cost', bottom: '/MST', term: 'tree cost', value: (r) => r.treeCost.ratioToMst, format: ratio },
  {
    top: '', bottom: 'NRU', term: 'NRU', value: (r) => r.normalizedResourceUsage, format: ratio,
    meaning: 'normalized resource usage: sum over links of delay x copies / the same for IP multicast',
  },
  {
    top: 'relia-', bottom: 'bility', term: 'reliability', value: (r) => r.reliability, format: () => share,
    meaning: 'share of the receivers that got the message; 1.0000 only where all did',
  },
  {
    top: '', bottom: 'RMR', term: 'RMR', value: (r) => r.relativeMessageRedundancy, format: ratio,
    meaning: 'relative message redundancy: copies received / (peers that have the message - 1) - 1',
  },
  {
    top: '', bottom: 'LDH', term: 'LDH', value: (r) => r.lastDeliveryHop, format: whole,
    meaning: 'last delivery hop: overlay hops to the receiver with the most',
  },
  {
    top: 'last', bottom: 'ms', term: 'last', value: (r) => r.lastDeliveryMs, format: quantity,
    meaning: 'ms from publish to the last delivery',
  },
  {
    top: 'control', bottom: 'B/s', term: 'control', value: (r) => r.controlOverhead.bytesPerPeerPerSecond, format: quantity,
    meaning: 'bytes of control messages that a peer sends in a second',
  },
];

/** How to read all columns. */
export const SMALL_PRINT: readonly (readonly [string, string])[] = [
  ['max', 'the largest over all messages; every other figure is the mean over the messages'],
  ['-', 'does not exist here, see the notes; rows are in no order of merit'],
];

/** How to read the rows of live peers. */
export const LIVE_SMALL_PRINT: readonly (readonly [string, string])[] = [
  ['live', 'real peers on this machine; difference: live minus simulated'],
];

/** Without a point, unless a value is a mean of several. */
function whole(values: readonly number[]): Format {
  return values.every(Number.isInteger) ? String : fixed(1);
}

/** Two digits after the point, fewer for hundreds and more. */
function ratio(values: readonly number[]): Format {
  const largest = Math.max(0, ...values);
  return fixed(largest < 100 ? 2 : largest < 1000 ? 1 : 0);
}

/** At least three digits of the largest value. */
function quantity(values: readonly number[]): Format {
  const largest = Math.max(0, ...values);
  return largest === 0 ? String : fixed(largest < 10 ? 2 : largest < 1000 ? 1 : 0);
}

/** Rounded down, so that 0.99999 does not pass for 1. */
function share(value: number): string {
  return (Math.floor(value * 10_000 + 1e-9) / 10_000).toFixed(4);
}

function fixed(digits: number): Format {
  return (value) => {
    const text = value.toFixed(digits);
    return /^-[0.]*$/.test(text) ? text.slice(1) : text;
  };
}
