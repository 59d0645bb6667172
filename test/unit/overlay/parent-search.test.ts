import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { TreePeer } from '../../../lib/core/messages.ts';
import { ParentSearch } from '../../../lib/overlay/parent-search.ts';
import { peers, roles } from '../../support/builders.ts';

const { top, left, right, low, other } = roles('top', 'left', 'right', 'low', 'other');

function at(...refs: readonly PeerRef[]): TreePeer[] {
  return refs.map((peer) => ({ peer, delayUs: 0 }));
}

/** The scores of `left`, `right` and so on, in the order of their names. */
function scores(...known: readonly (readonly [PeerRef, number])[]): (candidate: TreePeer) => number | undefined {
  return ({ peer }) => new Map(known).get(peer);
}

function learn(search: ParentSearch, peer: PeerRef, accepting: boolean, ...children: readonly PeerRef[]): void {
  search.learn({ peer, delayUs: 0 }, accepting, at(...children));
}

describe('a search that descends', () => {
  test('goes from start to start while nobody was seen, and ends when there is none left', () => {
    const search = new ParentSearch('join', [left, right]);
    search.addStart(other);
    const asked = [1, 2, 3, 4].map(() => {
      const step = search.next(scores());
      if (step !== undefined) search.spend(step.peer);
      return step?.peer;
    });
    expect(asked).toEqual([left, right, other, undefined]);
  });

  test('asks the one that it is sent to first, once', () => {
    const search = new ParentSearch('join', [left]);
    learn(search, left, true);
    search.startAt(top);
    expect([search.unmeasured(() => false), search.next(scores())]).toEqual([[], { kind: 'query', peer: top }]);
    learn(search, top, false);
    search.startAt(top);
    expect(search.next(scores([left, 9]))).toEqual({ kind: 'join', peer: left });
  });

  test('goes down while a child is better, and joins the best that has room', () => {
    const search = new ParentSearch('join', []);
    const score = scores([top, 30], [left, 20], [right, 25], [low, 22]);
    learn(search, top, true, left, right);
    expect(search.next(score)).toEqual({ kind: 'query', peer: left });
    learn(search, left, false, low);
    expect(search.next(score)).toEqual({ kind: 'query', peer: low });
    search.spend(low);
    // Back up: `top` has room, and `right` was not asked, though it may be better.
    expect(search.next(score)).toEqual({ kind: 'join', peer: top });
    search.spend(top);
    expect(search.next(score)).toEqual({ kind: 'query', peer: right });
  });

  test('takes one without a distance when there is nobody else', () => {
    const search = new ParentSearch('recover', []);
    learn(search, top, true, left);
    expect(search.next(scores([left, 5]))).toEqual({ kind: 'query', peer: left });
    search.spend(left);
    expect(search.next(scores([left, 5]))).toEqual({ kind: 'join', peer: top });
  });

  test('names each candidate to be probed once, and only those that are not known', () => {
    const search = new ParentSearch('join', []);
    learn(search, top, true, left, right);
    expect(search.unmeasured((peer) => peer === right)).toEqual([top, left]);
    expect(search.unmeasured((peer) => peer === right)).toEqual([]);
  });

  test('ends after 64 steps, however many there are to ask', () => {
    const search = new ParentSearch('join', peers(100, 10));
    let steps = 0;
    for (let step = search.next(scores()); step !== undefined; step = search.next(scores())) {
      search.spend(step.peer);
      steps++;
    }
    expect(steps).toBe(64);
  });
});

describe('a search for a better parent', () => {
  test('asks the best of its candidates that is below the bar, and the next when that refuses', () => {
    const search = new ParentSearch('switch', [], { bar: 20, descends: false });
    search.consider(at(left, right, low, other));
    const score = scores([left, 19], [right, 10], [low, 20]);
    expect(search.unmeasured(() => true)).toEqual([left, right, low, other]);
    expect(search.next(score)).toEqual({ kind: 'join', peer: right });
    search.spend(right);
    expect(search.next(score)).toEqual({ kind: 'join', peer: left });
    search.spend(left);
    expect(search.next(score)).toBeUndefined();
  });

  test('when it descends, goes down past what is not good enough, and joins what is', () => {
    const search = new ParentSearch('switch', [top], { bar: 20 });
    const score = scores([top, 30], [left, 25], [low, 15]);
    expect(search.next(score)).toEqual({ kind: 'query', peer: top });
    learn(search, top, true, left);
    expect(search.next(score)).toEqual({ kind: 'query', peer: left });
    learn(search, left, true, low);
    expect(search.next(score)).toEqual({ kind: 'query', peer: low });
    learn(search, low, true);
    expect(search.next(score)).toEqual({ kind: 'join', peer: low });
  });

  test('stays with the parent when nobody answers', () => {
    const search = new ParentSearch('switch', [top], { bar: 20 });
    search.next(scores());
    search.spend(top);
    expect(search.next(scores())).toBeUndefined();
  });
});
