import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawScenario } from '../../sim/scenario/draw.ts';
import { onEqualDelays, sooner, withoutPeers } from '../../sim/scenario/edit.ts';
import { parseScenario } from '../../sim/scenario/parse.ts';

const SEED = 20_260_801;
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test(`a drawn scenario is a document that can be read, as it is (seed ${SEED})`, () => {
  fc.assert(fc.property(seeds, (seed) => {
    const scenario = drawScenario(seed);
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  }), { seed: SEED, numRuns: 200 });
});

test(`so is what is left of it when it is made small (seed ${SEED})`, () => {
  fc.assert(fc.property(seeds, fc.double({ min: 0.01, max: 1, noNaN: true }), fc.func(fc.boolean()), (seed, factor, isGone) => {
    const scenario = drawScenario(seed);
    const gone = scenario.peers.map(({ host }) => host).slice(1).filter(isGone);
    const small = onEqualDelays(sooner(withoutPeers(scenario, new Set(gone)), factor), 10);
    expect(parseScenario(JSON.parse(JSON.stringify(small)))).toEqual(small);
  }), { seed: SEED, numRuns: 200 });
});
