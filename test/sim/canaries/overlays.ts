import type { SwitchTreeOptions } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MeshUpkeep } from '../../../lib/overlay/narada/mesh-upkeep.ts';
import { Narada } from '../../../lib/overlay/narada.ts';
import { RouteTable } from '../../../lib/overlay/narada/route-table.ts';
import { Nice } from '../../../lib/overlay/nice/nice.ts';
import { SwitchTree } from '../../../lib/overlay/switch-tree.ts';
import { TreePlace } from '../../../lib/overlay/tree-place.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import { type Canary, all, nothing, replaced } from './canary.ts';

const X_BOT = ['x-bot', 'x-bot:flood'] as const;
const SWITCH_TREE = ['switch-tree', 'switch-tree:alone'] as const;
const NARADA = ['narada', 'narada:alone'] as const;
const NICE = ['nice', 'nice:alone'] as const;

/**
 * Broken in the overlays that look at distances. No canaries, since all is put right within
 * what is promised: a DisconnectWait that is ignored (the link that the other end closes
 * fails, or the end of the swap comes); a search for a parent that goes on to peers below,
 * as long as these refuse.
 */
export const OVERLAY_CANARIES: readonly Canary[] = [
  {
    name: 'a Switch is not answered',
    contracts: X_BOT,
    hatch: () => replaced(XBot, 'onSwitch', () => nothing),
  },
  {
    name: 'a root takes a child more than it may',
    contracts: SWITCH_TREE,
    hatch: () => replaced<{ readonly place: TreePlace; readonly options: SwitchTreeOptions }, [PeerRef], boolean>(SwitchTree, 'accepts', (original) => (self, peer) => {
      const more = self.place.role === 'root' ? 1 : 0;
      return original(Object.create(self, { options: { value: { ...self.options, childrenMax: self.options.childrenMax + more } } }), peer);
    }),
  },
  {
    name: 'a peer takes the peers above its parent for children',
    contracts: SWITCH_TREE,
    hatch: () => replaced<TreePlace, [PeerRef], boolean>(TreePlace, 'isAbove', () => ({ path }, peer) => path.at(-1)?.peer === peer),
  },
  {
    name: 'a child is not told of a new way to the root',
    contracts: SWITCH_TREE,
    hatch: () => all(replaced(SwitchTree, 'tellChildren', () => nothing), replaced(SwitchTree, 'onTreeRefresh', () => nothing)),
  },
  {
    name: 'a root does not join one of higher rank',
    contracts: SWITCH_TREE,
    hatch: () => replaced(SwitchTree, 'onTreeRoot', () => nothing),
  },
  {
    name: 'a Drop is ignored',
    contracts: NARADA,
    hatch: () => replaced(Narada, 'onDrop', () => nothing),
  },
  {
    name: 'who has too many links drops none',
    contracts: NARADA,
    hatch: () => replaced(MeshUpkeep, 'dropCheapest', () => nothing),
  },
  {
    name: 'who does not answer stays a member',
    contracts: NARADA,
    hatch: () => replaced(Narada, 'onUnanswered', () => nothing),
  },
  {
    name: 'a message goes to all neighbours, whoever uses this member as next hop',
    contracts: NARADA,
    hatch: () => replaced(RouteTable, 'serves', () => () => true),
  },
  {
    name: 'clusters are not parted',
    contracts: NICE,
    hatch: () => all(replaced(Nice, 'relieve', () => nothing), replaced(Nice, 'maintain', () => nothing)),
  },
  {
    name: 'a leader takes in whoever asks, and parts no cluster',
    contracts: NICE,
    hatch: () => all(
      replaced(Nice, 'relieve', () => nothing),
      replaced(Nice, 'maintain', () => nothing),
      replaced<object, unknown[], void>(Nice, 'onJoin', (original) => (self, ...args) => original(Object.create(self, { bounds: { value: { sizeMin: 3, sizeMax: Infinity } } }), ...args)),
    ),
  },
  {
    name: 'who is told that it is no member goes on as one',
    contracts: NICE,
    hatch: () => replaced(Nice, 'onLeave', () => nothing),
  },
];
