import type { PeerRef } from '../core/ids.ts';
import type { Random } from '../core/random.ts';

/**
 * The order in which peers are probed: each once in a round, and the rounds in random
 * orders (SWIM, section 4.3), so that a silent peer waits for two rounds at most.
 */
export class ProbeRound {
  private readonly order: PeerRef[] = [];
  private readonly random: Random;
  private cursor = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** In the order of this round. */
  get peers(): readonly PeerRef[] {
    return this.order;
  }

  /** Takes in a peer that is not there, at a random place. */
  add(peer: PeerRef): void {
    const place = this.random.below(this.order.length + 1);
    this.order.splice(place, 0, peer);
    if (place < this.cursor) this.cursor++;
  }

  /** Takes out a peer that is there. */
  remove(peer: PeerRef): void {
    const place = this.order.indexOf(peer);
    this.order.splice(place, 1);
    if (place < this.cursor) this.cursor--;
  }

  /** The next peer that is due; those passed over have had their turn. */
  next(isDue: (peer: PeerRef) => boolean): PeerRef | undefined {
    if (this.cursor > 0) {
      const peer = this.restOfRound(isDue);
      if (peer !== undefined) return peer;
      this.random.shuffle(this.order);
      this.cursor = 0;
    }
    const peer = this.restOfRound(isDue);
    if (peer === undefined) this.cursor = 0;
    return peer;
  }

  private restOfRound(isDue: (peer: PeerRef) => boolean): PeerRef | undefined {
    while (this.cursor < this.order.length) {
      const peer = this.order[this.cursor++] as PeerRef;
      if (isDue(peer)) return peer;
    }
    return undefined;
  }
}
