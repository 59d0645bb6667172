import type { PeerRef } from '../core/ids.ts';
import type { TreePosition } from '../core/messages.ts';
import type { Random } from '../core/random.ts';

/** Peers remembered: enough that some are alive, and on the other side of a partition. A guess. */
const KNOWN_MAX = 32;

/** Of them, contacts that the application gave; the one added longest ago becomes a peer like others. */
const CONTACTS_MAX = 8;

/**
 * Peers that were met, to be asked when nobody nearer answers, and to find the other
 * half after a partition. When there is no room a random one goes that is no contact,
 * so that those met long ago do not all go first.
 */
export class KnownPeers {
  private readonly self: PeerRef;
  private readonly random: Random;
  private readonly contacts: PeerRef[] = [];
  private readonly met: PeerRef[] = [];
  private turn = 0;

  constructor(self: PeerRef, random: Random) {
    this.self = self;
    this.random = random;
  }

  get size(): number {
    return this.contacts.length + this.met.length;
  }

  addContact(peer: PeerRef): void {
    if (peer === this.self || this.contacts.includes(peer)) return;
    const at = this.met.indexOf(peer);
    if (at >= 0) this.met.splice(at, 1);
    this.contacts.push(peer);
    const oldest = this.contacts.length > CONTACTS_MAX ? this.contacts.shift() : undefined;
    if (oldest !== undefined) this.add(oldest);
    if (this.size > KNOWN_MAX) this.met.splice(this.random.below(this.met.length), 1);
  }

  add(peer: PeerRef): void {
    if (peer === this.self || this.contacts.includes(peer) || this.met.includes(peer)) return;
    if (this.size >= KNOWN_MAX) this.met.splice(this.random.below(this.met.length), 1);
    this.met.push(peer);
  }

  /** Whoever stands around a place in a tree. */
  addTree({ path, children }: TreePosition): void {
    for (const peers of [path, children]) for (const { peer } of peers) this.add(peer);
  }

  /** Up to `count` to be asked where they stand, all in turn: as often a contact as another, since those that were met mostly stand in the same tree. */
  next(count: number): ReadonlySet<PeerRef> {
    const chosen = new Set<PeerRef>();
    for (let left = count; left > 0; left--) {
      const [first, second] = this.turn % 2 === 0 ? [this.contacts, this.met] : [this.met, this.contacts];
      const peers = first.length > 0 ? first : second;
      const peer = peers[(this.turn++ >>> 1) % Math.max(1, peers.length)];
      if (peer !== undefined) chosen.add(peer);
    }
    return chosen;
  }

  /** Up to `count` different ones in random order. */
  sample(count: number): PeerRef[] {
    return this.random.sample([...this.contacts, ...this.met], count);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peers of [this.contacts, this.met]) peers.forEach((peer) => visit(peer));
  }
}
