import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';

/**
 * Flooding: a message goes to every neighbour but the one that it came from, the
 * first time that it arrives.
 *
 * The baseline of every comparison of gossip protocols, for example the "eager push
 * with fan-out = active view" of the HyParView paper (DSN 2007, section 4.1).
 *
 * Guarantees: while links are reliable and the overlay is connected, every peer
 * gets every message, by a path with the fewest overlay hops when delays are equal.
 */
export class Flooding implements Dissemination {
  readonly ignoresDuplicates = true;
  private readonly self: PeerRef;
  private readonly log: MessageLog;
  private readonly neighbours: readonly PeerRef[];

  constructor(self: PeerRef, log: MessageLog, neighbours: readonly PeerRef[]) {
    this.self = self;
    this.log = log;
    this.neighbours = neighbours;
  }

  start(): void {}

  publish(message: DataMessage, _nowMs: number, effects: Effects): number {
    return this.forward(message, this.self, effects);
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    if (message.kind === 'data' && this.log.accept(message, from, effects) && !message.repair) {
      this.forward(message, from, effects);
    }
  }

  onTimer(_timer: Timer, _nowMs: number, _effects: Effects): void {}

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  eachPeer(_visit: (peer: PeerRef) => void): void {}

  private forward(message: DataMessage, from: PeerRef, effects: Effects): number {
    const copy = nextHop(message);
    let sent = 0;
    for (const peer of this.neighbours) {
      if (peer === from || peer === this.self) continue;
      effects.send(peer, copy);
      sent++;
    }
    return sent;
  }
}
