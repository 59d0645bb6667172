import { channel } from 'node:diagnostics_channel';
import type { ProtocolEvent } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { DataMessage, Message } from '../core/messages.ts';
import type { TraceEvent, TracedMessage } from '../core/trace-event.ts';
import type { PeerId, PeerTable } from './peer-table.ts';

/** The diagnostics channel on which every live peer of the process publishes `TraceEvent<PeerId>`s. */
export const TRACE_CHANNEL = 'overlaycast:trace';

const trace = channel(TRACE_CHANNEL);

/** Makes trace events of what one peer does, while somebody listens. */
export class Tracer {
  private readonly table: PeerTable;

  constructor(table: PeerTable) {
    this.table = table;
  }

  get active(): boolean {
    return trace.hasSubscribers;
  }

  onTransmission(to: PeerRef, message: Message, bytes: number, sent: boolean): void {
    const common = { ...this.at(message.group), to: this.id(to), message: this.traced(message) };
    this.publish({ kind: 'transmission', ...common, bytes, attempt: 1 });
    if (!sent) this.publish({ kind: 'loss', ...common, why: 'queue-full', again: false });
  }

  onArrival(from: PeerRef, message: Message): void {
    this.publish({ kind: 'arrival', ...this.at(message.group), from: this.id(from), message: this.traced(message) });
  }

  onDelivery(from: PeerRef, message: DataMessage): void {
    this.publish({ kind: 'delivery', ...this.at(message.group), from: this.id(from), message: this.traced(message) });
  }

  onEvent(event: ProtocolEvent): void {
    if (event.kind !== 'neighbourUp' && event.kind !== 'neighbourDown') return;
    this.publish({ kind: event.kind, ...this.at(event.group), neighbour: this.id(event.peer) });
  }

  private at(group: number): { readonly timeUs: number; readonly group: number; readonly peer: PeerId } {
    return { timeUs: Math.round((performance.timeOrigin + performance.now()) * 1000), group, peer: this.table.self.id };
  }

  private traced(message: Message): TracedMessage<PeerId> {
    if (message.kind !== 'data') return { kind: message.kind, id: undefined, hops: 0 };
    const { kind, origin, epoch, seq, hops } = message;
    return { kind, id: { origin: this.id(origin), epoch, seq }, hops };
  }

  private id(ref: PeerRef): PeerId {
    return this.table.get(ref).id;
  }

  private publish(event: TraceEvent<PeerId>): void {
    trace.publish(event);
  }
}
