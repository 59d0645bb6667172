import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import { PATH_HOPS_MAX, TRANSIENT_US } from '../../../../lib/core/messages/narada.ts';
import { type Member, MemberList } from '../../../../lib/overlay/narada/member-list.ts';
import { type MeshLink, MeshLinks, measured } from '../../../../lib/overlay/narada/mesh-links.ts';
import { RouteTable } from '../../../../lib/overlay/narada/route-table.ts';
import { peers, roles } from '../../../support/builders.ts';

const { self, left, right, far, farther } = roles('self', 'left', 'right', 'far', 'farther');

/** A member with two neighbours, 10 ms and 20 ms away, and two more members. */
class Bed {
  readonly members = new MemberList(200, 12);
  readonly links = new MeshLinks(12);
  readonly routes = new RouteTable(self, this.members, this.links);

  constructor() {
    for (const peer of [left, right, far, farther]) this.members.admit(peer, 0);
    this.link(left, 20);
    this.link(right, 40);
    this.routes.chooseAll();
    this.routes.changed.clear();
  }

  link(peer: PeerRef, rttMs: number): MeshLink {
    const link = this.links.add(peer, 0);
    measured(link, rttMs);
    return link;
  }

  at(peer: PeerRef): MeshLink {
    const link = this.links.find(peer);
    if (link === undefined) throw new Error('a neighbour');
    return link;
  }

  member(peer: PeerRef): Member {
    const member = this.members.get(peer);
    if (member === undefined) throw new Error('a member');
    return member;
  }

  /** The neighbour tells its route; what the best one is then. */
  learn(neighbour: PeerRef, to: PeerRef, costUs: number, path: readonly PeerRef[]): Member['best'] {
    this.routes.learn(this.at(neighbour), this.member(to), { costUs, path });
    return this.member(to).best;
  }
}

describe('the route table (section 3.3)', () => {
  test('reaches neighbours by their links, at the delay of one way', () => {
    const bed = new Bed();
    expect([left, right, far].map((peer) => bed.routes.costUs(peer))).toEqual([10_000, 20_000, undefined]);
  });

  test('takes the cheapest way, and the path with it', () => {
    const bed = new Bed();
    expect(bed.learn(right, far, 5_000, [farther])).toEqual({ costUs: 25_000, path: [right, farther] });
    expect(bed.learn(left, far, 20_000, [])).toEqual({ costUs: 25_000, path: [right, farther] });
    expect(bed.learn(left, far, 14_000, [])).toEqual({ costUs: 24_000, path: [left] });
    expect([...bed.routes.changed]).toEqual([far]);
  });

  test('goes back to another way when the one in use grows longer, or ends', () => {
    const bed = new Bed();
    bed.learn(right, far, 5_000, []);
    bed.learn(left, far, 1_000, []);
    expect(bed.learn(left, far, 90_000, [])).toEqual({ costUs: 25_000, path: [right] });
    bed.routes.learn(bed.at(right), bed.member(far), undefined);
    expect(bed.member(far).best).toEqual({ costUs: 100_000, path: [left] });
    bed.routes.learn(bed.at(left), bed.member(far), undefined);
    expect(bed.member(far).best).toBeUndefined();
  });

  test('takes no way that comes back here, so that nothing counts to infinity', () => {
    const bed = new Bed();
    expect(bed.learn(left, far, 1_000, [farther, self])).toBeUndefined();
    expect(bed.learn(right, far, 50_000, [])).toEqual({ costUs: 70_000, path: [right] });
  });

  test('takes no way over members that it does not know', () => {
    const bed = new Bed();
    expect(bed.learn(left, far, 1_000, peers(1, 10))).toBeUndefined();
    expect(bed.member(far).told).toEqual(new Array(12).fill(undefined));
    for (const peer of peers(1, 10)) bed.members.admit(peer, 0);
    expect(bed.learn(left, far, 1_000, peers(1, 10))).toEqual({ costUs: 11_000, path: [left, ...peers(1, 10)] });
  });

  test('takes no way that is too long', () => {
    const bed = new Bed();
    for (const peer of peers(PATH_HOPS_MAX, 10)) bed.members.admit(peer, 0);
    expect(bed.learn(left, far, 1_000, peers(PATH_HOPS_MAX, 10))).toBeUndefined();
    expect(bed.learn(left, far, 1_000, peers(PATH_HOPS_MAX - 1, 10))).toBeDefined();
  });

  test('a link that was dropped costs more than any other way, and less than none (Transient Forward)', () => {
    const bed = new Bed();
    bed.learn(left, far, 1_000, []);
    bed.learn(right, far, 500_000, []);
    bed.at(left).fadingSinceMs = 0;
    bed.routes.chooseAll();
    expect(bed.member(far).best).toEqual({ costUs: 520_000, path: [right] });
    bed.at(right).fadingSinceMs = 0;
    bed.routes.chooseAll();
    expect(bed.member(far).best).toEqual({ costUs: TRANSIENT_US + 11_000, path: [left] });
  });

  test('forgets a link with all that was told over it, and a member that has died', () => {
    const bed = new Bed();
    bed.learn(left, far, 1_000, []);
    bed.learn(right, farther, 1_000, []);
    const gone = bed.at(left);
    bed.links.remove(gone);
    bed.routes.forgetLink(gone);
    bed.routes.forget(bed.member(farther));
    expect([left, right, far, farther].map((peer) => bed.routes.costUs(peer))).toEqual([undefined, 20_000, undefined, undefined]);
    // A new link in the same place knows nothing of the old one.
    const anew = bed.link(left, 20);
    bed.routes.chooseAll();
    expect([anew.slot, bed.routes.costUs(left), bed.routes.costUs(far)]).toEqual([gone.slot, 10_000, undefined]);
  });

  test('a link serves no route before its delay was measured', () => {
    const bed = new Bed();
    bed.links.add(far, 0);
    bed.routes.chooseAll();
    expect(bed.routes.costUs(far)).toBeUndefined();
    measured(bed.at(far), 7);
    bed.routes.chooseAll();
    expect(bed.routes.costUs(far)).toBe(3_500);
  });

  test('the delay of a link follows what is measured, but not noise', () => {
    const bed = new Bed();
    expect([measured(bed.at(left), 21.9), measured(bed.at(left), 18.1), measured(bed.at(left), 23), bed.at(left).delayUs]).toEqual([false, false, true, 11_500]);
  });

  test('knows who uses whom, for trees and for the cost of links', () => {
    const bed = new Bed();
    bed.learn(left, far, 1_000, []);
    bed.learn(left, farther, 90_000, [self, right]);
    bed.learn(right, farther, 1_000, []);
    bed.routes.learnOwn(bed.at(left), { costUs: 10_000, path: [] });
    expect([far, farther, self].map((peer) => bed.routes.nextHopOf(bed.at(left), peer))).toEqual([far, self, self]);
    expect(bed.routes.usersOf(bed.at(left))).toEqual({ own: 2, other: 2 });
    expect(bed.routes.usersOf(bed.at(right))).toEqual({ own: 2, other: 0 });
  });
});
