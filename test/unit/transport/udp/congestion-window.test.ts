import { describe, expect, test } from 'vitest';
import { CongestionWindow } from '../../../../lib/transport/udp/congestion-window.ts';

describe('the congestion window', () => {
  test('begins with ten packets and grows by what is acknowledged while it is used', () => {
    const window = new CongestionWindow();
    expect([window.bytes, window.slowStart]).toEqual([12_000, true]);
    window.onAcked(1200, 0, 12_000);
    window.onAcked(1200, 0, 6600);
    window.onAcked(1200, 0, 100);
    expect(window.bytes).toBe(14_400);
  });

  test('halves once for what was sent before, then grows a packet per window', () => {
    const window = new CongestionWindow();
    window.onLost(5, 10);
    window.onLost(9, 11);
    expect([window.bytes, window.slowStart]).toEqual([6000, false]);
    window.onAcked(1200, 10, 6000);
    for (let i = 0; i < 4; i++) window.onAcked(1200, 11, 6000);
    expect(window.bytes).toBe(6000);
    window.onAcked(1200, 11, 6000);
    expect(window.bytes).toBe(7200);
    window.onLost(12, 20);
    expect(window.bytes).toBe(3600);
  });

  test('never has less than two packets, nor more than 4 MiB', () => {
    const window = new CongestionWindow();
    for (let i = 0; i < 9; i++) window.onLost(10 * i + 1, 10 * i + 2);
    expect(window.bytes).toBe(2400);
    const wide = new CongestionWindow();
    wide.onAcked(1e9, 0, 1e9);
    expect(wide.bytes).toBe(4 * 1024 * 1024);
  });

  test('closes when nothing comes through, and opens fast up to half of what it was', () => {
    const window = new CongestionWindow();
    window.onPersistentCongestion();
    expect([window.bytes, window.slowStart]).toEqual([2400, true]);
    for (let i = 0; i < 3; i++) window.onAcked(1200, 0, window.bytes);
    expect([window.bytes, window.slowStart]).toEqual([6000, false]);
  });
});
