import type { PeerRef } from '../../../lib/core/ids.ts';
import { Driver } from '../../../lib/node/driver.ts';
import { LinkTable } from '../../../lib/node/link-table.ts';
import { MessageBuffer } from '../../../lib/node/message-buffer.ts';
import { PeerDials } from '../../../lib/node/peer-dials.ts';
import { WaitingFrames } from '../../../lib/node/peer-links.ts';
import { Rendezvous } from '../../../lib/node/rendezvous.ts';
import { type Canary, nothing, replaced } from './canary.ts';

interface Links {
  want(peer: PeerRef): void;
  unwant(peer: PeerRef): void;
}

const LIVE = { contracts: ['flood:alone'], wire: 'datagrams' } as const;

/** Broken in live peers, above their links; noticed in datagrams alone. */
export const PEER_CANARIES: readonly Canary[] = [
  {
    ...LIVE,
    name: 'a buffer keeps one message more than it may',
    hatch: () => replaced<{ messagesMax: number }, unknown[], unknown>(MessageBuffer, 'push', (original) => (self, ...args) => {
      Object.assign(self, { messagesMax: self.messagesMax + 1 });
      const dropped = original(self, ...args);
      Object.assign(self, { messagesMax: self.messagesMax - 1 });
      return dropped;
    }),
  },
  {
    ...LIVE,
    contracts: ['x-bot:flood'],
    name: 'a buffer says of several messages that one was dropped',
    hatch: () => replaced<{ lagged: number }, unknown[], number>(MessageBuffer, 'push', (original) => (self, ...args) => {
      const before = self.lagged;
      const dropped = original(self, ...args);
      self.lagged = before + Math.min(dropped, 1);
      return dropped;
    }),
  },
  {
    ...LIVE,
    name: 'a link that nobody wants is let go and not closed',
    hatch: () => replaced(LinkTable, 'release', () => nothing),
  },
  {
    ...LIVE,
    name: 'a wish for a link is taken back and the failure detector not told',
    hatch: () => replaced<{ links: Links }, [PeerRef], void>(Driver, 'closeLink', () => (self, peer) => self.links.unwant(peer)),
  },
  {
    ...LIVE,
    name: 'a dial that is over takes a place',
    hatch: () => replaced(PeerDials, 'delete', () => nothing),
  },
  {
    ...LIVE,
    name: 'frames that waited for a link take room when they have gone',
    hatch: () => replaced<{ bytes: number }, [], unknown>(WaitingFrames, 'takeAll', (original) => (self) => {
      const { bytes } = self;
      const frames = original(self);
      self.bytes = bytes;
      return frames;
    }),
  },
  {
    ...LIVE,
    name: 'a peer that is closed goes on looking for others',
    hatch: () => replaced<{ heal: unknown }, [], void>(Rendezvous, 'close', (original) => (self) => {
      Object.assign(self, { heal: undefined });
      original(self);
    }),
  },
];
