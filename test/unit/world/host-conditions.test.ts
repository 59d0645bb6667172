import { describe, expect, test } from 'vitest';
import { HostConditions } from '../../../sim/world/host-conditions.ts';

describe('host conditions', () => {
  test('a host that nothing ails takes inputs at once, by the true time', () => {
    const hosts = new HostConditions(2);
    expect([hosts.takesAt(1, 50), hosts.localUs(1, 50), hosts.spanUs(1, 50), [...hosts.delayed]]).toEqual([50, 50, 50, [0, 0]]);
  });

  test('one that stands still takes them when it goes on, and counts them', () => {
    const hosts = new HostConditions(2);
    hosts.pause(1, 100);
    expect([hosts.takesAt(1, 50), hosts.takesAt(1, 99), hosts.takesAt(1, 100), hosts.takesAt(0, 50)]).toEqual([100, 100, 100, 50]);
    expect([...hosts.delayed]).toEqual([0, 2]);
  });

  test('a shorter pause within a longer one ends nothing', () => {
    const hosts = new HostConditions(1);
    hosts.pause(0, 100);
    hosts.pause(0, 60);
    expect(hosts.takesAt(0, 70)).toBe(100);
  });

  test('a slow one is busy with each input for a while, until it is slow no more', () => {
    const hosts = new HostConditions(1);
    hosts.slow(0, 30);
    expect([hosts.takesAt(0, 0), hosts.takesAt(0, 10), hosts.takesAt(0, 30), hosts.takesAt(0, 31)]).toEqual([0, 30, 30, 60]);
    hosts.slow(0, 0);
    expect([hosts.takesAt(0, 60), hosts.takesAt(0, 60)]).toEqual([60, 60]);
    expect([...hosts.delayed]).toEqual([2]);
  });

  test('a clock that runs at another rate goes on from what it showed, never back', () => {
    const hosts = new HostConditions(2);
    hosts.setClockRate(0, 2, 1000);
    expect([hosts.localUs(0, 1000), hosts.localUs(0, 1500), hosts.localUs(1, 1500)]).toEqual([1000, 2000, 1500]);
    hosts.setClockRate(0, 0.5, 1500);
    expect([hosts.localUs(0, 1500), hosts.localUs(0, 1700)]).toEqual([2000, 2100]);
    hosts.setClockRate(0, 1, 1700);
    expect([hosts.localUs(0, 1700), hosts.localUs(0, 1800)]).toEqual([2100, 2200]);
  });

  test('a timer takes as long as the clock of its host says', () => {
    const hosts = new HostConditions(2);
    hosts.setClockRate(0, 2, 0);
    expect([hosts.spanUs(0, 100), hosts.spanUs(1, 100)]).toEqual([50, 100]);
  });
});
