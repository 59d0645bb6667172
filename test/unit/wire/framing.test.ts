import { describe, expect, test } from 'vitest';
import { FrameDecoder, encodeFrameHeader } from '../../../lib/wire/framing.ts';
import { bytesOf, hexOf } from './table-directory.ts';

/** What each chunk completes, as hexadecimal digits. */
function framesOf(decoder: FrameDecoder, chunks: readonly string[]): string[][] {
  return chunks.map((chunk) => decoder.push(bytesOf(chunk)).frames.map(hexOf));
}

describe('the frame decoder', () => {
  test('yields several frames of one chunk, empty ones too', () => {
    expect(framesOf(new FrameDecoder(9), ['00000001aa 00000000 00000002bbcc'])).toEqual([['aa', '', 'bbcc']]);
  });

  test('waits for the rest of a header and of a frame', () => {
    expect(framesOf(new FrameDecoder(9), ['0000', '0002', 'aa', '', 'bb00000001', 'cc'])).toEqual([[], [], [], [], ['aabb'], ['cc']]);
  });

  test('takes a frame of exactly the largest size', () => {
    expect(framesOf(new FrameDecoder(2), ['00000002aabb'])).toEqual([['aabb']]);
  });

  test('yields what came before a frame that is too long, and nothing after it', () => {
    const decoder = new FrameDecoder(2);
    const first = decoder.push(bytesOf('00000001aa 00000003'));
    expect(first).toEqual({ frames: [Uint8Array.of(0xaa)], tooLongBytes: 3 });
    expect(decoder.push(bytesOf('00000001aa'))).toEqual({ frames: [], tooLongBytes: 3 });
  });

  test('tells a length of 32 bits exactly', () => {
    expect(new FrameDecoder(2).push(bytesOf('ffffffff'))).toEqual({ frames: [], tooLongBytes: 0xffff_ffff });
  });

  test('does not copy a frame that lies in a chunk whole', () => {
    const chunk = bytesOf('00000002aabb');
    expect(new FrameDecoder(9).push(chunk).frames[0]?.buffer).toBe(chunk.buffer);
  });

  test('owns a frame that came in parts: changing the chunks later changes nothing', () => {
    const decoder = new FrameDecoder(9);
    const [head, tail] = [bytesOf('00000002aa'), bytesOf('bb')];
    decoder.push(head);
    const [frame] = decoder.push(tail).frames;
    head.fill(0);
    tail.fill(0);
    expect(frame).toEqual(Uint8Array.of(0xaa, 0xbb));
  });

  test('sets aside memory for what has arrived, not for what a header claims', () => {
    const decoder = new FrameDecoder(2 ** 31);
    decoder.push(encodeFrameHeader(2 ** 31));
    decoder.push(new Uint8Array(3000));
    expect(decoder.memoryBytes).toBe(6000);
    for (let i = 0; i < 100; i++) decoder.push(new Uint8Array(3000));
    expect(decoder.memoryBytes).toBeLessThanOrEqual(2 * 303_000);
  });

  test('puts together a large frame of many chunks', () => {
    const frame = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    const decoder = new FrameDecoder(frame.length);
    decoder.push(encodeFrameHeader(frame.length));
    const came: Uint8Array[] = [];
    for (let at = 0; at < frame.length; at += 777) came.push(...decoder.push(frame.subarray(at, at + 777)).frames);
    expect(came).toEqual([frame]);
    expect(decoder.memoryBytes).toBe(0);
  });
});

describe('the frame header', () => {
  test.each([
    [0, '00000000'],
    [1, '00000001'],
    [0x01020304, '01020304'],
    [0xffff_ffff, 'ffffffff'],
  ])('of %i bytes is %s', (length, hex) => {
    expect(hexOf(encodeFrameHeader(length))).toBe(hex);
  });

  test.each([-1, 1.5, 2 ** 32, NaN])('of %d bytes is a broken invariant', (length) => {
    expect(() => encodeFrameHeader(length)).toThrow('broken invariant');
  });
});
