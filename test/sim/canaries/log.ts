import { CausalOrder } from '../../../lib/core/causal-order.ts';
import type { Effects, GapTimer } from '../../../lib/core/effects.ts';
import { FifoOrder } from '../../../lib/core/fifo-order.ts';
import { History } from '../../../lib/core/history.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage, DigestEntry } from '../../../lib/core/messages.ts';
import { SequenceWindow } from '../../../lib/core/sequence-window.ts';
import { PeerEngine } from '../../../lib/peer/engine.ts';
import { Group, type PublishOutcome } from '../../../lib/peer/group.ts';
import { type Canary, nothing, replaced } from './canary.ts';

const REPAIRED = ['plumtree', 'flood', 'anti-entropy'] as const;

interface FifoStream {
  next: number;
  readonly held: Map<number, { readonly message: DataMessage; readonly from: PeerRef }>;
}

interface FifoGaps {
  held: number;
  readonly origins: ReadonlyMap<PeerRef, FifoStream>;
  giveUpGap(origin: PeerRef, order: FifoStream, effects: Effects): void;
}

/** Broken in what a peer remembers, keeps and puts in order. */
export const LOG_CANARIES: readonly Canary[] = [
  {
    name: 'the window of duplicates is off by one',
    contracts: ['flood', 'flood:alone'],
    hatch: () => replaced<SequenceWindow, [number], boolean>(SequenceWindow, 'has', (original) => (self, seq) => seq !== self.next - 1 && original(self, seq)),
  },
  {
    name: 'a window closes a gap when something past it comes',
    contracts: REPAIRED,
    hatch: () => replaced<SequenceWindow, [number], void>(SequenceWindow, 'add', (original) => (self, seq) => {
      self.next = Math.max(self.next, seq - 1);
      original(self, seq);
    }),
  },
  {
    name: 'a digest skips the last gap',
    contracts: REPAIRED,
    hatch: () => replaced<MessageLog, [], readonly DigestEntry[]>(MessageLog, 'makeDigest', (original) => (self) => original(self).map((entry) => {
      const { beyond, next } = entry;
      if (beyond.length === 2) return { ...entry, next: (beyond[1] ?? next) + 1, beyond: [] };
      return { ...entry, beyond: [...beyond.slice(0, -3), ...beyond.slice(-1)] };
    })),
  },
  {
    name: 'what a partner lacks leaves out some',
    contracts: REPAIRED,
    hatch: () => replaced<MessageLog, [readonly DigestEntry[], number, number?], DataMessage[]>(MessageLog, 'lackedBy', (original) => (self, ...args) => original(self, ...args).filter(({ seq }) => seq % 4 !== 3)),
  },
  {
    name: 'a history forgets the newest message when another comes',
    contracts: REPAIRED,
    hatch: () => replaced<History & { bytes: number }, [DataMessage], void>(History, 'add', (original) => (self, message) => {
      if (message.seq % 4 !== 3) original(self, message);
    }),
  },
  {
    name: 'a sequence number is given twice',
    contracts: REPAIRED,
    hatch: () => replaced<{ nextSeq: number }, [Uint8Array, number, Effects], PublishOutcome>(Group, 'publish', (original) => (self, ...args) => {
      if (self.nextSeq === 3) self.nextSeq = 2;
      return original(self, ...args);
    }),
  },
  {
    name: 'a peer that starts again counts from the same epoch',
    contracts: REPAIRED,
    hatch: () => replaced<{ epoch: number }, unknown[], Group>(PeerEngine, 'join', (original) => (self, ...args) => {
      self.epoch = 1;
      return original(self, ...args);
    }),
  },
  {
    name: 'messages of an epoch that is past are taken',
    contracts: REPAIRED,
    hatch: () => replaced<{ peek(origin: PeerRef): { epoch: number } | undefined }, [DataMessage, Effects], unknown>(MessageLog, 'logOf', (original) => (self, message, effects) => {
      const known = self.peek(message.origin);
      if (known !== undefined && known.epoch > message.epoch) known.epoch = message.epoch;
      return original(self, message, effects);
    }),
  },
  {
    name: 'a newcomer is told of more than there is',
    contracts: REPAIRED,
    hatch: () => replaced<MessageLog, [], readonly DigestEntry[]>(MessageLog, 'positions', (original) => (self) => original(self).map((entry) => ({ ...entry, next: entry.next + 2 }))),
  },
  {
    name: 'fifo order does not wait for a gap',
    contracts: REPAIRED,
    hatch: () => replaced<{ orderOf(origin: PeerRef, epoch: number, effects: Effects): FifoStream }, [DataMessage, PeerRef, Effects], void>(FifoOrder, 'accept', (original) => (self, message, from, effects) => {
      const order = self.orderOf(message.origin, message.epoch, effects);
      order.next = Math.max(order.next, message.seq);
      original(self, message, from, effects);
    }),
  },
  {
    name: 'fifo order delivers what comes too late',
    contracts: ['plumtree:small', 'rumor:small', 'anti-entropy:small'],
    hatch: () => replaced<{ orderOf(origin: PeerRef, epoch: number, effects: Effects): FifoStream }, [DataMessage, PeerRef, Effects], void>(FifoOrder, 'accept', (original) => (self, message, from, effects) => {
      const order = self.orderOf(message.origin, message.epoch, effects);
      if (message.seq < order.next) effects.deliver(message, from);
      else original(self, message, from, effects);
    }),
  },
  {
    name: 'fifo order gives a gap up and does not say so',
    contracts: ['flood:alone', 'plumtree:alone'],
    hatch: () => replaced<object, [PeerRef, FifoStream, Effects, number?], void>(FifoOrder, 'giveUpGap', (original) => (self, origin, order, effects, below) => {
      original(self, origin, order, Object.create(effects, { emit: { value: nothing } }), below);
    }),
  },
  {
    name: 'fifo order releases one message and no more',
    contracts: REPAIRED,
    hatch: () => replaced<{ held: number }, [FifoStream, Effects], void>(FifoOrder, 'release', () => (self, order, effects) => {
      const entry = order.held.get(order.next);
      if (entry === undefined) return;
      order.held.delete(order.next);
      self.held--;
      order.next++;
      effects.deliver(entry.message, entry.from);
    }),
  },
  {
    name: 'fifo order gives a gap a tenth of its time',
    contracts: ['flood:alone', 'plumtree:alone'],
    hatch: () => replaced<{ readonly gapTimeoutMs: number }, unknown[], void>(FifoOrder, 'setGapTimer', (original) => (self, ...args) => original(Object.create(self, { gapTimeoutMs: { value: self.gapTimeoutMs / 10 } }), ...args)),
  },
  {
    // That a timer set for an earlier gap counts as well is none: it shortens the time of a gap behind another only where three messages of a publisher came in reverse.
    name: 'fifo order gives up a gap behind another together with that',
    contracts: ['flood:alone', 'plumtree:alone'],
    hatch: () => replaced<FifoGaps, [GapTimer, Effects], void>(FifoOrder, 'onGapTimer', (original) => (self, timer, effects) => {
      original(self, timer, effects);
      const order = self.origins.get(timer.origin);
      while (order !== undefined && order.held.size > 0) self.giveUpGap(timer.origin, order, effects);
    }),
  },
  {
    name: 'a newcomer in fifo order forgets the highest message that it held back',
    contracts: ['rumor', 'rumor:full', 'cyclon'],
    hatch: () => replaced<FifoGaps, [Effects], void>(FifoOrder, 'begin', (original) => (self, effects) => {
      for (const { held } of self.origins.values()) if (held.delete(Math.max(...held.keys()))) self.held--;
      original(self, effects);
    }),
  },
  {
    name: 'fifo order holds back more than it may',
    contracts: ['plumtree:small', 'rumor:small', 'anti-entropy:small'],
    hatch: () => replaced<{ heldMax: number }, [DataMessage, PeerRef, Effects], void>(FifoOrder, 'accept', (original) => (self, ...args) => {
      self.heldMax = 1024;
      original(self, ...args);
    }),
  },
  {
    name: 'causal order gives up nothing when its time is over',
    contracts: ['flood:alone', 'plumtree:alone'],
    hatch: () => replaced(CausalOrder, 'onGapTimer', () => nothing),
  },
  {
    name: 'causal order does not look at what a message comes after',
    contracts: REPAIRED,
    hatch: () => replaced<object, [{ readonly message: DataMessage; readonly stream: { readonly next: number } }], boolean>(CausalOrder, 'isReady', () => (_self, { message, stream }) => message.seq === stream.next),
  },
  {
    name: 'a message does not say what it comes after',
    contracts: REPAIRED,
    hatch: () => replaced(CausalOrder, 'stamp', () => nothing),
  },
];
