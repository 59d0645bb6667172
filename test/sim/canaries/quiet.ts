import type { Effects } from '../../../lib/core/effects.ts';
import { FifoOrder } from '../../../lib/core/fifo-order.ts';
import { History } from '../../../lib/core/history.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { CyclonEntry } from '../../../lib/core/messages.ts';
import { GossipMesh } from '../../../lib/dissemination/gossip-mesh.ts';
import { MissingMessages } from '../../../lib/dissemination/missing-messages.ts';
import { RumorMongering } from '../../../lib/dissemination/rumor-mongering.ts';
import { Cyclon } from '../../../lib/membership/cyclon.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import { type Canary, nothing, replaced } from './canary.ts';

const MESH = ['gossip-mesh', 'gossip-mesh:alone', 'gossip-mesh:small'] as const;
const CYCLON = ['cyclon', 'cyclon:flood', 'cyclon:anti-entropy'] as const;
const X_BOT = ['x-bot', 'x-bot:flood'] as const;

/** What is done, but not this effect. */
function without(effects: Effects, name: keyof Effects): Effects {
  return Object.create(effects, { [name]: { value: nothing } }) as Effects;
}

/** Broken where nothing goes missing: work that never ends, counts that are not true, links and places kept for nobody. */
export const QUIET_CANARIES: readonly Canary[] = [
  {
    name: 'a useless contact does not count against a rumor',
    contracts: ['rumor', 'rumor:full', 'cyclon'],
    hatch: () => replaced<object, [{ counter: number }], boolean>(RumorMongering, 'staysHot', (original) => (self, rumor) => {
      rumor.counter = 0;
      return original(self, rumor) || rumor.counter > 0;
    }),
  },
  {
    name: 'a heartbeat does not forget what was asked for',
    contracts: MESH,
    hatch: () => replaced<{ readonly asked: Set<string> }, readonly unknown[], void>(GossipMesh, 'onTimer', (original) => (self, ...args) => {
      const asked = [...self.asked];
      original(self, ...args);
      for (const key of asked) self.asked.add(key);
    }),
  },
  {
    name: 'bytes of dropped messages still count',
    contracts: ['plumtree:small', 'anti-entropy:small'],
    hatch: () => replaced<{ bytes: number }, [], void>(History, 'evict', (original) => (self) => {
      const { bytes } = self;
      original(self);
      self.bytes = bytes;
    }),
  },
  {
    name: 'what is released in order still counts as held back',
    contracts: ['flood', 'plumtree', 'anti-entropy'],
    hatch: () => replaced<{ held: number }, readonly unknown[], void>(FifoOrder, 'release', (original) => (self, ...args) => {
      const { held } = self;
      original(self, ...args);
      self.held = held;
    }),
  },
  {
    name: 'a message that has come still counts as awaited',
    contracts: ['plumtree', 'plumtree:alone'],
    hatch: () => replaced<{ awaited: number }, readonly unknown[], void>(MissingMessages, 'delete', (original) => (self, ...args) => {
      const { awaited } = self;
      original(self, ...args);
      self.awaited = awaited;
    }),
  },
  {
    name: 'the link to who is no neighbour any more stays open',
    contracts: ['plumtree', 'flood', 'x-bot'],
    hatch: () => replaced<object, [PeerRef, number, Effects], void>(HyParView, 'dropActive', (original) => (self, peer, nowMs, effects) => original(self, peer, nowMs, without(effects, 'closeLink'))),
  },
  {
    name: 'no timer ends the wait for a passive peer',
    contracts: ['rumor'],
    hatch: () => replaced(HyParView, 'onNeighbourTimer', () => nothing),
  },
  {
    name: 'entries of Cyclon are passed on as new ones',
    contracts: CYCLON,
    hatch: () => replaced<object, [PeerRef], CyclonEntry>(Cyclon, 'entryOf', () => (_self, peer) => ({ peer, age: 0 })),
  },
  {
    name: 'who did not answer a shuffle is taken back from anybody',
    contracts: CYCLON,
    hatch: () => replaced<object, [CyclonEntry], boolean>(Cyclon, 'isStale', () => () => false),
  },
  {
    name: 'a swap goes on for ever where an answer is lost',
    contracts: X_BOT,
    hatch: () => replaced<object, [object, Effects], void>(XBot, 'begin', (original) => (self, swap, effects) => original(self, swap, without(effects, 'setTimer'))),
  },
  {
    name: 'the end of a swap leaves its place empty',
    contracts: X_BOT,
    hatch: () => replaced<{ swap: unknown }, [Effects], void>(XBot, 'end', () => (self) => {
      self.swap = undefined;
    }),
  },
  {
    name: 'links are swapped for dearer ones',
    contracts: X_BOT,
    hatch: () => replaced<object, [PeerRef, PeerRef], boolean>(XBot, 'isBetter', (original) => (self, peer, other) => original(self, other, peer)),
  },
];
