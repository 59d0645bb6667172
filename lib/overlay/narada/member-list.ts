import type { PeerRef } from '../../core/ids.ts';
import type { MemberStatus, MeshRoute } from '../../core/messages.ts';
import type { Random } from '../../core/random.ts';
import { UNHEARD, isLater } from './sequence.ts';

/**
 * What is known of a member (section 3.1), and the routes to it: all in one object, since
 * a refresh looks at it for each member, and a simulation of many peers waits for memory.
 */
export interface Member {
  readonly peer: PeerRef;
  /** The last sequence number that it is known to have issued. */
  seq: number;
  status: MemberStatus;
  /** When news of the member came last: its latest sequence number, or its end. In ms. */
  heardMs: number;
  /** The routes of the neighbours to it while it is alive, by the slots of their links. */
  readonly told: (MeshRoute | undefined)[];
  /** The route to it. */
  best: MeshRoute | undefined;
}

/** What a piece of news did. */
export type News = 'stale' | 'fresh' | 'died' | 'revived';

/**
 * Every other member of the group, the dead ones for a while yet: or else old news of a
 * dead one would pass for a newcomer (section 3.1.2).
 *
 * A later sequence number counts more than an earlier one, and with equal numbers death
 * more than life: who is alive answers its own death with a later number, as in SWIM. No number is the last one
 * (`isLater`), so nobody can be declared dead for good.
 *
 * Bounded by `membersMax`: when the list is full, the dead member known longest goes;
 * when none is dead, the newcomer is refused.
 */
export class MemberList {
  private readonly membersMax: number;
  private readonly slots: number;
  private readonly members = new Map<PeerRef, Member>();
  private living = 0;
  readonly counters = { refused: 0, flushed: 0 };

  /** @param membersMax others at most; @param slots links that there can be. */
  constructor(membersMax: number, slots: number) {
    this.membersMax = membersMax;
    this.slots = slots;
  }

  /** Members that are alive, as far as is known. */
  get aliveCount(): number {
    return this.living;
  }

  get size(): number {
    return this.members.size;
  }

  /** Whether nobody could be taken in. */
  get isFull(): boolean {
    return this.members.size >= this.membersMax && this.living === this.members.size;
  }

  get(peer: PeerRef): Member | undefined {
    return this.members.get(peer);
  }

  isAlive(peer: PeerRef): boolean {
    return this.members.get(peer)?.status === 'alive';
  }

  /** All, in the order in which they became known. */
  all(): IterableIterator<Member> {
    return this.members.values();
  }

  /** Takes in a member of which no sequence number is known; `undefined` when there is no room. One that is there already stays as it is, dead or alive. */
  admit(peer: PeerRef, nowMs: number): Member | undefined {
    const known = this.members.get(peer);
    if (known !== undefined) return known;
    if (this.members.size >= this.membersMax && !this.flushOldestDead()) {
      this.counters.refused++;
      return undefined;
    }
    const member = newMember(peer, nowMs, this.slots);
    this.members.set(peer, member);
    this.living++;
    return member;
  }

  /** Figure 2: what somebody says of a member of this list counts when it is newer than what is known. */
  hear(member: Member, seq: number, status: MemberStatus, nowMs: number): News {
    const ends = status !== 'alive' && member.status === 'alive';
    const isNews = seq === member.seq ? ends : member.seq === UNHEARD || (seq !== UNHEARD && isLater(seq, member.seq));
    if (!isNews) return 'stale';
    const revives = status === 'alive' && member.status !== 'alive';
    member.seq = seq;
    member.status = status;
    member.heardMs = nowMs;
    if (ends) this.living--;
    if (revives) this.living++;
    return ends ? 'died' : revives ? 'revived' : 'fresh';
  }

  /** Members alive of which there was no news for longer than `timeoutMs`. */
  silent(timeoutMs: number, nowMs: number): PeerRef[] {
    const silent: PeerRef[] = [];
    for (const { peer, status, heardMs } of this.members.values()) {
      if (status === 'alive' && nowMs - heardMs > timeoutMs) silent.push(peer);
    }
    return silent;
  }

  /** Forgets members dead for longer than `deadMs`. */
  flush(deadMs: number, nowMs: number): void {
    if (this.living === this.members.size) return;
    for (const { peer, status, heardMs } of [...this.members.values()]) {
      if (status === 'alive' || nowMs - heardMs <= deadMs) continue;
      this.members.delete(peer);
      this.counters.flushed++;
    }
  }

  /** Up to `count` random members with this status for which `fits` holds. */
  sample(status: MemberStatus, count: number, random: Random, fits: (peer: PeerRef) => boolean = () => true): PeerRef[] {
    const peers: PeerRef[] = [];
    for (const member of this.members.values()) if (member.status === status && fits(member.peer)) peers.push(member.peer);
    return random.sample(peers, count);
  }

  private flushOldestDead(): boolean {
    let oldest: Member | undefined = undefined;
    for (const member of this.members.values()) {
      if (member.status !== 'alive' && (oldest === undefined || member.heardMs < oldest.heardMs)) oldest = member;
    }
    if (oldest === undefined) return false;
    this.counters.flushed++;
    return this.members.delete(oldest.peer);
  }
}

/** A member that is alive, with no route to it. */
export function newMember(peer: PeerRef, nowMs: number, slots: number): Member {
  const told = new Array<MeshRoute | undefined>(slots).fill(undefined);
  return { peer, seq: UNHEARD, status: 'alive', heardMs: nowMs, told, best: undefined };
}
