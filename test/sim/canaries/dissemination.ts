import type { Effects } from '../../../lib/core/effects.ts';
import type { MessageId, PeerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Digest, Graft, IHave } from '../../../lib/core/messages.ts';
import { AntiEntropy } from '../../../lib/dissemination/anti-entropy.ts';
import { Flooding } from '../../../lib/dissemination/flooding.ts';
import { MissingMessages } from '../../../lib/dissemination/missing-messages.ts';
import { PlumtreeTrees } from '../../../lib/dissemination/plumtree-trees.ts';
import { Plumtree } from '../../../lib/dissemination/plumtree.ts';
import { type Canary, nothing, replaced } from './canary.ts';

interface Awaiting {
  of(id: MessageId): { readonly announcers: readonly PeerRef[] } | undefined;
}

const PLUMTREE = ['plumtree:alone'] as const;
/** Shared by all, and one for each publisher. */
const TREES = ['plumtree', 'plumtree:per-source', 'plumtree:alone', 'plumtree:per-source-alone'] as const;
const REPAIRED = ['plumtree', 'flood', 'anti-entropy'] as const;

/** Broken in how messages travel and are repaired. */
export const DISSEMINATION_CANARIES: readonly Canary[] = [
  {
    name: 'a graft timer never comes',
    contracts: PLUMTREE,
    hatch: () => replaced(Plumtree, 'onGraftTimer', () => nothing),
  },
  {
    name: 'a graft timer whose message has come meanwhile is not ignored',
    contracts: TREES,
    // What was announced is told, and awaited still.
    hatch: () => replaced<Awaiting, [MessageId], readonly PeerRef[] | undefined>(MissingMessages, 'take', () => (self, id) => self.of(id)?.announcers),
  },
  {
    name: 'each announcement starts a graft timer of its own',
    contracts: TREES,
    hatch: () => replaced<Awaiting, [MessageId], boolean>(MissingMessages, 'add', (original) => (self, ...args) => original(self, ...args) || self.of(args[0]) !== undefined),
  },
  {
    name: 'Plumtree goes on sending to who is no neighbour any more',
    contracts: ['plumtree', 'plumtree:alone'],
    hatch: () => replaced(PlumtreeTrees, 'delete', () => nothing),
  },
  {
    name: 'a Prune leaves no lazy link',
    contracts: PLUMTREE,
    hatch: () => replaced<{ readonly trees: PlumtreeTrees }, [PeerRef], void>(Plumtree, 'onPrune', () => (self, from) => self.trees.delete(from)),
  },
  {
    name: 'nobody is sent a Prune',
    contracts: TREES,
    hatch: () => replaced<{ readonly trees: PlumtreeTrees }, [PeerRef, PeerRef], void>(Plumtree, 'prune', () => (self, peer, source) => self.trees.makeLazy(source, peer)),
  },
  {
    name: 'a Prune is ignored',
    contracts: TREES,
    hatch: () => replaced(Plumtree, 'onPrune', () => nothing),
  },
  {
    name: 'a Graft is not answered with its message',
    contracts: PLUMTREE,
    hatch: () => replaced(Plumtree, 'onGraft', () => nothing),
  },
  {
    name: 'a Graft brings its message and mends no tree',
    contracts: TREES,
    hatch: () => replaced<object, [PeerRef, Graft, Effects], void>(Plumtree, 'onGraft', (original) => (self, ...args) => original(Object.create(self, { trees: { value: { makeEager: nothing } } }), ...args)),
  },
  {
    name: 'an announcement leaves out its last message',
    contracts: PLUMTREE,
    hatch: () => replaced<object, [PeerRef, IHave, Effects], void>(Plumtree, 'onIHave', (original) => (self, from, iHave, effects) => original(self, from, { ...iHave, announcements: iHave.announcements.slice(0, -1) }, effects)),
  },
  {
    name: 'a new neighbour gets no payload',
    contracts: PLUMTREE,
    hatch: () => replaced(PlumtreeTrees, 'add', () => nothing),
  },
  {
    name: 'a flood leaves out a neighbour',
    contracts: ['flood:alone'],
    hatch: () => replaced<{ readonly neighbours: readonly PeerRef[] }, [DataMessage, PeerRef, Effects], number>(Flooding, 'forward', (original) => (self, message, from, effects) => (
      original(Object.create(self, { neighbours: { value: self.neighbours.slice(1) } }), message, from, effects))),
  },
  {
    name: 'a payload changes when it is passed on',
    contracts: ['flood', 'flood:alone'],
    hatch: () => replaced<object, [DataMessage, PeerRef, Effects], number>(Flooding, 'forward', (original) => (self, message, from, effects) => (
      original(self, { ...message, payload: message.payload.map((byte) => byte ^ 1) }, from, effects))),
  },
  {
    name: 'a payload is cut off when it is repaired',
    contracts: ['anti-entropy'],
    hatch: () => replaced<object, [PeerRef, DataMessage | Digest, number, Effects], void>(AntiEntropy, 'onMessage', (original) => (self, from, message, nowMs, effects) => (
      original(self, from, message.kind === 'data' ? { ...message, payload: message.payload.slice(0, 4096) } : message, nowMs, effects))),
  },
  {
    name: 'a cycle of anti-entropy does not set the next',
    contracts: REPAIRED,
    hatch: () => replaced<object, [number, Effects], void>(AntiEntropy, 'start', (original) => (self, nowMs, effects) => {
      original(self, nowMs, effects);
      Object.defineProperty(self, 'setTimer', { value: nothing });
    }),
  },
  {
    name: 'a pull is not answered',
    contracts: REPAIRED,
    hatch: () => replaced<object, [PeerRef, Digest, Effects], void>(AntiEntropy, 'onDigest', (original) => (self, from, digest, effects) => {
      if (digest.mode !== 'pull') original(self, from, digest.mode === 'pushPull' ? { ...digest, mode: 'push' } : digest, effects);
    }),
  },
];
