import type { Effects, ProtocolEvent, Timer } from '../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import type { Network } from './network.ts';
import type { Observer } from './observer.ts';
import type { TraceHash } from './trace-hash.ts';
import type { World } from './world.ts';

/** The outside of a peer, simulated. */
export class WorldEffects implements Effects {
  self: PeerRef = peerRef(0);
  private readonly world: World;
  private readonly network: Network;
  private readonly observer: Observer;
  private readonly hash: TraceHash;

  constructor(world: World, network: Network, observer: Observer, hash: TraceHash) {
    this.world = world;
    this.network = network;
    this.observer = observer;
    this.hash = hash;
  }

  send(to: PeerRef, message: Message): void {
    this.network.send(this.world.nowUs, this.self, to, message, true);
  }

  sendUnreliable(to: PeerRef, message: Message): void {
    this.network.send(this.world.nowUs, this.self, to, message, false);
  }

  setTimer(timer: Timer, afterMs: number): void {
    this.world.setTimer(this.self, timer, afterMs);
  }

  deliver(message: DataMessage, from: PeerRef): void {
    this.hash.add(message.seq, this.self, message.origin);
    this.observer.onDelivery(this.world.nowUs, this.self, from, message);
  }

  emit(event: ProtocolEvent): void {
    this.observer.onEvent(this.world.nowUs, this.self, event);
  }

  openLink(peer: PeerRef): void {
    this.world.openLink(this.self, peer);
  }

  closeLink(peer: PeerRef): void {
    this.world.closeLink(this.self, peer);
  }
}
