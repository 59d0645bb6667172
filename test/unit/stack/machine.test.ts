import { describe, expect, test } from 'vitest';
import { Machine } from '../../../sim/stack/machine.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

/** A machine whose inputs write down when they ran, by the world's clock. */
function bed(): { readonly clock: VirtualClock; readonly machine: Machine; readonly ran: string[]; readonly come: (name: string, kind?: 'timer' | 'datagram') => void } {
  const clock = new VirtualClock();
  const machine = new Machine(clock);
  const ran: string[] = [];
  return { clock, machine, ran, come: (name, kind = 'datagram') => machine.take({ kind, run: () => ran.push(`${name} ${clock.nowMs()}`) }) };
}

describe('a simulated machine', () => {
  test('takes inputs as they come', () => {
    const { clock, machine, ran, come } = bed();
    come('a');
    clock.advance(5);
    come('b', 'timer');
    expect([ran, machine.delayed]).toEqual([['a 0', 'b 5'], 0]);
  });

  test('that stands still sees to its timers before its sockets when it goes on', () => {
    const { clock, machine, ran, come } = bed();
    machine.pause(100);
    come('packet 1');
    clock.advance(10);
    come('timer', 'timer');
    come('packet 2');
    expect([machine.isPaused, ran]).toEqual([true, []]);
    clock.advance(200);
    expect([machine.isPaused, ran, machine.delayed]).toEqual([false, ['timer 100', 'packet 1 100', 'packet 2 100'], 3]);
  });

  test('that stands still again meanwhile goes on later', () => {
    const { clock, machine, ran, come } = bed();
    machine.pause(100);
    come('a');
    clock.advance(50);
    machine.pause(100);
    clock.advance(200);
    expect(ran).toEqual(['a 150']);
  });

  test('that is slow takes one input after the other, and others in their turn', () => {
    const { clock, machine, ran, come } = bed();
    machine.slow(20);
    for (const name of ['a', 'b', 'c']) come(name);
    clock.advance(30);
    come('d', 'timer');
    machine.slow(0);
    clock.advance(100);
    expect([ran, machine.delayed]).toEqual([['a 0', 'b 20', 'c 40', 'd 40'], 3]);
  });

  test('loses datagrams past what its receive buffer holds, and no timers', () => {
    const { clock, machine, ran, come } = bed();
    machine.pause(10);
    for (let i = 0; i < 2050; i++) come('packet');
    come('timer', 'timer');
    clock.advance(20);
    expect([machine.overrun, ran.length, ran[0]]).toEqual([2, 2049, 'timer 10']);
  });

  test('with a fast clock shows more time, sets shorter timers, and does not jump when it is set right', () => {
    const { clock, machine } = bed();
    clock.advance(100);
    machine.setClockRate(2);
    expect(machine.spanMs(10)).toBe(5);
    clock.advance(50);
    expect(machine.nowMs()).toBe(200);
    machine.setClockRate(1);
    clock.advance(1);
    expect(machine.nowMs()).toBe(201);
  });

  test('has the timers of Node: 1 ms at least, and whole ones', () => {
    const { machine } = bed();
    expect([0, -1, 0.3, 1.9, 250.5].map((ms) => machine.spanMs(ms))).toEqual([1, 1, 1, 1, 250]);
  });
});
