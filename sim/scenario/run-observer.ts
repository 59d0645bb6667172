import type { ProtocolEvent } from '../../lib/core/effects.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import type { Observer, PacketLoss } from '../world/observer.ts';

/** What a run of a scenario is told of its world. */
export interface RunListener {
  onTransmission(from: PeerRef, to: PeerRef, message: Message, attempt: number): void;
  onDelivery(peer: PeerRef, from: PeerRef, message: DataMessage): void;
  onEvent(peer: PeerRef, event: ProtocolEvent): void;
  onLinkDown(peer: PeerRef, other: PeerRef): void;
}

/** Tells the run what it needs, and another observer everything. */
export class RunObserver implements Observer {
  private readonly run: RunListener;
  private readonly also: Observer;

  constructor(run: RunListener, also: Observer) {
    this.run = run;
    this.also = also;
  }

  onTransmission(timeUs: number, from: PeerRef, to: PeerRef, message: Message, bytes: number, attempt: number): void {
    this.also.onTransmission(timeUs, from, to, message, bytes, attempt);
    this.run.onTransmission(from, to, message, attempt);
  }

  onArrival(timeUs: number, from: PeerRef, to: PeerRef, message: Message): void {
    this.also.onArrival(timeUs, from, to, message);
  }

  onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: PacketLoss, again: boolean): void {
    this.also.onLoss(timeUs, from, to, message, why, again);
  }

  onDelivery(timeUs: number, peer: PeerRef, from: PeerRef, message: DataMessage): void {
    this.also.onDelivery(timeUs, peer, from, message);
    this.run.onDelivery(peer, from, message);
  }

  onEvent(timeUs: number, peer: PeerRef, event: ProtocolEvent): void {
    this.also.onEvent(timeUs, peer, event);
    this.run.onEvent(peer, event);
  }

  onLinkDown(timeUs: number, owner: PeerRef, peer: PeerRef): void {
    this.also.onLinkDown?.(timeUs, owner, peer);
    this.run.onLinkDown(owner, peer);
  }
}
