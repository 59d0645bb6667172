import { groupConfig } from '../../../lib/core/config.ts';
import { SwitchTree } from '../../../lib/overlay/switch-tree.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';
import { circles } from './circles.ts';

/** Refreshes in which a circle is seen and left, whatever befalls those in it. A guess: three without a word, on a clock at half speed, and the way round. */
const CIRCLE_REFRESHES = 10;

/** A peer serves no more children than it may, whatever happens. */
export const TREE_DEGREE: Invariant = {
  name: 'tree-degree',
  claim: 'in a switch-tree no peer has more than childrenMax children',
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'switch-tree') return undefined;
    return {
      onTick() {
        for (const [peer, { links }] of treesOf(run)) {
          const count = links.children.length;
          if (count > overlay.childrenMax) report(`has ${count} children, ${overlay.childrenMax} are allowed`, peer);
        }
      },
    };
  },
};

/** Two switches at a time may make a circle; it does not stay. */
export const TREE_CIRCLES_END: Invariant = {
  name: 'tree-circles-end',
  claim: `in a switch-tree no circle of parents lasts for ${CIRCLE_REFRESHES} refreshes`,
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'switch-tree') return undefined;
    const lasting = new Lasting(CIRCLE_REFRESHES * overlay.refreshIntervalMs);
    return {
      onTick() {
        const parents = new Map([...treesOf(run)].map(([peer, { links }]) => [peer, links.parent]));
        for (const what of lasting.look(run.nowMs, circles(parents))) report(what);
      },
    };
  },
};

/** Nobody takes those above for those below. */
export const NO_CHILD_ABOVE: Invariant = {
  name: 'no-child-above',
  claim: 'in a switch-tree no peer takes a child that stands on its own way from the root',
  kind: 'safety',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'switch-tree') return undefined;
    return {
      onTransmission(from, to, message) {
        if (message.kind === 'treeJoinReply' && message.accepted && message.path.some(({ peer }) => peer === to)) report(`takes peer ${to} for its child, which it is below`, from);
      },
    };
  },
};

/** One tree, in which parents and children are of one mind and everybody knows the way to the root. */
export const TREE_SPANS: Invariant = {
  name: 'tree-spans',
  claim: 'in the end a switch-tree has one root, every other peer is a child of its parent, and all know their way to the root',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'switch-tree') return undefined;
    return {
      atEnd() {
        const trees = treesOf(run);
        const roots = [...trees].filter(([, { links }]) => links.parent === undefined).map(([peer]) => peer);
        if (trees.size > 0 && roots.length !== 1) report(`there are ${roots.length} roots: ${roots.join(', ')}`);
        for (const [peer, { place, links }] of trees) {
          const role = links.parent === undefined ? 'root' : 'member';
          if (place.role !== role) report(`takes itself for a ${place.role} and is a ${role}`, peer);
          if (links.parent !== undefined && trees.get(links.parent)?.links.children.some((child) => child.peer === peer) !== true) report(`has peer ${links.parent} for its parent, whose child it is not`, peer);
          for (const child of links.children) if (trees.get(child.peer)?.links.parent !== peer) report(`has peer ${child.peer} for its child, whose parent it is not`, peer);
          const known = place.path.map((above) => above.peer);
          const real = wayUp(trees, peer);
          if (known.join() !== real.join()) report(`takes ${known.join(', ')} for its way from the root, which is ${real.join(', ')}`, peer);
        }
      },
    };
  },
};

function treesOf(run: RunView): ReadonlyMap<number, SwitchTree> {
  const trees = new Map<number, SwitchTree>();
  for (const peer of run.up) {
    const overlay = run.group(peer)?.overlay;
    if (overlay instanceof SwitchTree) trees.set(peer, overlay);
  }
  return trees;
}

/** From the root to the parent, as links have it. */
function wayUp(trees: ReadonlyMap<number, SwitchTree>, peer: number): number[] {
  const way: number[] = [];
  for (let at = trees.get(peer)?.links.parent; at !== undefined && way.length <= trees.size; at = trees.get(at)?.links.parent) way.unshift(at);
  return way;
}
