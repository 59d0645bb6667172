import type { CatchUpTimer, Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Digest, DigestEntry } from '../core/messages.ts';
import { type CatchUp, type CatchUpContext, WAITING_MAX, answerNewcomer } from './catch-up.ts';

/** Neighbours asked, the silent ones included. */
const SOURCES_MAX = 4;

/** Requests to one neighbour at most: with 256 messages for each, 16 384 messages. */
const PARTS_MAX = 64;

/**
 * `since: 'history'`: the newcomer asks its first neighbours, one after the other, for
 * what they keep and it lacks, part by part. What comes is given on by nobody, since
 * all others have had it.
 *
 * Each answer names the lowest number of each origin that is kept there. When all
 * neighbours that there are at first have answered, what is older than the lowest of
 * these can be had of none of them, and in an order is given up at once, with a `lost`
 * event for an origin. Without an order nothing is said: repair may still bring it
 * from others. Neighbours that come later are asked too.
 */
export class FetchHistory implements CatchUp {
  private readonly context: CatchUpContext;
  /** The neighbour whose answer is waited for. */
  private asked: PeerRef | undefined = undefined;
  private attempt = 0;
  private parts = 0;
  private readonly tried = new Set<PeerRef>();
  /** The lowest number kept anywhere, of each origin. */
  private readonly oldest = new Map<PeerRef, DigestEntry>();
  /** The first neighbours have answered. */
  private done = false;
  /** Who asked meanwhile where to start. */
  private readonly waiting = new Set<PeerRef>();

  constructor(context: CatchUpContext) {
    this.context = context;
  }

  start(effects: Effects): void {
    this.askNext(effects);
  }

  onNeighbourUp(effects: Effects): void {
    if (this.asked === undefined) this.askNext(effects);
  }

  onNeighbourDown(peer: PeerRef, effects: Effects): void {
    this.waiting.delete(peer);
    if (this.asked === peer) this.askNext(effects);
  }

  onDigest(from: PeerRef, digest: Digest, effects: Effects): void {
    switch (digest.mode) {
      case 'state':
        if (!this.done && this.waiting.size < WAITING_MAX) this.waiting.add(from);
        if (this.done) answerNewcomer(this.context.log, from, digest, effects);
        return;
      case 'history':
        return answerNewcomer(this.context.log, from, digest, effects);
      case 'historyPart':
      case 'historyEnd':
        if (this.asked === from) this.onAnswer(from, digest, effects);
        return;
      default:
    }
  }

  onTimer(timer: CatchUpTimer, effects: Effects): void {
    if (this.asked !== undefined && timer.attempt === this.attempt) this.askNext(effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peers of [this.tried, this.waiting, this.oldest.keys()]) for (const peer of peers) visit(peer);
  }

  private onAnswer(from: PeerRef, { mode, entries }: Digest, effects: Effects): void {
    if (!this.done) for (const entry of entries) {
      const known = this.oldest.get(entry.origin);
      const isOlder = known === undefined || entry.epoch > known.epoch || (entry.epoch === known.epoch && entry.next < known.next);
      if (isOlder) this.oldest.set(entry.origin, entry);
    }
    if (mode === 'historyPart' && ++this.parts < PARTS_MAX) this.ask(from, effects);
    else this.askNext(effects);
  }

  /** Asks the first neighbour that was not asked yet; where there is none, that was all. */
  private askNext(effects: Effects): void {
    const { self, neighbours } = this.context;
    this.asked = undefined;
    const next = this.tried.size >= SOURCES_MAX ? undefined : neighbours.find((peer) => peer !== self && !this.tried.has(peer));
    if (next === undefined) return this.finish(effects);
    this.tried.add(next);
    this.parts = 0;
    this.ask(next, effects);
  }

  private ask(to: PeerRef, effects: Effects): void {
    const { log, session, timeoutMs } = this.context;
    this.asked = to;
    effects.send(to, { kind: 'digest', group: log.group, mode: 'history', entries: log.digest() });
    effects.setTimer({ kind: 'catchUp', group: log.group, session, attempt: ++this.attempt }, timeoutMs);
  }

  private finish(effects: Effects): void {
    const { self, log } = this.context;
    if (this.done || this.tried.size === 0) return;
    this.done = true;
    this.oldest.delete(self);
    log.giveUpOlder([...this.oldest.values()], effects);
    this.oldest.clear();
    effects.emit({ kind: 'caughtUp', group: log.group });
    for (const peer of this.waiting) answerNewcomer(log, peer, { mode: 'state', entries: [] }, effects);
    this.waiting.clear();
  }
}
