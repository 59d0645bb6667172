import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';
import type { Overlay } from '../core/protocol.ts';

/**
 * A graph that is given: a tree computed elsewhere, a fixed mesh, or the complete
 * graph (full membership). Each peer gets the list of its neighbours once. The list
 * is shared, not copied, and may contain the peer itself, so that all members can
 * hold one list of all: whoever draws from it skips the peer itself.
 *
 * Guarantees nothing: a neighbour that fails stays in the list.
 */
export class StaticOverlay implements Overlay {
  readonly neighbours: readonly PeerRef[];

  constructor(neighbours: readonly PeerRef[]) {
    this.neighbours = neighbours;
  }

  start(_peers: readonly PeerRef[], _nowMs: number, _effects: Effects): void {}

  onMessage(_from: PeerRef, _message: Message, _nowMs: number, _effects: Effects): void {}

  onTimer(_timer: Timer, _nowMs: number, _effects: Effects): void {}

  onLinkDown(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  leave(_nowMs: number, _effects: Effects): void {}
}
