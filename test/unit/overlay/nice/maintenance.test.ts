import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import { Calm } from '../../../../lib/overlay/nice/calm.ts';
import { Layers } from '../../../../lib/overlay/nice/layers.ts';
import { type Bounds, countSmall, nextAct } from '../../../../lib/overlay/nice/maintenance.ts';
import { peers, roles } from '../../../support/builders.ts';

const { self, left, right, nearest, parent } = roles('self', 'left', 'right', 'nearest', 'parent');
const BOUNDS: Bounds = { sizeMin: 3, sizeMax: 8, improvement: 0.2 };

/** The root of the clusters given, from layer 0 up; distances from the peer itself in microseconds. */
function leading(clusters: readonly (readonly PeerRef[])[], own: (peer: PeerRef) => number = () => 10): Layers {
  const layers = new Layers(self, own);
  for (const [layer, members] of clusters.entries()) {
    const cluster = layers.led[layer] ?? layers.raise();
    for (const peer of members) cluster.add(peer, 0);
  }
  return layers;
}

function smallTwice(layers: Layers): Layers {
  countSmall(layers, BOUNDS);
  countSmall(layers, BOUNDS);
  return layers;
}

describe('a leader has to', () => {
  test('do nothing about clusters within their bounds, and about the highest of all even below', () => {
    expect(nextAct(smallTwice(leading([[left, right], [nearest]])), BOUNDS, true)).toBeUndefined();
    expect(nextAct(smallTwice(leading([[left]])), BOUNDS, true)).toBeUndefined();
  });

  test('drop the highest layer when it is alone there', () => {
    expect(nextAct(leading([[left, right], []]), BOUNDS, true)).toEqual({ kind: 'drop' });
  });

  test('part a cluster of more than 3k - 1 into halves of at least 3k / 2 (section 3.2)', () => {
    const layers = leading([peers(8, 20)]);
    const act = nextAct(layers, BOUNDS, true);
    expect(act).toMatchObject({ kind: 'split', cluster: layers.led[0] });
    const go = act?.kind === 'split' ? act.go : [];
    expect([go.length >= 4, 9 - go.length >= 4, go.includes(self)]).toEqual([true, true, false]);
  });

  test('give a cluster of fewer than k to the nearest of the layer above, once that has lasted (section 3.2)', () => {
    const layers = leading([[left]], (peer) => (peer === nearest ? 5 : 10));
    layers.attach(1, parent, 0).add(nearest, 0);
    countSmall(layers, BOUNDS);
    expect(nextAct(layers, BOUNDS, true)).toBeUndefined();
    countSmall(layers, BOUNDS);
    expect(nextAct(layers, BOUNDS, true)).toEqual({ kind: 'dissolve', into: nearest });
  });

  test('take the cluster of the nearest where it leads the layer above, too', () => {
    expect(nextAct(smallTwice(leading([[left], [right, nearest]], (peer) => (peer === nearest ? 5 : 10))), BOUNDS, true)).toEqual({ kind: 'absorb', layer: 0, from: nearest });
  });

  test.each([[0.2, true, { kind: 'transfer', layer: 0, to: left }], [0.6, true, undefined], [0.2, false, undefined]] as const)(
    'give its place to a centre that is nearer to all by more than %d, when it may: %s (section 3.2)',
    (improvement, mayImprove, act) => {
      const layers = leading([[left, right]], (peer) => (peer === left ? 10 : 20));
      layers.led[0]?.report(left, [{ peer: right, rttUs: 10 }]);
      expect(nextAct(layers, { ...BOUNDS, improvement }, mayImprove)).toEqual(act);
    },
  );

  test('keep its place while distances are missing', () => {
    expect(nextAct(leading([[left, right]], (peer) => (peer === left ? 10 : 20)), BOUNDS, true)).toBeUndefined();
  });
});

test('a peer improves its place three times at will, then after waits that double up to 64 refreshes', () => {
  const calm = new Calm();
  let refresh = 0;
  const waits = Array.from({ length: 12 }, () => {
    const from = refresh;
    calm.changed(refresh);
    while (!calm.allows(refresh)) refresh++;
    return refresh - from;
  });
  expect(waits).toEqual([1, 1, 1, 2, 4, 8, 16, 32, 64, 64, 64, 64]);
  calm.changed(refresh);
  calm.reset();
  expect(calm.allows(refresh)).toBe(true);
});
