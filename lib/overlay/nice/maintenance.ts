import type { PeerRef } from '../../core/ids.ts';
import { centreOf, partition, radiusFrom } from './centre.ts';
import type { Cluster } from './cluster.ts';
import type { Layers } from './layers.ts';

/** Heartbeats for which a cluster must have been too small before it is merged: members may be on their way. A guess. */
const SMALL_FOR = 2;

/** What a leader has to do about its clusters; one thing at a time. */
export type Act =
  /** A root alone in the highest layer leads one layer less. */
  | { readonly kind: 'drop' }
  /** Section 3.2: too many members. `go`: those who become a cluster of their own, their leader first. */
  | { readonly kind: 'split'; readonly cluster: Cluster; readonly go: readonly PeerRef[] }
  /** Section 3.2: too few members; they go to the cluster of the nearest leader, `into`, and this peer with them. */
  | { readonly kind: 'dissolve'; readonly into: PeerRef }
  /** The same where this peer leads the layer above, too: the members of the nearest leader, `from`, come here. */
  | { readonly kind: 'absorb'; readonly layer: number; readonly from: PeerRef }
  /** Section 3.2: the centre has moved away from the leader; `to` takes its place. */
  | { readonly kind: 'transfer'; readonly layer: number; readonly to: PeerRef };

/** The bounds that a cluster has. */
export interface Bounds {
  /** The paper's k. */
  readonly sizeMin: number;
  /** 3k - 1. */
  readonly sizeMax: number;
  /** Which share of the radius a new leader must take off. */
  readonly improvement: number;
}

/** Counts for how many heartbeats clusters have been too small. */
export function countSmall(layers: Layers, { sizeMin }: Bounds): void {
  for (const cluster of layers.led) cluster.smallFor = cluster.size < sizeMin ? cluster.smallFor + 1 : 0;
}

/** What has to be done first, if anything. The highest cluster of all may be as small as it is. `mayImprove`: a leader may be changed. */
export function nextAct(layers: Layers, bounds: Bounds, mayImprove: boolean): Act | undefined {
  const { led, height, isRoot } = layers;
  if (isRoot && height > 1 && led[height - 1]?.members.length === 0) return { kind: 'drop' };
  const large = led.find((cluster) => cluster.size > bounds.sizeMax);
  if (large !== undefined) return split(large, bounds);
  for (let layer = isRoot ? height - 2 : height - 1; layer >= 0; layer--) {
    const cluster = led[layer];
    const act = cluster !== undefined && cluster.smallFor >= SMALL_FOR ? merge(layers, cluster) : undefined;
    if (act !== undefined) return act;
  }
  return mayImprove ? recentre(layers, bounds) : undefined;
}

/** Parts the cluster in two of at least half of 3k members, which are far from both bounds. */
export function split(cluster: Cluster, { sizeMax }: Bounds): Act {
  const all = cluster.everybody;
  const halves = partition(all, Math.floor((sizeMax + 1) / 2), cluster.distance);
  const go = halves[0].includes(all[0] as PeerRef) ? halves[1] : halves[0];
  return { kind: 'split', cluster, go };
}

/** The nearest in the super-cluster takes the members, or gives its own. */
function merge(layers: Layers, { layer }: Cluster): Act | undefined {
  const above = layers.clusterOf(layer + 1);
  if (above === undefined) return undefined;
  const [self] = above.everybody as [PeerRef];
  let [nearest, least] = [above.members[0], Infinity];
  for (const peer of above.members) {
    const distance = above.distance(self, peer);
    if (distance < least) [nearest, least] = [peer, distance];
  }
  if (nearest === undefined) return undefined;
  return above === layers.upper ? { kind: 'dissolve', into: nearest } : { kind: 'absorb', layer, from: nearest };
}

/** The lowest cluster whose centre is by far a better leader; only where all distances are known. */
function recentre({ led }: Layers, { improvement }: Bounds): Act | undefined {
  for (const cluster of led) {
    if (cluster.members.length === 0 || !cluster.isMeasured) continue;
    const all = cluster.everybody;
    const to = centreOf(all, cluster.distance);
    const now = radiusFrom(all[0] as PeerRef, all, cluster.distance);
    if (radiusFrom(to, all, cluster.distance) < now * (1 - improvement)) return { kind: 'transfer', layer: cluster.layer, to };
  }
  return undefined;
}
