import { expect, test } from 'vitest';
import { peerRef } from '../../../lib/core/ids.ts';
import { Received } from '../../../lib/node/received.ts';
import { data } from '../../support/builders.ts';

const message = data(peerRef(1), 7, { hops: 2, payload: Buffer.from('hello') });

test('is what came, with an id made of publisher, incarnation and number', () => {
  const received = new Received(message, 'ab', 5);
  expect([received.data.toString(), received.from, received.seq, received.hops, received.receivedAt, received.id, received.bytes]).toEqual(['hello', 'ab', 7, 2, 5, `ab:${message.epoch}:7`, 5]);
});

test('an application that changes the data changes neither what is kept for others nor what others read', () => {
  const [one, other] = [new Received(message, 'ab', 5), new Received(message, 'ab', 5)];
  one.data.fill(0x78);
  expect([one.data.toString(), other.data.toString(), Buffer.from(message.payload).toString()]).toEqual(['xxxxx', 'hello', 'hello']);
});
