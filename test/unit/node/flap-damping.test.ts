import { describe, expect, test } from 'vitest';
import { FlapDamping } from '../../../lib/node/flap-damping.ts';

const OPTIONS = { halfLifeMs: 1000, suppressAt: 4, reuseAt: 1 };

describe('flap damping', () => {
  test('leaves a peer alone from the fourth failure on, until its penalty has halved twice', () => {
    const damping = new FlapDamping<string>(OPTIONS);
    const states = [0, 0, 0, 0].map((nowMs) => {
      damping.onFailure('a', nowMs);
      return damping.suppressed('a', nowMs);
    });
    expect(states).toEqual([false, false, false, true]);
    expect([1000, 2000, 2001].map((nowMs) => damping.suppressed('a', nowMs))).toEqual([true, true, false]);
    expect(damping.suppressed('b', 0)).toBe(false);
  });

  test('does not mind failures that are far apart', () => {
    const damping = new FlapDamping<string>(OPTIONS);
    for (let nowMs = 0; nowMs < 100_000; nowMs += 1000) {
      damping.onFailure('a', nowMs);
      expect(damping.suppressed('a', nowMs)).toBe(false);
    }
  });

  test('stays suppressed below the upper threshold, and starts anew once it is let in again', () => {
    const damping = new FlapDamping<string>(OPTIONS);
    for (let i = 0; i < 4; i++) damping.onFailure('a', 0);
    expect(damping.suppressed('a', 1900)).toBe(true);
    damping.onFailure('a', 1900);
    expect([damping.suppressed('a', 2100), damping.suppressed('a', 4000)]).toEqual([true, false]);
    damping.onFailure('a', 4000);
    expect(damping.suppressed('a', 4000)).toBe(false);
  });

  test('forgets the peer whose failure is longest ago when there are too many', () => {
    const damping = new FlapDamping<number>(OPTIONS);
    for (const peer of [0, 1]) for (let i = 0; i < 4; i++) damping.onFailure(peer, 0);
    damping.onFailure(0, 0);
    for (let peer = 2; peer < 4097; peer++) damping.onFailure(peer, 0);
    expect([damping.suppressed(0, 0), damping.suppressed(1, 0)]).toEqual([true, false]);
  });
});
