import { expect, test } from 'vitest';
import { peerRef } from '../../../lib/core/ids.ts';
import type { DigestEntry } from '../../../lib/core/messages.ts';
import { OwnMessages } from '../../../lib/dissemination/own-messages.ts';
import { data } from '../../support/builders.ts';

const self = peerRef(0);
const [a, b, c] = [peerRef(1), peerRef(2), peerRef(3)];

function entry(next: number, beyond: readonly number[] = [], epoch = 1): DigestEntry {
  return { origin: self, epoch, next, beyond };
}

function published(count: number): OwnMessages {
  const own = new OwnMessages(1, 100);
  for (let seq = 0; seq < count; seq++) own.onPublished(data(self, seq, { payload: new Uint8Array(10) }));
  return own;
}

test('messages wait until half of the neighbours that were heard of have them', () => {
  const own = published(10);
  const waiting: unknown[] = [[own.waiting, own.waitingBytes]];
  for (const [from, next] of [[a, 4], [b, 2], [c, 9], [b, 6]] as const) {
    own.onDigest(from, entry(next));
    waiting.push([own.waiting, own.waitingBytes]);
  }
  expect(waiting).toEqual([[10, 100], [6, 60], [6, 60], [6, 60], [4, 40]]);
});

test('what was reached once is not awaited again', () => {
  const own = published(10);
  own.onDigest(a, entry(8));
  own.onDigest(a, undefined);
  expect(own.waiting).toBe(2);
  own.onPublished(data(self, 10, { payload: new Uint8Array(10) }));
  own.onDigest(a, entry(9));
  expect(own.waiting).toBe(2);
});

test('a gap that may never be filled holds up nobody', () => {
  const own = published(10);
  own.onDigest(a, entry(1, [3, 3, 5, 7]));
  expect(own.waiting).toBe(2);
});

test('a digest of another incarnation, or that claims more than there is, means nothing more than it can', () => {
  const own = published(10);
  own.onDigest(a, entry(5, [], 2));
  expect(own.waiting).toBe(10);
  own.onDigest(a, entry(1_000_000));
  expect([own.waiting, own.waitingBytes]).toEqual([0, 0]);
});

test('a neighbour that is gone no longer counts', () => {
  const own = published(10);
  own.onDigest(a, entry(0));
  own.onDigest(b, entry(9));
  expect(own.waiting).toBe(10);
  own.forget(a);
  expect(own.waiting).toBe(1);
});

test('no more are counted than may wait', () => {
  const own = published(150);
  expect([own.waiting, own.waitingBytes]).toEqual([100, 1000]);
});
