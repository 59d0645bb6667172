import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';
import type { NeighbourListener, TreeOverlay } from '../core/protocol.ts';

/**
 * A graph that is given: a tree computed elsewhere, a fixed mesh, or the complete
 * graph (full membership). Each peer gets the list of its neighbours once. The list
 * is shared, not copied, and may contain the peer itself, so that all members can
 * hold one list of all: whoever draws from it skips the peer itself.
 *
 * Live, neighbours are not known before they have been reached: a list that begins
 * empty grows by contacts, and loses those whose link fails until they are reached again.
 *
 * Guarantees nothing: a neighbour that was given at the start and fails stays in the list.
 */
export class StaticOverlay implements TreeOverlay {
  readonly neighbours: readonly PeerRef[];
  /** The same list, where it is this peer's own. */
  private readonly reached: PeerRef[] | undefined;
  private readonly self: PeerRef;
  private readonly listener: NeighbourListener;

  constructor(self: PeerRef, neighbours: readonly PeerRef[], listener: NeighbourListener) {
    this.reached = neighbours.length === 0 ? [] : undefined;
    this.neighbours = this.reached ?? neighbours;
    this.self = self;
    this.listener = listener;
  }

  /** Along a tree that is given: over every link but the one that it came by. */
  forwardTo(_origin: PeerRef, from: PeerRef): readonly PeerRef[] {
    return this.neighbours.filter((peer) => peer !== from && peer !== this.self);
  }

  start(_peers: readonly PeerRef[], _nowMs: number, _effects: Effects): void {}

  onMessage(_from: PeerRef, _message: Message, _nowMs: number, _effects: Effects): void {}

  onTimer(_timer: Timer, _nowMs: number, _effects: Effects): void {}

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    const index = this.reached?.indexOf(peer) ?? -1;
    if (index < 0) return;
    this.reached?.splice(index, 1);
    effects.closeLink(peer);
    this.listener.onNeighbourDown(peer, nowMs, effects);
  }

  addContact(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.reached === undefined || this.reached.includes(peer)) return;
    this.reached.push(peer);
    effects.openLink(peer);
    this.listener.onNeighbourUp(peer, nowMs, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    for (const peer of [...(this.reached ?? [])]) this.onLinkDown(peer, nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.neighbours.forEach((peer) => visit(peer));
  }
}
