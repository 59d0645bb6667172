import type { Effects } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { AntiEntropy } from '../../../lib/dissemination/anti-entropy.ts';
import { Flooding } from '../../../lib/dissemination/flooding.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { Codec } from '../../../lib/wire/codec.ts';
import { type Canary, replaced } from './canary.ts';

/** Broken so that a run cannot be repeated, or differs by how messages cross. */
export const DETERMINISM_CANARIES: readonly Canary[] = [
  {
    name: 'a protocol reads a clock of its own',
    contracts: ['anti-entropy'],
    hatch: () => replaced<object, [number, Effects], void>(AntiEntropy, 'setTimer', (original) => (self, afterMs, effects) => original(self, afterMs + (performance.now() % 1), effects)),
  },
  {
    name: 'a protocol draws from Math.random',
    contracts: ['flood'],
    hatch: () => replaced<{ readonly random: object }, [Effects], void>(HyParView, 'shuffle', (original) => (self, effects) => {
      const random = Object.create(self.random, { pick: { value: (items: readonly unknown[]) => items[Math.floor(Math.random() * items.length)] } });
      original(Object.create(self, { random: { value: random } }), effects);
    }),
  },
  {
    name: 'an order hangs on what other runs have left behind',
    contracts: ['flood'],
    hatch: () => {
      let forwarded = 0;
      return replaced<{ readonly neighbours: readonly PeerRef[] }, [DataMessage, PeerRef, Effects], number>(Flooding, 'forward', (original) => (self, ...args) => {
        const first = forwarded++ % Math.max(1, self.neighbours.length);
        const neighbours = [...self.neighbours.slice(first), ...self.neighbours.slice(0, first)];
        return original(Object.create(self, { neighbours: { value: neighbours } }), ...args);
      });
    },
  },
  {
    name: 'the codec loses whether a message is a repair',
    contracts: ['rumor', 'rumor:full'],
    hatch: () => replaced<object, [Uint8Array], Message | undefined>(Codec, 'decode', (original) => (self, bytes) => {
      const message = original(self, bytes);
      return message?.kind === 'data' ? { ...message, repair: false } : message;
    }),
  },
  {
    name: 'the codec loses the last peer of a shuffle',
    contracts: ['flood', 'anti-entropy'],
    hatch: () => replaced<object, [Message], Uint8Array>(Codec, 'encode', (original) => (self, message) => original(self, message.kind === 'shuffle' ? { ...message, peers: message.peers.slice(0, -1) } : message)),
  },
];
