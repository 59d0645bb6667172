import type { PeerRef } from '../core/ids.ts';

/** The state of every neighbour in one tree: each is in exactly one of the two lists. */
export interface PlumtreeTree {
  readonly source: PeerRef | undefined;
  readonly eager: PeerRef[];
  readonly lazy: PeerRef[];
}

/** The eager and lazy links of each tree: one tree for all publishers, or one for each. */
export class PlumtreeTrees {
  private readonly kind: 'shared' | 'per-source';
  private readonly treesMax: number;
  /** The shared tree, or the pattern of a new one: all neighbours eager. */
  private readonly shared: PlumtreeTree = { source: undefined, eager: [], lazy: [] };
  private bySource: Map<PeerRef, PlumtreeTree> | undefined = undefined;
  /** Trees forgotten to stay within `treesMax`. */
  evicted = 0;

  constructor(kind: 'shared' | 'per-source', treesMax: number) {
    this.kind = kind;
    this.treesMax = treesMax;
  }

  /** Whether `peer` is a neighbour. */
  has(peer: PeerRef): boolean {
    return this.shared.eager.includes(peer) || this.shared.lazy.includes(peer);
  }

  /** The tree as it is, or as it would be made: reading makes none. */
  peek(source: PeerRef): PlumtreeTree {
    return this.bySource?.get(source) ?? this.shared;
  }

  /** The tree that carries the messages of `source`, made if need be. */
  of(source: PeerRef): PlumtreeTree {
    if (this.kind === 'shared') return this.shared;
    this.bySource ??= new Map();
    let tree = this.bySource.get(source);
    if (tree === undefined) {
      tree = { source, eager: this.shared.eager.slice(), lazy: [] };
      this.bySource.set(source, tree);
      this.evict(source);
    }
    return tree;
  }

  add(peer: PeerRef): void {
    for (const { eager, lazy } of this.all()) if (!eager.includes(peer) && !lazy.includes(peer)) eager.push(peer);
  }

  delete(peer: PeerRef): void {
    for (const { eager, lazy } of this.all()) {
      move(peer, eager);
      move(peer, lazy);
    }
  }

  /** Only a neighbour can be made eager or lazy; for anyone else nothing happens. */
  makeEager(source: PeerRef, peer: PeerRef): void {
    const { eager, lazy } = this.peek(source);
    if (lazy.length > 0) move(peer, lazy, eager);
  }

  makeLazy(source: PeerRef, peer: PeerRef): void {
    if (!this.has(peer)) return;
    const { eager, lazy } = this.of(source);
    move(peer, eager, lazy);
  }

  private all(): Iterable<PlumtreeTree> {
    return this.bySource === undefined ? [this.shared] : [this.shared, ...this.bySource.values()];
  }

  /** Policy: the tree made longest ago goes; it is made anew when its source publishes again. */
  private evict(newest: PeerRef): void {
    if (this.bySource === undefined || this.bySource.size <= this.treesMax) return;
    for (const source of this.bySource.keys()) {
      if (source === newest) continue;
      this.bySource.delete(source);
      this.evicted++;
      return;
    }
  }
}

/** Takes `peer` out of `from`, if it is there, and puts it into `to`. */
function move(peer: PeerRef, from: PeerRef[], to?: PeerRef[]): void {
  const index = from.indexOf(peer);
  if (index < 0) return;
  from.splice(index, 1);
  to?.push(peer);
}
