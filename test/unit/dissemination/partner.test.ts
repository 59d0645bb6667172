import { describe, expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { Distances } from '../../../lib/core/protocol.ts';
import { Random } from '../../../lib/core/random.ts';
import { UniformPartners, partnersOf } from '../../../lib/dissemination/partner.ts';
import { SpatialPartners, cumulatedWeights } from '../../../lib/dissemination/spatial-partners.ts';
import { DEFAULTS } from '../../../lib/core/config.ts';
import { peers, roles } from '../../support/builders.ts';
import { RecordingEffects } from '../../support/recording-effects.ts';

const { self } = roles('self');

/** How often each was drawn, in order of their numbers. */
function drawn(times: number, draw: () => PeerRef | undefined): [peer: number | undefined, times: number][] {
  const counts = new Map<number | undefined, number>();
  for (let i = 0; i < times; i++) {
    const partner = draw();
    counts.set(partner, (counts.get(partner) ?? 0) + 1);
  }
  return [...counts].sort(([x], [y]) => (x ?? -1) - (y ?? -1));
}

describe('uniform', () => {
  test('a partner is drawn uniformly from the others, whether the list has the peer itself or not (seed 11)', () => {
    for (const neighbours of [peers(5), peers(4, 2)]) {
      const partners = new UniformPartners(neighbours, self, new Random(11));
      const counts = drawn(4000, () => partners.choose([]));
      expect(counts.map(([peer]) => peer)).toEqual(peers(4, 2));
      expect(counts.every(([, count]) => count > 880 && count < 1120)).toBe(true);
    }
  });

  test('who has refused is not drawn again (seed 12)', () => {
    const partners = new UniformPartners(peers(5), self, new Random(12));
    const counts = drawn(3000, () => partners.choose(peers(2, 2)));
    expect(counts.map(([peer]) => peer)).toEqual(peers(2, 4));
    expect(partners.choose(peers(4, 2))).toBeUndefined();
  });

  test('a peer alone has no partner', () => {
    expect([[], [self]].map((neighbours) => new UniformPartners(neighbours, self, new Random(13)).choose([]))).toEqual([undefined, undefined]);
  });
});

/** Distances that a test sets; what is probed is listed. */
class GivenDistances implements Distances {
  version = 0;
  readonly probed: PeerRef[] = [];
  private readonly byPeer = new Map<PeerRef, number>();

  set(peer: PeerRef, rttMs: number): void {
    this.byPeer.set(peer, rttMs);
    this.version++;
  }

  rttMs(peer: PeerRef): number | undefined {
    return this.byPeer.get(peer);
  }

  probe(peer: PeerRef): void {
    this.probed.push(peer);
  }
}

describe('Demers et al. section 3, spatial', () => {
  const a = 2;

  function spatial(neighbours: readonly PeerRef[], rtts: readonly number[], seed = 21): { partners: SpatialPartners; distances: GivenDistances } {
    const distances = new GivenDistances();
    for (const [i, rttMs] of rtts.entries()) distances.set(peerRef(2 + i), rttMs);
    return { distances, partners: new SpatialPartners(neighbours, self, new Random(seed), distances, a) };
  }

  /** Of each rank, as a share of 2^32. */
  function weights(distances: readonly number[], exponent: number): number[] {
    const cumulated = cumulatedWeights(distances, exponent);
    return cumulated.map((sum, rank) => (sum - (cumulated[rank - 1] ?? 0)) / 2 ** 32);
  }

  test('equation 3.1.1: with a = 2 a peer at distance d has 1 / (Q(d - 1) Q(d))', () => {
    for (const [rank, weight] of weights([1, 2, 3, 4], 2).entries()) expect(weight).toBeCloseTo(1 / ((rank + 1) * (rank + 2)), 8);
  });

  test('equation 3.1.1: with a = 0 all alike, with a = 1 by the logarithm, with a = 1.5 in between', () => {
    expect(weights([5, 6], 0)).toEqual([1, 1]);
    expect(weights([5, 6], 1).map((weight) => Math.exp(weight))).toEqual([expect.closeTo(2, 8), expect.closeTo(1.5, 8)]);
    expect(weights([5, 6], 1.5)).toEqual([expect.closeTo(2 - 2 / Math.sqrt(2), 8), expect.closeTo(2 / Math.sqrt(2) - 2 / Math.sqrt(3), 8)]);
  });

  test('nobody is so far that it is never chosen', () => {
    expect(Math.min(...weights(Array.from({ length: 2000 }, (_, i) => i), 8))).toBeGreaterThan(0);
  });

  test('section 3.1: those at the same distance are chosen alike', () => {
    expect(weights([1, 7, 7], 2)).toEqual([expect.closeTo(1 / 2, 8), expect.closeTo(1 / 8, 8), expect.closeTo(1 / 8, 8)]);
  });

  test('the nearer, the more often, whatever the order of the list (seed 21)', () => {
    const { partners } = spatial(peers(5), [30, 10, 40, 20]);
    const total = 1 - 1 / 5;
    const expected = [1 / 12, 1 / 2, 1 / 20, 1 / 6].map((weight) => weight / total);
    for (const [i, [peer, count]] of drawn(20_000, () => partners.choose([])).entries()) {
      expect(peer).toBe(2 + i);
      expect(count / 20_000, `peer ${peer}`).toBeCloseTo(expected[i] as number, 1.7);
    }
  });

  test('who has refused is left out, and the others keep their proportions (seed 21)', () => {
    const { partners } = spatial(peers(5), [30, 10, 40, 20]);
    const counts = drawn(20_000, () => partners.choose([peerRef(3), peerRef(9)]));
    // Ranks 3, 4 and 2: 1/12, 1/20, 1/6.
    expect(counts.map(([peer]) => peer)).toEqual([2, 4, 5]);
    expect((counts[2]?.[1] ?? 0) / (counts[0]?.[1] ?? 1)).toBeCloseTo(2, 0.8);
    expect(partners.choose(peers(4, 2))).toBeUndefined();
  });

  test('while no distance is known the choice is uniform; those unknown are the farthest later (seed 21)', () => {
    const { partners, distances } = spatial(peers(5), []);
    expect(drawn(4000, () => partners.choose([])).every(([, count]) => count > 880 && count < 1120)).toBe(true);
    distances.set(peerRef(4), 10);
    const counts = new Map(drawn(8000, () => partners.choose([])));
    const share = 1 / 2 / (1 - 1 / 5);
    expect((counts.get(4) ?? 0) / 8000).toBeCloseTo(share, 1.5);
    expect((counts.get(2) ?? 0) / 8000).toBeCloseTo((1 - share) / 3, 1.5);
  });

  test('eight unknown neighbours are measured in a cycle, then one that is known, round and round', () => {
    const { partners, distances } = spatial(peers(11), []);
    const effects = new RecordingEffects();
    const cycle = (): PeerRef[] => {
      partners.onCycle(0, effects);
      return distances.probed.splice(0);
    };
    expect([cycle(), cycle()]).toEqual([peers(7, 2), [peerRef(9), peerRef(10), peerRef(11), ...peers(4, 2)]]);
    for (const peer of peers(11)) distances.set(peer, 5);
    expect([cycle(), cycle(), cycle()]).toEqual([[peerRef(6)], [peerRef(7)], [peerRef(8)]]);
  });

  test('options choose; without distances there are no ranks', () => {
    const options = { ...DEFAULTS.dissemination.rumor, partner: 'spatial' as const };
    const made = (distances?: Distances): string => partnersOf(options, peers(3), self, new Random(1), distances).constructor.name;
    expect([made(), made(new GivenDistances())]).toEqual(['UniformPartners', 'SpatialPartners']);
  });
});
