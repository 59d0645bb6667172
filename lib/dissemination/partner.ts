import type { ContactOptions } from '../core/config.ts';
import type { Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Distances } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { SpatialPartners } from './spatial-partners.ts';

/** Whom an epidemic talks to. */
export interface Partners {
  /** A cycle begins: what it takes to choose well may be measured. */
  onCycle(nowMs: number, effects: Effects): void;
  /** A neighbour drawn at random that is not in `refused`; `undefined` when there is none. */
  choose(refused: readonly PeerRef[]): PeerRef | undefined;
}

/** Partners as the options say: uniform, or spatial where distances are handed in. */
export function partnersOf(options: ContactOptions, neighbours: readonly PeerRef[], self: PeerRef, random: Random, distances: Distances | undefined): Partners {
  if (options.partner === 'uniform' || distances === undefined) return new UniformPartners(neighbours, self, random);
  return new SpatialPartners(neighbours, self, random, distances, options.spatialExponent);
}

/** Draws before all neighbours that are left are listed. */
const DRAWS_MAX = 4;

/** Every neighbour alike. */
export class UniformPartners implements Partners {
  private readonly neighbours: readonly PeerRef[];
  private readonly self: PeerRef;
  private readonly random: Random;

  constructor(neighbours: readonly PeerRef[], self: PeerRef, random: Random) {
    this.neighbours = neighbours;
    this.self = self;
    this.random = random;
  }

  onCycle(): void {}

  choose(refused: readonly PeerRef[]): PeerRef | undefined {
    const { neighbours, self, random } = this;
    // The list may contain the peer itself, once. Where many have refused it is long, and drawing again is cheaper than listing the others.
    for (let draw = refused.length === 0 ? DRAWS_MAX - 1 : 0; draw < DRAWS_MAX; draw++) {
      const partner = random.pick(neighbours);
      if (partner === undefined || (partner !== self && !refused.includes(partner))) return partner;
    }
    return random.pick(neighbours.filter((peer) => peer !== self && !refused.includes(peer)));
  }
}
