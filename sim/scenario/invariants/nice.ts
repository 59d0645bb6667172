import { groupConfig } from '../../../lib/core/config.ts';
import { Nice } from '../../../lib/overlay/nice/nice.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';
import { circles } from './circles.ts';

/** Heartbeats in which a circle is left, whatever befalls those in it. A guess: what a silent member is given, on a clock at half speed. */
const CIRCLE_HEARTBEATS = 10;

/** Clusters stay small, whatever happens. */
export const CLUSTERS_BOUNDED: Invariant = {
  name: 'clusters-bounded',
  claim: 'in NICE no leader has more than twice the largest cluster, 2 (3k - 1), for its members',
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'nice') return undefined;
    const sizeMax = 2 * (3 * overlay.clusterSizeMin - 1);
    return {
      onTick() {
        for (const [peer, { place }] of placesOf(run)) {
          for (const { size, layer } of place.layers.led) if (size > sizeMax) report(`leads ${size} in layer ${layer}, ${sizeMax} are allowed`, peer);
        }
      },
    };
  },
};

/** Parents are above their children. */
export const LEADERS_CIRCLES_END: Invariant = {
  name: 'leader-circles-end',
  claim: `in NICE no circle of leaders lasts for ${CIRCLE_HEARTBEATS} heartbeats`,
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'nice') return undefined;
    const lasting = new Lasting(CIRCLE_HEARTBEATS * overlay.heartbeatIntervalMs);
    return {
      onTick() {
        const parents = new Map([...placesOf(run)].map(([peer, { place }]) => [peer, place.layers.parent]));
        for (const what of lasting.look(run.nowMs, circles(parents))) report(what);
      },
    };
  },
};

/** Section 2.2 of the paper, and all of one mind. */
export const HIERARCHY_STANDS: Invariant = {
  name: 'hierarchy-stands',
  claim: 'in the end there is one hierarchy: every peer is in one cluster of each layer up to its highest, clusters but for the highest have k to 3k - 1 members, each is led by one of them who is in the layer above, and all its members know it as it is',
  kind: 'liveness',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'nice') return undefined;
    return {
      atEnd() {
        const places = placesOf(run);
        const roots = [...places].filter(([, { place }]) => place.layers.isRoot).map(([peer]) => peer);
        if (places.size > 0 && roots.length !== 1) report(`there are ${roots.length} roots: ${roots.join(', ')}`);
        for (const peer of places.keys()) {
          checkLed(places, peer, overlay.clusterSizeMin, report);
          checkPlace(places, peer, roots[0], report);
        }
      },
    };
  },
};

type Places = ReadonlyMap<number, Nice>;
type Report = (what: string, peer?: number) => void;

/** The clusters that a peer leads. */
function checkLed(places: Places, peer: number, k: number, report: Report): void {
  const layers = places.get(peer)?.place.layers;
  for (const cluster of layers?.led ?? []) {
    const { layer, size } = cluster;
    const isTop = layers?.isRoot === true && layer === layers.height - 1;
    if (size > 3 * k - 1 || (size < k && !isTop)) report(`leads a cluster of ${size} in layer ${layer}`, peer);
    for (const member of cluster.members) {
      const below = places.get(member)?.place.layers;
      if (below?.parent !== peer || below.height !== layer) report(`has peer ${member} in its cluster of layer ${layer}, which is not a member of it`, peer);
      else if (!sameMembers(below.upper?.everybody, cluster.everybody)) report(`knows other members of its cluster in layer ${layer} than peer ${peer}, its leader`, member);
    }
  }
}

/** The cluster that it is an ordinary member of, in its highest layer. */
function checkPlace(places: Places, peer: number, root: number | undefined, report: Report): void {
  const overlay = places.get(peer);
  if (overlay === undefined) return;
  const { layers } = overlay.place;
  const { parent, upper, height } = layers;
  if (layers.root !== root) report(`takes peer ${layers.root} for the root`, peer);
  if (!sameMembers(overlay.neighbours, layers.neighbours())) report('has other neighbours than those in its clusters', peer);
  if (parent === undefined) return;
  if (upper?.layer !== height) report(`has no cluster in layer ${height}, its highest`, peer);
  const isListed = places.get(parent)?.place.layers.led[height]?.members.some((member) => member === peer);
  if (isListed !== true) report(`has peer ${parent} for its leader in layer ${height}, who does not have it`, peer);
}

function sameMembers(some: readonly number[] | undefined, others: readonly number[]): boolean {
  return some?.length === others.length && some.every((peer) => others.includes(peer));
}

function placesOf(run: RunView): Places {
  const places = new Map<number, Nice>();
  for (const peer of run.up) {
    const overlay = run.group(peer)?.overlay;
    if (overlay instanceof Nice) places.set(peer, overlay);
  }
  return places;
}
