import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { NaradaRefresh, RefreshEntry } from '../../core/messages.ts';
import { DESCRIBED_MAX, REFRESH_ENTRIES_MAX, REFRESH_HOPS_MAX } from '../../core/messages/narada.ts';
import type { Member, MemberList } from './member-list.ts';
import type { MeshLink, MeshLinks } from './mesh-links.ts';
import { type RouteTable, TO_ITSELF } from './route-table.ts';

/** Largest sequence number on the wire; whoever gets there stays there. */
const SEQ_MAX = 0xffff_ffff;

/**
 * What members tell their neighbours of all members (sections 3.1 and 3.3): sequence
 * numbers and routes together, as the paper suggests, since both go the same way. A full
 * refresh names everybody; in between goes what has changed.
 */
export class Refreshes {
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly members: MemberList;
  private readonly links: MeshLinks;
  private readonly routes: RouteTable;
  /** This member's own sequence number. */
  seq = 1;
  private nextNumber = 0;
  readonly counters = { refuted: 0, late: 0, unknown: 0 };

  constructor(self: PeerRef, group: GroupRef, members: MemberList, links: MeshLinks, routes: RouteTable) {
    this.self = self;
    this.group = group;
    this.members = members;
    this.links = links;
    this.routes = routes;
  }

  /** The refresh that is due: a new sequence number of this member, to every neighbour. */
  sendFull(effects: Effects): void {
    this.seq = Math.min(SEQ_MAX, this.seq + 1);
    this.routes.changed.clear();
    this.send(this.all(), this.links.neighbours, effects);
  }

  /** All that is known, to a new neighbour. */
  sendFullTo(peer: PeerRef, effects: Effects): void {
    this.send(this.all(), [peer], effects);
  }

  /** What has changed since the last refresh, to every neighbour. */
  sendChanged(effects: Effects): void {
    const changed = this.entriesOf(this.routes.changed);
    this.routes.changed.clear();
    this.send(changed, this.links.neighbours, effects);
  }

  /** What is known of these members, to one neighbour. */
  sendOf(peers: Iterable<PeerRef>, to: PeerRef, effects: Effects): void {
    this.send(this.entriesOf(peers), [to], effects);
  }

  /** Takes what a neighbour tells; answers the members that it names and nobody has described. */
  apply(link: MeshLink, refresh: NaradaRefresh, nowMs: number): readonly PeerRef[] {
    link.heardMs = nowMs;
    if (refresh.number <= link.lastNumber) {
      this.counters.late++;
      return [];
    }
    link.lastNumber = refresh.number;
    link.degree = refresh.degree;
    const unknown: PeerRef[] = [];
    for (const entry of refresh.entries) {
      if (entry.member === this.self) this.onOwnEntry(link, entry);
      else if (!this.onEntry(link, entry, nowMs) && unknown.length < DESCRIBED_MAX) unknown.push(entry.member);
    }
    this.counters.unknown += unknown.length;
    return unknown;
  }

  /** A member has died, or lives again: that is told, and decides whether there are routes to it. */
  onEndOrReturn(member: Member): void {
    if (member.status !== 'alive') this.routes.forget(member);
    this.routes.changed.add(member.peer);
  }

  /** Whether the member is known, or need not be. */
  private onEntry(link: MeshLink, { member: peer, seq, status, route }: RefreshEntry, nowMs: number): boolean {
    const member = this.members.get(peer);
    if (member === undefined) return status !== 'alive';
    const news = this.members.hear(member, seq, status, nowMs);
    if (news === 'died' || news === 'revived') this.onEndOrReturn(member);
    if (member.status !== 'alive') return true;
    // Old news of the end of a member that lives: the sender has no route, and will hear better.
    this.routes.learn(link, member, status === 'alive' ? route : undefined);
    return true;
  }

  /** Somebody takes this member for dead, or knows a higher number of an earlier incarnation: a number above it puts that right. */
  private onOwnEntry(link: MeshLink, { seq, status, route }: RefreshEntry): void {
    this.routes.learnOwn(link, route);
    if (status === 'alive' ? seq <= this.seq : seq < this.seq) return;
    this.seq = Math.min(SEQ_MAX, seq + 1);
    this.counters.refuted++;
    this.routes.changed.add(this.self);
  }

  private all(): RefreshEntry[] {
    const entries = [this.ownEntry()];
    for (const member of this.members.all()) entries.push(this.entryOf(member));
    return entries;
  }

  private entriesOf(peers: Iterable<PeerRef>): RefreshEntry[] {
    const entries: RefreshEntry[] = [];
    for (const peer of peers) {
      const member = this.members.get(peer);
      if (peer === this.self) entries.push(this.ownEntry());
      else if (member !== undefined) entries.push(this.entryOf(member));
    }
    return entries;
  }

  private ownEntry(): RefreshEntry {
    return { member: this.self, status: 'alive', seq: this.seq, route: TO_ITSELF };
  }

  private entryOf({ peer, status, seq, best }: Member): RefreshEntry {
    return best === undefined ? { member: peer, status, seq } : { member: peer, status, seq, route: best };
  }

  /** In as many messages as it takes; each goes to all as one object. */
  private send(entries: readonly RefreshEntry[], to: readonly PeerRef[], effects: Effects): void {
    if (to.length === 0) return;
    for (const part of partsOf(entries)) {
      const { group } = this;
      const refresh: NaradaRefresh = { kind: 'naradaRefresh', group, number: this.nextNumber++, degree: this.links.degree, entries: part };
      for (const peer of to) effects.send(peer, refresh);
    }
  }
}

/** Cuts a list of entries so that each part is within the limits of a refresh. */
function partsOf(entries: readonly RefreshEntry[]): RefreshEntry[][] {
  const parts: RefreshEntry[][] = [];
  let part: RefreshEntry[] = [];
  let hops = 0;
  for (const entry of entries) {
    const more = entry.route?.path.length ?? 0;
    if (part.length === REFRESH_ENTRIES_MAX || hops + more > REFRESH_HOPS_MAX) {
      parts.push(part);
      part = [];
      hops = 0;
    }
    part.push(entry);
    hops += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
