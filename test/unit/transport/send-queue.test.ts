import { describe, expect, test } from 'vitest';
import { SendQueue } from '../../../lib/transport/send-queue.ts';
import type { Priority } from '../../../lib/transport/transport.ts';

/** Offers a frame of `length` bytes of which the first says `name`. */
function offer(queue: SendQueue, priority: Priority, name: number, length = 1, heldBytes = 0): boolean {
  const head = new Uint8Array(length);
  head[0] = name;
  return queue.offer(head, undefined, priority, 'reliable', heldBytes);
}

/** Takes everything; answers the first byte of each. */
function names(queue: SendQueue): (number | undefined)[] {
  const taken: (number | undefined)[] = [];
  for (let frame = queue.take(); frame !== undefined; frame = queue.take()) taken.push(frame.head[0]);
  return taken;
}

describe('the send queue', () => {
  test('gives control before data before announcements, and each in the order it came', () => {
    const queue = new SendQueue(1000);
    offer(queue, 'announcement', 1);
    offer(queue, 'data', 2);
    offer(queue, 'control', 3);
    offer(queue, 'announcement', 4);
    offer(queue, 'data', 5);
    offer(queue, 'control', 6);
    expect(names(queue)).toEqual([3, 6, 2, 5, 1, 4]);
  });

  test('lets what comes later overtake what waits', () => {
    const queue = new SendQueue(1000);
    offer(queue, 'data', 1);
    offer(queue, 'data', 2);
    expect(queue.take()?.head[0]).toBe(1);
    offer(queue, 'control', 3);
    expect(names(queue)).toEqual([3, 2]);
    offer(queue, 'data', 4);
    expect(names(queue)).toEqual([4]);
  });

  test('keeps a frame as it came, and shows it before it is taken', () => {
    const queue = new SendQueue(1000);
    const [head, body] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    queue.offer(head, body, 'data', 'unreliable', 0);
    expect(queue.peek()).toMatchObject({ head, body, delivery: 'unreliable', bytes: 3 });
    expect(queue.peek()).toBe(queue.take());
    expect([queue.peek(), queue.take()]).toEqual([undefined, undefined]);
  });

  test('counts bytes of heads and bodies while they wait', () => {
    const queue = new SendQueue(1000);
    queue.offer(new Uint8Array(10), new Uint8Array(5), 'data', 'reliable', 0);
    offer(queue, 'control', 1, 3);
    expect([queue.bytes, queue.frames]).toEqual([18, 2]);
    queue.take();
    expect([queue.bytes, queue.frames]).toEqual([15, 1]);
    queue.clear();
    expect([queue.bytes, queue.frames, queue.peek()]).toEqual([0, 0, undefined]);
  });

  test('is full to the byte, and refuses a frame whatever its priority', () => {
    const queue = new SendQueue(1000);
    expect(offer(queue, 'announcement', 1, 600)).toBe(true);
    expect(offer(queue, 'control', 2, 401)).toBe(false);
    expect(offer(queue, 'control', 3, 400)).toBe(true);
    expect(offer(queue, 'control', 4, 1)).toBe(false);
    expect(names(queue)).toEqual([3, 1]);
  });

  test('has less room for what the transport still holds', () => {
    const queue = new SendQueue(1000);
    expect(offer(queue, 'data', 1, 501, 500)).toBe(false);
    expect(offer(queue, 'data', 2, 500, 500)).toBe(true);
  });

  test('takes one frame of any size when nothing waits and nothing is held', () => {
    const queue = new SendQueue(1000);
    expect(offer(queue, 'data', 1, 5000, 1)).toBe(false);
    expect(offer(queue, 'data', 2, 5000)).toBe(true);
    expect(offer(queue, 'data', 3)).toBe(false);
  });

  test('is full of tiny frames before it is full of bytes', () => {
    const queue = new SendQueue(6400);
    for (let i = 0; i < 100; i++) expect(offer(queue, 'data', i)).toBe(true);
    expect(offer(queue, 'data', 100)).toBe(false);
    expect([queue.frames, queue.bytes]).toEqual([100, 100]);
    for (let i = 0; i < 75; i++) queue.take();
    expect(queue.ranLow(0)).toBe(false);
    queue.take();
    expect(queue.ranLow(0)).toBe(true);
  });

  test('says once that it ran low, below a quarter, after it was more than half full', () => {
    const queue = new SendQueue(1000);
    for (let i = 0; i < 5; i++) offer(queue, 'data', i, 100);
    expect(queue.ranLow(0)).toBe(false);
    for (let i = 0; i < 5; i++) queue.take();
    expect(queue.ranLow(0)).toBe(false);
    for (let i = 0; i < 6; i++) offer(queue, 'data', i, 100);
    for (let i = 0; i < 4; i++) queue.take();
    expect(queue.ranLow(50)).toBe(false);
    expect(queue.ranLow(49)).toBe(true);
    expect(queue.ranLow(49)).toBe(false);
  });

  test('says that it ran low after it has refused a frame, however little waited', () => {
    const queue = new SendQueue(1000);
    offer(queue, 'data', 1, 10);
    expect(offer(queue, 'data', 2, 5000)).toBe(false);
    expect([queue.ranLow(0), queue.ranLow(0)]).toEqual([true, false]);
  });

  test('forgets that it was high when it is cleared', () => {
    const queue = new SendQueue(1000);
    offer(queue, 'data', 1, 900);
    queue.clear();
    expect(queue.ranLow(0)).toBe(false);
  });
});
