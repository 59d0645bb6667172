import type { Peer } from '../../lib/node/peer.ts';

/** Counters that stay at 0 among peers that keep the rules, whatever the network does to their packets. */
const NEVER: readonly (readonly [part: string, counter: string, what: string])[] = [
  ['udp', 'malformedPackets', 'datagrams that cannot be read'],
  ['udp', 'protocolErrors', 'links closed since the other end broke the rules'],
  ['udp', 'deferredFragments', 'fragments without room, though the other end must not send more than there is'],
  ['udp', 'socketErrors', 'errors of sockets'],
  ['udp', 'sendErrors', 'errors of sending'],
  ['frames', 'framesDropped', 'frames that cannot be decoded'],
  ['links', 'badHello', 'hellos that cannot be read'],
];

/** What must never be, of what a peer has counted, in words. */
export function soundness(stats: ReturnType<Peer['stats']>): string[] {
  return NEVER.flatMap(([part, counter, what]) => {
    const count = stats[part]?.[counter] ?? 0;
    return count === 0 ? [] : [`counted ${count} ${what} (${part}.${counter})`];
  });
}
