import type { Effects } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { CyclonEntry } from '../../../lib/core/messages.ts';
import { Cyclon } from '../../../lib/membership/cyclon.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { type Canary, nothing, replaced } from './canary.ts';

interface View {
  readonly self: PeerRef;
  readonly neighbours: PeerRef[];
  readonly passive: PeerRef[];
}

interface CyclonView {
  readonly self: PeerRef;
  readonly neighbours: PeerRef[];
  readonly ages: number[];
}

const CYCLON = ['cyclon', 'cyclon:anti-entropy', 'cyclon:flood'] as const;
const OVERLAY = ['plumtree', 'flood', 'anti-entropy'] as const;

/** Broken in HyParView and Cyclon. */
export const MEMBERSHIP_CANARIES: readonly Canary[] = [
  {
    name: 'a Disconnect is ignored',
    contracts: OVERLAY,
    hatch: () => replaced(HyParView, 'onDisconnect', () => nothing),
  },
  {
    name: 'a link that is down is ignored',
    contracts: OVERLAY,
    hatch: () => replaced(HyParView, 'onLinkDown', () => nothing),
  },
  {
    name: 'the active view has no bound',
    contracts: OVERLAY,
    hatch: () => replaced(HyParView, 'dropRandomActive', () => nothing),
  },
  {
    name: 'a peer takes itself out of a shuffle for a neighbour',
    contracts: OVERLAY,
    hatch: () => replaced<View, [readonly PeerRef[], readonly PeerRef[]], void>(HyParView, 'integrate', (original) => (self, peers, sent) => {
      original(self, peers, sent);
      if (peers.includes(self.self) && self.neighbours.length < 5 && !self.neighbours.includes(self.self)) self.neighbours.push(self.self);
    }),
  },
  {
    name: 'a peer is taken for a neighbour a second time',
    contracts: OVERLAY,
    hatch: () => replaced<View, [PeerRef, unknown, number, Effects], void>(HyParView, 'onNeighbour', (original) => (self, from, ...rest) => {
      const present = self.neighbours.includes(from);
      original(self, from, ...rest);
      if (present && self.neighbours.length < 5) self.neighbours.push(from);
    }),
  },
  {
    name: 'nobody looks for peers that were lost',
    contracts: OVERLAY,
    hatch: () => replaced(HyParView, 'addContact', () => nothing),
  },
  {
    name: 'a shuffle loses the peers that it brings',
    contracts: OVERLAY,
    hatch: () => replaced(HyParView, 'integrate', () => nothing),
  },
  {
    name: 'a shuffle loses a peer for each that it sends',
    contracts: OVERLAY,
    hatch: () => replaced<View, [readonly PeerRef[], readonly PeerRef[]], void>(HyParView, 'integrate', (original) => (self, peers, sent) => {
      for (const peer of sent) if (self.passive.includes(peer)) self.passive.splice(self.passive.indexOf(peer), 1);
      original(self, peers, sent);
    }),
  },
  {
    name: 'Cyclon keeps peers that do not answer',
    contracts: CYCLON,
    hatch: () => replaced(Cyclon, 'failPending', () => nothing),
  },
  {
    name: 'Cyclon takes in an entry of the peer itself',
    contracts: CYCLON,
    hatch: () => replaced<CyclonView, [readonly CyclonEntry[], ...unknown[]], void>(Cyclon, 'merge', (original) => (self, entries, ...rest) => {
      original(self, entries, ...rest);
      if (self.neighbours.length > 2 || self.neighbours.includes(self.self) || !entries.some(({ peer }) => peer === self.self)) return;
      self.neighbours.push(self.self);
      self.ages.push(0);
    }),
  },
  {
    name: 'Cyclon puts what a shuffle brings into a view that is full',
    contracts: CYCLON,
    hatch: () => replaced<object, [readonly CyclonEntry[], ...unknown[]], void>(Cyclon, 'merge', (original) => (self, ...args) => (
      original(Object.create(self, { full: { value: false } }), ...args))),
  },
  {
    name: 'Cyclon gives away what it sends and takes nothing in',
    contracts: CYCLON,
    hatch: () => replaced<{ remove(peer: PeerRef, nowMs: number, effects: Effects): void }, [readonly CyclonEntry[], readonly PeerRef[], number, Effects], void>(Cyclon, 'merge', () => (self, _entries, sent, nowMs, effects) => {
      for (const peer of sent) self.remove(peer, nowMs, effects);
    }),
  },
];
