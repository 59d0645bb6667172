import { expect, test } from 'vitest';
import { MissingMessages } from '../../../lib/dissemination/missing-messages.ts';
import { peers, roles } from '../../support/builders.ts';

const { source, left, right } = roles('source', 'left', 'right');
const wanted = { origin: source, epoch: 1, seq: 4 };

test('announcers are asked first come, first asked', () => {
  const missing = new MissingMessages(8);
  expect([missing.add({ ...wanted, hops: 5 }, left), missing.add({ ...wanted, hops: 2 }, right)]).toEqual([true, false]);
  expect([missing.nextAnnouncer(wanted), missing.nextAnnouncer(wanted), missing.nextAnnouncer(wanted)]).toEqual([left, right, undefined]);
});

test('a message that arrived leaves those who announced it and were not asked', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left);
  missing.add({ ...wanted, hops: 2 }, right);
  missing.nextAnnouncer(wanted);
  expect([missing.take(wanted), missing.take(wanted)]).toEqual([[{ peer: right, hops: 2 }], undefined]);
});

test('messages differ by origin, epoch and number', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left);
  const like = [{ ...wanted, origin: left }, { ...wanted, epoch: 2 }, { ...wanted, seq: 5 }];
  expect(like.map((id) => missing.take(id))).toEqual([undefined, undefined, undefined]);
});

test('sixteen announcers are remembered for one message', () => {
  const missing = new MissingMessages(8);
  for (const peer of peers(20)) missing.add({ ...wanted, hops: 1 }, peer);
  expect(missing.take(wanted)?.map(({ peer }) => peer)).toEqual(peers(16));
});

test('a neighbour that is gone is struck from every message', () => {
  const missing = new MissingMessages(8);
  missing.add({ ...wanted, hops: 5 }, left);
  missing.add({ ...wanted, hops: 2 }, right);
  missing.forget(left);
  expect(missing.take(wanted)).toEqual([{ peer: right, hops: 2 }]);
});
