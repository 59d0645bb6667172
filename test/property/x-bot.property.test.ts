import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { XBot } from '../../lib/overlay/x-bot.ts';
import { GROUP } from '../support/builders.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_090_927;
const PEERS = 12;
const ACTIVE = 3;
const EVERYONE = Array.from({ length: PEERS }, (_, i) => peerRef(i));

/** Rounds follow each other so fast, and delays differ so much, that swaps meet each other. */
const config = groupConfig({
  overlay: { kind: 'x-bot', activeViewSize: ACTIVE, passiveViewSize: 6, activeRandomWalkLength: 4, passiveRandomWalkLength: 2, optimizationIntervalMs: 150, swapTimeoutMs: 300, gainPercent: 0 },
  dissemination: 'flooding',
});

const someone = fc.integer({ min: 0, max: PEERS - 1 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), peer: someone }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), peer: someone }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), peer: someone }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('breakLink' as const), peer: someone, other: someone }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('run' as const), ms: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2000 })) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function take(network: TestNetwork, action: Step): void {
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
    case 'run': return network.run(action.ms);
  }
}

function formed(seed: number): TestNetwork {
  const network = new TestNetwork({ seed, config });
  for (let i = 0; i < PEERS; i++) {
    network.join(i, i === 0 ? [] : [peerRef(0)]);
    network.run(60);
  }
  return network;
}

function overlayOf({ engine }: TestPeer): XBot | undefined {
  const overlay = engine.group(GROUP)?.overlay;
  if (overlay !== undefined && !(overlay instanceof XBot)) throw new Error('expected an X-BOT overlay');
  return overlay;
}

function checkViews(peer: TestPeer): void {
  const overlay = overlayOf(peer);
  if (overlay === undefined) return;
  const { neighbours } = overlay;
  const broken = {
    self: neighbours.includes(peer.engine.self),
    twice: new Set(neighbours).size < neighbours.length,
    tooMany: neighbours.length > ACTIVE,
    links: peer.links.size !== neighbours.length || !neighbours.every((other) => peer.links.has(other)),
  };
  expect(broken).toEqual({ self: false, twice: false, tooMany: false, links: false });
}

/** Pairs of which one holds the other for a neighbour, and not the reverse. */
function oneSided(network: TestNetwork): string[] {
  return network.members().flatMap((peer) =>
    network.neighboursOf(peer).filter((ref) => {
      const other = network.peers.get(ref);
      return other === undefined || !network.neighboursOf(other).includes(peer.engine.self);
    }).map((ref) => `${peer.engine.self} -> ${ref}`),
  );
}

describe('X-BOT, whatever happens', () => {
  test(`has symmetric views of live members once all messages have arrived, and never one too large (seed ${SEED})`, () => {
    let exchanged = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat(), (steps, seed) => {
        const network = formed(seed);
        network.check = checkViews;
        for (const action of steps) take(network, action);
        for (const peer of network.members()) exchanged += overlayOf(peer)?.counters.exchanged ?? 0;
        network.run(2000);
        network.settle();
        expect(oneSided(network)).toEqual([]);
      }),
      { seed: SEED, numRuns: 40 },
    );
    expect(exchanged).toBeGreaterThan(500);
  });

  test(`keeps bounds when messages are lost or overtake each other (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat(), fc.double({ min: 0, max: 0.5, noNaN: true }), fc.boolean(), (steps, seed, chance, ordered) => {
        const network = formed(seed);
        network.ordered = ordered;
        network.loss = { chance, reliable: true };
        network.check = checkViews;
        for (const action of steps) take(network, action);
        network.run(1000);
      }),
      { seed: SEED, numRuns: 20 },
    );
  });
});
