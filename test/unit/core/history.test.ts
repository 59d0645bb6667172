import { expect, test } from 'vitest';
import { History } from '../../../lib/core/history.ts';
import { data, roles } from '../../support/builders.ts';

const { source, other } = roles('source', 'other');

test('a history finds what it keeps by origin, epoch and number', () => {
  const history = new History(8, 100);
  const message = data(source, 5);
  history.add(message);
  expect([history.find(source, 1, 5), history.find(other, 1, 5), history.find(source, 2, 5), history.find(source, 1, 6)])
    .toEqual([message, undefined, undefined, undefined]);
});

test('a history drops the oldest past its number of messages', () => {
  const history = new History(2, 100);
  const kept = [data(source, 1), data(source, 2)];
  for (const message of [data(source, 0), ...kept]) history.add(message);
  expect([history.messages, history.evicted]).toEqual([kept, 1]);
});

test('a history drops the oldest past its number of bytes', () => {
  const history = new History(100, 10);
  const big = data(source, 2, { payload: new Uint8Array(9) });
  for (const message of [data(source, 0), data(source, 1), big]) history.add(message);
  expect([history.messages, history.evicted]).toEqual([[big], 2]);
  history.add(data(source, 3, { payload: new Uint8Array(1) }));
  expect(history.messages).toHaveLength(2);
});

test('a history does not keep a payload larger than itself, nor drop others for it', () => {
  const history = new History(100, 10);
  const small = data(source, 0);
  history.add(small);
  history.add(data(source, 1, { payload: new Uint8Array(11) }));
  expect([history.messages, history.find(source, 1, 1)]).toEqual([[small], undefined]);
});

test('a history of no messages keeps none', () => {
  const history = new History(0, 100);
  history.add(data(source, 0));
  expect(history.messages).toEqual([]);
});
