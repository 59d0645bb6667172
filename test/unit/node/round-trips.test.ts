import { expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { RoundTrips } from '../../../lib/node/round-trips.ts';

const [a, b] = [peerRef(1), peerRef(2)];

function bed() {
  const pings: [PeerRef, number][] = [];
  return { pings, trips: new RoundTrips((peer, seq) => pings.push([peer, seq])) };
}

test('each peer is asked under a number of its own, and its answers are smoothed', () => {
  const { pings, trips } = bed();
  trips.measure([a, b], 1000);
  expect(pings).toEqual([[a, 2 ** 31], [b, 2 ** 31 + 1]]);
  trips.onAck(a, 2 ** 31, 1008);
  expect([trips.of(a), trips.of(b)]).toEqual([8, undefined]);
  trips.measure([a], 2000);
  trips.onAck(a, 2 ** 31 + 2, 2016);
  expect(trips.of(a)).toBe(9);
});

test('answers of others, of another question or given twice do not count', () => {
  const { trips } = bed();
  trips.measure([a, b], 0);
  trips.onAck(b, 2 ** 31, 5);
  trips.onAck(a, 7, 5);
  expect([trips.of(a), trips.of(b)]).toEqual([undefined, undefined]);
  trips.onAck(a, 2 ** 31, 8);
  trips.onAck(a, 2 ** 31, 800);
  expect(trips.of(a)).toBe(8);
});

test('who is asked no more is forgotten', () => {
  const { trips } = bed();
  trips.measure([a, b], 0);
  trips.onAck(a, 2 ** 31, 8);
  trips.measure([b], 1000);
  expect(trips.of(a)).toBeUndefined();
});
