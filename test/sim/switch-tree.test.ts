import { describe, expect, test } from 'vitest';
import { type GroupOptions, type SwitchTreeOptions, groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { SwitchTree } from '../../lib/overlay/switch-tree.ts';
import { treeCost } from '../../sim/measure/tree-cost.ts';
import { GROUP } from '../../sim/world/world.ts';
import { Bed } from './overlay-bed.ts';

const HOSTS = 40;
const SEEDS = [1, 2, 3];

function bed(seed: number, options: Partial<SwitchTreeOptions> = {}, more: GroupOptions = {}, world: { loss?: number; jitter?: number; wire?: 'bytes' } = {}): Bed {
  return new Bed(HOSTS, groupConfig({ overlay: { kind: 'switch-tree', ...options }, dissemination: 'tree', ...more }), { seed, ...world });
}

function tree(one: Bed, host: number): SwitchTree {
  const { overlay } = one.group(host);
  if (!(overlay instanceof SwitchTree)) throw new Error('expected a switch-tree');
  return overlay;
}

function roots(one: Bed): number[] {
  return one.hosts.filter((host) => tree(one, host).place.role === 'root');
}

/** What is wrong with the tree of all that are up; nothing in the end. */
function faults(one: Bed, childrenMax = 4): object {
  const { hosts } = one;
  const links = hosts.reduce((sum, host) => sum + one.neighbours(host).length, 0) / 2;
  const pathOf = (host: number): number[] => tree(one, host).place.path.map(({ peer }) => peer);
  return {
    trees: roots(one).length - 1,
    linksTooMany: links - (hosts.length - 1),
    oneSided: one.oneSided,
    unreached: hosts.length - one.reached,
    overfull: hosts.filter((host) => tree(one, host).links.children.length > childrenMax),
    paths: hosts.filter((host) => {
      const { parent } = tree(one, host).links;
      return parent !== undefined && JSON.stringify([...pathOf(parent), parent]) !== JSON.stringify(pathOf(host));
    }),
  };
}

const NONE = { trees: 0, linksTooMany: 0, oneSided: [], unreached: 0, overfull: [], paths: [] };

describe('joins one by one', () => {
  test.each(SEEDS)('make one tree under the child limit that comes to rest, and everyone gets everything once (seed %i)', (seed) => {
    const one = bed(seed);
    one.run(120);
    expect([faults(one), roots(one)]).toEqual([NONE, [0]]);
    expect(one.world.nowMs - one.watch.lastChangeMs).toBeGreaterThan(60_000);
    expect([0, 13, 39].map((host) => one.deliveries(host))).toEqual([HOSTS, HOSTS, HOSTS]);
  });

  test('at less than twice the least cost (abstract of Helder and Jamin), less than without switching; by delay at less delay', () => {
    const costs = SEEDS.slice(0, 2).map((seed) => {
      const [cost, unswitched, delay] = ([{}, { switchIntervalMs: 86_400_000 }, { goal: 'delay' }] as const).map((options) => {
        const one = bed(seed, options);
        one.run(100);
        const delays = one.hosts.map((host) => tree(one, host).place.path.at(-1)?.delayUs ?? 0);
        return { costMs: one.costMs, meanDelayUs: delays.reduce((sum, us) => sum + us, 0) / HOSTS };
      });
      if (cost === undefined || unswitched === undefined || delay === undefined) throw new Error('three runs');
      const { oracle, mst } = bed(seed).ground;
      return { toLeast: cost.costMs / treeCost(oracle, mst), toUnswitched: cost.costMs / unswitched.costMs, delay: delay.meanDelayUs / cost.meanDelayUs };
    });
    for (const { toLeast, toUnswitched, delay } of costs) {
      expect(toLeast).toBeLessThan(1.5);
      expect(toUnswitched).toBeLessThanOrEqual(1);
      expect(delay).toBeLessThan(1);
    }
  });

  test.each(['sibling', '1-hop', '2-hop', 'any'] as const)('with switches to %s; a child limit of 2 holds', (scope) => {
    const one = bed(1, { scope, childrenMax: 2 });
    one.run(120);
    expect(faults(one, 2)).toEqual(NONE);
  });
});

describe('failures', () => {
  test.each(SEEDS)('of any single peer, the root included, cost nobody its place (seed %i)', (seed) => {
    const one = bed(seed);
    one.run(30);
    for (let host = 0; host < 25; host++) {
      one.world.crash(host);
      one.run(15);
      one.rest();
      expect([host, faults(one)]).toEqual([host, NONE]);
    }
    expect(one.deliveries(HOSTS - 1)).toBe(HOSTS - 25);
  });

  test.each(SEEDS)('of the root make its oldest child the root (seed %i)', (seed) => {
    const one = bed(seed);
    one.run(60);
    const heirs = tree(one, 0).links.children.map(({ peer }) => peer);
    one.world.crash(0);
    one.run(20);
    one.rest();
    expect([roots(one), faults(one)]).toEqual([heirs.slice(0, 1), NONE]);
    expect(one.hosts.reduce((sum, host) => sum + tree(one, host).counters.founded, 0)).toBe(1);
  });

  test.each(SEEDS)('of the root and its oldest child at once, of a third of all, and leaves of many, are got over (seed %i)', (seed) => {
    const one = bed(seed);
    one.run(60);
    const [heir] = tree(one, 0).links.children;
    one.world.crash(0);
    if (heir !== undefined) one.world.crash(heir.peer);
    one.run(30);
    one.rest();
    expect(faults(one)).toEqual(NONE);
    for (const host of one.hosts.filter((_, index) => index % 3 === 0)) one.world.crash(host);
    one.run(60);
    one.rest();
    expect(faults(one)).toEqual(NONE);
    for (const host of one.hosts.slice(0, 15)) one.world.leave(host);
    one.run(120);
    one.rest();
    const [first = 0] = one.hosts;
    expect([faults(one), one.deliveries(first)]).toEqual([NONE, one.hosts.length]);
  });

  test.each(SEEDS)('leave a repaired group complete: loss 0.05, a crash on the way of the messages, repair by anti-entropy (seed %i)', (seed) => {
    const one = bed(seed, {}, { repair: 'anti-entropy' }, { loss: 0.05 });
    one.run(60);
    const inner = one.hosts.find((host) => host !== 0 && tree(one, host).links.children.length > 1) ?? 1;
    one.watch.delivered = 0;
    for (let message = 0; message < 10; message++) {
      if (message === 5) one.world.crash(inner);
      one.world.publish(0, new Uint8Array(10));
      one.run(1);
    }
    one.run(60);
    one.rest();
    expect(faults(one)).toEqual(NONE);
    // Those that the peer delivered before it was gone do not matter.
    expect(one.watch.delivered).toBeGreaterThanOrEqual(10 * (HOSTS - 1));
  });
});

describe('a partition', () => {
  test.each(SEEDS)('leaves a tree on each side, and two roots become one when it is healed (seed %i)', (seed) => {
    const one = bed(seed);
    one.run(30);
    one.paths.split((host) => host % 2 === 0);
    one.run(60);
    expect(roots(one)).toHaveLength(2);
    const merges = (): number => one.hosts.reduce((sum, host) => sum + tree(one, host).counters.merges, 0);
    const before = merges();
    one.paths.heal();
    one.run(120);
    one.rest();
    expect(faults(one)).toEqual(NONE);
    expect(merges() - before).toBe(1);
    expect(one.deliveries(5)).toBe(HOSTS);
  });

  test('of groups that never knew each other ends by one contact, also of members that are no roots', () => {
    const one = new Bed(HOSTS, groupConfig({ overlay: 'switch-tree', dissemination: 'tree' }), { seed: 1 }, (host) => (host < 20 ? 0 : 20));
    one.run(30);
    expect(roots(one)).toHaveLength(2);
    const [left, right] = [19, 39];
    one.world.engine(left)?.addContact(GROUP, peerRef(right), one.world.nowMs, one.world['as'](left));
    one.run(60);
    one.rest();
    expect(faults(one)).toEqual(NONE);
  });
});

test.each(SEEDS)('objects and bytes on the wire give the same trace, another seed another one (seed %i)', (seed) => {
  const traces = ([[seed, {}], [seed, { wire: 'bytes' }], [seed + 10, {}]] as const).map(([of, wire]) => {
    const one = bed(of, {}, {}, { loss: 0.05, jitter: 0.2, ...wire });
    one.run(60);
    return one.world.traceHash;
  });
  expect([traces[0] === traces[1], traces[0] === traces[2]]).toEqual([true, false]);
});
