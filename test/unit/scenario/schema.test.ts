import { describe, expect, test } from 'vitest';
import { byKind, flag, list, number, object, optional, text, whole, word, wrong } from '../../../sim/scenario/schema.ts';

const POINT = object({ x: whole(0, 9), label: optional(text) });
const SHAPE = byKind<'circle' | 'square', unknown>({ circle: object({ kind: word('circle'), radius: number(0, 1) }), square: object({ kind: word('square'), filled: flag }) });

describe('a shape answers what fits as it is', () => {
  test.each([
    [text, 'a'], [flag, false], [number(0, 1), 0.5], [whole(0, 3), 3], [word('a', 'b'), 'b'], [list(whole(0, 9), 2), [1, 2]], [list(text, 2), []],
    [POINT, { x: 1 }], [POINT, { x: 1, label: 'here' }], [SHAPE, { kind: 'circle', radius: 1 }], [SHAPE, { kind: 'square', filled: true }],
  ])('%#', (shape, value) => {
    expect(shape(value, 'it')).toEqual(value);
  });

  test('an optional field that is undefined is left out', () => {
    expect(Object.keys(POINT({ x: 1, label: undefined }, 'it'))).toEqual(['x']);
  });
});

describe('what does not fit is named', () => {
  test.each([
    [text, 1, 'it: expected a text, got 1.'],
    [flag, 'true', 'it: expected true or false, got "true".'],
    [number(0, 1), 1.5, 'it: expected a number from 0 to 1, got 1.5.'],
    [number(0, 1), NaN, 'it: expected a number from 0 to 1, got NaN.'],
    [number(0, 1, 'a share'), '1', 'it: expected a share, got "1".'],
    [whole(0, 3), 1.5, 'it: expected a whole number from 0 to 3, got 1.5.'],
    [word('a', 'b'), 'c', 'it: expected one of a, b, got "c".'],
    [list(text, 2), 'ab', 'it: expected a list of 0 to 2 elements, got "ab".'],
    [list(text, 2, 1), [], 'it: expected a list of 1 to 2 elements, got an array of 0.'],
    [list(text, 2), ['a', 2], 'it[1]: expected a text, got 2.'],
    [POINT, null, 'it: expected an object, got null.'],
    [POINT, [], 'it: expected an object, got an array of 0.'],
    [POINT, {}, 'it.x: expected a whole number from 0 to 9, got nothing.'],
    [POINT, { x: 1, lable: 'here' }, 'it: expected fields x, label, got "lable" (did you mean label?).'],
    [POINT, { x: 1, colour: 1 }, 'it: expected fields x, label, got "colour".'],
    [list(POINT, 3), [{ x: 1 }, { x: 'one' }], 'it[1].x: expected a whole number from 0 to 9, got "one".'],
    [SHAPE, { kind: 'circel' }, 'it.kind: expected one of circle, square (did you mean circle?), got "circel".'],
    [SHAPE, 7, 'it.kind: expected one of circle, square, got nothing.'],
    [SHAPE, { kind: 'square', filled: 1 }, 'it.filled: expected true or false, got 1.'],
  ])('%#: %j', (shape, value, sentence) => {
    expect(() => shape(value, 'it')).toThrow(expect.objectContaining({ code: 'INVALID_SCENARIO', message: sentence }));
  });

  test('an inherited name is no field', () => {
    expect(() => POINT(JSON.parse('{"x":1,"__proto__":{}}'), 'it')).toThrow('it: expected fields x, label, got "__proto__".');
    expect(() => SHAPE({ kind: 'toString' }, 'it')).toThrow('it.kind: expected one of circle, square');
  });

  test('the whole document has no path', () => {
    expect(() => wrong('', 'an object', 1)).toThrow('the document: expected an object, got 1.');
    expect(() => object({ x: text })({}, '')).toThrow('x: expected a text, got nothing.');
  });
});
