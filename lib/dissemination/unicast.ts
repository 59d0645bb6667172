import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';

/**
 * Repeated unicast: the publisher sends a copy to every neighbour itself and nobody
 * forwards. Over full membership this is the star, the baseline that application-
 * level multicast is measured against (Chu, Rao, Seshan, Zhang: "A case for end
 * system multicast", section 2).
 *
 * Guarantees: every neighbour that the links can reach gets every message.
 */
export class Unicast implements Dissemination {
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
    const copy = nextHop(message);
    let sent = 0;
    for (const peer of this.neighbours) {
      if (peer === this.self) continue;
      effects.send(peer, copy);
      sent++;
    }
    return sent;
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    if (message.kind === 'data') this.log.accept(message, from, effects);
  }

  onTimer(_timer: Timer, _nowMs: number, _effects: Effects): void {}

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  eachPeer(_visit: (peer: PeerRef) => void): void {}
}
