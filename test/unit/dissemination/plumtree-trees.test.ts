import { expect, test } from 'vitest';
import { PlumtreeTrees } from '../../../lib/dissemination/plumtree-trees.ts';
import { roles } from '../../support/builders.ts';

const { source, other, left, right } = roles('source', 'other', 'left', 'right');

function trees(kind: 'shared' | 'per-source', treesMax = 9): PlumtreeTrees {
  const made = new PlumtreeTrees(kind, treesMax);
  made.add(left);
  made.add(right);
  return made;
}

test('the shared tree carries the messages of everyone', () => {
  const shared = trees('shared');
  shared.makeLazy(source, left);
  expect([shared.of(source), shared.peek(other), shared.evicted]).toEqual([
    { source: undefined, eager: [right], lazy: [left] },
    { source: undefined, eager: [right], lazy: [left] },
    0,
  ]);
});

test('each neighbour is eager or lazy, never both and never twice', () => {
  const shared = trees('shared');
  for (let i = 0; i < 2; i++) {
    shared.makeLazy(source, left);
    shared.add(left);
  }
  expect(shared.of(source)).toEqual({ source: undefined, eager: [right], lazy: [left] });
  shared.makeEager(source, left);
  shared.makeEager(source, left);
  expect(shared.of(source)).toEqual({ source: undefined, eager: [right, left], lazy: [] });
});

test('knows its neighbours', () => {
  const shared = trees('shared');
  shared.makeLazy(source, left);
  shared.delete(right);
  expect([shared.has(left), shared.has(right)]).toEqual([true, false]);
});

test('evicted trees are counted', () => {
  const perSource = trees('per-source', 1);
  perSource.makeLazy(source, left);
  perSource.makeLazy(other, left);
  expect([perSource.peek(source).lazy, perSource.peek(other).lazy, perSource.evicted]).toEqual([[], [left], 1]);
});
