import { describe, expect, test } from 'vitest';
import { scanCbor } from '../../../lib/wire/cbor-scan.ts';
import { bytesOf } from './table-directory.ts';

const CASES: readonly (readonly [what: string, hex: string, result: string])[] = [
  ['an integer of each width', '85 17 18ff 19ffff 1affffffff 1bffffffffffffffff', 'ok'],
  ['byte strings, booleans and null', '84 43010203 f4 f5 f6', 'ok'],
  ['an empty array', '80', 'ok'],
  ['three arrays deep', '818180', 'ok'],
  ['siblings after a deep array', '838181000102', 'ok'],
  ['four arrays deep', '81818180', 'malformed'],
  ['nothing', '', 'truncated'],
  ['an array that wants one element more', '8201', 'truncated'],
  ['an integer that ends early', '811a0000', 'truncated'],
  ['a byte string longer than the rest', '814401', 'truncated'],
  ['an array of 2^32 - 1 elements', '819affffffff', 'truncated'],
  ['an array of 2^64 - 1 elements', '9bffffffffffffffff', 'truncated'],
  ['a byte string of 2^63 bytes', '815b8000000000000000', 'truncated'],
  ['something after the end', '8000', 'malformed'],
  ['two items', '0101', 'malformed'],
  ['a negative integer', '8120', 'malformed'],
  ['a text string', '816161', 'malformed'],
  ['a map', 'a0', 'malformed'],
  ['a tag', 'c000', 'malformed'],
  ['undefined', '81f7', 'malformed'],
  ['a simple value in two bytes', '81f814', 'malformed'],
  ['a floating-point number that looks like false', '81f90014', 'malformed'],
  ['a 16-bit floating-point number', '81f90000', 'malformed'],
  ['a 32-bit floating-point number', '81fa00000000', 'malformed'],
  ['a 64-bit floating-point number', '81fb0000000000000000', 'malformed'],
  ['an array of indefinite length', '9fff', 'malformed'],
  ['a byte string of indefinite length', '815fff', 'malformed'],
  ['a break alone', 'ff', 'malformed'],
  ['a reserved length', '811c', 'malformed'],
];

describe('the scan before the CBOR decoder', () => {
  test.each(CASES)('finds %s: %s %s', (_, hex, result) => {
    expect(scanCbor(bytesOf(hex), 0)).toBe(result);
    expect(scanCbor(bytesOf(`11${hex}`), 1)).toBe(result);
  });
});
