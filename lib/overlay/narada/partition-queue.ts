import type { PeerRef } from '../../core/ids.ts';
import type { Random } from '../../core/random.ts';

/** A member that has fallen silent, and since when it waits. */
interface Waiting {
  readonly peer: PeerRef;
  readonly sinceMs: number;
}

/**
 * Members of which nothing was heard for too long: dead, or behind a partition of the
 * mesh (section 3.1.3, figure 3). They are asked one by one, the longer the queue the
 * more often, so that of many members that want to mend a partition a few begin; and
 * nobody waits longer than `repairWaitMs`.
 *
 * Bounded by the members, of whom each is in it once.
 */
export class PartitionQueue {
  private queue: readonly Waiting[] = [];
  private readonly repairWaitMs: number;

  constructor(repairWaitMs: number) {
    this.repairWaitMs = repairWaitMs;
  }

  get size(): number {
    return this.queue.length;
  }

  /** `silent` are all that are silent now: new ones go to the end, and those heard of again leave. */
  update(silent: readonly PeerRef[], nowMs: number): void {
    const still = new Set(silent);
    const kept = this.queue.filter(({ peer }) => still.has(peer));
    for (const { peer } of kept) still.delete(peer);
    this.queue = kept.concat([...still].map((peer) => ({ peer, sinceMs: nowMs })));
  }

  /** Whom to ask now: all that have waited long enough, and one more with a probability of queue to group size. */
  next(groupSize: number, nowMs: number, random: Random): PeerRef[] {
    const due = this.queue.filter(({ sinceMs }) => nowMs - sinceMs >= this.repairWaitMs).length;
    const more = this.queue.length > due && random.chance((this.queue.length - due) / Math.max(1, groupSize)) ? 1 : 0;
    const asked = this.queue.slice(0, due + more).map(({ peer }) => peer);
    this.queue = this.queue.slice(due + more);
    return asked;
  }
}
