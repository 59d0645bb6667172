import type { PeerRef } from '../../core/ids.ts';

/** Requests for links that have not been answered. Whoever makes one sees that there is room for its link, which bounds them. */
export class LinkRequests {
  private readonly timeoutMs: number;
  /** When each was sent, in ms. */
  private readonly open = new Map<PeerRef, number>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.open.size;
  }

  has(peer: PeerRef): boolean {
    return this.open.has(peer);
  }

  add(peer: PeerRef, nowMs: number): void {
    this.open.set(peer, nowMs);
  }

  /** There is an answer, or none is needed; whether one was awaited. */
  end(peer: PeerRef): boolean {
    return this.open.delete(peer);
  }

  /** Gives up those that were not answered in time. */
  check(nowMs: number): void {
    for (const [peer, sentMs] of this.open) if (nowMs - sentMs > this.timeoutMs) this.open.delete(peer);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peer of this.open.keys()) visit(peer);
  }
}
