import { describe, expect, test } from 'vitest';
import { OverlayError } from '../../../lib/core/errors.ts';
import { parseScenario } from '../../../sim/scenario/parse.ts';
import type { Fault, Scenario } from '../../../sim/scenario/scenario.ts';
import { shrink } from '../../../sim/swarm/shrink.ts';
import { smallScenario } from '../scenario/small.ts';

const PAUSES: readonly Fault[] = [0, 1, 2].map((peer) => ({ kind: 'pause', peer, atMs: 1000 * peer, forMs: 800 }));
const CRASH: Fault = { kind: 'crash', peer: 2, atMs: 4000, restartAfterMs: 500 };
const FAILING = smallScenario({ faults: [...PAUSES, CRASH], commands: [{ atMs: 1, peer: 0, command: 'x' }] });

function hasCrash({ faults }: Scenario): boolean {
  return faults.some(({ kind }) => kind === 'crash');
}

describe('shrink', () => {
  test('leaves what it takes to fail, in its simplest form', async () => {
    const { scenario, runs } = await shrink(FAILING, hasCrash, { runsMax: 1000 });
    expect(scenario).toEqual({
      ...FAILING,
      underlay: { kind: 'equal', hosts: 1, delayMs: 10 },
      peers: [{ host: 0, joinMs: expect.any(Number) }],
      publishes: [],
      commands: [],
      faults: [{ kind: 'crash', peer: 0, atMs: expect.any(Number) }],
    });
    expect(scenario.faults[0]?.atMs).toBeLessThan(10);
    expect(runs).toBeLessThan(200);
  });

  test('keeps two parts that fail only together', async () => {
    const both = ({ faults, publishes }: Scenario): boolean => faults.some((fault) => fault.kind === 'pause' && fault.peer === 1) && publishes.some(({ peer }) => peer === 2);
    const { scenario } = await shrink({ ...FAILING, seed: 3 }, (candidate) => candidate.underlay.kind === 'equal' && candidate.underlay.hosts === 3 && both(candidate), { runsMax: 1000 });
    expect(scenario).toMatchObject({ peers: [{ host: 1 }, { host: 2 }], publishes: [{ peer: 2 }], faults: [{ kind: 'pause', peer: 1 }], commands: [] });
  });

  test('faults last for a shorter time, and are milder', async () => {
    const isLong = ({ faults: [fault] }: Scenario): boolean => fault?.kind === 'loss' && fault.forMs >= 1000 && fault.p >= 0.1;
    const { scenario } = await shrink(smallScenario({ faults: [{ kind: 'loss', p: 0.5, atMs: 0, forMs: 8000 }] }), isLong, { runsMax: 1000 });
    expect(scenario.faults).toEqual([{ kind: 'loss', p: 0.13, atMs: 0, forMs: 1000 }]);
    const isMass = ({ faults: [fault] }: Scenario): boolean => fault?.kind === 'massFailure' && fault.share >= 0.2;
    const mass = await shrink(smallScenario({ faults: [{ kind: 'massFailure', share: 0.8, atMs: 0, restartAfterMs: 500, disk: 'lost' }] }), isMass, { runsMax: 1000 });
    expect(mass.scenario.faults).toEqual([{ kind: 'massFailure', share: 0.2, atMs: 0 }]);
  });

  test('a network that it takes has no more routers than peers, and messages are short', async () => {
    const faults: readonly Fault[] = [{ kind: 'linkFailure', link: ['0', '1'], atMs: 10, forMs: 100 }, { kind: 'routerFailure', router: '9', atMs: 10, forMs: 100 }];
    const ring = smallScenario({ underlay: { kind: 'generated', name: 'ring', parameters: { routers: 12 }, seed: 1 }, faults, publishes: [{ atMs: 1, peer: 0, bytes: 5000 }] });
    const fails = ({ faults: left, peers, publishes }: Scenario): boolean => peers.length >= 2 && publishes.length > 0 && left.some(({ kind }) => kind === 'linkFailure');
    const { scenario } = await shrink(ring, fails, { runsMax: 1000 });
    expect(scenario).toMatchObject({ underlay: { name: 'ring', parameters: { routers: 4 } }, peers: [{ host: 0 }, { host: 1 }], faults: [{ kind: 'linkFailure' }], publishes: [{ bytes: 8 }] });
  });

  test('one peer stays, whatever fails', async () => {
    const { scenario } = await shrink(FAILING, () => true, { runsMax: 1000 });
    expect([scenario.peers.length, scenario.faults, scenario.publishes]).toEqual([1, [], []]);
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  test('a scenario that cannot be is none that fails', async () => {
    const fails = (candidate: Scenario): boolean => {
      if (candidate.faults.length === 0) throw new OverlayError('INVALID_SCENARIO', 'no such link');
      return true;
    };
    expect((await shrink(FAILING, fails, { runsMax: 1000 })).scenario.faults.length).toBe(1);
  });

  test('tries other seeds: a smaller scenario takes another course', async () => {
    const byChance = ({ seed, faults }: Scenario): boolean => faults.length === 4 || (seed > 1 && faults.length === 1);
    expect((await shrink(FAILING, byChance, { runsMax: 1000 })).scenario).toMatchObject({ seed: expect.toSatisfy((seed: number) => seed > 1), faults: [{}] });
    expect((await shrink(FAILING, byChance, { runsMax: 1000, seeds: 1 })).scenario).toMatchObject({ seed: 1, faults: [{}, {}, {}, {}] });
  });

  test('ends when it has run as often as it may, or is told to, with what there is', async () => {
    expect(await shrink(FAILING, hasCrash, { runsMax: 0 })).toEqual({ scenario: FAILING, runs: 0 });
    let left = 1;
    const { scenario, runs } = await shrink(FAILING, hasCrash, { runsMax: 1000, goOn: () => left-- > 0 });
    expect(runs).toBeLessThanOrEqual(1);
    expect(hasCrash(scenario)).toBe(true);
  });

  test('what cannot be made smaller stays', async () => {
    const text = JSON.stringify(FAILING);
    expect((await shrink(FAILING, (candidate) => JSON.stringify(candidate) === text, { runsMax: 1000 })).scenario).toEqual(FAILING);
  });
});
