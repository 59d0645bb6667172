import { describe, expect, test } from 'vitest';
import { zeroCounters } from '../../../../lib/transport/udp/counters.ts';
import { FrameReceiver } from '../../../../lib/transport/udp/frame-receiver.ts';
import type { FragmentChunk } from '../../../../lib/transport/udp/packet.ts';
import { Reassembly } from '../../../../lib/transport/udp/reassembly.ts';

const CONTENT = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) % 251);

function part(frame: number, total: number, offset: number, length: number, reliable = true): FragmentChunk {
  return { kind: 'fragment', reliable, frame, total, offset, bytes: CONTENT.subarray(offset, offset + length) };
}

describe('reassembly', () => {
  test('puts a frame together whatever the order, and holds nothing of it afterwards', () => {
    const frames = new Reassembly(10_000, zeroCounters());
    expect([1000, 0, 1500].map((offset) => frames.add(part(1, 2000, offset, 500), 1200))).toEqual(['kept', 'kept', 'kept']);
    expect([frames.bytes, frames.add(part(1, 2000, 0, 500), 1200)]).toEqual([1500, 'known']);
    expect(frames.add(part(1, 2000, 500, 500), 1200)).toEqual(CONTENT.subarray(0, 2000));
    expect(frames.bytes).toBe(0);
  });

  test.each([
    ['another total', part(1, 2001, 0, 500)],
    ['another length', part(1, 2000, 500, 400)],
    ['an end within the next', part(1, 2000, 300, 300)],
    ['a beginning within the one before', part(1, 2000, 900, 400)],
  ])('finds a part wrong that has %s', (_, wrong) => {
    const frames = new Reassembly(10_000, zeroCounters());
    frames.add(part(1, 2000, 500, 500), 1200);
    expect(frames.add(wrong, 1200)).toBe('wrong');
  });

  test('takes memory for what has arrived, not for what a header claims', () => {
    const frames = new Reassembly(10_000, zeroCounters());
    for (let id = 0; id < 10; id++) frames.add(part(id, 0xffff_ffff, 0, 500), 1200);
    expect(frames.bytes).toBe(5000);
  });

  test('counts a frame of few bytes for more, so that many of them are bounded too', () => {
    const frames = new Reassembly(1000, zeroCounters());
    expect([1, 2, 3, 4].map((id) => frames.add(part(id, 2000, 1999, 1), 1200))).toEqual(['kept', 'kept', 'kept', 'full']);
  });

  test('gives up the oldest unreliable frame for another, and refuses reliable fragments when there is none', () => {
    const counters = zeroCounters();
    const frames = new Reassembly(2000, counters);
    frames.add(part(1, 2000, 0, 600), 1200);
    frames.add(part(1, 2000, 0, 600, false), 1200);
    frames.add(part(2, 2000, 0, 600, false), 1200);
    expect([frames.add(part(2, 2000, 0, 600), 1200), frames.bytes, counters.abandonedFrames]).toEqual(['kept', 1800, 1]);
    expect([frames.add(part(2, 2000, 600, 600), 1200), frames.bytes, counters.abandonedFrames]).toEqual(['kept', 1800, 2]);
    expect([frames.add(part(3, 2000, 0, 600), 1200), frames.add(part(3, 2000, 0, 600, false), 1200), frames.bytes]).toEqual(['full', 'full', 1800]);
  });

  test('has room for the last fragment even when it is full', () => {
    const frames = new Reassembly(1500, zeroCounters());
    frames.add(part(1, 2000, 0, 1000), 1200);
    frames.add(part(2, 2000, 0, 500), 1200);
    expect(frames.add(part(1, 2000, 1000, 1000), 1200)).toEqual(CONTENT.subarray(0, 2000));
  });

  test('copies a small part of a packet, which would keep all of the packet alive', () => {
    const frames = new Reassembly(10_000, zeroCounters());
    const packet = new Uint8Array(1200).fill(1);
    frames.add({ kind: 'fragment', reliable: true, frame: 1, total: 600, offset: 0, bytes: packet.subarray(0, 300) }, 1200);
    packet.fill(2);
    expect(frames.add({ kind: 'fragment', reliable: true, frame: 1, total: 600, offset: 300, bytes: new Uint8Array(300) }, 1200)).toEqual(Uint8Array.from({ length: 600 }, (_, i) => (i < 300 ? 1 : 0)));
  });
});

describe('the receiver of frames', () => {
  function receiver(bytesMax = 20_000) {
    const counters = zeroCounters();
    return { counters, frames: new FrameReceiver(5000, bytesMax, counters) };
  }

  test('yields a frame once, whole or in parts, and ignores what comes of it again', () => {
    const { frames, counters } = receiver();
    expect(frames.add(part(0, 10, 0, 10), 1200)).toEqual(CONTENT.subarray(0, 10));
    expect(frames.add(part(0, 10, 0, 10), 1200)).toBe('taken');
    expect([frames.add(part(1, 2000, 0, 1000), 1200), frames.add(part(1, 2000, 0, 1000), 1200)]).toEqual(['taken', 'taken']);
    expect(frames.add(part(1, 2000, 1000, 1000), 1200)).toEqual(CONTENT.subarray(0, 2000));
    expect(frames.add(part(1, 2000, 0, 1000), 1200)).toBe('taken');
    expect([counters.duplicateFragments, frames.heldBytes]).toEqual([3, 0]);
  });

  test('knows reliable and unreliable frames of one id apart', () => {
    const { frames } = receiver();
    expect(frames.add(part(3, 10, 0, 10), 1200)).toBeInstanceOf(Uint8Array);
    expect(frames.add(part(3, 10, 0, 10, false), 1200)).toBeInstanceOf(Uint8Array);
    expect(frames.add(part(3, 10, 0, 10, false), 1200)).toBe('taken');
  });

  test('unreliable frames that are long gone are not yielded again', () => {
    const { frames } = receiver();
    expect(frames.add(part(100_000, 10, 0, 10, false), 1200)).toBeInstanceOf(Uint8Array);
    expect(frames.add(part(7, 10, 0, 10, false), 1200)).toBe('taken');
    expect(frames.add(part(99_000, 10, 0, 10, false), 1200)).toBeInstanceOf(Uint8Array);
  });

  test('a frame too long, or with an id past the window, breaks the rules', () => {
    const { frames } = receiver();
    expect([frames.add(part(0, 5001, 0, 500), 1200), frames.add(part(100_000, 10, 0, 10), 1200)]).toEqual(['wrong', 'wrong']);
  });

  test('a reliable fragment without room must come again, an unreliable one need not', () => {
    const { frames, counters } = receiver(600);
    frames.add(part(0, 5000, 0, 500), 1200);
    expect([frames.add(part(1, 5000, 0, 500), 1200), frames.add(part(1, 5000, 0, 500, false), 1200)]).toEqual(['deferred', 'taken']);
    expect([counters.deferredFragments, counters.abandonedFrames]).toEqual([1, 1]);
  });
});
