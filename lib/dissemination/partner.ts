import type { PeerRef } from '../core/ids.ts';
import type { Random } from '../core/random.ts';

/** A peer drawn uniformly from `neighbours` without `self` (which the list may contain once). */
export function randomPartner(neighbours: readonly PeerRef[], self: PeerRef, random: Random): PeerRef | undefined {
  const partner = random.pick(neighbours);
  if (partner !== self) return partner;
  return random.pick(neighbours.filter((peer) => peer !== self));
}
