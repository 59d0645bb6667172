import { describe, expect, test } from 'vitest';
import { MessageBuffer } from '../../../lib/node/message-buffer.ts';

interface Message {
  readonly bytes: number;
  readonly n: number;
}

function message(n: number, bytes = 1): Message {
  return { n, bytes };
}

async function read(buffer: MessageBuffer<Message>, count: number): Promise<(number | 'end')[]> {
  const results = [];
  for (let i = 0; i < count; i++) results.push(await buffer.next());
  return results.map(({ done, value }) => (done === true ? 'end' : (value as Message).n));
}

describe('the buffer of messages', () => {
  test('gives them back in order, and waits for what is to come', async () => {
    const buffer = new MessageBuffer<Message>(10, 100);
    expect([buffer.push(message(1)), buffer.push(message(2)), buffer.size]).toEqual([0, 0, 2]);
    const reading = read(buffer, 4);
    await Promise.resolve();
    buffer.push(message(3));
    await new Promise((resolve) => setImmediate(resolve));
    buffer.push(message(4));
    expect([await reading, buffer.size, buffer.lagged]).toEqual([[1, 2, 3, 4], 0, 0]);
  });

  test('gives each message to one reader, in the order in which they asked', async () => {
    const buffer = new MessageBuffer<Message>(10, 100);
    const readers = [buffer.next(), buffer.next(), buffer.next()];
    for (const n of [1, 2]) buffer.push(message(n));
    buffer.end();
    expect((await Promise.all(readers)).map(({ value }) => value?.n)).toEqual([1, 2, undefined]);
  });

  test('drops the oldest past messagesMax, and says how many', async () => {
    const buffer = new MessageBuffer<Message>(3, 100);
    expect([1, 2, 3, 4, 5].map((n) => buffer.push(message(n)))).toEqual([0, 0, 0, 1, 1]);
    expect([buffer.size, buffer.lagged, await read(buffer, 3)]).toEqual([3, 2, [3, 4, 5]]);
  });

  test('drops the oldest past bytesMax, but never the last one', async () => {
    const buffer = new MessageBuffer<Message>(10, 100);
    expect([buffer.push(message(1, 60)), buffer.push(message(2, 40)), buffer.push(message(3, 30)), buffer.push(message(4, 200))]).toEqual([0, 0, 1, 2]);
    expect([buffer.lagged, await read(buffer, 1), buffer.size]).toEqual([3, [4], 0]);
    expect(buffer.push(message(5, 100))).toBe(0);
  });

  test('after its end gives what is left, then the end, and takes nothing in', async () => {
    const buffer = new MessageBuffer<Message>(10, 100);
    buffer.push(message(1));
    buffer.end();
    expect([buffer.push(message(2)), await read(buffer, 3)]).toEqual([0, [1, 'end', 'end']]);
  });

  test('forgets all when it is cleared', async () => {
    const buffer = new MessageBuffer<Message>(2, 10);
    buffer.push(message(1, 10));
    buffer.clear();
    expect([buffer.size, buffer.push(message(2, 10)), await read(buffer, 1)]).toEqual([0, 0, [2]]);
  });

  test('keeps its order and its bounds over many', async () => {
    const buffer = new MessageBuffer<Message>(100, 1_000_000);
    const got: (number | 'end')[] = [];
    for (let n = 0; n < 5000; n++) {
      buffer.push(message(n));
      if (n % 3 === 0) got.push(...await read(buffer, 1));
      expect(buffer.size).toBeLessThanOrEqual(100);
    }
    const inOrder = got.every((n, i) => i === 0 || Number(n) > Number(got[i - 1]));
    expect([inOrder, buffer.size + got.length + buffer.lagged]).toEqual([true, 5000]);
  });
});
