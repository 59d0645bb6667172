import type { ProtocolDifference, ProtocolResult } from './report.ts';

/** What a live run's result has more, or less, of everything than the simulated one: `null` where one of the two does not exist. */
export function differenceOf(live: ProtocolResult, simulated: ProtocolResult): ProtocolDifference {
  const { protocol, source: _source, sources: _sources, messages: _messages, measuredMs: _measured, events: _events, traceHash: _hash, links: _links, ...figures } = live;
  return { protocol, ...(subtracted(figures, { ...simulated }) as Omit<ProtocolDifference, 'protocol'>) };
}

function subtracted(live: unknown, simulated: unknown): unknown {
  if (typeof live === 'number' && typeof simulated === 'number') return live - simulated;
  if (typeof live !== 'object' || typeof simulated !== 'object' || live === null || simulated === null) return null;
  const other = simulated as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(live).map(([name, value]) => [name, subtracted(value, other[name])]));
}
