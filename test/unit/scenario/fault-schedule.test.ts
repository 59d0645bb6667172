import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../../lib/core/config.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import { Random } from '../../../lib/core/random.ts';
import { FaultSchedule } from '../../../sim/scenario/fault-schedule.ts';
import type { Fault, UnderlaySpec } from '../../../sim/scenario/scenario.ts';
import { terrainOf } from '../../../sim/scenario/underlay-spec.ts';
import { World } from '../../../sim/world/world.ts';

const EQUAL: UnderlaySpec = { kind: 'equal', hosts: 4, delayMs: 10 };
const RING: UnderlaySpec = { kind: 'generated', name: 'ring', parameters: { routers: 4 }, seed: 1 };

/** Runs a schedule among four peers that flood; what it asked of the run, and what it came to. */
function scheduled(faults: readonly Fault[], { underlay = EQUAL, untilMs = 20_000, down = [] as readonly number[] } = {}): { readonly asked: string[]; readonly affected: number[]; readonly world: World } {
  const terrain = terrainOf(underlay);
  const world = new World(terrain.paths, { seed: 1 });
  const asked: string[] = [];
  const config = groupConfig({ overlay: 'full', dissemination: 'flooding', repair: 'anti-entropy' });
  const hosts = [0, 1, 2, 3].filter((host) => !down.includes(host));
  for (const host of hosts) world.join(host, config, [0, 1, 2, 3].map(peerRef));
  const note = (what: string, host: number): void => { asked.push(`${world.nowMs}: ${what} ${host}`); };
  const up = (): number[] => hosts.filter((host) => world.engine(host) !== undefined);
  const schedule = new FaultSchedule(faults, {
    world, terrain, up, random: new Random(1),
    crash: (host) => { note('crash', host); if (world.engine(host) === undefined) return false; world.crash(host); return true; },
    wipe: (host) => note('wipe', host),
    leave: (host, stays) => { note(stays ? 'leave, and stay' : 'leave', host); if (world.engine(host) === undefined) return false; world.leave(host); return true; },
    rejoin: (host) => { note('rejoin', host); return true; },
    paused: (host, until) => note(`paused until ${until}`, host),
  });
  world.run(untilMs);
  return { asked, affected: schedule.effects.map(({ affected }) => affected), world };
}

describe('a schedule of faults', () => {
  test('answers the faults as they were given', () => {
    const fault: Fault = { kind: 'loss', p: 0, atMs: 1, forMs: 1 };
    const terrain = terrainOf(EQUAL);
    const world = new World(terrain.paths, { seed: 1 });
    const nobody = { up: () => [], crash: () => false, wipe: () => {}, leave: () => false, rejoin: () => false, paused: () => {} };
    expect(new FaultSchedule([fault], { world, terrain, random: new Random(1), ...nobody }).effects).toEqual([{ fault, affected: 0 }]);
  });

  test('a crash takes its peer down once, and brings it back', () => {
    const { asked, affected } = scheduled([{ kind: 'crash', peer: 2, atMs: 100, restartAfterMs: 50 }, { kind: 'crash', peer: 2, atMs: 120 }]);
    expect({ asked, affected }).toEqual({ asked: ['100: crash 2', '120: crash 2', '150: rejoin 2'], affected: [1, 0] });
  });

  test('a mass failure takes its share of those that are up, and brings those back', () => {
    const { asked, affected } = scheduled([{ kind: 'massFailure', share: 0.5, atMs: 100, restartAfterMs: 50 }]);
    expect(affected).toEqual([2]);
    const crashed = asked.filter((line) => line.startsWith('100: crash')).map((line) => line.slice(-1));
    expect(asked).toEqual([...crashed.map((host) => `100: crash ${host}`), ...crashed.map((host) => `150: rejoin ${host}`)]);
    expect(scheduled([{ kind: 'massFailure', share: 1, atMs: 100 }], { down: [0, 1] }).affected).toEqual([2]);
  });

  test('a leave says good-bye; of a peer that is down it affects nothing', () => {
    const { asked, affected } = scheduled([{ kind: 'leave', peer: 1, atMs: 100, rejoinAfterMs: 10 }, { kind: 'leave', peer: 3, atMs: 100 }], { down: [3] });
    expect({ asked, affected }).toEqual({ asked: ['100: leave 1', '100: leave 3', '110: rejoin 1'], affected: [1, 0] });
  });

  test('a pause, slowness and a skewed clock count the inputs and the peer that they struck', () => {
    const { asked, affected, world } = scheduled([
      { kind: 'pause', peer: 0, atMs: 2000, forMs: 3000 }, { kind: 'slow', peer: 1, inputMs: 500, atMs: 2000, forMs: 6000 }, { kind: 'clockSkew', peer: 2, rate: 2, atMs: 2000, forMs: 1000 },
      { kind: 'pause', peer: 3, atMs: 2000, forMs: 3000 }, { kind: 'clockSkew', peer: 3, rate: 2, atMs: 2000, forMs: 1000 },
    ], { down: [3] });
    expect(asked).toEqual(['2000: paused until 5000 0']);
    expect(affected.map((count) => count > 0)).toEqual([true, true, true, false, false]);
    expect([world.localMs(1), world.localMs(2)]).toEqual([20_000, 21_000]);
  });

  test('faults of the network count packets, and end', () => {
    const { affected, world } = scheduled([
      { kind: 'partition', sides: [[0, 1], [2, 3]], atMs: 1000, forMs: 4000 },
      { kind: 'loss', p: 1, atMs: 6000, forMs: 2000, between: { from: [0] } },
      { kind: 'jitter', byMs: 5, atMs: 1, forMs: 18_000, between: { from: [3], to: [3] } },
    ]);
    expect(affected.map((count) => count > 0)).toEqual([true, true, false]);
    expect(world.reaches(0, 2)).toBe(true);
  });

  test('a fault that has not ended counts what it has affected until then', () => {
    const { affected, world } = scheduled([{ kind: 'loss', p: 1, atMs: 100, forMs: 60_000 }, { kind: 'pause', peer: 1, atMs: 15_000, forMs: 60_000 }, { kind: 'clockSkew', peer: 2, rate: 2, atMs: 100, forMs: 60_000 }]);
    expect(affected.map((count) => count > 0)).toEqual([true, true, true]);
    expect(world.reaches(0, 1)).toBe(false);
  });

  test('what changes nothing affects nothing: no time, a true clock, a jitter of 0', () => {
    expect(scheduled([
      { kind: 'jitter', byMs: 0, atMs: 100, forMs: 5000 }, { kind: 'reordering', p: 1, byMs: 0, atMs: 100, forMs: 5000 }, { kind: 'clockSkew', peer: 1, rate: 1, atMs: 100, forMs: 5000 },
    ]).affected).toEqual([0, 0, 0]);
  });

  test('a peer may leave and stay', () => {
    expect(scheduled([{ kind: 'leave', peer: 1, atMs: 100, stays: true }]).asked).toEqual(['100: leave, and stay 1']);
  });

  test('who was not there to leave does not come back for that', () => {
    const { asked, affected } = scheduled([{ kind: 'leave', peer: 3, atMs: 100, rejoinAfterMs: 50 }], { down: [3] });
    expect({ asked, affected }).toEqual({ asked: ['100: leave 3'], affected: [0] });
  });

  test('where the disk is lost, too, it is wiped; else not', () => {
    const { asked } = scheduled([{ kind: 'crash', peer: 2, atMs: 100, disk: 'lost' }, { kind: 'crash', peer: 1, atMs: 200, disk: 'kept' }, { kind: 'massFailure', share: 0.5, atMs: 300, disk: 'lost' }]);
    expect(asked.map((line) => line.replace(/\d$/, '#'))).toEqual(['100: crash #', '100: wipe #', '200: crash #', '300: crash #', '300: wipe #']);
  });

  test('of two that slow a peer down the slower counts, of two wrong clocks the later, each until it ends', () => {
    const clocks: readonly Fault[] = [{ kind: 'clockSkew', peer: 2, rate: 2, atMs: 1000, forMs: 4000 }, { kind: 'clockSkew', peer: 2, rate: 3, atMs: 2000, forMs: 1000 }];
    // 1 s too fast by 1, 1 s by 2, and 2 s by 1 again.
    expect(scheduled(clocks).world.localMs(2)).toBe(25_000);
    const slow: readonly Fault[] = [{ kind: 'slow', peer: 1, inputMs: 300, atMs: 1000, forMs: 9000 }, { kind: 'slow', peer: 1, inputMs: 1, atMs: 1500, forMs: 500 }];
    const [alone] = scheduled(slow.slice(0, 1)).affected;
    expect(scheduled(slow).affected[0]).toBe(alone);
  });

  test('a failure on nobody\'s way affects nothing', () => {
    const far: UnderlaySpec = { kind: 'generated', name: 'ring', parameters: { routers: 12 }, seed: 1 };
    expect(scheduled([{ kind: 'linkFailure', link: ['7', '8'], atMs: 100, forMs: 1000 }, { kind: 'routerFailure', router: '7', atMs: 100, forMs: 1000 }], { underlay: far }).affected).toEqual([0, 0]);
  });

  test('links and routers that are down together count the ways that each alone changes', () => {
    const faults: readonly Fault[] = [{ kind: 'linkFailure', link: ['0', '1'], atMs: 100, forMs: 1000 }, { kind: 'routerFailure', router: '2', atMs: 200, forMs: 500 }];
    const during = scheduled(faults, { underlay: RING, untilMs: 300 });
    // 0 and 1 go round by 3 and 2, in both directions; nobody reaches 2. The ways between 1 and 3 depend on which of two equal ones was taken.
    expect(during.affected.map((count) => count >= 2 && count % 2 === 0)).toEqual([true, true]);
    expect([during.world.reaches(0, 1), during.world.reaches(0, 2), during.world.reaches(0, 3)]).toEqual([false, false, true]);
    const partly = scheduled(faults, { underlay: RING, untilMs: 800 });
    expect([partly.world.reaches(0, 1), partly.world.reaches(0, 2)]).toEqual([true, true]);
    expect(scheduled(faults, { underlay: RING, untilMs: 2000 }).world.reaches(0, 1)).toBe(true);
  });
});
