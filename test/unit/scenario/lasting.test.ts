import { expect, test } from 'vitest';
import { Lasting } from '../../../sim/scenario/lasting.ts';

test('what was wrong at every look for long enough is said; what was good in between starts anew', () => {
  const lasting = new Lasting(100);
  expect(lasting.look(0, ['a', 'b'])).toEqual([]);
  expect(lasting.look(60, ['a'])).toEqual([]);
  expect(lasting.look(99, ['a', 'b'])).toEqual([]);
  expect(lasting.look(100, ['b', 'a'])).toEqual(['a']);
  expect(lasting.look(199, new Set(['a', 'b']))).toEqual(['a', 'b']);
  expect(lasting.look(200, [])).toEqual([]);
  expect(lasting.look(300, ['a'])).toEqual([]);
});

test('for no time at all it is said at once', () => {
  expect(new Lasting(0).look(5, ['a'])).toEqual(['a']);
});
