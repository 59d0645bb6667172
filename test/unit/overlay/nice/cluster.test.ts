import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import { Cluster } from '../../../../lib/overlay/nice/cluster.ts';
import { Layers } from '../../../../lib/overlay/nice/layers.ts';
import { roles } from '../../../support/builders.ts';

const { self, left, right, stranger } = roles('self', 'left', 'right', 'stranger');

function clusterWith(own: ReadonlyMap<PeerRef, number>, ...members: readonly PeerRef[]): Cluster {
  const cluster = new Cluster(0, self, (peer) => own.get(peer));
  for (const peer of members) cluster.add(peer, 0);
  return cluster;
}

describe('a cluster', () => {
  test('never holds the peer itself or a peer twice', () => {
    const cluster = clusterWith(new Map(), left, left, self, right);
    expect([cluster.members, cluster.size, cluster.everybody]).toEqual([[left, right], 3, [self, left, right]]);
  });

  test('takes the smaller of two measured distances, and leaves out those of strangers and those not measured', () => {
    const cluster = clusterWith(new Map([[left, 10]]), left, right);
    cluster.report(left, [{ peer: self, rttUs: 8 }, { peer: right, rttUs: 30 }, { peer: stranger, rttUs: 1 }]);
    cluster.report(right, [{ peer: left, rttUs: 25 }, { peer: self, rttUs: 0 }]);
    cluster.report(stranger, [{ peer: left, rttUs: 1 }]);
    expect(cluster.distance(self, left)).toBe(8);
    expect(cluster.distance(right, left)).toBe(25);
    expect(cluster.isMeasured).toBe(false);
    expect(cluster.unmeasured()).toEqual([right]);
    expect(cluster.distances()).toEqual([{ peer: left, rttUs: 10 }, { peer: right, rttUs: 0 }]);
  });

  test('takes the way over the peer itself for a distance that nobody has measured', () => {
    expect(clusterWith(new Map([[left, 10], [right, 20]]), left, right).distance(left, right)).toBe(30);
  });

  test('knows who was not heard, and keeps what is known of those that stay', () => {
    const cluster = clusterWith(new Map([[left, 10]]), left, right);
    cluster.heard(left, 100);
    expect(cluster.silentSince(50)).toEqual([right]);
    cluster.replace([stranger, left], 120);
    expect([cluster.members, cluster.silentSince(110)]).toEqual([[left, stranger], [left]]);
  });
});

describe('a place', () => {
  test('sends a message to all clusters but the one that it came by (section 2, MulticastDataForward)', () => {
    const layers = new Layers(self, () => undefined);
    layers.led[0]?.replace([left, right], 0);
    layers.attach(1, stranger, 0);
    expect(layers.forwardTo(self)).toEqual([left, right, stranger]);
    expect(layers.forwardTo(left)).toEqual([stranger]);
    expect(layers.forwardTo(stranger)).toEqual([left, right]);
  });

  test('names the super-cluster with its leader first', () => {
    const layers = new Layers(self, () => undefined);
    layers.led[0]?.add(left, 0);
    expect(layers.supersOf(0)).toEqual([]);
    layers.attach(1, stranger, 0).add(right, 0);
    expect(layers.supersOf(0)).toEqual([stranger, self, right]);
    layers.detach();
    layers.raise().add(right, 0);
    expect(layers.supersOf(0)).toEqual([self, right]);
  });
});
