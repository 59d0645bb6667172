import type { PeerRef } from '../../core/ids.ts';
import type { Random } from '../../core/random.ts';

/** Contacts remembered; the one added longest ago goes first. */
const CONTACTS_MAX = 8;
/** Lost peers remembered; the one lost longest ago goes first. A guess. */
const LOST_MAX = 8;
/** Peers met in clusters that are remembered; the one met longest ago goes first. A guess. */
const MET_MAX = 32;
/** How often a lost peer is asked at most. A guess: at the default interval 10 minutes or more. */
const TRIES_MAX = 20;

/**
 * Whom a peer may turn to that is in no cluster of its own: contacts that it was given,
 * members that it has lost, who may be in another part of a hierarchy that fell apart,
 * and members that it met. Bounded.
 */
export class Recall {
  private readonly self: PeerRef;
  private readonly random: Random;
  private contacts: readonly PeerRef[] = [];
  private met: readonly PeerRef[] = [];
  /** With how often each was asked, the one asked longest ago first. */
  private readonly lost = new Map<PeerRef, number>();

  constructor(self: PeerRef, random: Random) {
    this.self = self;
    this.random = random;
  }

  get hasContacts(): boolean {
    return this.contacts.length > 0;
  }

  addContact(peer: PeerRef): void {
    if (peer !== this.self) this.contacts = newest(peer, this.contacts, CONTACTS_MAX);
  }

  lose(peer: PeerRef): void {
    if (peer === this.self) return;
    this.met = this.met.filter((other) => other !== peer);
    this.lost.delete(peer);
    if (this.lost.size >= LOST_MAX) for (const oldest of this.lost.keys()) if (this.lost.delete(oldest)) break;
    this.lost.set(peer, 0);
  }

  /** It is in the same hierarchy. */
  find(peer: PeerRef): void {
    this.lost.delete(peer);
  }

  meet(peers: readonly PeerRef[]): void {
    for (const peer of peers) if (peer !== this.self) this.met = newest(peer, this.met, MET_MAX);
  }

  /** It does not answer: contacts and lost peers may again, others make room. */
  forget(peer: PeerRef): void {
    this.met = this.met.filter((other) => other !== peer);
  }

  /** A peer to be asked whether it is in another hierarchy: one that was lost, each in turn and forgotten after enough tries, or one that was met. */
  next(): PeerRef | undefined {
    if (this.random.chance(0.5)) return this.random.pick(this.met);
    for (const [peer, tries] of this.lost) {
      this.lost.delete(peer);
      if (tries + 1 < TRIES_MAX) this.lost.set(peer, tries + 1);
      return peer;
    }
    return undefined;
  }

  /** Somebody who may know a hierarchy to join. */
  anybody(others: readonly PeerRef[] = []): PeerRef | undefined {
    const all = new Set([...others, ...this.contacts, ...this.lost.keys(), ...this.met]);
    all.delete(this.self);
    return this.random.pick([...all]);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peers of [this.contacts, this.met, [...this.lost.keys()]]) peers.forEach(visit);
  }
}

function newest(peer: PeerRef, peers: readonly PeerRef[], countMax: number): readonly PeerRef[] {
  return [peer, ...peers.filter((other) => other !== peer)].slice(0, countMax);
}
