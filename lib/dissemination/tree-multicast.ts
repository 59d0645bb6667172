import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';

/**
 * Multicast along a tree that is given: any member may publish, and a message goes
 * on over every tree link but the one that it came by (a bidirectional shared tree,
 * as in core-based trees, Ballardie, Francis, Crowcroft, SIGCOMM 1993).
 *
 * Only a tree neighbour may hand a message in, so that what comes by another way
 * cannot make copies; a duplicate over a tree link means that the graph given is
 * not a tree, and is counted.
 *
 * Guarantees: every peer gets every message exactly once while all members live;
 * nothing is repaired.
 */
export class TreeMulticast implements Dissemination {
  readonly ignoresDuplicates = false;
  private readonly self: PeerRef;
  private readonly log: MessageLog;
  private readonly neighbours: readonly PeerRef[];
  /** Messages refused because their sender is no tree neighbour. */
  strangers = 0;
  /** Messages that came twice over tree links: the graph has a cycle. */
  cycles = 0;

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
    if (message.kind !== 'data') return;
    if (message.repair) {
      this.log.accept(message, from, effects);
    } else if (!this.neighbours.includes(from)) {
      this.strangers++;
      effects.emit({ kind: 'dropped', group: message.group, origin: message.origin, seq: message.seq, reason: 'not-a-neighbour' });
    } else if (this.log.accept(message, from, effects)) {
      this.forward(message, from, effects);
    } else {
      this.cycles++;
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
