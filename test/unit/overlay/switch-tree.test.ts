import { describe, expect, test } from 'vitest';
import { TREE_PATH_MAX } from '../../../lib/core/messages/switch-tree.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { GROUP, roles } from '../../support/builders.ts';
import { emitted, sentUnreliably, timerSet } from '../../support/recording-effects.ts';
import {
  accepted, all, down, info, join, leave, line, memberOf, newPeer, probed, query, refresh, refreshIntervalMs, refused, rootWith, sent, switchIntervalMs, timer, treePath, up, waiting,
} from './switch-tree-bed.ts';

const { self, root, grandparent, parent, elder, younger, child, grandchild, stranger, nephew } = roles(
  'self', 'root', 'grandparent', 'parent', 'elder', 'younger', 'child', 'grandchild', 'stranger', 'nephew',
);
const PATH = line(root, grandparent, parent);
const SIBLINGS = all(30_000, elder, self, younger);
const ROUNDS = [timerSet(timer('refresh'), 0), timerSet(timer('switch'), 0)];

describe('joining (HMTP, the join that descends)', () => {
  test('who knows nobody founds the tree', () => {
    const peer = newPeer(self);
    expect(peer.start(self)).toEqual(ROUNDS);
    expect(peer.overlay.place).toMatchObject({ role: 'root', rank: 7, path: [] });
  });

  test('a newcomer asks its contact where it stands, and then the root', () => {
    const peer = newPeer(self);
    expect(peer.start(parent)).toEqual([...ROUNDS, sent(parent, query(1)), waiting(1)]);
    expect(peer.receive(parent, info(1, PATH))).toEqual([sent(root, query(2)), waiting(2)]);
  });

  test('measures the root and its children, and goes down to the nearest', () => {
    const peer = newPeer(self);
    peer.start(root);
    expect(peer.receive(root, info(1, line(root), all(1, elder, younger)))).toEqual([probed(root, 0), probed(elder, 1), probed(younger, 2), waiting(2)]);
    expect([peer.rtt(root, 0, 30), peer.rtt(elder, 1, 50)]).toEqual([[], []]);
    expect(peer.rtt(younger, 2, 20)).toEqual([sent(younger, query(2)), waiting(3)]);
    // No child of that one is nearer than it is.
    expect(peer.receive(younger, info(2, line(root, younger), all(1, child)))).toEqual([probed(child, 3), waiting(4)]);
    expect(peer.rtt(child, 3, 25)).toEqual([sent(younger, join(3, 20_000)), waiting(5)]);
    expect(peer.receive(younger, accepted(3, line(root, younger), all(2, child, self)))).toEqual(up(younger));
    expect([peer.overlay.neighbours, peer.overlay.place.path]).toEqual([[younger], line(root, younger)]);
  });

  test('by delay stays at the root while it has room', () => {
    const peer = newPeer(self, { goal: 'delay' });
    peer.start(root);
    peer.receive(root, info(1, line(root), all(15_000, elder)));
    peer.rtt(root, 0, 30);
    expect(peer.rtt(elder, 1, 20)).toEqual([sent(root, join(2, 30_000)), waiting(3)]);
  });

  test('goes past those that are full, to the best child, and back up to the next best', () => {
    const peer = newPeer(self);
    peer.start(root);
    expect(peer.receive(root, info(1, line(root), all(1, elder, younger), { accepting: false }))).toEqual([probed(elder, 0), probed(younger, 1), waiting(2)]);
    peer.rtt(elder, 0, 50);
    expect(peer.rtt(younger, 1, 90)).toEqual([sent(elder, query(2)), waiting(3)]);
    expect(peer.receive(elder, info(2, line(root, elder), [], { accepting: false }))).toEqual([sent(younger, query(3)), waiting(4)]);
  });

  test('asks the next best when it is refused, and the next contact when nobody answers', () => {
    const peer = newPeer(self);
    peer.start(elder, root);
    // The contacts are asked in random order.
    expect(peer.fire(timer('search', 1))).toEqual([sent(elder, query(2)), waiting(2)]);
    peer.receive(elder, info(2, line(elder), all(1, child)));
    peer.rtt(elder, 0, 20);
    expect(peer.rtt(child, 1, 90)).toEqual([sent(elder, join(3, 20_000)), waiting(4)]);
    expect(peer.receive(elder, refused(3))).toEqual([sent(child, query(4)), waiting(5)]);
  });

  test('when nobody answers at all it founds a tree of its own, and says that it is alone', () => {
    const peer = newPeer(self);
    peer.start(root);
    expect(peer.fire(timer('search', 1))).toEqual([emitted({ kind: 'isolated', group: GROUP })]);
    expect(peer.overlay.place.role).toBe('root');
  });

  test('an answer that comes too late, or to another question, is nothing; a place is given back', () => {
    const peer = newPeer(self);
    peer.start(root);
    expect([peer.receive(root, info(9, line(root))), peer.receive(stranger, info(1, line(stranger))), peer.fire(timer('search', 9))]).toEqual([[], [], []]);
    expect(peer.receive(root, accepted(1, line(root)))).toEqual([sent(root, leave())]);
  });
});

describe('a child', () => {
  test('is taken, told its root path, and makes its root outrank those without children', () => {
    const peer = rootWith(self);
    const reply = accepted(4, line(self), all(2500, child), 2 ** 32 + 7);
    expect(peer.receive(child, join(4, 2500))).toEqual([...up(child), sent(child, reply)]);
    expect(peer.receive(child, join(4, 2500))).toEqual([sent(child, reply)]);
  });

  test('finds the child limit kept', () => {
    const peer = rootWith(self, [elder, younger], { childrenMax: 2 });
    expect(peer.receive(child, join(1, 0))).toEqual([sent(child, refused(1, 2 ** 32 + 7))]);
    expect(peer.receive(child, query(2))).toEqual([sent(child, info(2, line(self), all(0, elder, younger), { accepting: false, rank: 2 ** 32 + 7 }))]);
  });

  test('is never a peer of the own root path (van Steen and Tanenbaum: not into the own subtree)', () => {
    const peer = memberOf(self, PATH, SIBLINGS);
    for (const above of [root, grandparent, parent]) expect(peer.receive(above, join(1, 0))).toEqual([sent(above, refused(1))]);
    expect(peer.receive(stranger, join(1, 0)).slice(0, 2)).toEqual(up(stranger));
  });

  test('is not taken by an orphan, nor by one that waits for another parent', () => {
    const orphan = newPeer(self);
    orphan.start(root);
    expect(orphan.receive(stranger, join(1, 0))).toEqual([sent(stranger, refused(1, 0))]);
    expect(orphan.receive(stranger, query(1))).toEqual([sent(stranger, info(1, [], [], { accepting: false, rank: 0 }))]);
    const moving = memberOf(self, PATH, SIBLINGS, [], { scope: 'sibling' });
    moving.fire(timer('switch'));
    moving.rtt(elder, 1, 5);
    moving.rtt(younger, 2, 50);
    expect(moving.receive(stranger, join(1, 0))).toEqual([sent(stranger, refused(1))]);
  });

  test('is not taken where the tree is too deep to be told', () => {
    const path = line(...Array.from({ length: TREE_PATH_MAX - 1 }, (_, index) => peerRef(100 + index)));
    const peer = memberOf(self, path, []);
    expect(peer.receive(stranger, join(1, 0))).toEqual([sent(stranger, refused(1))]);
  });

  test('that refreshes gets its root path; one that is none is told so', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    const path = [...PATH, { peer: self, delayUs: 40_000 }];
    expect(peer.receive(child, refresh(700))).toEqual([sent(child, treePath(path, all(40_700, child)))]);
    expect(peer.receive(stranger, refresh(700))).toEqual([sent(stranger, leave())]);
  });

  test('that is silent for three refreshes is dropped, and so is one that leaves', () => {
    const peer = rootWith(self, [elder, child]);
    peer.receive(elder, refresh(0), 1000);
    expect(peer.fire(timer('refresh'), 3 * refreshIntervalMs + 1).filter(({ effect }) => effect !== 'sendUnreliable')).toEqual([
      timerSet(timer('refresh'), refreshIntervalMs), sent(child, leave()), ...down(child),
    ]);
    expect([peer.receive(elder, leave()), peer.overlay.neighbours]).toEqual([down(elder), []]);
  });
});

describe('switching (Helder and Jamin)', () => {
  test('to a sibling that is nearer than the parent: linked to it first, then gone from the parent; all below are told', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child], { scope: 'sibling' });
    expect(peer.fire(timer('switch'))).toEqual([timerSet(timer('switch'), switchIntervalMs), probed(elder, 1), probed(younger, 2), waiting(4)]);
    peer.rtt(elder, 1, 50);
    expect(peer.rtt(younger, 2, 18)).toEqual([sent(younger, join(3, 18_000)), waiting(5)]);
    const path = [...PATH, { peer: younger, delayUs: 30_000 }];
    expect(peer.receive(younger, accepted(3, path, all(48_000, self)))).toEqual([
      ...up(younger), ...down(parent), sent(parent, leave()),
      sent(child, treePath([...path, { peer: self, delayUs: 48_000 }], all(48_000, child))),
    ]);
    expect([peer.overlay.neighbours, peer.overlay.counters.switches]).toEqual([[child, younger], 1]);
  });

  test('not to one that is nearer by less than gainPercent; right after a switch it must be twice that', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [], { scope: 'sibling', gainPercent: 10 });
    peer.fire(timer('switch'));
    peer.rtt(elder, 1, 50);
    expect(peer.rtt(younger, 2, 18)).toEqual([]);
    peer.fire(timer('switch'));
    peer.rtt(elder, 3, 50);
    expect(peer.rtt(younger, 4, 17.9)).toEqual([sent(younger, join(3, 17_900)), waiting(6)]);
    peer.receive(younger, accepted(3, [...PATH, { peer: younger, delayUs: 30_000 }], all(48_000, nephew, self)));
    peer.fire(timer('switch'), 1);
    expect(peer.rtt(nephew, 5, 16)).toEqual([]);
    peer.fire(timer('switch'), 60_000);
    // A switch is forgotten after a minute.
    expect(peer.rtt(nephew, 6, 60_015)).toEqual([sent(nephew, join(4, 15_000)), waiting(9)]);
  });

  test('switch-1hop: to the grandparent too; by delay what counts is the way to the root', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [], { scope: '1-hop', goal: 'delay' });
    expect(peer.fire(timer('switch')).slice(1, -1)).toEqual([probed(elder, 1), probed(younger, 2), probed(grandparent, 3)]);
    peer.rtt(elder, 1, 1);
    peer.rtt(younger, 2, 1);
    // 10 + 25 ms there, 30 + 1 at a sibling, 20 + 20 at the parent.
    expect(peer.rtt(grandparent, 3, 25)).toEqual([sent(elder, join(3, 1000)), waiting(5)]);
    expect(peer.receive(elder, refused(3))).toEqual([sent(younger, join(4, 1000)), waiting(6)]);
    expect(peer.receive(younger, refused(4))).toEqual([sent(grandparent, join(5, 25_000)), waiting(7)]);
    expect([peer.receive(grandparent, refused(5)), peer.overlay.neighbours, peer.overlay.counters.refusals]).toEqual([[], [parent], 3]);
  });

  test('switch-2hop: to neighbours of one of those, which is asked for them', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [], { scope: '2-hop' });
    expect(peer.fire(timer('switch'))).toEqual([timerSet(timer('switch'), switchIntervalMs), sent(elder, query(3)), waiting(4)]);
    expect(peer.receive(elder, info(3, [...PATH, { peer: elder, delayUs: 30_000 }], all(35_000, nephew)))).toEqual([
      probed(elder, 1), probed(younger, 2), probed(grandparent, 3), probed(nephew, 4), waiting(5),
    ]);
  });

  test('never to what says that it is below, or in another tree', () => {
    for (const path of [[...PATH, ...line(self, elder)], line(stranger, elder)]) {
      const peer = memberOf(self, PATH, SIBLINGS, [], { scope: '2-hop' });
      peer.fire(timer('switch'));
      expect(peer.receive(elder, info(3, path, all(1, nephew)))).toEqual([]);
    }
  });

  test('never into the own subtree, should the new parent not know yet that it is there', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child], { scope: 'sibling' });
    peer.fire(timer('switch'));
    peer.rtt(elder, 1, 50);
    peer.rtt(younger, 2, 5);
    expect(peer.receive(younger, accepted(3, [...PATH, ...line(self, younger)]))).toEqual([sent(younger, leave())]);
    expect([peer.overlay.neighbours, peer.overlay.counters.switches]).toEqual([[parent, child], 0]);
  });

  test('switch-any: a join anew from somewhere on the root path', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [], { scope: 'any' });
    expect(peer.fire(timer('switch')).slice(1)).toEqual([sent(root, query(3)), waiting(4)]);
    peer.receive(root, info(3, line(root), all(5000, nephew)));
    peer.rtt(root, 1, 30);
    expect(peer.rtt(nephew, 2, 10)).toEqual([sent(nephew, query(4)), waiting(6)]);
    expect(peer.receive(nephew, info(4, line(root, nephew)))).toEqual([sent(nephew, join(5, 10_000)), waiting(7)]);
  });
});

describe('the root path (HMTP)', () => {
  const other = line(stranger, grandparent, parent);

  test('goes down the tree when it changes, and only then', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    expect(peer.receive(parent, treePath(PATH, SIBLINGS))).toEqual([]);
    expect(peer.receive(parent, treePath(other, SIBLINGS))).toEqual([sent(child, treePath([...other, { peer: self, delayUs: 40_000 }], all(40_000, child)))]);
  });

  test('from a peer that is not the parent is answered by a good-bye', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    expect([peer.receive(stranger, treePath(line(stranger))), peer.receive(child, treePath(line(child)))]).toEqual([[sent(stranger, leave())], [sent(child, leave())]]);
  });

  test('on which this peer stands itself is a loop: it leaves, and asks from below the loop upwards', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    const looped = line(root, grandparent, self, child, grandchild, parent);
    expect(peer.receive(parent, treePath(looped))).toEqual([sent(parent, leave()), ...down(parent), sent(grandparent, query(3)), waiting(4)]);
    expect([peer.overlay.place.role, peer.overlay.counters.loops]).toEqual(['orphan', 1]);
  });

  test('that is too long or not the sender\'s is not followed', () => {
    const long = line(...Array.from({ length: TREE_PATH_MAX - 1 }, (_, index) => peerRef(100 + index)), parent);
    for (const path of [long, line(root, stranger), []]) {
      const peer = memberOf(self, PATH, SIBLINGS);
      expect(peer.receive(parent, treePath(path)).slice(0, 3)).toEqual([sent(parent, leave()), ...down(parent)]);
    }
  });

  test('is asked for by a refresh; a parent that is silent for three is gone', () => {
    const peer = memberOf(self, PATH, SIBLINGS);
    expect(peer.fire(timer('refresh'))).toEqual([
      timerSet(timer('refresh'), refreshIntervalMs), sentUnreliably(parent, query(3)), probed(parent, 1), sent(parent, refresh(20_000)),
    ]);
    expect(peer.fire(timer('refresh'), 3 * refreshIntervalMs + 1)).toEqual([
      timerSet(timer('refresh'), refreshIntervalMs), sentUnreliably(root, query(4)), sent(parent, leave()), ...down(parent), sent(grandparent, query(5)), waiting(4),
    ]);
  });
});

describe('an orphan', () => {
  test('asks its grandparent, then the next above, then whom it remembers, and at last becomes a root; all below are told', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    expect(peer.linkDown(parent)).toEqual([...down(parent), sent(grandparent, query(3)), waiting(4)]);
    expect(peer.linkDown(grandparent)).toEqual([sent(root, query(4)), waiting(5)]);
    const asked: (PeerRef | undefined)[] = [];
    let last = peer.fire(timer('search', 5));
    for (let wait = 6; last[0]?.effect === 'send' && last[0].message.kind === 'treeQuery'; wait++) {
      asked.push(last[0].to);
      last = peer.fire(timer('search', wait));
    }
    expect(asked).toEqual([elder]);
    expect(last).toEqual([sent(child, treePath(line(self), all(0, child), 2 ** 32 + 7))]);
  });

  test('finds a place below its grandparent, and keeps its children', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    peer.linkDown(parent);
    peer.receive(grandparent, info(3, line(root, grandparent)));
    expect(peer.rtt(grandparent, 1, 25)).toEqual([sent(grandparent, join(4, 25_000)), waiting(6)]);
    peer.receive(grandparent, accepted(4, line(root, grandparent)));
    expect(peer.overlay.neighbours).toEqual([child, grandparent]);
  });

  test('asks a parent that has forgotten it first, and one that leaves not at all', () => {
    for (const [leaving, to] of [[false, parent], [true, grandparent]] as const) {
      expect(memberOf(self, PATH, SIBLINGS).receive(parent, leave(leaving))).toEqual([...down(parent), sent(to, query(3)), waiting(4)]);
    }
  });
});

describe('the failure of the root', () => {
  test('makes its oldest child the root at once', () => {
    const peer = memberOf(self, line(root), all(1, self, younger), [child]);
    expect(peer.linkDown(root)).toEqual([...down(root), sent(child, treePath(line(self), all(0, child), 2 ** 32 + 7))]);
  });

  test('makes the others ask those older than themselves, in their order', () => {
    const peer = memberOf(self, line(root), all(1, elder, nephew, self, younger));
    expect(peer.linkDown(root)).toEqual([...down(root), sent(elder, query(3)), waiting(4)]);
    expect(peer.linkDown(elder)).toEqual([sent(nephew, query(4)), waiting(5)]);
    expect(peer.fire(timer('search', 5))).toEqual([emitted({ kind: 'isolated', group: GROUP })]);
    expect(peer.overlay.place.role).toBe('root');
  });
});

describe('two roots', () => {
  test('are found by asking somebody remembered; the one of lower rank joins the other\'s tree from its root', () => {
    const peer = rootWith(self, [child]);
    expect(peer.addContact(stranger)).toEqual([sentUnreliably(stranger, query(1))]);
    const rank = 2 ** 33 - 1;
    expect(peer.receive(stranger, info(1, line(root, stranger), [], { rank }))).toEqual([sent(root, query(2)), waiting(1)]);
    // It takes nobody meanwhile.
    expect(peer.receive(nephew, join(1, 0))).toEqual([sent(nephew, refused(1, 2 ** 32 + 7))]);
    peer.receive(root, info(2, line(root), [], { rank }));
    expect(peer.rtt(root, 0, 10)).toEqual([sent(root, join(3, 10_000)), waiting(3)]);
    expect(peer.receive(root, accepted(3, line(root), [], rank))).toEqual([...up(root), sent(child, treePath([...line(root), { peer: self, delayUs: 10_000 }], all(10_000, child), rank))]);
    expect(peer.overlay.place.role).toBe('member');
  });

  test('the one of higher rank tells the other; so does a member that finds out', () => {
    const peer = rootWith(self, [child]);
    peer.addContact(stranger);
    expect(peer.receive(stranger, info(1, line(root, stranger)))).toEqual([sent(root, { kind: 'treeRoot', group: GROUP, root: self, rank: 2 ** 32 + 7 })]);
    const member = memberOf(self, PATH, SIBLINGS);
    member.addContact(stranger);
    expect(member.receive(stranger, info(3, line(nephew, stranger), [], { rank: 9 }))).toEqual([sent(root, { kind: 'treeRoot', group: GROUP, root: nephew, rank: 9 })]);
  });

  test('a root that is told asks the other itself, and goes nowhere when that one ranks no higher', () => {
    const peer = rootWith(self);
    const told = (rank: number) => peer.receive(stranger, { kind: 'treeRoot', group: GROUP, root, rank });
    expect([told(7), told(8)]).toEqual([[], [sent(root, query(1)), waiting(1)]]);
    expect(peer.receive(root, info(1, line(root), [], { rank: 7 }))).toEqual([]);
    expect(peer.overlay.place.role).toBe('root');
    expect(memberOf(self, PATH, SIBLINGS).receive(stranger, { kind: 'treeRoot', group: GROUP, root: nephew, rank: 99 })).toEqual([]);
  });
});

describe('a member', () => {
  test('forwards over every link but the one a message came by', () => {
    const { overlay } = memberOf(self, PATH, SIBLINGS, [child, nephew]);
    expect([overlay.forwardTo(root, parent), overlay.forwardTo(self, self), overlay.forwardTo(root, nephew)]).toEqual([[child, nephew], [parent, child, nephew], [parent, child]]);
  });

  test('says good-bye to parent and children when it leaves', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child]);
    expect(peer.leave()).toEqual([sent(parent, leave(true)), sent(child, leave(true)), ...down(child), ...down(parent)]);
    expect(peer.overlay.neighbours).toEqual([]);
  });

  test('names every peer that it may send to', () => {
    const peer = memberOf(self, PATH, SIBLINGS, [child], { scope: '2-hop' });
    peer.fire(timer('switch'));
    const named = new Set<PeerRef>();
    peer.overlay.eachPeer((ref) => named.add(ref));
    expect([...named].sort((a, b) => a - b)).toEqual([self, root, grandparent, parent, elder, younger, child]);
  });
});
