import { describe, expect, test } from 'vitest';
import { LostPeers } from '../../../sim/scenario/rendezvous.ts';

function lost(...peers: readonly number[]): LostPeers {
  const all = new LostPeers();
  for (const peer of peers) all.onDown(peer);
  return all;
}

describe('lost peers', () => {
  test('are tried all in turn, with the bootstrap address first', () => {
    const all = lost(4, 5);
    expect(Array.from({ length: 5 }, () => all.next(undefined))).toEqual([4, 5, 4, 5, 4]);
    const more = lost(4, 5);
    expect(Array.from({ length: 5 }, () => more.next(9))).toEqual([9, 4, 5, 9, 4]);
  });

  test('nobody lost and no address: nobody', () => {
    expect(lost().next(undefined)).toBeUndefined();
    expect(lost().next(9)).toBe(9);
  });

  test('who is up again is not lost; who is lost again goes to the end', () => {
    const all = lost(4, 5, 6);
    all.onUp(5);
    all.onDown(4);
    expect(Array.from({ length: 3 }, () => all.next(undefined))).toEqual([6, 4, 6]);
  });

  test('64 are remembered, those lost last', () => {
    const all = lost(...Array.from({ length: 66 }, (_, peer) => peer));
    expect(Array.from({ length: 65 }, () => all.next(undefined))).toEqual([...Array.from({ length: 64 }, (_, index) => index + 2), 2]);
  });
});
