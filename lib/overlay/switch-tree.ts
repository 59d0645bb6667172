import type { SwitchTreeOptions } from '../core/config.ts';
import type { Effects, SwitchTreeTimer, Timer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Message, TreeInfo, TreeJoin, TreeJoinReply, TreePath, TreePeer, TreePosition, TreeRoot } from '../core/messages.ts';
import { TREE_DELAY_MAX_US, TREE_PATH_MAX } from '../core/messages/switch-tree.ts';
import type { NeighbourListener, TreeOverlay } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { KnownPeers } from './known-peers.ts';
import { ParentSearch, type SearchPurpose } from './parent-search.ts';
import { RttMeter } from './rtt-meter.ts';
import { TreeLinks } from './tree-links.ts';

/**
 * Switch-trees: one tree for all publishers, rooted at the founder of the group, whose
 * peers have few children and switch to better parents.
 *
 * D. A. Helder, S. Jamin: "End-host multicast communication using switch-trees
 * protocols", GP2PC 2002: what a better parent is (`goal`) and who may become one
 * (`scope`). B. Zhang, S. Jamin, L. Zhang: "Host multicast: a framework for delivering
 * multicast to end users", INFOCOM 2002 (HMTP), where that is silent: the join that
 * descends from the root to the nearest peer with room, the root path that every peer
 * keeps, refreshes between parent and child, and loops found in the root path. M. van
 * Steen, A. S. Tanenbaum: "Distributed systems", application-level multicasting, for
 * the rule that a switch must not lead into the own subtree.
 *
 * - A peer takes no child that is on its own root path, and none while it is without a
 *   place in the tree or waits for a new one. What two switches at a time make a loop
 *   nevertheless is seen by the first peer that finds itself on the root path that its
 *   parent tells it; it leaves the parent and looks for another above.
 * - An orphan searches from its grandparent downwards, then from the next ancestor, then
 *   from peers that it remembers. When nobody takes it, it becomes a root.
 * - The root's successor is its oldest child, which all its children know: the others
 *   ask those older than themselves, in order, and the oldest that is alive finds none.
 * - A root has a random rank; one that has had children outranks all that have not. Who
 *   finds that somebody remembered has another root tells the one of lower rank, which
 *   joins the other's tree with all that is below it.
 *
 * Deviations:
 * - HMTP's rendezvous point, which knows the root and merges trees, is replaced by the
 *   two rules above.
 * - A newcomer is nobody's foster child while it searches.
 * - The new parent is linked before the old one is left; a better one must be better by
 *   `gainPercent`, so that a tree comes to rest.
 *
 * Guarantees: a peer never has more than `childrenMax` children. While nothing fails and
 * no message is lost, the links make one tree, and every switch lowers what `goal` says
 * of the peer that switches, as far as round trips were measured right. After failures,
 * loops and partitions that have healed the members come together in one tree, as far as
 * they remember each other; what is published meanwhile can miss some of them.
 */
export class SwitchTree implements TreeOverlay {
  readonly neighbours: readonly PeerRef[];
  readonly links: TreeLinks;
  /** From the root to the parent, both included; empty at a root. An orphan keeps what is above the parent that it lost. */
  path: readonly TreePeer[] = [];
  role: 'root' | 'member' | 'orphan' = 'orphan';
  readonly counters = { switches: 0, refusals: 0, orphaned: 0, loops: 0, merges: 0, founded: 0 };
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: SwitchTreeOptions;
  private readonly random: Random;
  private readonly meter: RttMeter;
  private readonly known: KnownPeers;
  private rank = 0;
  /** The parent's children, the oldest first, this peer among them. */
  private siblings: readonly TreePeer[] = [];
  private parentHeardMs = 0;
  private search: ParentSearch | undefined = undefined;
  private wait = 0;
  private nextSeq = 0;
  /** The query by which this peer looks whether somebody remembered has another root. */
  private checkSeq: number | undefined = undefined;

  constructor(self: PeerRef, group: GroupRef, session: number, options: SwitchTreeOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random.fork('switch-tree');
    this.meter = new RttMeter(group, MEASURED_MAX);
    this.known = new KnownPeers(self, this.random.fork('known'));
    this.links = new TreeLinks(listener);
    this.neighbours = this.links.neighbours;
  }

  /** Over every link of the tree but the one that it came by: who published it makes no difference. */
  forwardTo(_origin: PeerRef, from: PeerRef): readonly PeerRef[] {
    return this.neighbours.filter((peer) => peer !== from);
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    const { refreshIntervalMs, switchIntervalMs } = this.options;
    const contacts = peers.filter((peer) => peer !== this.self);
    for (const peer of contacts) this.known.addContact(peer);
    // The first rounds come at random moments, so that peers started together do not act together.
    effects.setTimer(this.timer('refresh'), this.random.below(refreshIntervalMs));
    effects.setTimer(this.timer('switch'), this.random.below(switchIntervalMs));
    if (contacts.length === 0) this.found(effects);
    else this.begin(new ParentSearch('join', this.random.shuffle(contacts)), nowMs, effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'treeQuery': return this.onTreeQuery(from, message.seq, effects);
      case 'treeInfo': return this.onTreeInfo(from, message, nowMs, effects);
      case 'treeJoin': return this.onTreeJoin(from, message, nowMs, effects);
      case 'treeJoinReply': return this.onTreeJoinReply(from, message, nowMs, effects);
      case 'treeRefresh': return this.onTreeRefresh(from, message.rttUs, nowMs, effects);
      case 'treePath': return this.onTreePath(from, message, nowMs, effects);
      case 'treeLeave': return this.onTreeLeave(from, nowMs, effects);
      case 'treeRoot': return this.onTreeRoot(message, nowMs, effects);
      case 'rttProbe':
      case 'rttReply':
        this.meter.onMessage(from, message, nowMs, effects);
        return this.onMeasured(nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'switchTree') return;
    switch (timer.step) {
      case 'refresh': return this.onRefreshTimer(nowMs, effects);
      case 'switch': return this.onSwitchTimer(nowMs, effects);
      case 'search': return timer.wait === this.wait ? this.giveUp(nowMs, effects) : undefined;
    }
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.meter.forget(peer);
    this.links.dropChild(peer, nowMs, effects);
    if (peer === this.links.parent) this.loseParent(nowMs, effects);
    else if (this.search?.asked === peer) this.giveUp(nowMs, effects);
  }

  /** Asks the contact where it stands: one in another tree leads the two together. */
  addContact(peer: PeerRef, _nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.known.addContact(peer);
    if (this.role === 'orphan') this.search?.addStart(peer);
    else this.check(peer, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    this.search = undefined;
    this.role = 'orphan';
    for (const peer of [...this.neighbours]) {
      this.tell(peer, effects);
      this.links.dropChild(peer, nowMs, effects);
    }
    this.links.setParent(undefined, nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.neighbours.forEach((peer) => visit(peer));
    for (const { peer } of [...this.path, ...this.siblings]) visit(peer);
    this.known.eachPeer(visit);
    this.meter.eachPeer(visit);
    this.search?.eachPeer(visit);
  }

  private onTreeQuery(from: PeerRef, seq: number, effects: Effects): void {
    const accepting = this.role !== 'orphan' && this.hasRoom(from);
    effects.send(from, { kind: 'treeInfo', group: this.group, seq, accepting, ...this.position() });
  }

  private onTreeInfo(from: PeerRef, info: TreeInfo, nowMs: number, effects: Effects): void {
    const { search } = this;
    const own = info.path.at(-1);
    const checked = info.seq === this.checkSeq;
    if (checked) this.checkSeq = undefined;
    if (own !== undefined && own.peer !== from) return;
    if (checked) this.meet(info, nowMs, effects);
    if (search === undefined || search !== this.search || search.phase !== 'query' || search.asked !== from || search.seq !== info.seq) return;
    if (own === undefined || this.isBelow(info.path)) search.spend(from);
    else this.learn(search, own, info);
    this.advance(nowMs, effects);
  }

  /** What an answer to a query is worth to a search. */
  private learn(search: ParentSearch, own: TreePeer, info: TreeInfo): void {
    const { purpose } = search;
    const root = info.path[0]?.peer ?? own.peer;
    for (const { peer } of [...info.path, ...info.children]) this.known.add(peer);
    const isForeign = purpose === 'switch' && root !== this.path[0]?.peer;
    const isLower = purpose === 'merge' && (info.rank <= this.rank || root === this.self);
    if (isForeign || isLower) return search.spend(own.peer);
    const candidates = this.others(info.children);
    if (search.descends) search.learn(own, info.accepting, candidates);
    if (purpose === 'join' || purpose === 'merge') search.startAt(root);
    if (search.descends) return;
    const above = info.path.at(-2);
    search.consider(this.sampled([...this.oneHop(), ...candidates, ...(above === undefined ? [] : [above])]));
    if (!info.accepting) search.spend(own.peer);
  }

  /** A child is taken by who has a place in the tree and room for one; never one that is above. */
  private onTreeJoin(from: PeerRef, { seq, rttUs }: TreeJoin, nowMs: number, effects: Effects): void {
    const present = this.links.child(from);
    const accepted = this.role !== 'orphan' && !this.isAbove(from) && (present !== undefined || this.hasRoom(from));
    if (accepted && present === undefined) {
      this.links.addChild(from, rttUs, nowMs, effects);
      this.known.add(from);
      if (this.role === 'root' && this.rank < RANK_WITH_CHILDREN) this.rank += RANK_WITH_CHILDREN;
    }
    if (accepted) this.heard(from, rttUs, nowMs);
    const position = accepted ? this.position() : { rank: this.rank, path: [], children: [] };
    effects.send(from, { kind: 'treeJoinReply', group: this.group, seq, accepted, ...position });
  }

  private onTreeJoinReply(from: PeerRef, reply: TreeJoinReply, nowMs: number, effects: Effects): void {
    const { search } = this;
    const awaited = search?.phase === 'join' && search.asked === from && search.seq === reply.seq;
    const usable = awaited && reply.accepted && this.isUsable(from, reply) && !this.isBelow(reply.path) && this.links.child(from) === undefined;
    // A place that is not wanted, or no longer, is given back.
    if (reply.accepted && !usable && from !== this.links.parent) this.tell(from, effects);
    if (usable) return this.attach(from, reply, search.purpose, nowMs, effects);
    if (!awaited) return;
    this.counters.refusals++;
    search.spend(from);
    this.advance(nowMs, effects);
  }

  private attach(parent: PeerRef, reply: TreePosition, purpose: SearchPurpose, nowMs: number, effects: Effects): void {
    const old = this.links.parent;
    this.search = undefined;
    this.links.setParent(parent, nowMs, effects);
    if (old !== undefined && old !== parent) this.tell(old, effects);
    if (purpose === 'switch') this.counters.switches++;
    if (purpose === 'merge') this.counters.merges++;
    this.role = 'member';
    this.adopt(reply, nowMs);
    this.tellChildren(effects);
  }

  private onTreeRefresh(from: PeerRef, rttUs: number, nowMs: number, effects: Effects): void {
    if (!this.heard(from, rttUs, nowMs)) return this.tell(from, effects);
    effects.send(from, { kind: 'treePath', group: this.group, ...this.position(true) });
  }

  /** HMTP: who is on the root path of its own parent is in a loop. */
  private onTreePath(from: PeerRef, message: TreePath, nowMs: number, effects: Effects): void {
    if (from !== this.links.parent) return this.tell(from, effects);
    const at = message.path.findIndex(({ peer }) => peer === this.self);
    if (at >= 0) this.counters.loops++;
    if (at >= 0 || !this.isUsable(from, message)) {
      this.tell(from, effects);
      this.path = message.path.slice(0, Math.max(0, at));
      return this.loseParent(nowMs, effects);
    }
    const before = this.path;
    const rankBefore = this.rank;
    this.adopt(message, nowMs);
    const same = rankBefore === this.rank && before.length === this.path.length && before.every(({ peer }, index) => peer === this.path[index]?.peer);
    if (!same) this.tellChildren(effects);
  }

  private onTreeLeave(from: PeerRef, nowMs: number, effects: Effects): void {
    this.links.dropChild(from, nowMs, effects);
    if (from === this.links.parent) this.loseParent(nowMs, effects);
  }

  /** Roots join roots of higher rank only, so that roots that do so at the same time make no loop. */
  private onTreeRoot({ root, rank }: TreeRoot, nowMs: number, effects: Effects): void {
    if (this.role !== 'root' || this.search !== undefined || root === this.self || rank <= this.rank) return;
    this.begin(new ParentSearch('merge', [root]), nowMs, effects);
  }

  private onRefreshTimer(nowMs: number, effects: Effects): void {
    const { refreshIntervalMs } = this.options;
    effects.setTimer(this.timer('refresh'), refreshIntervalMs);
    const silentMs = nowMs - SILENT_REFRESHES * refreshIntervalMs;
    for (const { peer, heardMs } of [...this.links.children]) {
      if (heardMs >= silentMs) continue;
      this.tell(peer, effects);
      this.links.dropChild(peer, nowMs, effects);
    }
    const [remembered] = this.known.sample(1);
    if (remembered !== undefined && this.role !== 'orphan') this.check(remembered, effects);
    const { parent } = this.links;
    if (parent === undefined) return;
    if (this.parentHeardMs < silentMs) {
      this.tell(parent, effects);
      return this.loseParent(nowMs, effects);
    }
    this.meter.probe(parent, nowMs, effects);
    effects.send(parent, { kind: 'treeRefresh', group: this.group, rttUs: this.rttUs(parent) });
  }

  /** Helder and Jamin: now and then a peer compares its parent with others in reach. */
  private onSwitchTimer(nowMs: number, effects: Effects): void {
    effects.setTimer(this.timer('switch'), this.options.switchIntervalMs);
    const parent = this.path.at(-1);
    const present = parent === undefined ? undefined : this.score(parent);
    if (this.role !== 'member' || this.search !== undefined || present === undefined) return;
    const bar = (present * (100 - this.options.gainPercent)) / 100;
    const oneHop = this.oneHop();
    switch (this.options.scope) {
      case 'sibling':
      case '1-hop': {
        const search = new ParentSearch('switch', [], { bar, descends: false });
        search.consider(this.sampled(oneHop));
        return this.begin(search, nowMs, effects);
      }
      case '2-hop': {
        const via = this.random.pick(oneHop);
        if (via !== undefined) this.begin(new ParentSearch('switch', [via.peer], { bar, descends: false }), nowMs, effects);
        return;
      }
      case 'any': {
        const from = this.random.pick(this.path);
        if (from !== undefined) this.begin(new ParentSearch('switch', [from.peer], { bar }), nowMs, effects);
        return;
      }
    }
  }

  private begin(search: ParentSearch, nowMs: number, effects: Effects): void {
    this.search = search;
    this.advance(nowMs, effects);
  }

  /** The next step of the search: distances first, then the best of those seen. */
  private advance(nowMs: number, effects: Effects): void {
    const { search, meter } = this;
    if (search === undefined) return;
    search.asked = undefined;
    search.probing = search.unmeasured((peer) => meter.rttMs(peer) !== undefined);
    if (search.probing.length > 0) {
      search.phase = 'measure';
      for (const peer of search.probing) meter.probe(peer, nowMs, effects);
      return this.setWait(effects);
    }
    const step = search.next((candidate) => this.score(candidate));
    if (step === undefined) {
      this.search = undefined;
      if (this.role === 'orphan') this.found(effects);
      return;
    }
    search.phase = step.kind;
    search.asked = step.peer;
    search.seq = this.seq();
    if (step.kind === 'query') effects.send(step.peer, { kind: 'treeQuery', group: this.group, seq: search.seq });
    else effects.send(step.peer, { kind: 'treeJoin', group: this.group, seq: search.seq, rttUs: this.rttUs(step.peer) });
    this.setWait(effects);
  }

  private onMeasured(nowMs: number, effects: Effects): void {
    const { search } = this;
    if (search?.phase === 'measure' && !search.probing.some((peer) => this.meter.isWaiting(peer))) this.advance(nowMs, effects);
  }

  /** Who was asked does not answer, or some who were probed do not. */
  private giveUp(nowMs: number, effects: Effects): void {
    const { search } = this;
    if (search?.asked !== undefined) search.spend(search.asked);
    this.advance(nowMs, effects);
  }

  private setWait(effects: Effects): void {
    this.wait++;
    effects.setTimer(this.timer('search', this.wait), this.options.searchTimeoutMs);
  }

  /** From the grandparent upwards, then whoever is remembered; children of the root ask their elders. */
  private loseParent(nowMs: number, effects: Effects): void {
    const { parent } = this.links;
    this.counters.orphaned++;
    this.role = 'orphan';
    this.links.setParent(undefined, nowMs, effects);
    this.path = this.path.filter(({ peer }) => peer !== parent && this.links.child(peer) === undefined);
    const ancestors = this.path.map(({ peer }) => peer).reverse();
    const place = this.siblings.findIndex(({ peer }) => peer === this.self);
    const elders = this.others(this.siblings.slice(0, Math.max(0, place))).map(({ peer }) => peer);
    const others = ancestors.length === 0 && place >= 0 ? elders : [...ancestors, ...this.known.sample(REMEMBERED_TRIES)];
    this.begin(new ParentSearch('recover', others.filter((peer) => peer !== parent)), nowMs, effects);
  }

  /** Becomes the root of a tree: of all that is below. */
  private found(effects: Effects): void {
    this.counters.founded++;
    this.role = 'root';
    this.path = [];
    this.siblings = [];
    this.rank = this.random.uint32() + (this.links.children.length > 0 ? RANK_WITH_CHILDREN : 0);
    this.tellChildren(effects);
    if (this.neighbours.length === 0 && this.known.size > 0) effects.emit({ kind: 'isolated', group: this.group });
  }

  /** Two trees have met: the root of lower rank is told, if this peer is not it. */
  private meet(info: TreeInfo, nowMs: number, effects: Effects): void {
    const theirs = info.path[0]?.peer;
    const ours = this.role === 'root' ? this.self : this.path[0]?.peer;
    if (theirs === undefined || ours === undefined || this.role === 'orphan' || theirs === ours) return;
    if (info.rank < this.rank) effects.send(theirs, { kind: 'treeRoot', group: this.group, root: ours, rank: this.rank });
    else if (info.rank > this.rank && ours !== this.self) effects.send(ours, { kind: 'treeRoot', group: this.group, root: theirs, rank: info.rank });
    else if (info.rank > this.rank && this.search === undefined) this.begin(new ParentSearch('merge', [theirs]), nowMs, effects);
  }

  private check(peer: PeerRef, effects: Effects): void {
    this.checkSeq = this.seq();
    effects.sendUnreliable(peer, { kind: 'treeQuery', group: this.group, seq: this.checkSeq });
  }

  private adopt({ path, children, rank }: TreePosition, nowMs: number): void {
    this.path = path;
    this.siblings = children;
    this.rank = rank;
    this.parentHeardMs = nowMs;
    for (const { peer } of [...path, ...children]) this.known.add(peer);
  }

  /** An orphan is in no tree; its children are told of what was above it, for them to go there when it fails too. */
  private position(toChild = false): TreePosition {
    const path = this.role === 'orphan' && !toChild ? [] : [...this.path, { peer: this.self, delayUs: this.delayUs }];
    const children = this.links.children.map(({ peer, rttUs }) => ({ peer, delayUs: Math.min(TREE_DELAY_MAX_US, this.delayUs + rttUs) }));
    return { rank: this.rank, path, children };
  }

  private tellChildren(effects: Effects): void {
    if (this.links.children.length === 0) return;
    const message: Message = { kind: 'treePath', group: this.group, ...this.position(true) };
    for (const { peer } of this.links.children) effects.send(peer, message);
  }

  /** There is nothing between us. */
  private tell(peer: PeerRef, effects: Effects): void {
    effects.send(peer, { kind: 'treeLeave', group: this.group });
  }

  private heard(from: PeerRef, rttUs: number, nowMs: number): boolean {
    const child = this.links.child(from);
    if (child === undefined) return false;
    child.rttUs = rttUs;
    child.heardMs = nowMs;
    return true;
  }

  /** Room for one child more, or for this one again; not while this peer's own place is about to change. */
  private hasRoom(peer: PeerRef): boolean {
    const { search, path, links, options } = this;
    const isMoving = search !== undefined && (search.phase === 'join' || search.purpose !== 'switch');
    if (isMoving || this.isAbove(peer) || path.length + 1 >= TREE_PATH_MAX) return false;
    return links.children.length < options.childrenMax || links.child(peer) !== undefined;
  }

  private isAbove(peer: PeerRef): boolean {
    return peer === this.self || this.path.some((above) => above.peer === peer);
  }

  private isBelow(path: readonly TreePeer[]): boolean {
    return path.some(({ peer }) => peer === this.self);
  }

  /** A root path that ends with its sender and leaves room for this peer. */
  private isUsable(from: PeerRef, { path }: TreePosition): boolean {
    return path.at(-1)?.peer === from && path.length < TREE_PATH_MAX;
  }

  /** Neighbours of the parent that may become the parent, as `scope` says. */
  private oneHop(): TreePeer[] {
    const grandparent = this.options.scope === 'sibling' ? undefined : this.path.at(-2);
    return this.others([...this.siblings, ...(grandparent === undefined ? [] : [grandparent])]);
  }

  private others(peers: readonly TreePeer[]): TreePeer[] {
    return peers.filter(({ peer }) => peer !== this.self && peer !== this.links.parent && this.links.child(peer) === undefined);
  }

  private sampled(candidates: readonly TreePeer[]): TreePeer[] {
    const different = new Map(this.others(candidates).map((candidate) => [candidate.peer, candidate]));
    return this.random.sample([...different.values()], CANDIDATES_MAX);
  }

  /** In ms: the distance, or with the goal `delay` the delay to the root. */
  private score({ peer, delayUs }: TreePeer): number | undefined {
    const rttMs = this.meter.rttMs(peer);
    if (rttMs === undefined) return undefined;
    return this.options.goal === 'cost' ? rttMs : rttMs + delayUs / 1000;
  }

  private get delayUs(): number {
    const parent = this.path.at(-1);
    return this.role !== 'member' || parent === undefined ? 0 : Math.min(TREE_DELAY_MAX_US, parent.delayUs + this.rttUs(parent.peer));
  }

  private rttUs(peer: PeerRef): number {
    return Math.min(TREE_DELAY_MAX_US, Math.round((this.meter.rttMs(peer) ?? 0) * 1000));
  }

  private seq(): number {
    this.nextSeq = (this.nextSeq + 1) % 2 ** 32;
    return this.nextSeq;
  }

  private timer(step: SwitchTreeTimer['step'], wait = 0): SwitchTreeTimer {
    return { kind: 'switchTree', group: this.group, session: this.session, step, wait };
  }
}

/** A root that has had children outranks one that has not; ranks are drawn below this. */
const RANK_WITH_CHILDREN = 2 ** 32;

/** Refreshes without a word after which a parent or a child counts as gone. */
const SILENT_REFRESHES = 3;

/** Candidates measured in one look for a better parent at most. */
const CANDIDATES_MAX = 8;

/** Remembered peers that an orphan asks, at most, when no ancestor answers. */
const REMEMBERED_TRIES = 4;

/** Peers whose distance is remembered; the one probed longest ago goes first. */
const MEASURED_MAX = 256;
