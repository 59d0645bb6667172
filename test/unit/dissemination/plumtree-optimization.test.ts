import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { data, peers } from '../../support/builders.ts';
import { delivered, sent, timerSet } from '../../support/recording-effects.ts';
import { GRAFT_RETRY_MS, I_HAVE_DELAY_MS, announced, graft, graftTimer, iHave, iHaveTimer, left, member, other, prune, right, source, stranger, third } from './plumtree-bed.ts';

describe('Plumtree section 3.8, optimisation', () => {
  const threshold = { optimizationThreshold: 3 };

  test('a lazy link shorter by the threshold takes the place of the eager one', () => {
    const { receive, links } = member({ neighbours: [left, right], lazy: [right], options: threshold });
    receive(right, iHave(announced(source, 0, 4)));
    const message = data(source, 0, { hops: 7 });
    expect(receive(left, message)).toEqual([
      delivered(message, left),
      timerSet(iHaveTimer, I_HAVE_DELAY_MS),
      sent(right, graft()),
      sent(left, prune()),
    ]);
    expect(links()).toEqual({ eager: [right], lazy: [left] });
  });

  test('a lazy link shorter by less changes nothing', () => {
    const { receive, links } = member({ neighbours: [left, right], lazy: [right], options: threshold });
    receive(right, iHave(announced(source, 0, 5)));
    const message = data(source, 0, { hops: 7 });
    expect(receive(left, message)).toEqual([delivered(message, left), timerSet(iHaveTimer, I_HAVE_DELAY_MS)]);
    expect(links()).toEqual({ eager: [left], lazy: [right] });
  });

  test('a threshold of 0 switches it off', () => {
    const { receive, links } = member({ neighbours: [left, right], lazy: [right], options: { optimizationThreshold: 0 } });
    receive(right, iHave(announced(source, 0, 1)));
    receive(left, data(source, 0, { hops: 60 }));
    expect(links()).toEqual({ eager: [left], lazy: [right] });
  });

  test('the announcement of a stranger takes nobody\'s place', () => {
    const { receive, links } = member({ neighbours: [left], options: threshold });
    receive(stranger, iHave(announced(source, 0, 1)));
    const message = data(source, 0, { hops: 60 });
    expect(receive(left, message)).toEqual([delivered(message, left)]);
    expect(links()).toEqual({ eager: [left], lazy: [] });
  });
});

describe('Plumtree section 3.8, a tree for each source', () => {
  const perSource = { tree: 'per-source' } as const;

  test('a prune changes the tree that it names and no other', () => {
    const { receive, links } = member({ options: perSource });
    receive(right, prune(source));
    expect([links(source), links(other)]).toEqual([
      { eager: [left, third], lazy: [right] },
      { eager: [left, right, third], lazy: [] },
    ]);
  });

  test('a duplicate prunes the tree of its source by name', () => {
    const { receive, links } = member({ options: perSource });
    receive(left, data(source, 0));
    receive(left, data(other, 0));
    expect(receive(right, data(source, 0))).toEqual([sent(right, prune(source))]);
    expect([links(source).lazy, links(other).lazy]).toEqual([[right], []]);
  });

  test('a graft names the tree and changes no other', () => {
    const { receive, fire, links } = member({ options: perSource });
    for (const tree of [source, other]) receive(left, prune(tree));
    receive(left, iHave(announced(source, 0)));
    const timer = graftTimer(source, 0);
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(left, graft({ origin: source, seq: 0 }, source))]);
    expect([links(source).lazy, links(other).lazy]).toEqual([[], [left]]);
    receive(left, graft(undefined, other));
    expect(links(other)).toEqual({ eager: [right, third, left], lazy: [] });
  });

  test('messages of several sources are announced to the neighbours that are lazy in each tree', () => {
    const { receive, fire } = member({ options: perSource });
    receive(right, prune(source));
    receive(third, prune(source));
    receive(third, prune(other));
    receive(left, data(source, 0));
    receive(left, data(other, 0));
    expect(fire(iHaveTimer)).toEqual([
      sent(right, iHave(announced(source, 0))),
      sent(third, iHave(announced(source, 0), announced(other, 0))),
    ]);
  });

  test('an optimisation names its tree', () => {
    const { receive } = member({ neighbours: [left, right], options: { ...perSource, optimizationThreshold: 3 } });
    receive(right, prune(source));
    receive(right, iHave(announced(source, 0, 2)));
    expect(receive(left, data(source, 0, { hops: 9 })).slice(-2)).toEqual([sent(right, graft(undefined, source)), sent(left, prune(source))]);
  });

  test('neighbours come and go in every tree', () => {
    const { plumtree, receive, links } = member({ options: perSource });
    receive(right, prune(source));
    plumtree.onNeighbourDown(right);
    plumtree.onNeighbourDown(left);
    plumtree.onNeighbourUp(stranger);
    expect([links(source), links(other)]).toEqual([
      { eager: [third, stranger], lazy: [] },
      { eager: [third, stranger], lazy: [] },
    ]);
  });

  test('the tree made longest ago is forgotten past the limit, and starts eager again', () => {
    const { receive, links } = member({ options: { ...perSource, treesMax: 2 } });
    const [first, second, last] = peers(3, 20) as [PeerRef, PeerRef, PeerRef];
    for (const tree of [first, second, last]) receive(left, prune(tree));
    expect([links(first).lazy, links(second).lazy, links(last).lazy]).toEqual([[], [left], [left]]);
  });

  test('looking at a tree, or hearing of one from a stranger, makes none', () => {
    const { receive, links } = member({ options: { ...perSource, treesMax: 1 } });
    receive(left, prune(source));
    links(other);
    receive(stranger, prune(other));
    receive(left, graft(undefined, other));
    expect(links(source).lazy).toEqual([left]);
  });
});
