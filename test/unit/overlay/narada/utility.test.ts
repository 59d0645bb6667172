import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../../../lib/core/config.ts';
import { MemberList } from '../../../../lib/overlay/narada/member-list.ts';
import { MeshLinks, measured } from '../../../../lib/overlay/narada/mesh-links.ts';
import { RouteTable } from '../../../../lib/overlay/narada/route-table.ts';
import { addThreshold, consensusCost, dropThreshold, utilityGain } from '../../../../lib/overlay/narada/utility.ts';
import { roles } from '../../../support/builders.ts';

const { self, neighbour, candidate, near, far, cutOff } = roles('self', 'neighbour', 'candidate', 'near', 'far', 'cutOff');
const OPTIONS = DEFAULTS.overlay.narada;

/** A member that reaches near at 30, far at 100 and the candidate at 80 ms, all over its one neighbour. */
function bed(): { members: MemberList; links: MeshLinks; routes: RouteTable } {
  const members = new MemberList(100, 12);
  const links = new MeshLinks(12);
  const routes = new RouteTable(self, members, links);
  const link = links.add(neighbour, 0);
  measured(link, 20);
  for (const peer of [neighbour, candidate, near, far, cutOff]) members.admit(peer, 0);
  for (const [peer, costUs] of [[candidate, 70_000], [near, 20_000], [far, 90_000]] as const) {
    const member = members.get(peer);
    if (member !== undefined) routes.learn(link, member, { costUs, path: [] });
  }
  routes.chooseAll();
  return { members, links, routes };
}

describe('the utility of a link', () => {
  test('section 3.2.1, figure 4: is the sum of the shares by which delays shrink', () => {
    const costs = [
      { member: candidate, costUs: 0 }, { member: near, costUs: 25_000 }, { member: far, costUs: 30_000 }, { member: self, costUs: 80_000 }, { member: cutOff, costUs: 1_000_000 },
    ];
    // The candidate at 20 in place of 80 ms, far at 50 in place of 100, and somebody who could not be reached at all; near gains nothing.
    expect(utilityGain(bed().routes, self, costs, 20_000)).toBeCloseTo(60 / 80 + 50 / 100 + 1, 12);
  });

  test('section 3.2.2, figure 5: its cost is the number of members that one end reaches over it, whichever has more', () => {
    const { members, links, routes } = bed();
    const [link] = links.all;
    if (link === undefined) throw new Error('there is a link');
    expect(consensusCost(link, routes)).toBe(4);
    for (const peer of [candidate, near, far]) {
      const member = members.get(peer);
      if (member !== undefined) routes.learn(link, member, { costUs: 1, path: [self] });
    }
    routes.learnOwn(link, { costUs: 1, path: [] });
    // Here the neighbour alone is reached over it now; there four members are.
    expect([routes.usersOf(link), consensusCost(link, routes)]).toEqual([{ own: 1, other: 4 }, 4]);
  });

  test('what a link must gain grows with the group and with the degree; with too few links, anything does', () => {
    const thresholds = [0, 2, 3, 4, 5, 6, 9].map((degree) => addThreshold(100, degree, OPTIONS));
    expect(thresholds.map((threshold) => Number(threshold.toFixed(9)))).toEqual([0, 0, 2, 4, 6, 8, 8]);
    expect(addThreshold(200, 4, OPTIONS)).toBeCloseTo(8, 12);
    expect(addThreshold(100, 3, { ...OPTIONS, degreeMax: 3 })).toBeCloseTo(8, 12);
  });

  test('section 3.2.2: what is dropped would not be added again at once, and nobody is left with too few links', () => {
    for (let degree = 4; degree <= 6; degree++) {
      for (let other = 4; other <= 6; other++) {
        expect(dropThreshold(100, degree, other, OPTIONS)).toBeLessThan(addThreshold(100, Math.max(degree, other) - 1, OPTIONS));
      }
    }
    expect([dropThreshold(100, 3, 6, OPTIONS), dropThreshold(100, 6, 3, OPTIONS)]).toEqual([0, 0]);
  });

  test('a member with more links than it may have drops one whatever it is worth', () => {
    expect(dropThreshold(100, 7, 3, OPTIONS)).toBe(Infinity);
  });
});
