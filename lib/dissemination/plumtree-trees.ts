import type { PeerRef } from '../core/ids.ts';
import { arrayWithRoom } from '../core/room.ts';

/** Neighbours that a tree has room for from the start: HyParView's five, and one that is about to go. */
const USUAL_NEIGHBOURS = 6;

/** The state of every neighbour in one tree: each is in exactly one of the two lists. */
export interface PlumtreeTree {
  readonly source: PeerRef | undefined;
  readonly eager: readonly PeerRef[];
  readonly lazy: readonly PeerRef[];
}

/** The eager and lazy links of each tree: one tree for all publishers, or one for each. */
export class PlumtreeTrees {
  private readonly kind: 'shared' | 'per-source';
  private readonly treesMax: number;
  /** The shared tree, or the pattern of a new one: all neighbours eager. */
  private readonly shared = new Links(undefined, arrayWithRoom(USUAL_NEIGHBOURS));
  private bySource: Map<PeerRef, Links> | undefined = undefined;
  /** Trees forgotten to stay within `treesMax`. */
  evicted = 0;

  constructor(kind: 'shared' | 'per-source', treesMax: number) {
    this.kind = kind;
    this.treesMax = treesMax;
  }

  /** Whether `peer` is a neighbour. */
  has(peer: PeerRef): boolean {
    return this.shared.peers.includes(peer);
  }

  /** The tree as it is, or as it would be made: reading makes none. */
  peek(source: PeerRef): PlumtreeTree {
    return view(this.known(source));
  }

  /** The tree that carries the messages of `source`, made if need be. */
  of(source: PeerRef): PlumtreeTree {
    return view(this.made(source));
  }

  add(peer: PeerRef): void {
    for (const links of this.all()) if (!links.peers.includes(peer)) insertEager(links, peer);
  }

  delete(peer: PeerRef): void {
    for (const links of this.all()) take(links, peer);
  }

  /** Everyone who has a tree. */
  eachSource(visit: (source: PeerRef) => void): void {
    for (const source of this.bySource?.keys() ?? []) visit(source);
  }

  /** Only a neighbour can be made eager or lazy; for anyone else nothing happens. */
  makeEager(source: PeerRef, peer: PeerRef): void {
    const links = this.known(source);
    if (links.peers.indexOf(peer) < links.eagerCount) return;
    take(links, peer);
    insertEager(links, peer);
  }

  makeLazy(source: PeerRef, peer: PeerRef): void {
    if (!this.has(peer)) return;
    const links = this.made(source);
    if (links.peers.indexOf(peer) >= links.eagerCount) return;
    take(links, peer);
    links.peers.push(peer);
  }

  private known(source: PeerRef): Links {
    return this.bySource?.get(source) ?? this.shared;
  }

  private made(source: PeerRef): Links {
    if (this.kind === 'shared') return this.shared;
    this.bySource ??= new Map();
    let links = this.bySource.get(source);
    if (links === undefined) {
      links = new Links(source, this.shared.peers.slice());
      this.bySource.set(source, links);
      this.evict(source);
    }
    return links;
  }

  private all(): Iterable<Links> {
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

/** One tree in one list, the eager links first: two lists for each of very many peers would be heavy. */
class Links {
  readonly source: PeerRef | undefined;
  readonly peers: PeerRef[];
  eagerCount: number;

  constructor(source: PeerRef | undefined, eager: PeerRef[]) {
    this.source = source;
    this.peers = eager;
    this.eagerCount = eager.length;
  }
}

function view({ source, peers, eagerCount }: Links): PlumtreeTree {
  return { source, eager: peers.slice(0, eagerCount), lazy: peers.slice(eagerCount) };
}

function insertEager(links: Links, peer: PeerRef): void {
  links.peers.splice(links.eagerCount, 0, peer);
  links.eagerCount++;
}

function take(links: Links, peer: PeerRef): void {
  const index = links.peers.indexOf(peer);
  if (index < 0) return;
  links.peers.splice(index, 1);
  if (index < links.eagerCount) links.eagerCount--;
}
