import { describe, expect, test } from 'vitest';
import { type HelloResult, HelloReader, encodeHello } from '../../../../lib/transport/tcp/hello.ts';
import { HELLO_BYTES_MAX } from '../../../../lib/transport/transport.ts';

const HELLO = Uint8Array.of(7, 8, 9);

/** What a reader answers to a stream in chunks of `length` bytes; it is asked no more once it knows. */
function read(stream: Uint8Array, length = stream.length): HelloResult {
  const reader = new HelloReader();
  for (let at = 0; at < stream.length; at += length) {
    const result = reader.push(stream.subarray(at, at + length));
    if (result.kind !== 'incomplete') return result;
  }
  return { kind: 'incomplete' };
}

describe('the hello of a TCP link', () => {
  test('is a frame of a magic, a version and what the owner says', () => {
    expect(encodeHello(HELLO)).toEqual(Uint8Array.of(0, 0, 0, 7, 0x4f, 0x56, 0x43, 1, 7, 8, 9));
  });

  test.each([1, 2, 3, 5, 8, 100])('is read in chunks of %i bytes, and what follows is not touched', (length) => {
    const rest = Uint8Array.of(0, 0, 0, 1, 5);
    const stream = Uint8Array.of(...encodeHello(HELLO), ...rest);
    const result = read(stream, length);
    expect(result).toMatchObject({ kind: 'hello', hello: HELLO });
    if (result.kind === 'hello') expect(rest.subarray(0, result.rest.length)).toEqual(result.rest);
  });

  test('hands over all that follows in its chunk', () => {
    const stream = Uint8Array.of(...encodeHello(HELLO), ...new Uint8Array(5000).fill(3));
    expect(read(stream)).toEqual({ kind: 'hello', hello: HELLO, rest: new Uint8Array(5000).fill(3) });
  });

  test('may be empty, or as long as it may be', () => {
    const longest = new Uint8Array(HELLO_BYTES_MAX).fill(1);
    expect(read(encodeHello(new Uint8Array(0)))).toEqual({ kind: 'hello', hello: new Uint8Array(0), rest: new Uint8Array(0) });
    expect(read(encodeHello(longest), 100)).toEqual({ kind: 'hello', hello: longest, rest: new Uint8Array(0) });
    expect(() => encodeHello(new Uint8Array(HELLO_BYTES_MAX + 1))).toThrow('broken invariant');
  });

  test.each<[string, readonly number[]]>([
    ['another version', [0, 0, 0, 7, 0x4f, 0x56, 0x43, 2]],
    ['another magic', [0, 0, 0, 7, 0x4f, 0x57]],
    ['too short a length', [0, 0, 0, 3]],
    ['a sign of life', [0, 0, 0, 0]],
    ['too long a length', [0, 0, (HELLO_BYTES_MAX + 5) >>> 8, (HELLO_BYTES_MAX + 5) & 0xff]],
    ['a length of 32 bits', [0xff, 0xff, 0xff, 0xff]],
    ['another protocol', [...'GET / HTTP/1.1'].map((letter) => letter.charCodeAt(0))],
  ])('%s is wrong, at the first byte that says so', (_, bytes) => {
    expect(read(Uint8Array.from(bytes), 1)).toEqual({ kind: 'wrong' });
    expect(read(Uint8Array.from(bytes).subarray(0, 3), 1)).toEqual({ kind: 'incomplete' });
  });
});
