import type { Effects } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { NaradaRefresh, RefreshEntry } from '../../core/messages.ts';
import { DESCRIBED_MAX, NARADA_MEMBERS_MAX, REFRESH_ENTRIES_MAX, REFRESH_HOPS_MAX } from '../../core/messages/narada.ts';
import type { Member, MemberList } from './member-list.ts';
import type { MeshLink, MeshLinks } from './mesh-links.ts';
import { type RouteTable, TO_ITSELF } from './route-table.ts';
import { UNHEARD, isLater, nextNumber } from './sequence.ts';

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
  private number = 0;
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
    this.seq = nextNumber(this.seq);
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

  /** What is known of these members, and of those whose routes lead over them, to one neighbour. */
  sendOf(peers: ReadonlySet<PeerRef>, to: PeerRef, effects: Effects): void {
    const concerned = [...this.members.all()].filter(({ peer, best }) => peers.has(peer) || best?.path.some((hop) => peers.has(hop)) === true);
    this.send(concerned.map((member) => this.entryOf(member)), [to], effects);
  }

  /** Takes what a neighbour tells, and notes the members that it names and nobody has described. */
  apply(link: MeshLink, refresh: NaradaRefresh, nowMs: number): void {
    link.heardMs = nowMs;
    if (link.lastNumber !== undefined && !isLater(refresh.number, link.lastNumber)) {
      this.counters.late++;
      return;
    }
    link.lastNumber = refresh.number;
    link.degree = refresh.degree;
    for (const entry of refresh.entries) {
      if (entry.member === this.self) this.onOwnEntry(link, entry);
      else this.onEntry(link, entry, nowMs);
    }
  }

  /** Asks a neighbour to describe whom it has named, one question at a time; what it names meanwhile waits for the next call. */
  askWhoTheyAre(link: MeshLink, timeoutMs: number, nowMs: number, effects: Effects): void {
    const { peer, undescribed } = link;
    for (const stranger of undescribed) if (this.members.get(stranger) !== undefined) undescribed.delete(stranger);
    if (undescribed.size === 0 || nowMs - link.describeMs < timeoutMs) return;
    link.describeMs = nowMs;
    effects.send(peer, { kind: 'naradaDescribe', group: this.group, peers: [...undescribed] });
    undescribed.clear();
  }

  /** A member has died, or lives again: that is told, and decides whether there are routes to it. */
  onEndOrReturn(member: Member): void {
    if (member.status !== 'alive') this.routes.forget(member);
    this.routes.changed.add(member.peer);
  }

  private onEntry(link: MeshLink, { member: peer, seq, status, route }: RefreshEntry, nowMs: number): void {
    const member = this.members.get(peer);
    if (member === undefined) return status === 'alive' ? this.onStranger(link, peer) : undefined;
    const news = this.members.hear(member, seq, status, nowMs);
    if (news === 'died' || news === 'revived') this.onEndOrReturn(member);
    if (member.status !== 'alive') return;
    // Old news of the end of a member that lives: the sender has no route, and will hear better.
    this.routes.learn(link, member, status === 'alive' ? route : undefined);
  }

  /** The neighbour will be asked to describe the member, where there is room for one. */
  private onStranger(link: MeshLink, peer: PeerRef): void {
    this.counters.unknown++;
    if (!this.members.isFull && link.undescribed.size < DESCRIBED_MAX) link.undescribed.add(peer);
  }

  /** Somebody takes this member for dead, or knows a higher number of an earlier incarnation: the number after it puts that right. */
  private onOwnEntry(link: MeshLink, { seq, status, route }: RefreshEntry): void {
    this.routes.learnOwn(link, route);
    if (seq === UNHEARD || (seq === this.seq ? status === 'alive' : !isLater(seq, this.seq))) return;
    this.seq = nextNumber(seq);
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
      const { group, number } = this;
      this.number = (number + 1) % 2 ** 32;
      const refresh: NaradaRefresh = { kind: 'naradaRefresh', group, number, degree: this.links.degree, entries: part };
      for (const peer of to) effects.send(peer, refresh);
    }
  }
}

/** Cuts a list of entries so that each part is within the limits of a refresh. */
function partsOf(entries: readonly RefreshEntry[]): RefreshEntry[][] {
  const parts: RefreshEntry[][] = [];
  let part: RefreshEntry[] = [];
  let hops = 0;
  const named = new Set<PeerRef>();
  for (const entry of entries) {
    const path = entry.route?.path ?? [];
    if (part.length === REFRESH_ENTRIES_MAX || hops + path.length > REFRESH_HOPS_MAX || named.size + path.length >= NARADA_MEMBERS_MAX) {
      parts.push(part);
      part = [];
      hops = 0;
      named.clear();
    }
    part.push(entry);
    hops += path.length;
    named.add(entry.member);
    for (const hop of path) named.add(hop);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
