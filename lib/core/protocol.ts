import type { Effects, Timer } from './effects.ts';
import type { PeerRef } from './ids.ts';
import type { DataMessage, Message } from './messages.ts';

/**
 * The two plug points of a group. Both are state machines without I/O: time comes
 * as an argument, effects go out through one. `lib/peer` composes them; protocols
 * never import each other.
 */

/** Whom do I know and link to? */
export interface Overlay {
  /** The peers linked to now: one array that lives as long as the overlay and changes in place. */
  readonly neighbours: readonly PeerRef[];
  /** `peers`: contacts to join through, all members, or the links of a given graph, as the overlay says. */
  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void;
  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void;
  onTimer(timer: Timer, nowMs: number, effects: Effects): void;
  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void;
  /**
   * A peer that can be asked to let this one in: to join through when there are no
   * neighbours, to grow together with again after a partition when there are.
   */
  addContact(peer: PeerRef, nowMs: number, effects: Effects): void;
  /** What it had to let go, and the like, by name; absent where it counts nothing. */
  readonly counters?: Readonly<Record<string, number>>;
  /** Says good-bye to the neighbours. */
  leave(nowMs: number, effects: Effects): void;
  /** Every peer that it may still name or send to: who keeps a table of peers must keep these. */
  eachPeer(visit: (peer: PeerRef) => void): void;
}

/** An overlay that knows a tree for each publisher, and along it where a message goes. */
export interface TreeOverlay extends Overlay {
  /** Whom a message of `origin` that came from `from` goes on to; `from` is the peer itself when it publishes. */
  forwardTo(origin: PeerRef, from: PeerRef): readonly PeerRef[];
}

/** Told by an overlay when its neighbours change. */
export interface NeighbourListener {
  onNeighbourUp(peer: PeerRef, nowMs: number, effects: Effects): void;
  onNeighbourDown(peer: PeerRef, nowMs: number, effects: Effects): void;
}

/** How does a message travel? */
export interface Dissemination extends NeighbourListener {
  /** Nothing is to be done about a copy that was here before: the peer then may count it and go no further. */
  readonly ignoresDuplicates: boolean;
  /** What it had to let go, and the like, by name; absent where it counts nothing. */
  readonly counters?: Readonly<Record<string, number>>;
  start(nowMs: number, effects: Effects): void;
  /** Whether it can take one more message of this peer's own without losing one before it was told; absent where what is published goes out at once. */
  hasRoom?(): boolean;
  /** Sends a message of this peer's own; answers to how many neighbours it went at once. */
  publish(message: DataMessage, nowMs: number, effects: Effects): number;
  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void;
  onTimer(timer: Timer, nowMs: number, effects: Effects): void;
  /** Every peer that it may still name or send to, beside the neighbours and what is in the log. */
  eachPeer(visit: (peer: PeerRef) => void): void;
}
