import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import { Nice } from '../../lib/overlay/nice/nice.ts';
import { GROUP, type World } from '../../sim/world/world.ts';

/** The NICE overlay of each live peer, by host. */
export function placesOf(world: World): Map<PeerRef, Nice> {
  const places = new Map<PeerRef, Nice>();
  for (let host = 0; host < world.peers; host++) {
    const overlay = world.engine(host)?.group(GROUP)?.overlay;
    if (overlay instanceof Nice) places.set(peerRef(host), overlay);
  }
  return places;
}

/**
 * What is wrong with the hierarchy, one sentence each; nothing where it is as in section
 * 2.2: one root, clusters of k to 3k - 1 members but for the highest, each with one
 * leader that is in the layer above, and all members of one mind.
 */
export function flaws(world: World, k = 3): string[] {
  return flawsAmong(placesOf(world), k);
}

/** The same of peers that are driven by something else. */
export function flawsAmong(places: ReadonlyMap<PeerRef, Nice>, k = 3): string[] {
  const found: string[] = [];
  const roots = [...places].filter(([, { place: { layers } }]) => layers.isRoot).map(([peer]) => peer);
  if (roots.length !== 1) found.push(`${roots.length} roots: ${roots.join(', ')}`);
  for (const [peer, { place: { layers }, neighbours }] of places) {
    const { parent, upper, height, led } = layers;
    for (const cluster of led) {
      const isTop = layers.isRoot && cluster.layer === height - 1;
      if (cluster.size > 3 * k - 1 || (cluster.size < k && !isTop)) found.push(`${peer} leads ${cluster.size} in layer ${cluster.layer}`);
      for (const member of cluster.members) {
        const place = places.get(member)?.place.layers;
        if (place?.parent !== peer || place.height !== cluster.layer) found.push(`${peer} takes ${member} for its member in layer ${cluster.layer}`);
        else if (!sameMembers(place.upper?.everybody, cluster.everybody)) found.push(`${member} knows another cluster than its leader ${peer}`);
      }
    }
    if (parent === undefined) continue;
    if (upper === undefined || upper.layer !== height) found.push(`${peer} has no cluster in layer ${height}`);
    if (places.get(parent)?.place.layers.led[height]?.has(peer) !== true) found.push(`${peer} takes ${parent} for its leader in layer ${height}`);
    if (layers.root !== roots[0]) found.push(`${peer} takes ${layers.root} for the root`);
    if (!sameMembers(neighbours, layers.neighbours())) found.push(`${peer} has other neighbours than cluster mates`);
  }
  return found;
}

function sameMembers(a: readonly PeerRef[] | undefined, b: readonly PeerRef[]): boolean {
  return a !== undefined && a.length === b.length && a.every((peer) => b.includes(peer));
}
