import type { ProtocolEvent } from '../../lib/core/effects.ts';
import { unreachable } from '../../lib/core/errors.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import type { TraceEvent, TracedMessage } from '../../lib/core/trace-event.ts';
import type { Observer, PacketLoss } from '../world/observer.ts';
import { Collector } from './collector.ts';
import type { MessageRecord } from './message-record.ts';

/** Watches a world and tells what it sees as trace events, as live peers do. Peers are named by their hosts. */
export class TraceObserver implements Observer {
  private readonly onTrace: (event: TraceEvent<number>) => void;

  constructor(onTrace: (event: TraceEvent<number>) => void) {
    this.onTrace = onTrace;
  }

  onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void {
    this.onTrace({ kind: 'transmission', timeUs, group: message.group, peer: from, to, message: traced(message), bytes, attempt });
  }

  onArrival(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void {
    this.onTrace({ kind: 'arrival', timeUs, group: message.group, peer: to, from, message: traced(message) });
  }

  onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: PacketLoss, again: boolean): void {
    this.onTrace({ kind: 'loss', timeUs, group: message.group, peer: from, to, message: traced(message), why, again });
  }

  onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.onTrace({ kind: 'delivery', timeUs, group: message.group, peer, from, message: traced(message) });
  }

  onEvent(timeUs: number, peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind !== 'neighbourUp' && event.kind !== 'neighbourDown') return;
    this.onTrace({ kind: event.kind, timeUs, group: event.group, peer, neighbour: event.peer });
  }
}

function traced(message: Message): TracedMessage<number> {
  if (message.kind !== 'data') return { kind: message.kind, id: undefined, hops: 0 };
  const { kind, origin, epoch, seq, hops } = message;
  return { kind, id: { origin, epoch, seq }, hops };
}

/**
 * The event with other names for the peers, host numbers in place of ids for example.
 * `undefined` when it speaks of a peer that has none: of another run in this process.
 */
export function renamed<From, To>(event: TraceEvent<From>, nameOf: (peer: From) => To | undefined): TraceEvent<To> | undefined {
  const peer = nameOf(event.peer);
  if (peer === undefined) return undefined;
  switch (event.kind) {
    case 'neighbourUp':
    case 'neighbourDown': {
      const neighbour = nameOf(event.neighbour);
      return neighbour === undefined ? undefined : { ...event, peer, neighbour };
    }
    case 'transmission':
    case 'loss': {
      const [to, message] = [nameOf(event.to), renamedMessage(event.message, nameOf)];
      return to === undefined || message === undefined ? undefined : { ...event, peer, to, message };
    }
    case 'arrival':
    case 'delivery': {
      const [from, message] = [nameOf(event.from), renamedMessage(event.message, nameOf)];
      return from === undefined || message === undefined ? undefined : { ...event, peer, from, message };
    }
    default: return unreachable(event);
  }
}

function renamedMessage<From, To>({ kind, id, hops }: TracedMessage<From>, nameOf: (peer: From) => To | undefined): TracedMessage<To> | undefined {
  if (id === undefined) return { kind, id, hops };
  const origin = nameOf(id.origin);
  return origin === undefined ? undefined : { kind, id: { ...id, origin }, hops };
}

/**
 * Puts events together again: a record of every message whose publish is among them,
 * in the order of publishing. A publisher is its own first receiver, which tells when.
 * @param hosts how many peers there are, named 0 to `hosts` - 1.
 */
export function messageRecords(events: Iterable<TraceEvent<number>>, hosts: number): readonly MessageRecord[] {
  const collector = new Collector(hosts);
  for (const event of events) {
    const id = event.kind === 'delivery' ? event.message.id : undefined;
    if (id !== undefined && id.origin === event.peer) collector.expect(id.origin, id.seq, event.timeUs);
    collector.onTrace(event);
  }
  return collector.records;
}
