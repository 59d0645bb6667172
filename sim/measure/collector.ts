import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { type PacketLoss, SilentObserver } from '../world/observer.ts';
import { MessageRecord } from './message-record.ts';

/** Watches a world and keeps a record of each message that is to be measured, and counts of all traffic. */
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

  override onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void {
    if (message.kind === 'data') {
      this.lastPayloadUs = timeUs;
      if (attempt === 1) this.payloadsInFlight++;
      this.record(message)?.onSent(from, to);
    }
    if (!this.measuring) return;
    if (message.kind === 'data') {
      this.payloadBytes += bytes;
      if (attempt > 1) this.retransmissions++;
    } else {
      this.controlMessages++;
      this.controlBytes += bytes;
    }
  }

  override onArrival(timeUs: number, _from: PeerRef, _to: PeerRef, message: Message): void {
    if (message.kind !== 'data') return;
    this.landed(timeUs);
    const record = this.record(message);
    if (record !== undefined) record.received++;
  }

  override onLoss(timeUs: number, _from: PeerRef, _to: PeerRef, message: Message, why: PacketLoss, again: boolean): void {
    if (this.measuring && why === 'queue-full') this.queueDrops++;
    if (message.kind === 'data' && !again) this.landed(timeUs);
  }

  override onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.record(message)?.onDelivered(peer, from, message.hops, timeUs);
  }

  override onEvent(timeUs: number, _peer: PeerRef, event: ProtocolEvent): void {
    if (event.kind === 'neighbourUp') this.lastNeighbourUs = timeUs;
  }

  private landed(timeUs: number): void {
    this.lastPayloadUs = timeUs;
    this.payloadsInFlight--;
  }

  private record(message: DataMessage): MessageRecord | undefined {
    return this.byOrigin[message.origin]?.get(message.seq);
  }
}
