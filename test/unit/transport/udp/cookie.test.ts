import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Cookies } from '../../../../lib/transport/udp/cookie.ts';
import { Opening } from '../../../../lib/transport/udp/opening.ts';

function cookies(seed: string): Cookies {
  let drawn = 0;
  return new Cookies((count) => new Uint8Array(createHash('sha256').update(`${seed} ${drawn++}`).digest().subarray(0, count)));
}

describe('a cookie', () => {
  test('is good for the address, port and id it was made for, and for no other', () => {
    const own = cookies('a');
    const cookie = own.mint('10.0.0.1', 7000, 42, 0);
    expect(cookie.length).toBe(17);
    expect(own.isValid(cookie, '10.0.0.1', 7000, 42, 0)).toBe(true);
    expect(own.isValid(cookie, '10.0.0.2', 7000, 42, 0)).toBe(false);
    expect(own.isValid(cookie, '10.0.0.1', 7001, 42, 0)).toBe(false);
    expect(own.isValid(cookie, '10.0.0.1', 7000, 43, 0)).toBe(false);
    expect(cookies('b').isValid(cookie, '10.0.0.1', 7000, 42, 0)).toBe(false);
  });

  test.each([0, 5, 16])('is not good with byte %i changed, nor cut', (at) => {
    const own = cookies('a');
    const cookie = own.mint('h', 1, 1, 0);
    expect(own.isValid(cookie.with(at, (cookie[at] ?? 0) ^ 1), 'h', 1, 1, 0)).toBe(false);
    expect(own.isValid(cookie.subarray(0, at), 'h', 1, 1, 0)).toBe(false);
  });

  test('is good for 15 to 30 s', () => {
    const own = cookies('a');
    const cookie = own.mint('h', 1, 1, 14_000);
    expect([14_000, 29_999, 30_000].map((nowMs) => own.isValid(cookie, 'h', 1, 1, nowMs))).toEqual([true, true, false]);
    own.mint('h', 1, 1, 31_000);
    expect(own.isValid(cookie, 'h', 1, 1, 14_000 + 256 * 15_000)).toBe(false);
  });
});

describe('an opening', () => {
  test('asks again after 250 ms, then twice as long, up to a second', () => {
    const opening = new Opening(0);
    const sent: number[] = [];
    for (let i = 0; i < 5; i++) {
      sent.push(opening.dueMs);
      opening.onSent(opening.dueMs);
    }
    expect(sent).toEqual([0, 250, 750, 1750, 2750]);
    expect([opening.answered, opening.rttMs(3000)]).toEqual([false, undefined]);
  });

  test('brings the cookie at once, and knows the round trip when it asked once with it', () => {
    const opening = new Opening(0);
    opening.onSent(0);
    expect(opening.onRetry(Uint8Array.of(1), 40)).toBe(true);
    expect([opening.dueMs, opening.cookie, opening.answered]).toEqual([40, Uint8Array.of(1), true]);
    opening.onSent(40);
    expect(opening.rttMs(75)).toBe(35);
    opening.onSent(290);
    expect(opening.rttMs(300)).toBeUndefined();
  });

  test('takes four cookies and no more', () => {
    const opening = new Opening(0);
    expect([1, 2, 3, 4, 5].map((byte) => opening.onRetry(Uint8Array.of(byte), 0))).toEqual([true, true, true, true, false]);
  });
});
