import { CBOR_DEPTH_MAX } from './limits.ts';

/** `truncated`: the bytes end early, or claim more than there is. `malformed`: not CBOR as this protocol uses it. */
export type ScanResult = 'ok' | 'truncated' | 'malformed';

/** Major types of CBOR (RFC 8949, section 3.1) that the protocol uses. */
const UNSIGNED = 0;
const BYTES = 2;
const ARRAY = 4;
const SIMPLE = 7;

/** `false`, `true` and `null`: the simple values that the protocol uses. */
const SIMPLE_MIN = 20;
const SIMPLE_MAX = 22;

/**
 * Whether `bytes`, from `start` to the end, are one CBOR item made of unsigned
 * integers, byte strings, arrays of definite length, `false`, `true` and `null`, not
 * nested too deep, with every claimed length covered by what remains. Linear and
 * without allocation by length, so that nothing hostile reaches the decoder behind it.
 */
export function scanCbor(bytes: Uint8Array, start: number): ScanResult {
  const end = bytes.length;
  /** Items still to come at each depth. */
  const expected = [1];
  let depth = 0;
  let at = start;
  while (depth >= 0) {
    if (at >= end) return 'truncated';
    const first = bytes[at++] as number;
    const major = first >> 5;
    let argument = first & 31;
    if (argument >= 24) {
      if (argument > 27 || major === SIMPLE) return 'malformed';
      const after = at + (1 << (argument - 24));
      if (after > end) return 'truncated';
      // Past 2^53 the value is not exact, and larger than all that it is compared with.
      for (argument = 0; at < after; at++) argument = argument * 256 + (bytes[at] as number);
    }
    expected[depth] = (expected[depth] as number) - 1;
    if (major === BYTES) {
      if (argument > end - at) return 'truncated';
      at += argument;
    } else if (major === ARRAY) {
      if (argument > end - at) return 'truncated';
      if (depth === CBOR_DEPTH_MAX) return 'malformed';
      expected[++depth] = argument;
    } else if (major === SIMPLE) {
      if (argument < SIMPLE_MIN || argument > SIMPLE_MAX) return 'malformed';
    } else if (major !== UNSIGNED) return 'malformed';
    while (depth >= 0 && expected[depth] === 0) depth--;
  }
  return at === end ? 'ok' : 'malformed';
}
