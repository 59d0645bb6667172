import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { Random } from '../../core/random.ts';

/** Contacts remembered; the one added longest ago goes first. */
const CONTACTS_MAX = 8;

/** Peers outside the protocol's own knowledge that may say who is in the group (section 3.1.1). One is asked at a time. */
export class Contacts {
  private readonly group: GroupRef;
  private readonly timeoutMs: number;
  private contacts: readonly PeerRef[] = [];
  private asked: { readonly contact: PeerRef; readonly sinceMs: number } | undefined = undefined;

  constructor(group: GroupRef, timeoutMs: number) {
    this.group = group;
    this.timeoutMs = timeoutMs;
  }

  add(peer: PeerRef): void {
    this.contacts = [peer, ...this.contacts.filter((other) => other !== peer)].slice(0, CONTACTS_MAX);
  }

  /** Asks a random contact for the members, unless one has been asked just now. Answers which one is asked: it may be as lost as this peer, and others are not to be left aside for it. */
  ask(random: Random, nowMs: number, effects: Effects): PeerRef | undefined {
    if (this.asked !== undefined && nowMs - this.asked.sinceMs < this.timeoutMs) return this.asked.contact;
    // The one asked last has not helped.
    if (this.asked !== undefined) effects.emit({ kind: 'isolated', group: this.group });
    const contact = random.pick(this.contacts);
    if (contact === undefined) return undefined;
    this.asked = { contact, sinceMs: nowMs };
    effects.send(contact, { kind: 'naradaJoin', group: this.group });
    return contact;
  }

  /** The peer has answered; whether it was asked. */
  onAnswer(peer: PeerRef): boolean {
    if (this.asked?.contact !== peer) return false;
    this.asked = undefined;
    return true;
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.contacts.forEach(visit);
    if (this.asked !== undefined) visit(this.asked.contact);
  }
}
