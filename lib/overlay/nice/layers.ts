import { assert } from '../../core/errors.ts';
import type { PeerRef } from '../../core/ids.ts';
import type { NicePlace } from '../../core/messages.ts';
import { Cluster, type OwnDistance } from './cluster.ts';

/** Layers that a peer leads clusters in at most: more than any group needs, with two members in each. Nobody is a member in layer 30, so that who is elected there can lead it. */
export const HEIGHT_MAX = 30;

/**
 * The place of a peer in the hierarchy (section 2). A peer of height h leads a cluster
 * in each of the layers 0 to h - 1, and is an ordinary member of one in layer h, which
 * its parent leads. The root has no parent: it leads the highest cluster. A parent is
 * always higher than its children, which is why parents never lie in a circle.
 */
export class Layers {
  /** The clusters that this peer leads, by layer. */
  readonly led: Cluster[] = [];
  /** The cluster of layer `height`, its leader included. */
  upper: Cluster | undefined = undefined;
  /** Who leads `upper`. */
  parent: PeerRef | undefined = undefined;
  /** The cluster that the parent is an ordinary member of, or leads, in the layer above `upper`; its leader first. */
  supers: readonly PeerRef[] = NOBODY;
  /** The members of `upper`, without its leader, in the order of the leader's last list. */
  listed: readonly PeerRef[] = NOBODY;
  /** The root, as far as known; the peer itself when it is that. */
  root: PeerRef;
  private readonly self: PeerRef;
  private readonly own: OwnDistance;

  constructor(self: PeerRef, own: OwnDistance) {
    this.self = self;
    this.own = own;
    this.root = self;
    this.raise();
  }

  get height(): number {
    return this.led.length;
  }

  get isRoot(): boolean {
    return this.parent === undefined;
  }

  /** Whether this peer leads nobody. */
  get isChildless(): boolean {
    return this.led.every((cluster) => cluster.members.length === 0);
  }

  /** The layer in which a root would become a member of another's cluster. */
  get layerToJoin(): number {
    return this.isChildless ? 0 : this.height;
  }

  /** The clusters that this peer is in, the lowest first. */
  get clusters(): readonly Cluster[] {
    return this.upper === undefined ? this.led : [...this.led, this.upper];
  }

  /** The cluster of `layer` that this peer is in. */
  clusterOf(layer: number): Cluster | undefined {
    return layer === this.height ? this.upper : this.led[layer];
  }

  /** The super-cluster of those in the cluster of `layer` that this peer leads. */
  supersOf(layer: number): readonly PeerRef[] {
    const above = this.led[layer + 1];
    if (above !== undefined) return above.everybody;
    if (this.parent === undefined || this.upper === undefined) return NOBODY;
    return [this.parent, this.self, ...this.upper.members.filter((peer) => peer !== this.parent)];
  }

  /** Leads one layer more, where nobody else is yet. */
  raise(): Cluster {
    assert(this.height < HEIGHT_MAX, 'a hierarchy has fewer layers');
    const cluster = new Cluster(this.height, this.self, this.own);
    this.led.push(cluster);
    return cluster;
  }

  /** Becomes an ordinary member of the cluster of `layer`, which `parent` leads; leads nobody there and above any more. */
  attach(layer: number, parent: PeerRef, nowMs: number): Cluster {
    this.led.length = Math.min(layer, this.height);
    assert(layer === this.height, 'who becomes a member in a layer leads in all below');
    this.parent = parent;
    const kept = this.upper?.layer === layer ? this.upper : new Cluster(layer, this.self, this.own);
    kept.add(parent, nowMs);
    this.upper = kept;
    return kept;
  }

  /** Becomes the root of what is below `layer`, of which one layer is at least its own. */
  detach(layer: number = this.height): void {
    this.led.length = Math.min(layer, this.height);
    this.parent = undefined;
    this.upper = undefined;
    this.supers = NOBODY;
    this.listed = NOBODY;
    this.root = this.self;
    if (this.height === 0) this.raise();
  }

  /** Takes `peer` out of every cluster but the one of layer `except`; answers which of those that this peer leads have changed. */
  remove(peer: PeerRef, except?: number): Cluster[] {
    if (this.upper?.layer !== except) this.upper?.remove(peer);
    return this.led.filter((cluster) => cluster.layer !== except && cluster.remove(peer));
  }

  /** All that this peer leads from `layer` up, at most `countMax`. */
  placesFrom(layer: number, countMax: number): NicePlace[] {
    return this.led.slice(layer).flatMap((cluster) => cluster.members.map((peer) => ({ layer: cluster.layer, peer }))).slice(0, countMax);
  }

  /** Everybody with whom this peer shares a cluster, once each. */
  neighbours(): PeerRef[] {
    return [...new Set(this.clusters.flatMap((cluster) => cluster.members))];
  }

  /**
   * The paper's MulticastDataForward (section 2): to all members of all
   * clusters that this peer is in, but for those of the cluster that `from` is in too.
   */
  forwardTo(from: PeerRef): PeerRef[] {
    const targets = this.clusters.filter((cluster) => !cluster.has(from)).flatMap((cluster) => cluster.members);
    return [...new Set(targets)].filter((peer) => peer !== from);
  }
}

const NOBODY: readonly PeerRef[] = [];
