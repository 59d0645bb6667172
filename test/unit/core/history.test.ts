import { expect, test } from 'vitest';
import { History } from '../../../lib/core/history.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import type { DataMessage } from '../../../lib/core/messages.ts';
import { data, roles } from '../../support/builders.ts';

const { source, other } = roles('source', 'other');

test('a history finds what it keeps by origin, epoch and number', () => {
  const history = new History({ historyMessagesMax: 8, historyBytesMax: 100 });
  const message = data(source, 5);
  history.add(message);
  expect([history.find(source, 1, 5), history.find(other, 1, 5), history.find(source, 2, 5), history.find(source, 1, 6)])
    .toEqual([message, undefined, undefined, undefined]);
});

test('a history drops the oldest past its number of messages', () => {
  const history = new History({ historyMessagesMax: 2, historyBytesMax: 100 });
  const kept = [data(source, 1), data(source, 2)];
  for (const message of [data(source, 0), ...kept]) history.add(message);
  expect([history.messages, history.evicted]).toEqual([kept, 1]);
});

test('a history drops the oldest past its number of bytes', () => {
  const history = new History({ historyMessagesMax: 100, historyBytesMax: 10 });
  const big = data(source, 2, { payload: new Uint8Array(9) });
  for (const message of [data(source, 0), data(source, 1), big]) history.add(message);
  expect([history.messages, history.evicted]).toEqual([[big], 2]);
  history.add(data(source, 3, { payload: new Uint8Array(1) }));
  expect(history.messages).toHaveLength(2);
});

test('a history does not keep a payload larger than itself, nor drop others for it', () => {
  const history = new History({ historyMessagesMax: 100, historyBytesMax: 10 });
  const small = data(source, 0);
  history.add(small);
  history.add(data(source, 1, { payload: new Uint8Array(11) }));
  expect([history.messages, history.find(source, 1, 1)]).toEqual([[small], undefined]);
});

test('a history of no messages keeps none', () => {
  const history = new History({ historyMessagesMax: 0, historyBytesMax: 100 });
  history.add(data(source, 0));
  expect(history.messages).toEqual([]);
});

test('a history counts what goes with a message in causal order, and keeps one whose payload fits', () => {
  const history = new History({ historyMessagesMax: 100, historyBytesMax: 50 });
  const after = [{ origin: other, epoch: 1, next: 1 }];
  const causal = [0, 1, 2].map((seq) => data(source, seq, { after }));
  for (const message of causal) history.add(message);
  expect([history.messages, history.evicted]).toEqual([causal.slice(2), 2]);
  const large = data(source, 3, { payload: new Uint8Array(50), after });
  history.add(large);
  expect(history.messages).toEqual([large]);
});

test.each([[7], [300], [512], [1000], [2000]])('a history of %i messages finds exactly what a list would, at any time', (messagesMax) => {
  const history = new History({ historyMessagesMax: messagesMax, historyBytesMax: 1_000_000 });
  const list: DataMessage[] = [];
  for (let i = 0; i < 3 * messagesMax; i++) {
    // Few numbers, so that a message occurs again and hashes collide.
    const message = data(peerRef(i % 5), (i * 7) % 1500, { epoch: i % 2 });
    history.add(message);
    list.push(message);
    if (list.length > messagesMax) list.shift();
    if (i % 97 !== 0) continue;
    expect(history.messages).toEqual(list);
    for (const { origin, epoch, seq } of [...list.slice(0, 9), data(peerRef(i % 7), i % 1500)]) {
      expect(history.find(origin, epoch, seq)).toBe(list.findLast((kept) => kept.origin === origin && kept.epoch === epoch && kept.seq === seq));
    }
  }
  expect([history.added, history.evicted]).toEqual([3 * messagesMax, 2 * messagesMax]);
});

test('a history finds only what came in before a mark', () => {
  const history = new History({ historyMessagesMax: 8, historyBytesMax: 100 });
  const messages = [0, 1, 2].map((seq) => data(source, seq));
  for (const message of messages) history.add(message);
  expect(messages.map(({ seq }) => history.find(source, 1, seq, 2))).toEqual([messages[0], messages[1], undefined]);
});

test('a history tells its observer what it takes in and drops, each once', () => {
  const history = new History({ historyMessagesMax: 2, historyBytesMax: 100 });
  const told: string[] = [];
  history.observer = { onKept: ({ seq }) => told.push(`kept ${seq}`), onDropped: ({ seq }) => told.push(`dropped ${seq}`) };
  for (const seq of [0, 1, 2]) history.add(data(source, seq));
  history.add(data(source, 3, { payload: new Uint8Array(101) }));
  expect(told).toEqual(['kept 0', 'kept 1', 'dropped 0', 'kept 2']);
});
