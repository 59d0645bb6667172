import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';

/** Why the simulated network threw a packet away. */
export type PacketLoss = 'lost' | 'corrupted' | 'unreachable' | 'queue-full' | 'peer-down' | 'sender-down';

/**
 * Watches a world and never changes it. Times are virtual microseconds; a method is
 * called when the thing happens.
 */
export interface Observer {
  /** A copy of `message`, `bytes` long, is put on the way; `attempt` counts from 1 where the link repeats it. */
  onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void;
  /** A copy has come in at a live peer. */
  onArrival(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void;
  /** A copy will not arrive; `again`: its link will send another one. */
  onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: PacketLoss, again: boolean): void;
  /** The application at `peer` got a message, which `from` had sent. */
  onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void;
  onEvent(timeUs: number, peer: PeerRef, event: ProtocolEvent): void;
  /** A link that `owner` keeps has failed; it is told next. */
  onLinkDown?(timeUs: number, owner: PeerRef, peer: PeerRef): void;
}

/** Watches nothing; observers that care about a part extend it. */
export class SilentObserver implements Observer {
  onTransmission(_timeUs: number, _from: PeerRef, _to: PeerRef, _message: Message, _bytes: number, _attempt: number): void {}
  onArrival(_timeUs: number, _from: PeerRef, _to: PeerRef, _message: Message): void {}
  onLoss(_timeUs: number, _from: PeerRef, _to: PeerRef, _message: Message, _why: PacketLoss, _again: boolean): void {}
  onDelivery(_timeUs: number, _peer: PeerRef, _from: PeerRef, _message: DataMessage): void {}
  onEvent(_timeUs: number, _peer: PeerRef, _event: ProtocolEvent): void {}
}
