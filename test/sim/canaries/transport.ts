import { FrameWindow } from '../../../lib/transport/udp/frame-window.ts';
import { Reassembly } from '../../../lib/transport/udp/reassembly.ts';
import { ReceivedPackets } from '../../../lib/transport/udp/received-packets.ts';
import { type Canary, nothing, replaced } from './canary.ts';

/** What an acknowledgement says: the packets that came, as ranges, newest first. */
interface Ack {
  readonly ranges: readonly number[];
  readonly delayMs: number;
}

/** Broken in UDP links; the seeds that run with the whole stack must notice. Without repair, so that nothing brings by another way what a link has lost. */
export const TRANSPORT_CANARIES: readonly Canary[] = [
  {
    name: 'an acknowledgement of a lost fragment',
    contracts: ['flood:alone'],
    // From the first of all to the last of all, whatever is missing between.
    hatch: () => replaced<object, [number], Ack>(ReceivedPackets, 'takeAck', (original) => (self, nowMs) => {
      const { ranges, delayMs } = original(self, nowMs);
      return { ranges: [ranges.at(-2) ?? 0, ranges[1] ?? 0], delayMs };
    }),
  },
  {
    name: 'a reassembly forgets a fragment',
    contracts: ['flood:alone'],
    hatch: () => {
      let count = 0;
      return replaced<object, unknown[], unknown>(Reassembly, 'add', (original) => (self, ...args) => (++count % 20 === 0 ? 'kept' : original(self, ...args)));
    },
  },
  {
    name: 'a frame is brought again with each retransmission',
    contracts: ['flood:alone'],
    hatch: () => replaced(FrameWindow, 'add', () => nothing),
  },
];
