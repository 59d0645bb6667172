import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TraceEvent } from '../../lib/core/trace-event.ts';
import type { PeerId } from '../../lib/node/peer-table.ts';
import { TRACE_CHANNEL } from '../../lib/node/tracer.ts';

/** What is seen of one peer's probes and of what comes to it. */
export interface RoundTripHandlers {
  /** The failure detector has sent a probe to `to`. */
  onPing?(to: PeerId): void;
  /** `from` has answered the last probe, `ms` after it was sent. */
  onRoundTrip?(from: PeerId, ms: number): void;
  /** `from` has sent a copy of a message. */
  onCopy?(from: PeerId): void;
}

/** Peers whose last probe is remembered; those of the oldest probe go first. */
const PEERS_MAX = 1024;

/** Watches a peer of this process from outside, by its trace events. Answers a function that stops it. */
export function watchRoundTrips(self: PeerId, handlers: RoundTripHandlers): () => void {
  const sentUs = new Map<PeerId, number>();
  const onEvent = (event: TraceEvent<PeerId>): void => {
    if (event.peer !== self) return;
    if (event.kind === 'transmission' && event.message.kind === 'ping') {
      sentUs.delete(event.to);
      sentUs.set(event.to, event.timeUs);
      if (sentUs.size > PEERS_MAX) for (const oldest of sentUs.keys()) { sentUs.delete(oldest); break; }
      handlers.onPing?.(event.to);
    } else if (event.kind === 'arrival' && event.message.kind === 'ack') {
      const beganUs = sentUs.get(event.from);
      sentUs.delete(event.from);
      if (beganUs !== undefined) handlers.onRoundTrip?.(event.from, (event.timeUs - beganUs) / 1000);
    } else if (event.kind === 'arrival' && event.message.kind === 'data') handlers.onCopy?.(event.from);
  };
  const listener = (message: unknown): void => onEvent(message as TraceEvent<PeerId>);
  subscribe(TRACE_CHANNEL, listener);
  return () => void unsubscribe(TRACE_CHANNEL, listener);
}
