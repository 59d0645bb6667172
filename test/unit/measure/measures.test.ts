import { describe, expect, test } from 'vitest';
import { delivery } from '../../../sim/measure/delivery.ts';
import { distribution, nearestRank } from '../../../sim/measure/distribution.ts';
import { infectionTimes, nodeStress, relativeMessageRedundancy, residue, traffic } from '../../../sim/measure/epidemic.ts';
import { ALL_SOURCES_MAX, overlayGraph, SAMPLED_SOURCES } from '../../../sim/measure/overlay-graph.ts';

describe('a distribution', () => {
  test('has percentiles by nearest rank', () => {
    expect(distribution([15, 20, 35, 40, 50])).toEqual({ count: 5, min: 15, mean: 32, p50: 35, p90: 50, p99: 50, max: 50 });
    expect([5, 30, 40, 50, 100].map((p) => nearestRank([15, 20, 35, 40, 50], p))).toEqual([15, 20, 20, 35, 50]);
    expect(distribution([2, 1])?.p50).toBe(1);
  });

  test('sorts by number and leaves the values as they are', () => {
    const values = [100, 9, -1];
    expect(distribution(values)).toMatchObject({ min: -1, p50: 9, max: 100 });
    expect(values).toEqual([100, 9, -1]);
  });

  test('does not exist without values', () => {
    expect(distribution([])).toBeNull();
  });
});

describe('epidemics', () => {
  test('are measured as in the paper', () => {
    expect([residue(820, 1000), residue(0, 0)]).toEqual([0.18, null]);
    expect([traffic(1700, 1000), traffic(0, 0)]).toEqual([1.7, null]);
    expect(infectionTimes([3, -1, NaN, 0, 6])).toEqual({ tAve: 3, tLast: 6 });
    expect(infectionTimes([-1])).toEqual({ tAve: null, tLast: null });
  });

  test('redundancy is 0 for a tree and 3 where every peer gets four copies', () => {
    expect(relativeMessageRedundancy(9999, 10_000)).toBe(0);
    expect(relativeMessageRedundancy(4 * 9999, 10_000)).toBe(3);
    expect(relativeMessageRedundancy(0, 1)).toBeNull();
  });

  test('node stress counts the peers that send nothing', () => {
    expect(nodeStress([4, 0, 0, 0])).toEqual({ max: 4, mean: 1 });
    expect(nodeStress([])).toEqual({ max: 0, mean: null });
  });
});

test('delivery has the last and the mean, and null where there is none', () => {
  const deliveries = [{ hop: 1, afterMs: 10 }, { hop: 3, afterMs: 20 }, { hop: 2, afterMs: 60 }];
  expect(delivery(deliveries, 4)).toEqual({ reliability: 0.75, lastDeliveryHop: 3, lastDeliveryMs: 60, meanDeliveryMs: 30 });
  expect(delivery([], 4)).toEqual({ reliability: 0, lastDeliveryHop: null, lastDeliveryMs: null, meanDeliveryMs: null });
  expect(delivery([], 0).reliability).toBeNull();
});

describe('the overlay graph', () => {
  test('of a triangle with a tail and a loner', () => {
    expect(overlayGraph([[1, 2], [2, 2, 1], [3], [2], []], 1)).toEqual({
      peers: 5,
      links: 4,
      degree: distribution([2, 2, 3, 1, 0]),
      degreeCounts: [1, 1, 2, 1],
      inDegree: distribution([0, 1, 3, 1, 0]),
      clusteringCoefficient: (1 + 1 + 1 / 3) / 5,
      averageShortestPath: (4 * 1 + 2 * 2) / 6,
      diameter: 2,
      pathSources: 5,
      connectedComponents: 2,
      largestComponent: 4,
    });
  });

  test('of no peers, and of peers without links', () => {
    expect(overlayGraph([], 1)).toMatchObject({ degree: null, clusteringCoefficient: null, averageShortestPath: null, connectedComponents: 0 });
    expect(overlayGraph([[], []], 1)).toMatchObject({ averageShortestPath: null, diameter: null, connectedComponents: 2, largestComponent: 1 });
  });

  test('of many peers is measured from sampled sources, the same for the same seed', () => {
    const ring = Array.from({ length: ALL_SOURCES_MAX + 2 }, (_, peer) => [(peer + 1) % (ALL_SOURCES_MAX + 2)]);
    const measured = overlayGraph(ring, 3);
    expect(measured).toEqual(overlayGraph(ring, 3));
    expect(measured).toMatchObject({ pathSources: SAMPLED_SOURCES, diameter: ALL_SOURCES_MAX / 2 + 1, connectedComponents: 1 });
    expect(overlayGraph(ring.slice(0, -2), 3).pathSources).toBe(ALL_SOURCES_MAX);
  });
});
