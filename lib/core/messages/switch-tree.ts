import type { GroupRef, PeerRef } from '../ids.ts';

/** Messages of switch-trees. */
export type SwitchTreeMessage =
  | TreeQuery
  | TreeInfo
  | TreeJoin
  | TreeJoinReply
  | TreeRefresh
  | TreePath
  | TreeLeave
  | TreeRoot;

/** A peer of the tree. */
export interface TreePeer {
  readonly peer: PeerRef;
  /** Its delay to the root along the tree: the sum of measured round trips, in microseconds. */
  readonly delayUs: number;
}

/** Peers in a root path at most: what a tree may be deep. */
export const TREE_PATH_MAX = 128;

/** Children of a peer at most: the largest `childrenMax`. */
export const TREE_CHILDREN_MAX = 64;

/** Largest delay that a message can tell, in microseconds: over an hour. */
export const TREE_DELAY_MAX_US = 0xffff_ffff;

/** Largest rank of a root. */
export const TREE_RANK_MAX = 2 ** 33 - 1;

/** Where the sender stands in the tree. */
export interface TreePosition {
  /** Of the root; of two trees that meet, the one with the higher rank stays. */
  readonly rank: number;
  /** From the root to the sender, both included; empty where the sender is in no tree. */
  readonly path: readonly TreePeer[];
  /** The sender's, the oldest first. */
  readonly children: readonly TreePeer[];
}

/** Where do you stand in the tree? */
export interface TreeQuery {
  readonly kind: 'treeQuery';
  readonly group: GroupRef;
  readonly seq: number;
}

/** The answer to the query of this number. */
export interface TreeInfo extends TreePosition {
  readonly kind: 'treeInfo';
  readonly group: GroupRef;
  readonly seq: number;
  /** A child would be taken now. */
  readonly accepting: boolean;
}

/** Take me, and all below me, for a child. */
export interface TreeJoin {
  readonly kind: 'treeJoin';
  readonly group: GroupRef;
  readonly seq: number;
  /** The sender's round trip to the receiver, in microseconds. */
  readonly rttUs: number;
}

/** The answer to the join of this number; the position of one that refuses has no path. */
export interface TreeJoinReply extends TreePosition {
  readonly kind: 'treeJoinReply';
  readonly group: GroupRef;
  readonly seq: number;
  readonly accepted: boolean;
}

/** Child to parent, now and then: I am here. The answer is a path. */
export interface TreeRefresh {
  readonly kind: 'treeRefresh';
  readonly group: GroupRef;
  /** As measured last, in microseconds. */
  readonly rttUs: number;
}

/** Parent to child: this is your root path. */
export interface TreePath extends TreePosition {
  readonly kind: 'treePath';
  readonly group: GroupRef;
}

/** The sender is no longer, or never was, the receiver's parent or child. */
export interface TreeLeave {
  readonly kind: 'treeLeave';
  readonly group: GroupRef;
  /** It leaves the group, and cannot be asked for a place again. */
  readonly leaving: boolean;
}

/** Member to the root of a tree: there is another root, of higher rank. */
export interface TreeRoot {
  readonly kind: 'treeRoot';
  readonly group: GroupRef;
  readonly root: PeerRef;
  readonly rank: number;
}
