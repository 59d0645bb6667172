import type { PeerPlan, Scenario } from './scenario.ts';

/** Lost peers remembered; the one lost longest ago goes first. */
const LOST_MAX = 64;

/** What a peer without neighbours does again and again, and a peer with some now and then, in ms: what live peers do by default. */
export const RETRY_MS = 1000;
export const HEAL_MS = 10_000;

/** A contact that fails so soon after it was asked to let a peer in, in ms, is lost to it like a neighbour, as it is live. */
export const ASKED_FOR_MS = 10_000;

/**
 * Whom one peer has lost: what the live driver keeps beside the engine, to find others
 * again.
 */
export class LostPeers {
  private readonly lost = new Set<number>();
  private turn = 0;

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

  /** Somebody to try again, all in turn: the lost peers, and whom a bootstrap address leads to where that is to be tried. */
  next(bootstrap: number | undefined): number | undefined {
    const all = bootstrap === undefined ? [...this.lost] : [bootstrap, ...this.lost];
    return all[this.turn++ % Math.max(1, all.length)];
  }
}

/**
 * Whom a peer joins through. Live peers need one live address, the same for all: where
 * the peer that was named is down, that is the first that is up. `up`: hosts, ascending.
 */
export function contactOf({ host, contact }: PeerPlan, { peers }: Scenario, up: readonly number[]): number | undefined {
  const named = contact ?? peers[0]?.host;
  if (named !== undefined && named !== host && up.includes(named)) return named;
  return up.find((other) => other !== host);
}

/** A contact that was asked, and until when its failure counts as a loss. */
export interface AskedContact {
  readonly contact: number;
  readonly incarnation: number;
  readonly untilMs: number;
}
