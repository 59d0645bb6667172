import type { Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Distances } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { Partners } from './partner.ts';

/** Neighbours of unknown distance that are measured in a cycle at most. A guess: a hundred neighbours are then known after a dozen cycles. */
const PROBES_PER_CYCLE = 8;

/** Weights are whole numbers, so that powers that engines round differently do not lead to different draws. */
const WEIGHT_ONE = 2 ** 32;

/**
 * Spatial partner selection: the nearer a neighbour, the more probable.
 *
 * A. Demers et al.: "Epidemic algorithms for replicated database maintenance", PODC
 * 1987, section 3.1: all are sorted by distance, and the i-th is chosen with a probability
 * proportional to i to the power of -a, those at the same distance sharing what they have
 * together. With Q(d) for the number of peers at distance d or less, the chooser counted,
 * the paper takes the integral for the sum (equation 3.1.1): each of those at distance d
 * has (Q(d-)^(1 - a) - Q(d)^(1 - a)) / (Q(d) - Q(d-)), where Q(d-) counts those that are
 * nearer. Ranks, not distances: the choice then adapts to how densely a network is populated.
 *
 * The paper knows all distances from the routing tables of its network. Here they are
 * measured, and neighbours of which none is known yet count as the farthest, all at the
 * same distance: while none is known the choice is uniform.
 */
export class SpatialPartners implements Partners {
  private readonly neighbours: readonly PeerRef[];
  private readonly self: PeerRef;
  private readonly random: Random;
  private readonly distances: Distances;
  private readonly exponent: number;
  /** Where in the list of neighbours measuring goes on. */
  private nextProbed = 0;
  /** The neighbours by rank, and for each its weight with those of all before it; of the version and the count below. */
  private ranked: readonly PeerRef[] = [];
  private cumulated: readonly number[] = [];
  private version = -1;
  private count = -1;

  constructor(neighbours: readonly PeerRef[], self: PeerRef, random: Random, distances: Distances, exponent: number) {
    this.neighbours = neighbours;
    this.self = self;
    this.random = random;
    this.distances = distances;
    this.exponent = exponent;
  }

  /** Goes round the neighbours: measures the next one again, and some more if they are not known. */
  onCycle(nowMs: number, effects: Effects): void {
    const { neighbours, distances } = this;
    const steps = Math.min(neighbours.length, PROBES_PER_CYCLE);
    for (let step = 0; step < steps; step++) {
      const peer = neighbours[this.nextProbed % neighbours.length] as PeerRef;
      if (step > 0 && distances.rttMs(peer) !== undefined) return;
      this.nextProbed = (this.nextProbed + 1) % neighbours.length;
      if (peer !== this.self) distances.probe(peer, nowMs, effects);
    }
  }

  choose(refused: readonly PeerRef[]): PeerRef | undefined {
    if (this.version !== this.distances.version || this.count !== this.neighbours.length) this.rank();
    const { ranked, cumulated } = this;
    const weightOf = (rank: number): number => (cumulated[rank] as number) - (rank === 0 ? 0 : (cumulated[rank - 1] as number));
    const skipped = refused.map((peer) => ranked.indexOf(peer)).filter((rank) => rank >= 0).sort((x, y) => x - y);
    const total = skipped.reduce((sum, rank) => sum - weightOf(rank), cumulated.at(-1) ?? 0);
    if (skipped.length === ranked.length) return undefined;
    let drawn = Math.floor(this.random.float() * total);
    // As if the weights of those that refused had been taken out.
    for (const rank of skipped) if (drawn >= (cumulated[rank] as number) - weightOf(rank)) drawn += weightOf(rank);
    return ranked[firstAbove(cumulated, drawn)];
  }

  private rank(): void {
    const { neighbours, self, distances } = this;
    const known = neighbours.filter((peer) => peer !== self).map((peer) => ({ peer, rttMs: distances.rttMs(peer) ?? Infinity }));
    known.sort((x, y) => (x.rttMs === y.rttMs ? 0 : x.rttMs - y.rttMs));
    this.ranked = known.map(({ peer }) => peer);
    this.cumulated = cumulatedWeights(known.map(({ rttMs }) => rttMs), this.exponent);
    this.version = distances.version;
    this.count = neighbours.length;
  }
}

/** For distances in rising order: the weight of each rank by equation 3.1.1, with all before it. */
export function cumulatedWeights(distances: readonly number[], exponent: number): readonly number[] {
  const cumulated: number[] = [];
  let sum = 0;
  for (let first = 0; first < distances.length;) {
    let end = first + 1;
    while (end < distances.length && distances[end] === distances[first]) end++;
    // Peers are counted with the chooser, which is the first.
    const weight = powerIntegral(end + 1, exponent) - powerIntegral(first + 1, exponent);
    const share = Math.max(1, Math.round((weight / (end - first)) * WEIGHT_ONE));
    for (; first < end; first++) cumulated.push(sum += share);
  }
  return cumulated;
}

/** The integral of x^-a from 1 to `to`. */
function powerIntegral(to: number, a: number): number {
  return a === 1 ? Math.log(to) : (to ** (1 - a) - 1) / (1 - a);
}

/** The first index whose value is above `value`, in a list that rises. */
function firstAbove(rising: readonly number[], value: number): number {
  let from = 0;
  let to = rising.length - 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rising[middle] as number) > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
