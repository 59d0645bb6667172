import { describe, expect, test } from 'vitest';
import { RTO_MAX_MS, RttEstimator } from '../../../../lib/transport/udp/rtt-estimator.ts';

function estimator(...samples: (readonly [number, number])[]): RttEstimator {
  const rtt = new RttEstimator();
  for (const [rttMs, ackDelayMs] of samples) rtt.sample(rttMs, ackDelayMs);
  return rtt;
}

describe('the round-trip time', () => {
  test('is unknown at first, and the timeout a second', () => {
    expect([estimator().srttMs, estimator().rtoMs(0, 5)]).toEqual([undefined, 1000]);
  });

  test('follows RFC 6298: the first sample sets it, later ones weigh an eighth, deviations a quarter', () => {
    const first = estimator([100, 0]);
    expect([first.srttMs, first.rttVarMs, first.rtoMs(0, 5)]).toEqual([100, 50, 305]);
    const second = estimator([100, 0], [180, 0]);
    expect([second.srttMs, second.rttVarMs, second.rtoMs(0, 5)]).toEqual([110, 57.5, 345]);
  });

  test('does not count how long the other end waited, unless that would be less than any round trip', () => {
    expect(estimator([100, 0], [140, 40]).srttMs).toBe(100);
    expect(estimator([100, 0], [108, 40]).srttMs).toBe(101);
  });

  test('the timeout has a minimum, doubles with each in a row, and has a maximum', () => {
    const rtt = estimator([0.1, 0], [0.1, 0], [0.1, 0]);
    expect([0, 1, 2, 20].map((timeouts) => rtt.rtoMs(timeouts, 5))).toEqual([15, 30, 60, RTO_MAX_MS]);
    expect(estimator([3000, 0]).rtoMs(3, 5)).toBe(9005);
  });

  test('a packet is late after 9/8 of a round trip, the smoothed or the latest', () => {
    expect([estimator([80, 0]).lossDelayMs, estimator([80, 0], [160, 0]).lossDelayMs, estimator([0.1, 0]).lossDelayMs]).toEqual([90, 180, 1]);
  });
});
