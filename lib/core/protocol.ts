import type { Audited } from './audit.ts';
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
  /** Questions without an answer so far, of those after which something waits; absent where it asks none. */
  readonly questions?: readonly Question[];
  /** Says good-bye to the neighbours. */
  leave(nowMs: number, effects: Effects): void;
  /** Every peer that it may still name or send to: who keeps a table of peers must keep these. */
  eachPeer(visit: (peer: PeerRef) => void): void;
}

/** What a peer has asked, and waits for. */
export interface Question {
  /** Tells it from all that this peer has asked before. */
  readonly name: string;
  /** The wait is over after so long, by the peer's clock, whether there is an answer or not. */
  readonly timeoutMs: number;
}

/** An overlay that knows a tree for each publisher, and along it where a message goes. */
export interface TreeOverlay extends Overlay {
  /** Whom a message of `origin` that came from `from` goes on to; `from` is the peer itself when it publishes. */
  forwardTo(origin: PeerRef, from: PeerRef): readonly PeerRef[];
}

/** An overlay whose links another protocol may exchange for better ones. Both ends of a link must be changed; saying so is that protocol's part. */
export interface EditableOverlay extends Overlay {
  /** Peers that are known and not linked to. */
  readonly passive: readonly PeerRef[];
  /** It has as many neighbours as it may have. */
  readonly full: boolean;
  /** Whether free places are kept for somebody. */
  readonly held: boolean;
  /** Makes a neighbour of `peer` if there is room; answers whether it is one now. Nothing is sent. */
  admit(peer: PeerRef, nowMs: number, effects: Effects): boolean;
  /** Makes a passive peer of a neighbour; answers whether it was one. Nothing is sent. */
  release(peer: PeerRef, nowMs: number, effects: Effects): boolean;
  /** While held, it looks for nobody to fill free places with, since somebody is to come. */
  hold(held: boolean, effects: Effects): void;
}

/** How far other peers are, for protocols that choose by it. */
export interface Distances {
  /** Changes whenever some distance does. */
  readonly version: number;
  /** The round trip to `peer` in ms, or `undefined` while it is not known. */
  rttMs(peer: PeerRef): number | undefined;
  /** Has it measured, once more if it is known. */
  probe(peer: PeerRef, nowMs: number, effects: Effects): void;
}

/** A number that every peer of a group gives to the same publisher: 32 bits made of its identity. */
export type HashOf = (peer: PeerRef) => number;

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
  /** What it counts to stay within its bounds, counted anew; absent where it counts nothing. */
  readonly audit?: readonly Audited[];
  /** What it has still to do beside its periodic steps, by name: all 0 when no message is on its way any more; absent where that shows in what it sends alone. */
  readonly unfinished?: Readonly<Record<string, number>>;
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
