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
 * - Messages of peers that are not neighbours are taken but do not change the tree:
 *   the overlay alone decides who is a neighbour.
 *
 * Guarantees: while the overlay is connected and links are reliable, every peer gets
 * every message that is still in a neighbour's history; in a stable overlay the
 * eager links become a tree, and each peer receives each payload once.
 */
export class Plumtree implements Dissemination {
  readonly ignoresDuplicates = false;
  private readonly self: PeerRef;
  private readonly session: number;
  private readonly options: PlumtreeOptions;
  private readonly log: MessageLog;
  private readonly trees: PlumtreeTrees;
  /** Announced, not yet arrived; made when needed. */
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

  publish(message: DataMessage, _nowMs: number, effects: Effects): number {
    return this.push(message, this.self, effects);
  }

  onMessage(from: PeerRef, message: Message, _nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data': return this.onData(from, message, effects);
      case 'iHave': return this.onIHave(from, message, effects);
      case 'graft': return this.onGraft(from, message, effects);
      case 'prune': return this.onPrune(from, message);
      default: return;
    }
  }

  onTimer(timer: Timer, _nowMs: number, effects: Effects): void {
    if (timer.kind === 'graft') this.onGraftTimer(timer, effects);
    else if (timer.kind === 'iHave') this.onIHaveTimer(effects);
  }

  /** Section 3.6: a new neighbour is eager at first. */
  onNeighbourUp(peer: PeerRef): void {
    this.trees.add(peer);
  }

  onNeighbourDown(peer: PeerRef): void {
    this.trees.delete(peer);
    this.missing?.forget(peer);
  }

  /** The links that carry payloads of `source` eagerly (of everyone, in the shared tree). */
  eager(source: PeerRef): readonly PeerRef[] {
    return this.trees.peek(source).eager;
  }

  /** The links that carry announcements. */
  lazy(source: PeerRef): readonly PeerRef[] {
    return this.trees.peek(source).lazy;
  }

  /** Announcements dropped because too many messages were awaited. */
  get missingDropped(): number {
    return this.missing?.dropped ?? 0;
  }

  private onData(from: PeerRef, message: DataMessage, effects: Effects): void {
    if (!this.log.accept(message, from, effects)) {
      if (!message.repair && this.log.has(message)) this.prune(from, message.origin, effects);
      return;
    }
    const announcements = this.missing?.take(message);
    if (message.repair) return;
    this.trees.makeEager(message.origin, from);
    this.push(message, from, effects);
    if (announcements !== undefined) this.optimize(message, from, announcements, effects);
  }

  private onIHave(from: PeerRef, iHave: IHave, effects: Effects): void {
    for (const announcement of iHave.announcements) {
      if (this.log.has(announcement)) continue;
      this.missing ??= new MissingMessages(this.options.missingMax);
      if (this.missing.add(announcement, from)) this.setGraftTimer(announcement, this.options.graftTimeoutMs, effects);
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
    const announcer = this.missing?.nextAnnouncer(timer);
    if (announcer === undefined) return;
    this.setGraftTimer(timer, this.options.graftRetryMs, effects);
    this.trees.makeEager(timer.origin, announcer);
    const { origin, epoch, seq } = timer;
    effects.send(announcer, { kind: 'graft', group: this.log.group, ...this.treeOf(origin), id: { origin, epoch, seq } });
  }

  private onIHaveTimer(effects: Effects): void {
    const queue = this.lazyQueue ?? [];
    this.lazyQueue = undefined;
    const byPeer = new Map<PeerRef, Announcement[]>();
    for (const { announcement, to } of queue) {
      for (const peer of to) {
        const announcements = byPeer.get(peer);
        if (announcements === undefined) byPeer.set(peer, [announcement]);
        else announcements.push(announcement);
      }
    }
    for (const [peer, announcements] of byPeer) if (this.trees.has(peer)) this.announce(announcements, peer, effects);
  }

  private announce(announcements: readonly Announcement[], peer: PeerRef, effects: Effects): void {
    for (let i = 0; i < announcements.length; i += this.options.iHaveBatchMax) {
      const batch = announcements.slice(i, i + this.options.iHaveBatchMax);
      effects.send(peer, { kind: 'iHave', group: this.log.group, announcements: batch });
    }
  }

  private push(message: DataMessage, from: PeerRef, effects: Effects): number {
    const copy = nextHop(message);
    const { eager, lazy } = this.trees.of(message.origin);
    let sent = 0;
    for (const peer of eager) {
      if (peer === from) continue;
      effects.send(peer, copy);
      sent++;
    }
    // The sender is not among them: it has just been made eager.
    if (lazy.length > 0) this.queueAnnouncement(copy, lazy, effects);
    return sent;
  }

  /** A link that turns eager before the timer still gets the announcement: it did not get the payload. */
  private queueAnnouncement(copy: DataMessage, to: readonly PeerRef[], effects: Effects): void {
    const { origin, epoch, seq, hops } = copy;
    const queue = (this.lazyQueue ??= []);
    queue.push({ announcement: { origin, epoch, seq, hops }, to });
    if (queue.length === 1) {
      effects.setTimer({ kind: 'iHave', group: this.log.group, session: this.session }, this.options.iHaveDelayMs);
    } else if (queue.length >= LAZY_QUEUE_MAX) {
      this.onIHaveTimer(effects);
    }
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

/** Announcements queued before they are sent without waiting for the timer. */
const LAZY_QUEUE_MAX = 1024;

const SHARED: { readonly tree?: PeerRef } = {};

interface Queued {
  readonly announcement: Announcement;
  readonly to: readonly PeerRef[];
}

interface Announced {
  readonly peer: PeerRef;
  readonly hops: number;
}
