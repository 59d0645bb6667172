import { expect, test } from 'vitest';
import { KIND_CODES } from '../../../lib/wire/kind-codes.ts';

test('no two kinds of message share length and first letter, by which the trace of a simulation tells them apart', () => {
  const kinds = ['data', ...Object.keys(KIND_CODES)];
  expect(new Set(kinds.map((kind) => `${kind.length}${kind[0]}`)).size).toBe(kinds.length);
});
