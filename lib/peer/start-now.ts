import type { CatchUpTimer, Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Digest, DigestEntry } from '../core/messages.ts';
import { type CatchUp, type CatchUpContext, WAITING_MAX, answerNewcomer } from './catch-up.ts';

/** Neighbours asked in vain before the newcomer starts with what it has. */
const TRIES_MAX = 4;

/** When every neighbour is a newcomer too, they wait this part of the timeout for others. */
const GRACE_SHARE = 1 / 4;

/**
 * `since: 'now'`: the newcomer asks a neighbour how far its application is, and starts
 * there: from then on it gets what that neighbour gets.
 *
 * It asks the next neighbour when the one asked is gone, does not answer in time, or is
 * a newcomer that waits for an answer itself. Where all neighbours are such, as in a
 * group that has just begun, nobody knows anything and nothing is left out: what was
 * published before is owed too, and in an order reported as lost when nobody brings it.
 * Who is asked while it waits asks back, so that newcomers find out soon that they are
 * among themselves, and answers when it knows.
 *
 * On links that do not keep order, what the neighbour passes on just before it answers
 * may come after the answer; then it counts as older and is not delivered.
 */
export class StartNow implements CatchUp {
  private readonly context: CatchUpContext;
  private done = false;
  /** The neighbour whose answer is waited for. */
  private asked: PeerRef | undefined = undefined;
  private attempt = 0;
  private tries = 0;
  /** Everyone asked; only these are believed. */
  private readonly tried = new Set<PeerRef>();
  /** Who asked this peer meanwhile, and what. */
  private readonly waiting = new Map<PeerRef, 'state' | 'history'>();

  constructor(context: CatchUpContext) {
    this.context = context;
  }

  start(effects: Effects): void {
    this.ask(effects);
  }

  onNeighbourUp(effects: Effects): void {
    if (!this.done && this.asked === undefined) this.ask(effects);
  }

  onNeighbourDown(peer: PeerRef, effects: Effects): void {
    if (this.done) return;
    this.tried.delete(peer);
    this.waiting.delete(peer);
    if (this.asked === peer) this.ask(effects);
  }

  onDigest(from: PeerRef, digest: Digest, effects: Effects): void {
    const { mode } = digest;
    if (mode === 'stateReply' && !this.done && this.tried.has(from)) return this.finish(digest.entries, effects);
    if (mode !== 'state' && mode !== 'history') return;
    if (this.done) return answerNewcomer(this.context.log, from, digest, effects);
    if (this.waiting.size >= WAITING_MAX) return;
    this.waiting.set(from, mode);
    if (mode === 'history') return;
    if (!this.tried.has(from)) this.send(from, effects);
    if (this.asked !== from) return;
    // One that knows nothing itself was no try.
    this.tries--;
    this.ask(effects);
  }

  onTimer(timer: CatchUpTimer, effects: Effects): void {
    if (this.done || timer.attempt !== this.attempt) return;
    const others = this.others();
    if (others.length === 0) return;
    if (!others.some((peer) => this.mayKnow(peer))) return this.finish([], effects);
    if (this.tries >= TRIES_MAX) return this.finish(undefined, effects);
    this.ask(effects, true);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.tried.forEach((peer) => visit(peer));
    for (const peer of this.waiting.keys()) visit(peer);
  }

  /** Asks a neighbour that may know, and was not asked yet, or `again`; where there is none, waits. */
  private ask(effects: Effects, again = false): void {
    const others = this.others();
    const candidates = others.filter((peer) => this.mayKnow(peer));
    this.asked = candidates.find((peer) => !this.tried.has(peer)) ?? (again ? candidates[0] : undefined);
    if (others.length === 0) return;
    if (this.asked === undefined) return this.setTimer(GRACE_SHARE, effects);
    this.tries++;
    this.send(this.asked, effects);
    this.setTimer(1, effects);
  }

  private others(): PeerRef[] {
    return this.context.neighbours.filter((peer) => peer !== this.context.self);
  }

  /** Who asks where to start does not know it. */
  private mayKnow(peer: PeerRef): boolean {
    return this.waiting.get(peer) !== 'state';
  }

  private send(to: PeerRef, effects: Effects): void {
    const { log } = this.context;
    this.tried.add(to);
    effects.send(to, { kind: 'digest', group: log.group, mode: 'state', entries: [] });
  }

  private finish(known: readonly DigestEntry[] | undefined, effects: Effects): void {
    const { self, epoch, log } = this.context;
    this.done = true;
    // What an earlier incarnation of this peer published has a start, too; where this one is, nobody tells it.
    log.startAt(known?.filter((entry) => entry.origin !== self || entry.epoch < epoch), effects);
    effects.emit({ kind: 'caughtUp', group: log.group });
    for (const [peer, mode] of this.waiting) answerNewcomer(log, peer, { mode, entries: [] }, effects);
    this.waiting.clear();
    this.tried.clear();
  }

  private setTimer(share: number, effects: Effects): void {
    const { log, session, timeoutMs } = this.context;
    effects.setTimer({ kind: 'catchUp', group: log.group, session, attempt: ++this.attempt }, timeoutMs * share);
  }
}
