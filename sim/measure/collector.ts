import type { ProtocolEvent } from '../../lib/core/effects.ts';
import { unreachable } from '../../lib/core/errors.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import type { TraceEvent } from '../../lib/core/trace-event.ts';
import { type PacketLoss, SilentObserver } from '../world/observer.ts';
import { MessageRecord } from './message-record.ts';

/**
 * Keeps a record of each message that is to be measured, and counts of all traffic. It
 * watches a world, or is handed trace events, of a live run for example, one by one.
 */
export class Collector extends SilentObserver {
  private readonly hosts: number;
  /** By origin and sequence number. */
  private readonly byOrigin: (Map<number, MessageRecord> | undefined)[] = [];
  readonly records: MessageRecord[] = [];
  /** While true, traffic is counted. */
  measuring = false;
  controlMessages = 0;
  controlBytes = 0;
  payloadBytes = 0;
  retransmissions = 0;
  /** Packets, with payload or without, that full queues of links dropped. */
  queueDrops = 0;
  /** When a payload was last sent, arrived or was lost, in virtual microseconds. */
  lastPayloadUs = 0;
  /** When a peer last had a new neighbour, in virtual microseconds. */
  lastNeighbourUs = 0;
  /** Payloads that are under way now, or will be sent again. */
  payloadsInFlight = 0;

  constructor(hosts: number) {
    super();
    this.hosts = hosts;
  }

  /** The next message of `origin`, number `seq`, is to be measured. Called before it is published. */
  expect(origin: number, seq: number, nowUs: number): void {
    const record = new MessageRecord(origin, this.hosts, nowUs);
    this.records.push(record);
    (this.byOrigin[origin] ??= new Map()).set(seq, record);
  }

  /** The same as the methods of an observer, which a simulation calls without making an object each time. */
  onTrace(event: TraceEvent<number>): void {
    switch (event.kind) {
      case 'transmission': return this.sent(event.timeUs, event.peer, event.to, event.message.id, event.bytes, event.attempt);
      case 'arrival': return this.arrived(event.timeUs, event.message.id);
      case 'loss': return this.lost(event.timeUs, event.message.id, event.why, event.again);
      case 'delivery': return this.delivered(event.timeUs, event.peer, event.from, event.message.id, event.message.hops);
      case 'neighbourUp': this.lastNeighbourUs = event.timeUs; return;
      case 'neighbourDown': return;
      default: return unreachable(event);
    }
  }

  override onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void {
    this.sent(timeUs, from, to, payloadOf(message), bytes, attempt);
  }

  override onArrival(timeUs: number, _from: PeerRef, _to: PeerRef, message: Message): void {
    this.arrived(timeUs, payloadOf(message));
  }

  override onLoss(timeUs: number, _from: PeerRef, _to: PeerRef, message: Message, why: PacketLoss, again: boolean): void {
    this.lost(timeUs, payloadOf(message), why, again);
  }

  override onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.delivered(timeUs, peer, from, message, message.hops);
  }

  override onEvent(timeUs: number, _peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind === 'neighbourUp') this.lastNeighbourUs = timeUs;
  }

  /** `payload` names a message with a payload; `undefined` stands for any other. */
  private sent(timeUs: number, from: number, to: number, payload: PayloadId | undefined, bytes: number, attempt: number): void {
    if (payload !== undefined) {
      this.lastPayloadUs = timeUs;
      if (attempt === 1) this.payloadsInFlight++;
      this.record(payload)?.onSent(from, to);
    }
    if (!this.measuring) return;
    if (payload !== undefined) {
      this.payloadBytes += bytes;
      if (attempt > 1) this.retransmissions++;
    } else {
      this.controlMessages++;
      this.controlBytes += bytes;
    }
  }

  private arrived(timeUs: number, payload: PayloadId | undefined): void {
    if (payload === undefined) return;
    this.landed(timeUs);
    const record = this.record(payload);
    if (record !== undefined) record.received++;
  }

  private lost(timeUs: number, payload: PayloadId | undefined, why: PacketLoss, again: boolean): void {
    if (this.measuring && why === 'queue-full') this.queueDrops++;
    if (payload !== undefined && !again) this.landed(timeUs);
  }

  private delivered(timeUs: number, peer: number, from: number, payload: PayloadId | undefined, hops: number): void {
    if (payload !== undefined) this.record(payload)?.onDelivered(peer, from, hops, timeUs);
  }

  private landed(timeUs: number): void {
    this.lastPayloadUs = timeUs;
    this.payloadsInFlight--;
  }

  private record(payload: PayloadId): MessageRecord | undefined {
    return this.byOrigin[payload.origin]?.get(payload.seq);
  }
}

interface PayloadId {
  readonly origin: number;
  readonly seq: number;
}

function payloadOf(message: Message): PayloadId | undefined {
  return message.kind === 'data' ? message : undefined;
}
