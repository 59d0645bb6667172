import type { PeerRef } from '../../core/ids.ts';
import { centreOf } from './centre.ts';
import type { Cluster } from './cluster.ts';

/**
 * The choice of a new leader by the members of a cluster whose leader has failed
 * (section 3.3). Each makes it alone, from what all knew of the distances and in the
 * order of the last list that the leader sent, so that most choose the same.
 */
export class Election {
  readonly layer: number;
  /** The cluster of the layer above, as the old leader told; empty when it was the root. */
  readonly supers: readonly PeerRef[];
  private readonly cluster: Cluster;
  private electorate: readonly PeerRef[];

  constructor(cluster: Cluster, electorate: readonly PeerRef[], supers: readonly PeerRef[]) {
    this.layer = cluster.layer;
    this.cluster = cluster;
    this.electorate = electorate;
    this.supers = supers;
  }

  /** The members that live, this peer included. */
  get survivors(): readonly PeerRef[] {
    return this.electorate;
  }

  /** `peer` cannot become the leader. */
  strike(peer: PeerRef): void {
    this.electorate = this.electorate.filter((other) => other !== peer);
  }

  /** The centre of the survivors. */
  get winner(): PeerRef {
    return centreOf(this.electorate, this.cluster.distance);
  }
}
