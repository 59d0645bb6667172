import type { SwitchTreeOptions } from '../core/config.ts';
import type { Effects, SwitchTreeTimer, Timer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Message, TreeInfo, TreeJoin, TreeJoinReply, TreePath, TreePeer, TreePosition, TreeRoot } from '../core/messages.ts';
import { TREE_DELAY_MAX_US, TREE_PATH_MAX } from '../core/messages/switch-tree.ts';
import type { NeighbourListener, TreeOverlay } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { KnownPeers } from './known-peers.ts';
import { ParentFinder, rttUs } from './parent-finder.ts';
import { ParentSearch, type SearchPurpose } from './parent-search.ts';
import { RttMeter } from './rtt-meter.ts';
import { SwitchScope } from './switch-scope.ts';
import { TreeLinks } from './tree-links.ts';
import { RANK_WITH_CHILDREN, TreePlace } from './tree-place.ts';

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
 *   finds that somebody remembered, asked in turn, has another root tells the one of
 *   lower rank, which joins the other's tree with all that is below it.
 *
 * Deviations:
 * - HMTP's rendezvous point, which knows the root and merges trees, is replaced by the
 *   two rules above. A newcomer is nobody's foster child while it searches.
 * - The new parent is linked before the old one is left. A better one must be better by
 *   `gainPercent`, by twice that right after a switch, by three times after two, so that
 *   a tree comes to rest even where round trips vary.
 *
 * Guarantees: a peer never has more than `childrenMax` children. While nothing fails and
 * no message is lost, the links make one tree, and every switch lowers what `goal` says
 * of the peer that switches, as far as round trips were measured right. After failures,
 * loops and partitions the members come together in one tree, as far as they remember each
 * other. What is on its way while a peer switches or has no parent can miss all below it.
 */
export class SwitchTree implements TreeOverlay {
  readonly neighbours: readonly PeerRef[];
  readonly links: TreeLinks;
  readonly place: TreePlace;
  readonly counters = { switches: 0, refusals: 0, orphaned: 0, loops: 0, merges: 0, founded: 0 };
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: SwitchTreeOptions;
  private readonly random: Random;
  private readonly meter: RttMeter;
  private readonly known: KnownPeers;
  private readonly finder: ParentFinder;
  private readonly scope: SwitchScope;
  private parentHeardMs = 0;
  /** The queries by which this peer looks whether somebody remembered has another root, since the last refresh. */
  private readonly checks = new Set<number>();

  constructor(self: PeerRef, group: GroupRef, session: number, options: SwitchTreeOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random;
    this.meter = new RttMeter(group, MEASURED_MAX);
    this.known = new KnownPeers(self, random.fork('known'));
    this.links = new TreeLinks(listener);
    this.place = new TreePlace(self);
    const onFailed = (effects: Effects): void => (this.place.role === 'orphan' ? this.found(effects) : undefined);
    this.finder = new ParentFinder({ group, session, timeoutMs: options.searchTimeoutMs, meter: this.meter, score: (candidate) => this.score(candidate), onFailed });
    this.scope = new SwitchScope(options, this.place, this.random, (peer) => this.mayBeParent(peer));
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
    else this.finder.begin(new ParentSearch('join', this.random.shuffle(contacts)), nowMs, effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'treeQuery': return this.onTreeQuery(from, message.seq, effects);
      case 'treeInfo': return this.onTreeInfo(from, message, nowMs, effects);
      case 'treeJoin': return this.onTreeJoin(from, message, nowMs, effects);
      case 'treeJoinReply': return this.onTreeJoinReply(from, message, nowMs, effects);
      case 'treeRefresh': return this.onTreeRefresh(from, message.rttUs, nowMs, effects);
      case 'treePath': return this.onTreePath(from, message, nowMs, effects);
      case 'treeLeave': return this.onTreeLeave(from, message.leaving, nowMs, effects);
      case 'treeRoot': return this.onTreeRoot(message, nowMs, effects);
      case 'rttProbe':
      case 'rttReply':
        this.meter.onMessage(from, message, nowMs, effects);
        return this.finder.onMeasured(nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'switchTree') return;
    switch (timer.step) {
      case 'refresh': return this.onRefreshTimer(nowMs, effects);
      case 'switch': return this.onSwitchTimer(nowMs, effects);
      case 'search': return this.finder.onTimer(timer, nowMs, effects);
    }
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.meter.forget(peer);
    this.links.dropChild(peer, nowMs, effects);
    if (peer === this.links.parent) this.loseParent(this.place.path, nowMs, effects);
    else this.finder.onLinkDown(peer, nowMs, effects);
  }

  /** Asks the contact where it stands: one in another tree leads the two together. */
  addContact(peer: PeerRef, _nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.known.addContact(peer);
    if (this.place.role === 'orphan') this.finder.search?.addStart(peer);
    else this.check(peer, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    this.finder.stop();
    this.place.becomeOrphan([]);
    for (const peer of [...this.neighbours]) {
      this.tell(peer, effects, true);
      this.links.dropChild(peer, nowMs, effects);
    }
    this.links.setParent(undefined, nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.neighbours.forEach((peer) => visit(peer));
    for (const { peer } of [...this.place.path, ...this.place.siblings]) visit(peer);
    this.known.eachPeer(visit);
    this.meter.eachPeer(visit);
    this.finder.search?.eachPeer(visit);
  }

  private onTreeQuery(from: PeerRef, seq: number, effects: Effects): void {
    effects.send(from, { kind: 'treeInfo', group: this.group, seq, accepting: this.accepts(from), ...this.position() });
  }

  private onTreeInfo(from: PeerRef, info: TreeInfo, nowMs: number, effects: Effects): void {
    const own = info.path.at(-1);
    if (own !== undefined && own.peer !== from) return;
    const checked = this.checks.delete(info.seq);
    const search = this.finder.awaiting('query', from, info.seq);
    if (checked || search !== undefined) this.known.addTree(info);
    if (checked) this.meet(info, nowMs, effects);
    if (search === undefined) return;
    if (own === undefined || this.place.isBelow(info.path)) search.spend(from);
    else this.learn(search, own, info);
    this.finder.advance(nowMs, effects);
  }

  /** What an answer to a query is worth to a search. */
  private learn(search: ParentSearch, own: TreePeer, info: TreeInfo): void {
    const { purpose } = search;
    const root = info.path[0]?.peer ?? own.peer;
    const isForeign = purpose === 'switch' && root !== this.place.root;
    const isLower = purpose === 'merge' && (info.rank <= this.place.rank || root === this.self);
    if (isForeign || isLower) return search.spend(own.peer);
    const named = info.children.filter(({ peer }) => this.mayBeParent(peer));
    if (search.descends) {
      search.learn(own, info.accepting, named);
      if (purpose === 'join' || purpose === 'merge') search.startAt(root);
      return;
    }
    search.consider(this.scope.sample([...named, ...info.path.slice(-2, -1)]));
    if (!info.accepting) search.spend(own.peer);
  }

  /** A child is taken by who has a place in the tree and room for one; never one that is above. */
  private onTreeJoin(from: PeerRef, { seq, rttUs: roundTripUs }: TreeJoin, nowMs: number, effects: Effects): void {
    const accepted = this.accepts(from);
    if (accepted && this.links.child(from) === undefined) {
      this.links.addChild(from, roundTripUs, nowMs, effects);
      this.known.add(from);
      this.place.rise();
    }
    if (accepted) this.links.heard(from, roundTripUs, nowMs);
    const position = accepted ? this.position() : { rank: this.place.rank, path: [], children: [] };
    effects.send(from, { kind: 'treeJoinReply', group: this.group, seq, accepted, ...position });
  }

  private onTreeJoinReply(from: PeerRef, reply: TreeJoinReply, nowMs: number, effects: Effects): void {
    const search = this.finder.awaiting('join', from, reply.seq);
    const { place, links } = this;
    const usable = reply.accepted && place.isUsable(from, reply.path) && !place.isBelow(reply.path) && links.child(from) === undefined;
    // A place that is not wanted, or no longer, is given back.
    if (reply.accepted && !(usable && search !== undefined) && from !== links.parent) this.tell(from, effects);
    if (search === undefined) return;
    if (usable) return this.attach(from, reply, search.purpose, nowMs, effects);
    this.counters.refusals++;
    search.spend(from);
    this.finder.advance(nowMs, effects);
  }

  private attach(parent: PeerRef, reply: TreePosition, purpose: SearchPurpose, nowMs: number, effects: Effects): void {
    const old = this.links.parent;
    this.finder.stop();
    this.links.setParent(parent, nowMs, effects);
    if (old !== undefined && old !== parent) this.tell(old, effects);
    if (purpose === 'switch') {
      this.counters.switches++;
      this.scope.switched(nowMs);
    }
    if (purpose === 'merge') this.counters.merges++;
    this.adopt(reply, nowMs);
    this.tellChildren(effects);
  }

  private onTreeRefresh(from: PeerRef, roundTripUs: number, nowMs: number, effects: Effects): void {
    if (!this.links.heard(from, roundTripUs, nowMs)) return this.tell(from, effects);
    effects.send(from, { kind: 'treePath', group: this.group, ...this.position(true) });
  }

  /** HMTP: who is on the root path of its own parent is in a loop. */
  private onTreePath(from: PeerRef, message: TreePath, nowMs: number, effects: Effects): void {
    if (from !== this.links.parent) return this.tell(from, effects);
    const at = message.path.findIndex(({ peer }) => peer === this.self);
    if (at >= 0) this.counters.loops++;
    if (at >= 0 || !this.place.isUsable(from, message.path)) {
      this.tell(from, effects);
      return this.loseParent(message.path.slice(0, Math.max(0, at)), nowMs, effects);
    }
    if (this.adopt(message, nowMs)) this.tellChildren(effects);
  }

  /** A parent that stays in the group but has forgotten this peer is asked first. */
  private onTreeLeave(from: PeerRef, leaving: boolean, nowMs: number, effects: Effects): void {
    this.links.dropChild(from, nowMs, effects);
    if (from === this.links.parent) this.loseParent(this.place.path, nowMs, effects, leaving ? [] : [from]);
  }

  /** Roots join roots of higher rank only, so that roots that do so at the same time make no loop. */
  private onTreeRoot({ root, rank }: Pick<TreeRoot, 'root' | 'rank'>, nowMs: number, effects: Effects): void {
    if (this.place.role !== 'root' || this.finder.search !== undefined || root === this.self || rank <= this.place.rank) return;
    this.finder.begin(new ParentSearch('merge', [root]), nowMs, effects);
  }

  private onRefreshTimer(nowMs: number, effects: Effects): void {
    const { refreshIntervalMs } = this.options;
    effects.setTimer(this.timer('refresh'), refreshIntervalMs);
    const silentMs = nowMs - SILENT_REFRESHES * refreshIntervalMs;
    for (const peer of this.links.silent(silentMs)) {
      this.tell(peer, effects);
      this.links.dropChild(peer, nowMs, effects);
    }
    this.checks.clear();
    const { parent } = this.links;
    if (this.place.role !== 'orphan') for (const peer of this.known.next(parent === undefined ? REMEMBERED_TRIES : 1)) this.check(peer, effects);
    if (parent === undefined) return;
    if (this.parentHeardMs < silentMs) {
      this.tell(parent, effects);
      return this.loseParent(this.place.path, nowMs, effects);
    }
    this.meter.probe(parent, nowMs, effects);
    effects.send(parent, { kind: 'treeRefresh', group: this.group, rttUs: rttUs(this.meter, parent) });
  }

  /** Helder and Jamin: now and then a peer compares its parent with others in reach. */
  private onSwitchTimer(nowMs: number, effects: Effects): void {
    effects.setTimer(this.timer('switch'), this.options.switchIntervalMs);
    const parent = this.place.path.at(-1);
    const present = parent === undefined ? undefined : this.score(parent);
    if (this.place.role !== 'member' || this.finder.search !== undefined || present === undefined) return;
    const search = this.scope.search(present, nowMs);
    if (search !== undefined) this.finder.begin(search, nowMs, effects);
  }

  /** From the grandparent upwards, then whoever is remembered; children of the root ask their elders. */
  private loseParent(path: readonly TreePeer[], nowMs: number, effects: Effects, first: readonly PeerRef[] = []): void {
    const { links, place } = this;
    const { parent } = links;
    const { elders } = place;
    const isOther = (peer: PeerRef): boolean => peer !== parent && this.mayBeParent(peer);
    const above = path.filter(({ peer }) => isOther(peer));
    const ancestors = above.map(({ peer }) => peer).reverse();
    const others = ancestors.length === 0 && elders !== undefined ? elders : [...ancestors, ...this.known.sample(REMEMBERED_TRIES)];
    this.counters.orphaned++;
    links.setParent(undefined, nowMs, effects);
    place.becomeOrphan(above);
    this.finder.begin(new ParentSearch('recover', [...first, ...others.filter(isOther)]), nowMs, effects);
  }

  /** Becomes the root of a tree: of all that is below. */
  private found(effects: Effects): void {
    this.counters.founded++;
    this.place.becomeRoot(this.random.uint32() + (this.links.children.length > 0 ? RANK_WITH_CHILDREN : 0));
    this.tellChildren(effects);
    if (this.neighbours.length === 0 && this.known.size > 0) effects.emit({ kind: 'isolated', group: this.group });
  }

  /** Two trees have met: the root of lower rank is told, if this peer is not it. */
  private meet(info: TreeInfo, nowMs: number, effects: Effects): void {
    const theirs = info.path[0]?.peer;
    const { root: ours, rank } = this.place;
    if (theirs === undefined || ours === undefined || theirs === ours) return;
    if (info.rank < rank) effects.send(theirs, { kind: 'treeRoot', group: this.group, root: ours, rank });
    else if (info.rank > rank && ours !== this.self) effects.send(ours, { kind: 'treeRoot', group: this.group, root: theirs, rank: info.rank });
    else this.onTreeRoot({ root: theirs, rank: info.rank }, nowMs, effects);
  }

  private check(peer: PeerRef, effects: Effects): void {
    if (this.checks.size >= CHECKS_MAX) return;
    const seq = this.finder.seq();
    this.checks.add(seq);
    effects.sendUnreliable(peer, { kind: 'treeQuery', group: this.group, seq });
  }

  private adopt(position: TreePosition, nowMs: number): boolean {
    this.parentHeardMs = nowMs;
    this.known.addTree(position);
    return this.place.adopt(position);
  }

  /** An orphan is in no tree; its children are told of what was above it, for them to go there when it fails too. */
  private position(toChild = false): TreePosition {
    const { path: above, rank, role } = this.place;
    const path = role === 'orphan' && !toChild ? [] : [...above, { peer: this.self, delayUs: this.delayUs }];
    const children = this.links.children.map(({ peer, rttUs }) => ({ peer, delayUs: Math.min(TREE_DELAY_MAX_US, this.delayUs + rttUs) }));
    return { rank, path, children };
  }

  private tellChildren(effects: Effects): void {
    if (this.links.children.length === 0) return;
    const message: Message = { kind: 'treePath', group: this.group, ...this.position(true) };
    for (const { peer } of this.links.children) effects.send(peer, message);
  }

  /** There is nothing between us. */
  private tell(peer: PeerRef, effects: Effects, leaving = false): void {
    effects.send(peer, { kind: 'treeLeave', group: this.group, leaving });
  }

  /** Takes one child more, or this one again: with a place in the tree, and not while that is about to change. */
  private accepts(peer: PeerRef): boolean {
    const { finder, place, links, options } = this;
    if (place.role === 'orphan' || finder.isMoving || place.isAbove(peer) || place.path.length + 1 >= TREE_PATH_MAX) return false;
    return links.children.length < options.childrenMax || links.child(peer) !== undefined;
  }

  private mayBeParent(peer: PeerRef): boolean {
    return peer !== this.self && peer !== this.links.parent && this.links.child(peer) === undefined;
  }

  /** In ms: the distance, or with the goal `delay` the delay to the root. */
  private score({ peer, delayUs }: TreePeer): number | undefined {
    const rttMs = this.meter.rttMs(peer);
    if (rttMs === undefined) return undefined;
    return this.options.goal === 'cost' ? rttMs : rttMs + delayUs / 1000;
  }

  private get delayUs(): number {
    const { path, role } = this.place;
    const parent = path.at(-1);
    return role !== 'member' || parent === undefined ? 0 : Math.min(TREE_DELAY_MAX_US, parent.delayUs + rttUs(this.meter, parent.peer));
  }

  private timer(step: 'refresh' | 'switch'): SwitchTreeTimer {
    return { kind: 'switchTree', group: this.group, session: this.session, step, wait: 0 };
  }
}

/** Refreshes without a word after which a parent or a child counts as gone. */
const SILENT_REFRESHES = 3;

/** Remembered peers that an orphan asks, at most, when no ancestor answers, and a root at each refresh; questions for another root between two refreshes. */
const REMEMBERED_TRIES = 4;
const CHECKS_MAX = 16;

/** Peers whose distance is remembered; the one probed longest ago goes first. */
const MEASURED_MAX = 256;
