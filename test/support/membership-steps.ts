import fc from 'fast-check';
import { peerRef } from '../../lib/core/ids.ts';
import { GROUP } from './builders.ts';
import type { TestNetwork } from './network.ts';

export const PEERS = 12;
/** As contacts: a random one of them, present or not, so that the group can come together again. */
const EVERYONE = Array.from({ length: PEERS }, (_, i) => peerRef(i));

/** What can happen to a group of {@link PEERS} peers, one step of it. */
export type Step =
  | { readonly kind: 'join' | 'leave' | 'crash'; readonly peer: number }
  | { readonly kind: 'breakLink' | 'contact'; readonly peer: number; readonly other: number }
  | { readonly kind: 'run'; readonly ms: number };

interface StepOptions {
  readonly joinWeight: number;
  /** Default 0: nobody hears of another peer between joins. */
  readonly contactWeight?: number;
  /** The longest of the short waits, in which few messages arrive. */
  readonly shortMs: number;
  readonly longMs: number;
}

export function membershipStep({ joinWeight, contactWeight = 0, shortMs, longMs }: StepOptions): fc.Arbitrary<Step> {
  const peer = fc.integer({ min: 0, max: PEERS - 1 });
  const ms = fc.oneof(fc.integer({ min: 0, max: shortMs }), fc.integer({ min: 0, max: longMs }));
  return fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: joinWeight, arbitrary: fc.record({ kind: fc.constant('join' as const), peer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), peer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), peer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('breakLink' as const), peer, other: peer }) },
    { weight: contactWeight, arbitrary: fc.record({ kind: fc.constant('contact' as const), peer, other: peer }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('run' as const), ms }) },
  );
}

export function take(network: TestNetwork, action: Step): void {
  switch (action.kind) {
    case 'join': {
      const peer = network.peers.get(peerRef(action.peer));
      if (peer?.engine.group(GROUP) !== undefined) return;
      // A peer that comes up again does so after what its last incarnation sent has arrived.
      if (peer === undefined) network.run(30);
      network.join(action.peer, EVERYONE);
      return;
    }
    case 'leave': return network.leave(action.peer);
    case 'crash': return network.crash(action.peer);
    case 'breakLink': return network.breakLink(action.peer, action.other);
    case 'contact': return network.addContact(action.peer, action.other);
    case 'run': return network.run(action.ms);
  }
}

/** All peers join, one after the other, through the first. */
export function joinAll(network: TestNetwork): TestNetwork {
  for (let i = 0; i < PEERS; i++) {
    network.join(i, i === 0 ? [] : [peerRef(0)]);
    network.run(60);
  }
  return network;
}

/** Pairs of which one holds the other for a neighbour, and not the reverse. */
export function oneSided(network: TestNetwork): string[] {
  return network.members().flatMap((peer) =>
    network.neighboursOf(peer).filter((ref) => {
      const other = network.peers.get(ref);
      return other === undefined || !network.neighboursOf(other).includes(peer.engine.self);
    }).map((ref) => `${peer.engine.self} -> ${ref}`),
  );
}
