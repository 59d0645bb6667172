import { FrameQueue } from '../../../lib/transport/udp/frame-queue.ts';
import { FrameWindow } from '../../../lib/transport/udp/frame-window.ts';
import { Reassembly } from '../../../lib/transport/udp/reassembly.ts';
import { ReceivedPackets } from '../../../lib/transport/udp/received-packets.ts';
import { SentPackets } from '../../../lib/transport/udp/sent-packets.ts';
import { type Canary, nothing, replaced } from './canary.ts';

/** What an acknowledgement says: the packets that came, as ranges, newest first. */
interface Ack {
  readonly ranges: readonly number[];
  readonly delayMs: number;
}

/** Of a frame that is sent, what tells whether it goes in parts. */
interface Sent {
  readonly frame: { readonly bytes: number };
}

/** Broken in UDP links; noticed in datagrams alone. Without repair, so that nothing brings by another way what a link has lost. */
export const TRANSPORT_CANARIES: readonly Canary[] = [
  {
    name: 'an acknowledgement of a lost fragment',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    // From the first of all to the last of all, whatever is missing between.
    hatch: () => replaced<object, [number], Ack>(ReceivedPackets, 'takeAck', (original) => (self, nowMs) => {
      const { ranges, delayMs } = original(self, nowMs);
      return { ranges: [ranges.at(-2) ?? 0, ranges[1] ?? 0], delayMs };
    }),
  },
  {
    name: 'a reassembly forgets a fragment',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    hatch: () => {
      let count = 0;
      return replaced<object, unknown[], unknown>(Reassembly, 'add', (original) => (self, ...args) => (++count % 20 === 0 ? 'kept' : original(self, ...args)));
    },
  },
  {
    name: 'a frame is brought again with each retransmission',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    hatch: () => replaced(FrameWindow, 'add', () => nothing),
  },
  {
    name: 'frames in parts count as under way for ever',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    hatch: () => replaced<{ splitBytes: number }, [Sent], void>(FrameQueue, 'onAcked', (original) => (self, fragment) => {
      const { splitBytes } = self;
      original(self, fragment);
      self.splitBytes = splitBytes;
    }),
  },
  {
    name: 'what came in part takes room for ever',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    hatch: () => replaced<{ heldBytes: number }, unknown[], unknown>(Reassembly, 'add', (original) => (self, ...args) => {
      const { heldBytes } = self;
      const added = original(self, ...args);
      if (typeof added !== 'string') self.heldBytes = heldBytes;
      return added;
    }),
  },
  {
    name: 'a lost packet stays under way',
    contracts: ['flood:alone'],
    wire: 'datagrams',
    hatch: () => replaced<{ bytesInFlight: number }, unknown[], unknown>(SentPackets, 'detectLost', (original) => (self, ...args) => {
      const { bytesInFlight } = self;
      const nextMs = original(self, ...args);
      self.bytesInFlight = bytesInFlight;
      return nextMs;
    }),
  },
];
