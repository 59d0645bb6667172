import type { Audited } from '../core/audit.ts';
import type { PlumtreeOptions } from '../core/config.ts';
import type { Effects, GraftTimer, Timer } from '../core/effects.ts';
import type { MessageId, PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type Announcement, type DataMessage, type Graft, type IHave, type Message, type Prune, nextHop } from '../core/messages.ts';
import type { Dissemination } from '../core/protocol.ts';
import { MissingMessages } from './missing-messages.ts';
import { PlumtreeTrees } from './plumtree-trees.ts';

/**
 * Plumtree: payloads are pushed eagerly along a spanning tree that is embedded in
 * the links of the overlay; the other links carry announcements (IHAVE) lazily, and
 * a message that was announced but did not arrive is asked for (GRAFT), which mends
 * the tree.
 *
 * J. Leitao, J. Pereira, L. Rodrigues: "Epidemic broadcast trees", SRDS 2007. Tree
 * construction by pruning: section 3.4; repair by grafting: 3.5; neighbours that
 * come and go: 3.6; optimisation: 3.8. What the paper calls round is `hops` here.
 *
 * Deviations:
 * - Announcements are collected for `iHaveDelayMs` and sent together (the paper
 *   leaves the scheduling policy open, section 3.4).
 * - `tree: 'per-source'` keeps eager and lazy sets per publisher (the paper names
 *   the idea in section 3.8); Prune and Graft then name the tree.
 * - While payloads of its publisher keep coming in, and none that was published later
 *   has come before it, an announced message is waited for: the tree is slow then, not
 *   broken, and more payloads would make it slower.
 * - A payload that anti-entropy brought as a repair is not pushed on; the copy that comes
 *   along the tree later is, though it is known here already.
 * - Messages of peers that are not neighbours are taken but do not change the tree:
 *   the overlay alone decides who is a neighbour.
 *
 * Guarantees: while the overlay is connected and links are reliable, every peer gets
 * every message that is still in a neighbour's history; in a stable overlay the
 * eager links become a tree, and each peer receives each payload once. A shared tree forms
 * so while one message travels at a time; floods of several publishers that cross while it
 * forms, or is mended, prune different links of one cycle, and while many go on publishing
 * at once it may never come to rest: `per-source` is for them.
 */
export class Plumtree implements Dissemination {
  readonly ignoresDuplicates = false;
  private readonly self: PeerRef;
  private readonly session: number;
  private readonly options: PlumtreeOptions;
  private readonly log: MessageLog;
  private readonly trees: PlumtreeTrees;
  /** What the tree has not brought; made when needed. */
  private missing: MissingMessages | undefined = undefined;
  /** To be announced at the next IHAVE timer, each to the links that were lazy when it went out. */
  private lazyQueue: Queued[] | undefined = undefined;

  constructor(self: PeerRef, session: number, options: PlumtreeOptions, log: MessageLog) {
    this.self = self;
    this.session = session;
    this.options = options;
    this.log = log;
    this.trees = new PlumtreeTrees(options.tree, options.treesMax);
  }

  start(): void {}

  publish(message: DataMessage, nowMs: number, effects: Effects): number {
    return this.push(message, this.self, nowMs, effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data': return this.onData(from, message, nowMs, effects);
      case 'iHave': return this.onIHave(from, message, effects);
      case 'graft': return this.onGraft(from, message, effects);
      case 'prune': return this.onPrune(from, message);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind === 'graft') this.onGraftTimer(timer, effects);
    else if (timer.kind === 'iHave') this.onIHaveTimer(nowMs, effects);
  }

  /** Section 3.6: a new neighbour is eager at first. */
  onNeighbourUp(peer: PeerRef): void {
    this.trees.add(peer);
  }

  onNeighbourDown(peer: PeerRef): void {
    this.trees.delete(peer);
    this.missing?.forget(peer);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.trees.eachSource(visit);
    this.missing?.eachPeer(visit);
    for (const { announcement, to } of this.lazyQueue ?? []) {
      visit(announcement.origin);
      to.forEach(visit);
    }
  }

  /** The links that carry payloads of `source` eagerly (of everyone, in the shared tree). */
  eager(source: PeerRef): readonly PeerRef[] {
    return this.trees.peek(source).eager;
  }

  /** The links that carry announcements. */
  lazy(source: PeerRef): readonly PeerRef[] {
    return this.trees.peek(source).lazy;
  }

  /** Announced messages that are waited for now. */
  get awaited(): number {
    return this.missing?.awaited ?? 0;
  }

  /** Announcements dropped because too many messages were awaited. */
  get missingDropped(): number {
    return this.missing?.dropped ?? 0;
  }

  get audit(): readonly Audited[] {
    return this.missing?.audit ?? [];
  }

  get unfinished(): Readonly<Record<string, number>> {
    return { 'messages awaited': this.awaited, 'messages to announce': this.lazyQueue?.length ?? 0 };
  }

  /** Trees kept of single publishers. */
  get sourceTrees(): number {
    let trees = 0;
    this.trees.eachSource(() => trees++);
    return trees;
  }

  get counters(): Readonly<Record<string, number>> {
    return { missingDropped: this.missingDropped, treesEvicted: this.trees.evicted };
  }

  private onData(from: PeerRef, message: DataMessage, nowMs: number, effects: Effects): void {
    const isNew = this.log.accept(message, from, effects);
    if (message.repair) {
      if (isNew) this.onRepaired(message);
      return;
    }
    if (!isNew && this.missing?.takeRepaired(message) !== true) {
      if (this.log.has(message)) this.prune(from, message.origin, effects);
      return;
    }
    const announcements = this.missing?.take(message);
    this.trees.makeEager(message.origin, from);
    this.push(message, from, nowMs, effects);
    if (announcements !== undefined) this.optimize(message, from, announcements, effects);
  }

  /** A repair may overtake the copy that the tree brings, which must then still be passed on, and prunes nothing. */
  private onRepaired(message: DataMessage): void {
    this.missing ??= new MissingMessages(this.options.missingMax);
    this.missing.addRepaired(message);
  }

  private onIHave(from: PeerRef, iHave: IHave, effects: Effects): void {
    for (const announcement of iHave.announcements) {
      if (this.log.has(announcement)) continue;
      this.missing ??= new MissingMessages(this.options.missingMax);
      // Who is no neighbour cannot be asked for it.
      if (!this.trees.has(from)) this.missing.dropped++;
      else if (this.missing.add(announcement, from, this.log.highest(announcement))) this.setGraftTimer(announcement, this.options.graftTimeoutMs, effects);
    }
  }

  private onGraft(from: PeerRef, graft: Graft, effects: Effects): void {
    this.trees.makeEager(graft.tree ?? graft.id?.origin ?? this.self, from);
    const message = graft.id === undefined ? undefined : this.log.find(graft.id);
    if (message !== undefined) effects.send(from, nextHop(message));
  }

  private onPrune(from: PeerRef, prune: Prune): void {
    this.trees.makeLazy(prune.tree ?? this.self, from);
  }

  /** Section 3.5: asks the next announcer, until the message arrives or nobody is left to ask. */
  private onGraftTimer(timer: GraftTimer, effects: Effects): void {
    const highest = this.log.highest(timer);
    if (highest < timer.seq && this.missing?.progressed(timer, highest) === true) {
      return this.setGraftTimer(timer, this.options.graftTimeoutMs, effects);
    }
    const announcer = this.missing?.nextAnnouncer(timer);
    if (announcer === undefined) return;
    this.setGraftTimer(timer, this.options.graftRetryMs, effects);
    this.trees.makeEager(timer.origin, announcer);
    const { origin, epoch, seq } = timer;
    effects.send(announcer, { kind: 'graft', group: this.log.group, ...this.treeOf(origin), id: { origin, epoch, seq } });
  }

  private onIHaveTimer(nowMs: number, effects: Effects): void {
    const queue = this.lazyQueue ?? [];
    // Clocks round: a timer may come a little early.
    const isDue = ({ dueMs }: Queued): boolean => dueMs <= nowMs + 1;
    const later = queue.filter((queued) => !isDue(queued));
    this.lazyQueue = later.length === 0 ? undefined : later;
    this.announceAll(later.length === 0 ? queue : queue.filter(isDue), effects);
  }

  private announceAll(queue: readonly Queued[], effects: Effects): void {
    const [first] = queue;
    if (first === undefined) return;
    // While a tree rests all go to the same peers: one message then serves them all.
    if (queue.every(({ to }) => sameList(to, first.to))) {
      return this.announce(queue.map(({ announcement }) => announcement), first.to, effects);
    }
    const byPeer = new Map<PeerRef, Announcement[]>();
    for (const { announcement, to } of queue) {
      for (const peer of to) {
        const announcements = byPeer.get(peer);
        if (announcements === undefined) byPeer.set(peer, [announcement]);
        else announcements.push(announcement);
      }
    }
    for (const [peer, announcements] of byPeer) this.announce(announcements, [peer], effects);
  }

  private announce(announcements: readonly Announcement[], to: readonly PeerRef[], effects: Effects): void {
    for (let i = 0; i < announcements.length; i += this.options.iHaveBatchMax) {
      const batch: IHave = { kind: 'iHave', group: this.log.group, announcements: announcements.slice(i, i + this.options.iHaveBatchMax) };
      for (const peer of to) if (this.trees.has(peer)) effects.send(peer, batch);
    }
  }

  private push(message: DataMessage, from: PeerRef, nowMs: number, effects: Effects): number {
    const copy = nextHop(message);
    const { eager, lazy } = this.trees.of(message.origin);
    let sent = 0;
    for (const peer of eager) {
      if (peer === from) continue;
      effects.send(peer, copy);
      sent++;
    }
    // The sender is not among them: it has just been made eager.
    if (lazy.length > 0) this.queueAnnouncement(copy, lazy, nowMs, effects);
    return sent;
  }

  /**
   * A link that turns eager before the timer still gets the announcement: it did not get the payload.
   * A large message is announced later by the time that it takes to cross a link: announced
   * at once, it would be asked for while it is still on its way.
   */
  private queueAnnouncement(copy: DataMessage, to: readonly PeerRef[], nowMs: number, effects: Effects): void {
    const { origin, epoch, seq, hops, payload } = copy;
    const { iHaveDelayMs, iHaveBytesPerMs } = this.options;
    const crossingMs = Math.floor(payload.length / iHaveBytesPerMs);
    const queue = (this.lazyQueue ??= []);
    // One timer for all small messages, one for each large one.
    if (crossingMs > 0 || queue.every(({ dueMs }) => dueMs > 0)) this.setIHaveTimer(iHaveDelayMs + crossingMs, effects);
    queue.push({ announcement: { origin, epoch, seq, hops }, to, dueMs: crossingMs === 0 ? 0 : nowMs + iHaveDelayMs + crossingMs });
    if (queue.length < LAZY_QUEUE_MAX) return;
    this.lazyQueue = undefined;
    this.announceAll(queue, effects);
  }

  private setIHaveTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'iHave', group: this.log.group, session: this.session }, afterMs);
  }

  /** Section 3.4: a payload that was here already makes its link lazy at both ends. */
  private prune(peer: PeerRef, source: PeerRef, effects: Effects): void {
    this.trees.makeLazy(source, peer);
    effects.send(peer, { kind: 'prune', group: this.log.group, ...this.treeOf(source) });
  }

  /** Section 3.8: a lazy link that is clearly shorter takes the place of the eager one. */
  private optimize(message: DataMessage, from: PeerRef, announcements: readonly Announced[], effects: Effects): void {
    const threshold = this.options.optimizationThreshold;
    if (threshold === 0) return;
    const { lazy } = this.trees.peek(message.origin);
    const shorter = announcements.find(({ hops, peer }) => lazy.includes(peer) && message.hops - hops >= threshold);
    if (shorter === undefined) return;
    this.trees.makeEager(message.origin, shorter.peer);
    effects.send(shorter.peer, { kind: 'graft', group: this.log.group, ...this.treeOf(message.origin) });
    this.prune(from, message.origin, effects);
  }

  private setGraftTimer(id: MessageId, afterMs: number, effects: Effects): void {
    const { origin, epoch, seq } = id;
    effects.setTimer({ kind: 'graft', group: this.log.group, session: this.session, origin, epoch, seq }, afterMs);
  }

  private treeOf(source: PeerRef): { readonly tree?: PeerRef } {
    return this.options.tree === 'shared' ? SHARED : { tree: source };
  }
}

function sameList(x: readonly PeerRef[], y: readonly PeerRef[]): boolean {
  return x === y || (x.length === y.length && x.every((peer, i) => peer === y[i]));
}

/** Announcements queued before they are sent without waiting for the timer. */
const LAZY_QUEUE_MAX = 1024;

const SHARED: { readonly tree?: PeerRef } = {};

interface Queued {
  readonly announcement: Announcement;
  readonly to: readonly PeerRef[];
  /** When a large message is to be announced at the earliest; 0: with the next. */
  readonly dueMs: number;
}

interface Announced {
  readonly peer: PeerRef;
  readonly hops: number;
}
