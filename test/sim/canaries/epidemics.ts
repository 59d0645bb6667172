import type { Effects } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { DigestEntry, RangeWant } from '../../../lib/core/messages.ts';
import { GossipMesh } from '../../../lib/dissemination/gossip-mesh.ts';
import { RangeReconciliation } from '../../../lib/dissemination/range-reconciliation.ts';
import { RecentUpdates } from '../../../lib/dissemination/recent-updates.ts';
import { RumorMongering } from '../../../lib/dissemination/rumor-mongering.ts';
import { type Canary, all, nothing, replaced } from './canary.ts';

const RUMORS = ['rumor', 'rumor:full', 'rumor:pull', 'rumor:push-pull', 'cyclon'] as const;
const MESHES = ['gossip-mesh', 'gossip-mesh:alone'] as const;
const RANGES = ['anti-entropy:ranges', 'plumtree:ranges'] as const;

/** Broken in rumors, in gossip meshes, and in the ways in which anti-entropy compares less than everything. */
export const EPIDEMIC_CANARIES: readonly Canary[] = [
  {
    name: 'a rumor is told to nobody',
    contracts: RUMORS,
    hatch: () => replaced(RumorMongering, 'tell', () => nothing),
  },
  {
    name: 'who is told a rumor does not tell it on',
    contracts: RUMORS,
    hatch: () => replaced<{ hot: readonly unknown[] }, unknown[], void>(RumorMongering, 'onData', (original) => (self, ...args) => {
      const before = [...self.hot];
      original(self, ...args);
      self.hot = before;
    }),
  },
  {
    name: 'a rumor that feedback has not ended stays hot for ever',
    contracts: ['rumor:small'],
    hatch: () => replaced<{ options: object }, unknown[], void>(RumorMongering, 'heat', (original) => (self, ...args) => {
      original(Object.create(self, { options: { value: { ...self.options, hotMax: 1024 } } }), ...args);
    }),
  },
  {
    name: 'a mesh does not answer who wants a message',
    contracts: ['gossip-mesh:alone'],
    hatch: () => replaced(GossipMesh, 'onIWant', () => nothing),
  },
  {
    name: 'a mesh takes nobody that grafts',
    contracts: MESHES,
    hatch: () => replaced(GossipMesh, 'onGraft', () => nothing),
  },
  {
    name: 'a mesh that has lost links grafts nobody',
    contracts: MESHES,
    hatch: () => replaced(GossipMesh, 'fill', () => nothing),
  },
  {
    name: 'a mesh takes everybody that grafts',
    contracts: [...MESHES, 'gossip-mesh:small'],
    hatch: () => replaced<{ readonly links: PeerRef[]; readonly neighbours: readonly PeerRef[] }, [PeerRef, number, Effects], void>(GossipMesh, 'onGraft', () => (self, from) => {
      if (self.neighbours.includes(from) && !self.links.includes(from)) self.links.push(from);
    }),
  },
  {
    name: 'what is asked for in a comparison of ranges does not come',
    contracts: RANGES,
    hatch: () => replaced<object, [PeerRef, RangeWant, number, Effects], void>(RangeReconciliation, 'onRangeWant', (original) => (self, from, want, mark, effects) => original(self, from, { ...want, ids: want.ids.slice(1) }, mark, effects)),
  },
  {
    name: 'ranges that differ are not looked into',
    contracts: RANGES,
    hatch: () => replaced(RangeReconciliation, 'answer', () => nothing),
  },
  {
    name: 'a peer asks for everything that it is offered',
    contracts: RANGES,
    hatch: () => replaced<{ readonly log: object }, unknown[], void>(RangeReconciliation, 'want', (original) => (self, ...args) => (
      original(Object.create(self, { log: { value: Object.create(self.log, { has: { value: () => false } }) } }), ...args))),
  },
  {
    // One without the other is no defect: what is no recent update shows in the checksums, and is compared with everything else then.
    name: 'nothing is a recent update, and checksums always agree',
    contracts: ['anti-entropy:recent', 'plumtree:recent'],
    hatch: () => all(replaced<object, [], readonly DigestEntry[]>(RecentUpdates, 'entries', () => () => []), replaced(RecentUpdates, 'agreesBeside', () => () => true)),
  },
];
