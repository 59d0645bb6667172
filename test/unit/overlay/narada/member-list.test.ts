import { describe, expect, test } from 'vitest';
import type { MemberStatus } from '../../../../lib/core/messages.ts';
import { MemberList, type News } from '../../../../lib/overlay/narada/member-list.ts';
import { ScriptedRandom, roles } from '../../../support/builders.ts';

const { early, late, third } = roles('early', 'late', 'third');

function listOf(membersMax = 10): MemberList {
  return new MemberList(membersMax, 4);
}

describe('the member list', () => {
  test.each<[what: string, seq: number, status: MemberStatus, news: News]>([
    ['a higher number is fresh', 6, 'alive', 'fresh'],
    ['the same number is stale', 5, 'alive', 'stale'],
    ['a lower number is stale', 4, 'alive', 'stale'],
    ['a lower number is stale, though it tells of an end', 4, 'failed', 'stale'],
    ['with the same number, death counts more than life', 5, 'failed', 'died'],
    ['a good-bye is an end too', 7, 'left', 'died'],
  ])('section 3.1, figure 2: %s', (_, seq, status, news) => {
    const list = listOf();
    const member = list.admit(early, 0);
    if (member === undefined) throw new Error('there is room');
    list.hear(member, 5, 'alive', 1);
    expect(list.hear(member, seq, status, 2)).toBe(news);
    expect([member.heardMs, list.aliveCount]).toEqual([news === 'stale' ? 1 : 2, news === 'died' ? 0 : 1]);
  });

  test('section 3.1.2: old news of a dead member does not bring it back, a higher number does', () => {
    const list = listOf();
    const member = list.admit(early, 0);
    if (member === undefined) throw new Error('there is room');
    list.hear(member, 5, 'failed', 1);
    expect([list.hear(member, 5, 'alive', 2), list.hear(member, 4, 'alive', 2), list.hear(member, 5, 'left', 2)]).toEqual(['stale', 'stale', 'stale']);
    expect(list.hear(member, 6, 'alive', 3)).toBe('revived');
    expect([list.isAlive(early), list.aliveCount]).toEqual([true, 1]);
  });

  test('numbers begin anew after the largest one, so that none is the last', () => {
    const list = listOf();
    const member = list.admit(early, 0);
    if (member === undefined) throw new Error('there is room');
    const news = ([[2 ** 32 - 1, 'failed'], [0, 'alive'], [1, 'alive'], [2 ** 32 - 1, 'failed'], [2 ** 31, 'alive'], [2 ** 31 + 2, 'failed']] as const)
      .map(([seq, status]) => list.hear(member, seq, status, 1));
    expect(news).toEqual(['died', 'stale', 'revived', 'stale', 'fresh', 'died']);
  });

  test('knows who has been silent for longer than a time, the dead left out', () => {
    const list = listOf();
    list.admit(early, 0);
    list.admit(late, 50);
    const dead = list.admit(third, 0);
    if (dead !== undefined) list.hear(dead, 1, 'failed', 0);
    expect([list.silent(100, 100), list.silent(100, 101), list.silent(100, 151)]).toEqual([[], [early], [early, late]]);
  });

  test('forgets the dead after a time', () => {
    const list = listOf();
    const dead = list.admit(early, 0);
    list.admit(late, 0);
    if (dead !== undefined) list.hear(dead, 1, 'failed', 10);
    list.flush(100, 110);
    expect(list.size).toBe(2);
    list.flush(100, 111);
    expect([[...list.all()].map(({ peer }) => peer), list.counters]).toEqual([[late], { refused: 0, flushed: 1 }]);
  });

  test('refuses newcomers when it is full of the living, and lets the oldest of the dead go for them', () => {
    const list = listOf(2);
    const first = list.admit(early, 0);
    list.admit(late, 0);
    expect([list.admit(third, 1), list.counters]).toEqual([undefined, { refused: 1, flushed: 0 }]);
    if (first !== undefined) list.hear(first, 1, 'failed', 2);
    expect(list.admit(third, 3)?.peer).toBe(third);
    expect([[...list.all()].map(({ peer }) => peer), list.aliveCount, list.counters]).toEqual([[late, third], 2, { refused: 1, flushed: 1 }]);
  });

  test('draws among those that have a status and fit', () => {
    const list = listOf();
    for (const peer of [early, late, third]) list.admit(peer, 0);
    expect(list.sample('alive', 5, new ScriptedRandom(), (peer) => peer !== late)).toEqual([early, third]);
    expect(list.sample('failed', 5, new ScriptedRandom())).toEqual([]);
  });
});
