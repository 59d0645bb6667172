import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { HyParView } from '../../lib/membership/hyparview.ts';
import { GROUP } from '../support/builders.ts';
import { joinAll, membershipStep, oneSided, take } from '../support/membership-steps.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_070_625;
const ACTIVE = 3;
const PASSIVE = 5;

const config = groupConfig({
  overlay: { kind: 'hyparview', activeViewSize: ACTIVE, passiveViewSize: PASSIVE, activeRandomWalkLength: 4, passiveRandomWalkLength: 2 },
  dissemination: 'flooding',
});

const step = membershipStep({ joinWeight: 6, shortMs: 40, longMs: 4000 });

/** All peers, joined one after the other. */
function formed(seed: number, ordered = true): TestNetwork {
  const network = new TestNetwork({ seed, config });
  network.ordered = ordered;
  return joinAll(network);
}

/** Section 4.1 of the paper: what holds of the views at any moment. */
function checkViews({ engine, links }: TestPeer): void {
  const overlay = engine.group(GROUP)?.overlay;
  if (overlay === undefined) return;
  if (!(overlay instanceof HyParView)) throw new Error('expected a HyParView overlay');
  const { neighbours, passive } = overlay;
  const all = [...neighbours, ...passive];
  const broken = {
    self: all.includes(engine.self),
    twice: new Set(all).size < all.length,
    tooManyActive: neighbours.length > ACTIVE,
    tooManyPassive: passive.length > PASSIVE,
    links: links.size !== neighbours.length || !neighbours.every((peer) => links.has(peer)),
  };
  expect(broken).toEqual({ self: false, twice: false, tooManyActive: false, tooManyPassive: false, links: false });
}

describe('HyParView, whatever happens', () => {
  test(`never holds itself, a peer twice or too many, and keeps a link to each neighbour (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), fc.nat(), fc.double({ min: 0, max: 0.5, noNaN: true }), fc.boolean(), (steps, seed, chance, ordered) => {
        const network = formed(seed, ordered);
        network.loss = { chance, reliable: true };
        network.check = checkViews;
        for (const action of steps) take(network, action);
        network.run(5000);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test(`has symmetric active views of live members once all messages have arrived (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), fc.nat(), (steps, seed) => {
        const network = formed(seed);
        for (const action of steps) take(network, action);
        network.run(10_000);
        network.settle();
        expect(oneSided(network)).toEqual([]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test(`mends what messages that overtook each other left one-sided (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), fc.nat(), (steps, seed) => {
        const network = formed(seed, false);
        for (const action of steps) take(network, action);
        network.ordered = true;
        network.run(60_000);
        network.settle();
        expect(oneSided(network)).toEqual([]);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test(`with the paper's view sizes connects peers that join through one contact (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 0, max: 500 }), fc.nat(), (size, everyMs, seed) => {
        const network = new TestNetwork({ seed, config: groupConfig({ dissemination: 'flooding' }) });
        for (let i = 0; i < size; i++) {
          network.join(i, [peerRef(0)]);
          network.run(everyMs);
        }
        network.run(10_000);
        network.settle();
        const [first] = network.members();
        expect(first === undefined ? 0 : network.component(first).length).toBe(size);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});
