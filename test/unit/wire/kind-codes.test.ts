import { expect, test } from 'vitest';
import { KIND_CODES } from '../../../lib/wire/kind-codes.ts';

test('every kind of message has a code of its own', () => {
  expect(new Set(Object.values(KIND_CODES)).size).toBe(Object.keys(KIND_CODES).length);
});

test('kinds stand in the order of their codes', () => {
  const codes = Object.values(KIND_CODES);
  expect(codes).toEqual([...codes].sort((x, y) => x - y));
});
