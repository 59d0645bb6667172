import type { Random } from '../../lib/core/random.ts';

/** Lost peers remembered; the one lost longest ago goes first. */
const LOST_MAX = 64;

/** What a peer without neighbours does again and again, and a peer with some now and then, in ms: what live peers do by default. */
export const RETRY_MS = 1000;
export const HEAL_MS = 10_000;

/** Whom one peer has lost, and whom it was told to join through: what the live driver keeps beside the engine. */
export class LostPeers {
  private readonly contact: number | undefined;
  private readonly lost = new Set<number>();

  constructor(contact: number | undefined) {
    this.contact = contact;
  }

  onDown(peer: number): void {
    this.lost.delete(peer);
    this.lost.add(peer);
    if (this.lost.size <= LOST_MAX) return;
    const [oldest] = this.lost;
    if (oldest !== undefined) this.lost.delete(oldest);
  }

  onUp(peer: number): void {
    this.lost.delete(peer);
  }

  /** Somebody to try again: a lost peer, or with no neighbour left also the contact. */
  pick(random: Random, isIsolated: boolean): number | undefined {
    const all = [...this.lost];
    if (isIsolated && this.contact !== undefined && !this.lost.has(this.contact)) all.push(this.contact);
    return random.pick(all);
  }
}
