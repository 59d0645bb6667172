import type { GroupRef, PeerRef } from '../ids.ts';

/** Messages of NICE. A peer of height h leads a cluster in each of the layers 0 to h - 1. */
export type NiceMessage =
  | NiceQuery
  | NiceReply
  | NiceJoin
  | NiceCluster
  | NiceHeartbeat
  | NiceLeave
  | NiceTransfer
  | NiceLeader
  | NiceMerge
  | NiceRoot;

/** In a query: the highest layer that there is. */
export const NICE_TOP_LAYER = 255;

/** Members of a cluster in one message, its leader not counted: twice what the largest `clusterSizeMin` allows. */
export const NICE_MEMBERS_MAX = 94;

/** Members that are handed over at once. Those left out join their new leader by themselves. */
export const NICE_PLACES_MAX = 190;

/** Who is in the cluster that you lead in this layer? */
export interface NiceQuery {
  readonly kind: 'niceQuery';
  readonly group: GroupRef;
  /** `NICE_TOP_LAYER` asks for the highest cluster of the hierarchy. */
  readonly layer: number;
}

/** Answers a query, or refuses a join. */
export interface NiceReply {
  readonly kind: 'niceReply';
  readonly group: GroupRef;
  /** Of the cluster described; that of the question when the sender leads none there. */
  readonly layer: number;
  /** Layers that the sender leads a cluster in: 0 to `height` - 1. */
  readonly height: number;
  /** The leader of the highest cluster, as far as the sender knows: itself, or whom to ask next. */
  readonly root: PeerRef;
  /** The cluster without its leader, the sender, where it leads one in that layer; to who asked for the highest and is pointed on, some members that the sender knows. */
  readonly members: readonly PeerRef[];
}

/** Take the sender into the cluster that you lead in this layer. */
export interface NiceJoin {
  readonly kind: 'niceJoin';
  readonly group: GroupRef;
  readonly layer: number;
}

/** A peer and the round trip to it, in microseconds; 0 for one that has not been measured. */
export interface NiceDistance {
  readonly peer: PeerRef;
  readonly rttUs: number;
}

/** The heartbeat of a leader, which says who is in the cluster; answers a join, too. */
export interface NiceCluster {
  readonly kind: 'niceCluster';
  readonly group: GroupRef;
  readonly layer: number;
  /** The leader of the highest cluster. */
  readonly root: PeerRef;
  /** The cluster without its leader, the sender, and the sender's distances. */
  readonly members: readonly NiceDistance[];
  /** The super-cluster: the cluster of the layer above that the sender is in, its leader first; empty where there is none. */
  readonly supers: readonly PeerRef[];
}

/** The heartbeat of a member to all others of its cluster. */
export interface NiceHeartbeat {
  readonly kind: 'niceHeartbeat';
  readonly group: GroupRef;
  readonly layer: number;
  /** The sender takes the receiver for the leader of the cluster. */
  readonly toLeader: boolean;
  readonly distances: readonly NiceDistance[];
}

/** The sender and the receiver are not, or no longer, together in a cluster of this layer. */
export interface NiceLeave {
  readonly kind: 'niceLeave';
  readonly group: GroupRef;
  readonly layer: number;
}

/** A leader to a member of its cluster: lead clusters up to the layer `height` - 1. */
export interface NiceTransfer {
  readonly kind: 'niceTransfer';
  readonly group: GroupRef;
  readonly height: number;
  /** Whom to lead, and in which layers. */
  readonly members: readonly NicePlace[];
  /** Who leads the cluster of layer `height` that the receiver is in then; absent when the receiver becomes the root. */
  readonly parent?: PeerRef;
}

/** A member of the cluster in a layer. */
export interface NicePlace {
  readonly layer: number;
  readonly peer: PeerRef;
}

/** A leader to a member of its cluster: somebody else leads you now. */
export interface NiceLeader {
  readonly kind: 'niceLeader';
  readonly group: GroupRef;
  readonly layer: number;
  readonly leader: PeerRef;
}

/** A leader to a member of its cluster in the layer above: bring your cluster of this layer into mine. */
export interface NiceMerge {
  readonly kind: 'niceMerge';
  readonly group: GroupRef;
  readonly layer: number;
}

/** There is another hierarchy, with this root. */
export interface NiceRoot {
  readonly kind: 'niceRoot';
  readonly group: GroupRef;
  readonly root: PeerRef;
}
