import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { XBot } from '../../lib/overlay/x-bot.ts';
import { GROUP } from '../support/builders.ts';
import { joinAll, membershipStep, oneSided, take } from '../support/membership-steps.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_090_927;
const ACTIVE = 3;

/** Rounds follow each other so fast, and delays differ so much, that swaps meet each other. */
const config = groupConfig({
  overlay: { kind: 'x-bot', activeViewSize: ACTIVE, passiveViewSize: 6, activeRandomWalkLength: 4, passiveRandomWalkLength: 2, optimizationIntervalMs: 150, swapTimeoutMs: 300, gainPercent: 0 },
  dissemination: 'flooding',
});

const step = membershipStep({ joinWeight: 4, shortMs: 40, longMs: 2000 });

function formed(seed: number): TestNetwork {
  const network = new TestNetwork({ seed, config });
  return joinAll(network);
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
