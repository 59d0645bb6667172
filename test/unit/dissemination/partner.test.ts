import { expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { randomPartner } from '../../../lib/dissemination/partner.ts';
import { peers, roles } from '../../support/builders.ts';

const { self } = roles('self');

test('a partner is drawn uniformly from the others, whether the list has the peer itself or not', () => {
  const random = new Random(11);
  for (const neighbours of [peers(5), peers(4, 2)]) {
    const counts = new Map<number | undefined, number>();
    for (let i = 0; i < 4000; i++) {
      const partner = randomPartner(neighbours, self, random);
      counts.set(partner, (counts.get(partner) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(peers(4, 2));
    expect([...counts.values()].every((count) => count > 880 && count < 1120)).toBe(true);
  }
});

test('a peer alone has no partner', () => {
  const random = new Random(12);
  expect([randomPartner([], self, random), randomPartner([self], self, random)]).toEqual([undefined, undefined]);
});
