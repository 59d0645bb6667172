import { expect, test } from 'vitest';
import { WINDOW_SIZE } from '../../../lib/core/sequence-window.ts';
import { MissingMessages } from '../../../lib/dissemination/missing-messages.ts';
import { peers, roles } from '../../support/builders.ts';

const { source, left, right } = roles('source', 'left', 'right');
const wanted = { origin: source, epoch: 1, seq: 4 };

test('announcers are asked first come, first asked', () => {
  const missing = new MissingMessages(8);
  expect([missing.add({ ...wanted, hops: 5 }, left, 0), missing.add({ ...wanted, hops: 2 }, right, 0)]).toEqual([true, false]);
  expect([missing.nextAnnouncer(wanted), missing.nextAnnouncer(wanted), missing.nextAnnouncer(wanted)]).toEqual([left, right, undefined]);
});

test('a message that arrived leaves those who announced it and were not asked', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left, 0);
  missing.add({ ...wanted, hops: 2 }, right, 0);
  missing.nextAnnouncer(wanted);
  expect([missing.take(wanted), missing.take(wanted)]).toEqual([[{ peer: right, hops: 2 }], undefined]);
});

test('messages differ by origin, epoch and number', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left, 0);
  const like = [{ ...wanted, origin: left }, { ...wanted, epoch: 2 }, { ...wanted, seq: 5 }];
  expect(like.map((id) => missing.take(id))).toEqual([undefined, undefined, undefined]);
});

test('sixteen announcers are remembered for one message', () => {
  const missing = new MissingMessages(8);
  for (const peer of peers(20)) missing.add({ ...wanted, hops: 1 }, peer, 0);
  expect(missing.take(wanted)?.map(({ peer }) => peer)).toEqual(peers(16));
});

test('a neighbour that is gone is struck from every message', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left, 0);
  missing.add({ ...wanted, hops: 2 }, right, 0);
  missing.forget(left);
  expect(missing.take(wanted)).toEqual([{ peer: right, hops: 2 }]);
});

test('there is progress when later numbers have come since the announcement, or since the last question', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left, 10);
  expect([10, 12, 12, 13].map((highest) => missing.progressed(wanted, highest))).toEqual([false, true, false, true]);
  missing.take(wanted);
  expect(missing.progressed(wanted, 14)).toBe(false);
});

test('a later incarnation takes the place of what is awaited of an earlier one', () => {
  const missing = new MissingMessages(1);
  expect(missing.add({ ...wanted, hops: 1 }, left, 0)).toBe(true);
  expect(missing.add({ ...wanted, seq: 5, hops: 1 }, left, 0)).toBe(false);
  missing.take(wanted);
  expect(missing.add({ ...wanted, epoch: 2, hops: 1 }, left, 0)).toBe(true);
  missing.take({ ...wanted, epoch: 2 });
  expect(missing.add({ ...wanted, epoch: 2, hops: 1 }, right, 0)).toBe(true);
  expect(missing.dropped).toBe(1);
  const named: number[] = [];
  missing.eachPeer((peer) => named.push(peer));
  expect(named).toEqual([source, right]);
});

test('one announcer fills no more than half of what is awaited, and all together no more than the whole', () => {
  const missing = new MissingMessages(8);
  const add = (peer: typeof left, from: number): number => Array.from({ length: 8 }, (_, i) => missing.add({ ...wanted, seq: from + i, hops: 1 }, peer, 0)).filter(Boolean).length;
  expect([add(left, 0), add(right, 100), add(source, 200)]).toEqual([4, 4, 0]);
  expect(missing.dropped).toBe(16);
  missing.take({ ...wanted, seq: 0 });
  expect([add(source, 300), add(left, 400)]).toEqual([1, 0]);
});

test('a number further ahead of its publisher than a window reaches is not waited for', () => {
  const missing = new MissingMessages(8);
  const at = (seq: number, highest: number): boolean => missing.add({ ...wanted, seq, hops: 1 }, left, highest);
  expect([at(10 + WINDOW_SIZE, 10), at(11 + WINDOW_SIZE, 10), at(1_000_000, -1)]).toEqual([true, false, true]);
  expect(missing.dropped).toBe(1);
});

test('what is awaited is counted as it is, by first announcer too', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left, 0);
  missing.add({ ...wanted, seq: 5, hops: 5 }, right, 0);
  missing.take(wanted);
  expect(missing.audit.map(({ counted, there }) => [counted, there])).toEqual([[1, 1], [1, 1]]);
});
