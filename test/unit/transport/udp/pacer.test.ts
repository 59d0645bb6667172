import { describe, expect, test } from 'vitest';
import { Pacer } from '../../../../lib/transport/udp/pacer.ts';

/** How many full packets go at once. */
function burst(pacer: Pacer, nowMs: number): number {
  let count = 0;
  while (count < 10_000 && pacer.delayMs(nowMs) === 0) {
    pacer.onSent(1200);
    count++;
  }
  return count;
}

describe('pacing', () => {
  test('holds nothing back while no round trip is known', () => {
    expect(burst(new Pacer(), 0)).toBe(10_000);
  });

  test('lets 16 packets go, then spreads a window and a quarter over the round trip', () => {
    const pacer = new Pacer();
    pacer.setRate(120_000, 100, false);
    expect(burst(pacer, 0)).toBe(16);
    expect(pacer.delayMs(0)).toBe(1);
    expect(burst(pacer, 8)).toBe(10);
    expect(burst(pacer, 1000)).toBe(16);
  });

  test('lets two windows go in slow start', () => {
    const pacer = new Pacer();
    pacer.setRate(120_000, 100, true);
    burst(pacer, 0);
    expect(burst(pacer, 5)).toBe(10);
  });

  test('waits as long as the rate wants when that is longer than a timer takes', () => {
    const pacer = new Pacer();
    pacer.setRate(2400, 1000, false);
    burst(pacer, 0);
    expect(pacer.delayMs(0)).toBe(400);
  });

  test('lets go at once what timers are too coarse to spread', () => {
    const pacer = new Pacer();
    pacer.setRate(1_200_000, 1, false);
    expect(burst(pacer, 0)).toBe(2500);
  });
});
