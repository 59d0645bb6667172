import { describe, expect, test } from 'vitest';
import type { Priority } from '../../../../lib/transport/transport.ts';
import { zeroCounters } from '../../../../lib/transport/udp/counters.ts';
import { Fifo } from '../../../../lib/transport/udp/fifo.ts';
import { type Fragment, FrameQueue, STALE_MS } from '../../../../lib/transport/udp/frame-queue.ts';
import { FRAME_WINDOW } from '../../../../lib/transport/udp/frame-window.ts';

const ROOM = 1186;

function queueOf(bytesMax = 1_000_000, splitBytesMax = 1_000_000) {
  const counters = zeroCounters();
  const queue = new FrameQueue(bytesMax, splitBytesMax, counters);
  const offer = (bytes: number, priority: Priority = 'data', reliable = true, nowMs = 0): boolean => queue.offer(new Uint8Array(bytes), undefined, priority, reliable, nowMs);
  return { queue, counters, offer };
}

/** The fragments that go into one packet: the frame's length and id, offset and length. */
function packetOf(queue: FrameQueue, nowMs = 0): Fragment[] {
  const fragments: Fragment[] = [];
  let room = ROOM;
  for (let next = queue.take(room, nowMs); next !== undefined; next = queue.take(room, nowMs)) {
    fragments.push(next);
    room -= next.length + (next.length === next.frame.bytes ? 7 : 15);
  }
  return fragments;
}

function shown(fragments: readonly Fragment[]): string[] {
  return fragments.map(({ frame, offset, length }) => `${frame.reliable ? '' : 'u'}${frame.id}: ${offset}+${length}/${frame.bytes}`);
}

describe('the queue of a UDP link', () => {
  test('puts small frames together, and splits only what no packet can hold', () => {
    const { queue, offer } = queueOf();
    for (const bytes of [100, 100, 2000, 1179, 50]) offer(bytes);
    expect([packetOf(queue), packetOf(queue), packetOf(queue), packetOf(queue)].map(shown)).toEqual([
      ['0: 0+100/100', '1: 0+100/100', '2: 0+957/2000'], ['2: 957+1043/2000', ], ['3: 0+1179/1179'], ['4: 0+50/50'],
    ]);
    expect([queue.waiting, queue.empty, queue.bytes]).toEqual([false, false, 3429]);
  });

  test('control goes before the rest of a large data frame, and what was lost before what is new of its priority', () => {
    const { queue, offer } = queueOf();
    offer(3000, 'data');
    offer(10, 'announcement');
    const [lost] = packetOf(queue);
    offer(10, 'control');
    if (lost !== undefined) queue.sendAgain(lost);
    expect([packetOf(queue), packetOf(queue), packetOf(queue)].map(shown)).toEqual([
      ['1: 0+10/10'], ['0: 0+1171/3000'], ['0: 1171+1171/3000'],
    ]);
    expect(shown(packetOf(queue))).toEqual(['0: 2342+658/3000', '2: 0+10/10']);
  });

  test('frames stay until all of them is acknowledged; unreliable ones until they are sent', () => {
    const { queue, offer, counters } = queueOf();
    offer(2000);
    offer(100, 'data', false);
    const fragments = [...packetOf(queue), ...packetOf(queue)];
    expect([queue.bytes, counters.framesSent]).toEqual([2000, 2]);
    for (const fragment of fragments.filter(({ frame }) => frame.reliable)) {
      expect(queue.empty).toBe(false);
      queue.onAcked(fragment);
    }
    expect([queue.bytes, queue.empty]).toEqual([0, true]);
  });

  test('refuses what has no room, but never the first; tells once when it has run low', () => {
    const { queue, offer } = queueOf(1000);
    expect([offer(5000), offer(1)]).toEqual([true, false]);
    for (let fragments = packetOf(queue); fragments.length > 0; fragments = packetOf(queue)) for (const fragment of fragments) queue.onAcked(fragment);
    expect([queue.ranLow(), queue.ranLow()]).toEqual([true, false]);
    expect([offer(600), queue.ranLow(), offer(401), offer(400)]).toEqual([true, false, false, true]);
  });

  test('is bounded in frames, too', () => {
    const { offer } = queueOf(640);
    expect(Array.from({ length: 12 }, () => offer(1)).filter(Boolean).length).toBe(10);
  });

  test('does not begin large frames whose parts could fill the other end\'s room', () => {
    const { queue, offer } = queueOf(1_000_000, 10_000);
    for (const priority of ['announcement', 'data', 'control'] as const) {
      offer(6000, priority);
      expect(packetOf(queue).length).toBe(1);
    }
    const rest: Fragment[] = [];
    for (let fragments = packetOf(queue); fragments.length > 0; fragments = packetOf(queue)) rest.push(...fragments);
    expect(new Set(rest.map(({ frame }) => frame.id))).toEqual(new Set([0]));
  });

  test('does not run ahead of what is acknowledged by more than the window', () => {
    const { queue, offer } = queueOf(10_000_000);
    for (let i = 0; i < FRAME_WINDOW + 10; i++) offer(1);
    const sent: Fragment[] = [];
    for (let fragments = packetOf(queue); fragments.length > 0; fragments = packetOf(queue)) sent.push(...fragments);
    expect(sent.length).toBe(FRAME_WINDOW);
    for (const fragment of sent.slice(0, 2)) queue.onAcked(fragment);
    expect(packetOf(queue).map(({ frame }) => frame.id)).toEqual([FRAME_WINDOW, FRAME_WINDOW + 1]);
  });

  test('unreliable frames that have waited too long are dropped, wherever they are', () => {
    const { queue, offer, counters } = queueOf();
    offer(10, 'control', false, 0);
    offer(20, 'data', true, 0);
    offer(30, 'data', false, 0);
    offer(40, 'data', false, 50);
    queue.dropAllStale(STALE_MS + 1);
    expect([queue.bytes, counters.staleFrames]).toEqual([60, 2]);
    expect(shown(packetOf(queue, STALE_MS + 51))).toEqual(['0: 0+20/20']);
    expect([queue.bytes, counters.staleFrames, queue.waiting]).toEqual([20, 3, false]);
  });
});

test('a fifo yields what was pushed, in order, however long it is', () => {
  const fifo = new Fifo<number>();
  const came: (number | undefined)[] = [];
  for (let i = 0; i < 1000; i++) {
    fifo.push(2 * i);
    fifo.push(2 * i + 1);
    came.push(fifo.shift());
  }
  expect([fifo.length, fifo.first]).toEqual([1000, 1000]);
  fifo.filter((item) => item % 2 === 0);
  while (fifo.length > 0) came.push(fifo.shift());
  expect(came).toEqual([...Array.from({ length: 1000 }, (_, i) => i), ...Array.from({ length: 500 }, (_, i) => 1000 + 2 * i)]);
  expect([fifo.shift(), fifo.first]).toEqual([undefined, undefined]);
});
