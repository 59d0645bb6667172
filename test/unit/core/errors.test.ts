import { expect, test } from 'vitest';
import { OverlayError, assert, describe as inWords, invalidOption, unreachable } from '../../../lib/core/errors.ts';

test('an overlay error has a name, a code for programs and a sentence for people', () => {
  const error = new OverlayError('CLOSED', 'publish: expected an open group.');
  expect([error.name, error.code, error.message, error instanceof Error]).toEqual(['OverlayError', 'CLOSED', 'publish: expected an open group.', true]);
});

test('what a caller passed is described in a few words', () => {
  const given = ['x', 'y'.repeat(61), 1.5, true, 10n, null, [1, 2], {}, undefined];
  expect(given.map(inWords)).toEqual(['"x"', `"${'y'.repeat(57)}..."`, '1.5', 'true', '10', 'null', 'an array of 2', 'an object', 'nothing']);
});

test('an invalid option says which, what was expected and what came', () => {
  expect(() => invalidOption('k', 'a whole number', 'two')).toThrowError(new OverlayError('INVALID_OPTION', 'k: expected a whole number, got "two".'));
});

test('a broken invariant stops the program', () => {
  expect(() => assert(true, 'views are disjoint')).not.toThrow();
  expect(() => assert(false, 'views are disjoint')).toThrowError(new Error('overlaycast: broken invariant: views are disjoint'));
  expect(() => unreachable({ kind: 'new' } as never)).toThrowError(new Error('overlaycast: broken invariant: unhandled {"kind":"new"}'));
});
