import type { PeerRef } from '../core/ids.ts';
import type { TreePeer, TreePosition } from '../core/messages.ts';
import { TREE_PATH_MAX } from '../core/messages/switch-tree.ts';

/** A root that has had children outranks one that has not; ranks are drawn below this. */
export const RANK_WITH_CHILDREN = 2 ** 32;

/** Where a peer stands in the tree, as its parent has told it. */
export class TreePlace {
  role: 'root' | 'member' | 'orphan' = 'orphan';
  /** From the root to the parent, both included; empty at a root. An orphan keeps what was above the parent that it lost. */
  path: readonly TreePeer[] = [];
  /** The parent's children, the oldest first, this peer among them. */
  siblings: readonly TreePeer[] = [];
  /** Of the root. */
  rank = 0;
  private readonly self: PeerRef;

  constructor(self: PeerRef) {
    this.self = self;
  }

  /** `undefined` for an orphan. */
  get root(): PeerRef | undefined {
    if (this.role === 'orphan') return undefined;
    return this.role === 'root' ? this.self : this.path[0]?.peer;
  }

  /** Takes over what the parent says; answers whether the root path or the rank is another one now. */
  adopt({ path, children, rank }: TreePosition): boolean {
    const same = rank === this.rank && path.length === this.path.length && path.every(({ peer }, index) => peer === this.path[index]?.peer);
    this.role = 'member';
    this.path = path;
    this.siblings = children;
    this.rank = rank;
    return !same;
  }

  becomeRoot(rank: number): void {
    this.role = 'root';
    this.path = [];
    this.siblings = [];
    this.rank = rank;
  }

  /** The parent is gone; `above` is what stood above it. */
  becomeOrphan(above: readonly TreePeer[]): void {
    this.role = 'orphan';
    this.path = above;
  }

  /** A root takes its first child. */
  rise(): void {
    if (this.role === 'root' && this.rank < RANK_WITH_CHILDREN) this.rank += RANK_WITH_CHILDREN;
  }

  /** Children of the same parent that were there before this peer; `undefined` when it is not known to be one. */
  get elders(): readonly PeerRef[] | undefined {
    const at = this.siblings.findIndex(({ peer }) => peer === this.self);
    return at < 0 ? undefined : this.siblings.slice(0, at).map(({ peer }) => peer);
  }

  /** This peer, or one on its root path. */
  isAbove(peer: PeerRef): boolean {
    return peer === this.self || this.path.some((above) => above.peer === peer);
  }

  /** The path is that of a peer below this one. */
  isBelow(path: readonly TreePeer[]): boolean {
    return path.some(({ peer }) => peer === this.self);
  }

  /** The path ends with its sender and leaves room for this peer. */
  isUsable(from: PeerRef, path: readonly TreePeer[]): boolean {
    return path.at(-1)?.peer === from && path.length < TREE_PATH_MAX;
  }
}
