import { expect, test } from 'vitest';
import { arrayWithRoom } from '../../../lib/core/room.ts';

test('an array with room is empty and grows past its room like any other', () => {
  for (const capacity of [0, 1, 5, 16, 100]) {
    const array = arrayWithRoom<number>(capacity);
    expect(array).toEqual([]);
    for (let item = 0; item < 40; item++) array.push(item);
    expect(array).toEqual(Array.from({ length: 40 }, (_, item) => item));
  }
});
