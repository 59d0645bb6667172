import { describe, expect, test } from 'vitest';

import { parseJson } from '../../../../sim/underlay/formats/json-text.ts';

describe('parseJson', () => {
  test.each(['{}', '[]', ' [1, -0.5e+3, "a\\u00e9\\n\\"", true, false, null, {"a": {"b": [[]]}}] \r\n', '"x"', '-0', '1E5'])('%s parses as JSON.parse does', (text) => {
    expect(parseJson(text, 'f')).toEqual(JSON.parse(text));
  });

  test.each([
    ['', 1, 'a value', 'the end of the file'],
    ['hello', 1, 'a value', '"h"'],
    ['[1,', 4, 'a value', 'the end of the file'],
    ['[1 2]', 4, "',' or ']'", '"2"'],
    ['[1}', 3, "',' or ']'", '"}"'],
    ['{1:2}', 2, "a key in double quotes or '}'", '"1"'],
    ['{"a":1,}', 8, 'a key in double quotes', '"}"'],
    ['{"a" 1}', 6, "':'", '"1"'],
    ['{"a":}', 6, 'a value', '"}"'],
    ['"abc', 5, "'\"'", 'the end of the file'],
    ['"a\\x"', 3, 'a valid escape sequence', '"\\\\"'],
    ['"a\nb"', 3, 'a string without control characters', '"\\n"'],
    ['[01]', 3, "',' or ']'", '"1"'],
    ['NaN', 1, 'a value', '"N"'],
    ['[] []', 4, 'nothing more', '"["'],
    ['[\ufeff]', 2, 'a value', '"\ufeff"'],
  ])('%j is refused at column %i', (text, column, expected, got) => {
    const message = `f, line 1, column ${column}: not valid JSON: expected ${expected}, got ${got}.`;
    expect(() => parseJson(text, 'f')).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY', message }));
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  test('lines are counted whichever way they end', () => {
    expect(() => parseJson('[1,\r\n2,\r3,\n x]', 'f')).toThrow('f, line 4, column 2: not valid JSON');
  });

  test('a million brackets are refused before the stack overflows', () => {
    const refusal = expect.objectContaining({ code: 'TOPOLOGY_TOO_LARGE', message: 'f: nested deeper than 64 levels at line 1.' });
    expect(() => parseJson('['.repeat(1_000_000), 'f')).toThrow(refusal);
    expect(() => parseJson('{"a":'.repeat(1_000_000), 'f')).toThrow(refusal);
    expect(parseJson('['.repeat(64) + ']'.repeat(64), 'f')).toBeInstanceOf(Array);
  });

  test('very many objects, arrays or keys are refused before they are made', () => {
    const refusal = (message: string): unknown => expect.objectContaining({ code: 'TOPOLOGY_TOO_LARGE', message });
    expect(() => parseJson(`[${'{},[],'.repeat(3_000_000)}0]`, 'f')).toThrow(refusal('f: more than 6000000 objects and arrays at line 1.'));
    expect(() => parseJson(`{${'"a":1,'.repeat(100_000)}"a":1}`, 'f')).toThrow(refusal('f: an object with more than 100000 keys at line 1.'));
    expect(parseJson(`[${'{"a":1},'.repeat(100_001)}0]`, 'f')).toHaveLength(100_002);
  });

  test('one string of 20 million characters does not overflow anything', () => {
    expect(parseJson(JSON.stringify('\\"x'.repeat(5_000_000)), 'f')).toHaveLength(15_000_000);
  });
});
