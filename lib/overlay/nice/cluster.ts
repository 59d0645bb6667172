import type { PeerRef } from '../../core/ids.ts';
import type { NiceDistance } from '../../core/messages.ts';
import { arrayWithRoom } from '../../core/room.ts';

/** What is taken for a round trip that nobody has measured, in microseconds: longer than any. */
const UNKNOWN_US = 10_000_000;

/** The round trip from this peer to another one, in microseconds; `undefined` while it has not been measured. */
export type OwnDistance = (peer: PeerRef) => number | undefined;

/** What a member said of its distances. */
type Reported = ReadonlyMap<PeerRef, number>;

/**
 * A cluster as one of its members sees it: who else is in it, when each was heard last,
 * and the distances between them, which all tell each other in their heartbeats (section
 * 3.2). Holds what its owner puts in; the owner keeps it within the largest size.
 */
export class Cluster {
  readonly layer: number;
  /** Everybody but the peer itself, in the order in which they came. */
  readonly members: PeerRef[] = arrayWithRoom(8);
  /** Heartbeats of the owner for which the cluster had fewer members than it must. */
  smallFor = 0;
  private readonly self: PeerRef;
  private readonly own: OwnDistance;
  private readonly heardMs = new Map<PeerRef, number>();
  private readonly reported = new Map<PeerRef, Reported>();

  constructor(layer: number, self: PeerRef, own: OwnDistance) {
    this.layer = layer;
    this.self = self;
    this.own = own;
  }

  /** Members, this peer included. */
  get size(): number {
    return this.members.length + 1;
  }

  /** All members, this peer first. */
  get everybody(): PeerRef[] {
    return [this.self, ...this.members];
  }

  has(peer: PeerRef): boolean {
    return this.members.includes(peer);
  }

  /** Answers whether it was new. */
  add(peer: PeerRef, nowMs: number): boolean {
    if (peer === this.self || this.has(peer)) return false;
    this.members.push(peer);
    this.heardMs.set(peer, nowMs);
    return true;
  }

  /** Answers whether it was there. */
  remove(peer: PeerRef): boolean {
    const index = this.members.indexOf(peer);
    if (index < 0) return false;
    this.members.splice(index, 1);
    this.heardMs.delete(peer);
    this.reported.delete(peer);
    return true;
  }

  /** Makes `peers` its members; what is known of those that stay is kept. */
  replace(peers: readonly PeerRef[], nowMs: number): void {
    for (const peer of [...this.members]) if (!peers.includes(peer)) this.remove(peer);
    for (const peer of peers) this.add(peer, nowMs);
  }

  /** A member gave a sign of life. */
  heard(peer: PeerRef, nowMs: number): void {
    if (this.heardMs.has(peer)) this.heardMs.set(peer, nowMs);
  }

  /** Members that have not been heard since `sinceMs`. */
  silentSince(sinceMs: number): PeerRef[] {
    return this.members.filter((peer) => (this.heardMs.get(peer) ?? 0) < sinceMs);
  }

  /** A member said how far others are from it; those who are no members are left out. */
  report(from: PeerRef, distances: readonly NiceDistance[]): void {
    if (!this.has(from)) return;
    const reported = new Map<PeerRef, number>();
    for (const { peer, rttUs } of distances) if (rttUs > 0 && (peer === this.self || this.has(peer))) reported.set(peer, rttUs);
    this.reported.set(from, reported);
  }

  /** The distances from this peer to the others, for a heartbeat. */
  distances(): NiceDistance[] {
    return this.members.map((peer) => ({ peer, rttUs: this.own(peer) ?? 0 }));
  }

  /** Members whose distance from this peer has not been measured. */
  unmeasured(): PeerRef[] {
    return this.members.filter((peer) => this.own(peer) === undefined);
  }

  /** Whether every distance between two members has been measured by one of them. */
  get isMeasured(): boolean {
    const all = this.everybody;
    return all.every((a, index) => all.slice(index + 1).every((b) => this.measured(a, b) !== undefined));
  }

  /** The distance between two members in microseconds; where nobody has measured it, that of the way over this peer. */
  readonly distance = (a: PeerRef, b: PeerRef): number => {
    if (a === b) return 0;
    const measured = this.measured(a, b);
    if (measured !== undefined) return measured;
    if (a === this.self || b === this.self) return UNKNOWN_US;
    return Math.min(UNKNOWN_US, (this.own(a) ?? UNKNOWN_US) + (this.own(b) ?? UNKNOWN_US));
  };

  private measured(a: PeerRef, b: PeerRef): number | undefined {
    const ab = a === this.self ? this.own(b) : this.reported.get(a)?.get(b);
    const ba = b === this.self ? this.own(a) : this.reported.get(b)?.get(a);
    if (ab === undefined || ba === undefined) return ab ?? ba;
    return Math.min(ab, ba);
  }
}
