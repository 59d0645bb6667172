import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination, TreeOverlay } from '../core/protocol.ts';

/**
 * Multicast along the tree that the overlay knows: any member may publish, and a
 * message goes where the overlay says. Along a tree that all publishers share that is
 * every tree link but the one that it came by (as in core-based trees, Ballardie,
 * Francis, Crowcroft, SIGCOMM 1993); other overlays have a tree for each publisher.
 *
 * Only a neighbour may hand a message in, so that what comes by another way cannot
 * make copies; what comes again over a link of the overlay is counted: the tree has
 * a cycle, for the moment or because the graph given is no tree.
 *
 * Guarantees: every peer gets every message exactly once while all members live and
 * the tree stays; nothing is repaired.
 */
export class TreeMulticast implements Dissemination {
  readonly ignoresDuplicates = false;
  private readonly self: PeerRef;
  private readonly log: MessageLog;
  private readonly tree: TreeOverlay;
  /** Messages refused because their sender is no neighbour. */
  strangers = 0;
  /** Messages that came again over links of the overlay. */
  cycles = 0;

  constructor(self: PeerRef, log: MessageLog, tree: TreeOverlay) {
    this.self = self;
    this.log = log;
    this.tree = tree;
  }

  start(): void {}

  publish(message: DataMessage, _nowMs: number, effects: Effects): number {
    return this.forward(message, this.self, effects);
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    if (message.kind !== 'data') return;
    if (message.repair) {
      this.log.accept(message, from, effects);
    } else if (!this.tree.neighbours.includes(from)) {
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
    const targets = this.tree.forwardTo(message.origin, from);
    const copy = nextHop(message);
    for (const peer of targets) effects.send(peer, copy);
    return targets.length;
  }
}
