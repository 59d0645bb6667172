import type { Effects, SwitchTreeTimer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import { TREE_DELAY_MAX_US } from '../core/messages/switch-tree.ts';
import type { ParentSearch, Score } from './parent-search.ts';
import type { RttMeter } from './rtt-meter.ts';

/** What a finder works with. */
export interface FinderParts {
  readonly group: GroupRef;
  readonly session: number;
  /** How long a peer that was asked may take to answer. */
  readonly timeoutMs: number;
  readonly meter: RttMeter;
  readonly score: Score;
  /** The search has found nobody. */
  readonly onFailed: (effects: Effects) => void;
}

/** Carries out one search for a parent at a time: measures, asks, waits, goes on. */
export class ParentFinder {
  /** The search under way. */
  search: ParentSearch | undefined = undefined;
  private readonly parts: FinderParts;
  private wait = 0;
  private lastSeq = 0;

  constructor(parts: FinderParts) {
    this.parts = parts;
  }

  begin(search: ParentSearch, nowMs: number, effects: Effects): void {
    this.search = search;
    this.advance(nowMs, effects);
  }

  stop(): void {
    this.search = undefined;
  }

  /** A number for a question that has not been used lately. */
  seq(): number {
    this.lastSeq = (this.lastSeq + 1) % 2 ** 32;
    return this.lastSeq;
  }

  /** The search, if it waits for this answer. */
  awaiting(phase: 'query' | 'join', from: PeerRef, seq: number): ParentSearch | undefined {
    const { search } = this;
    return search?.phase === phase && search.asked === from && search.seq === seq ? search : undefined;
  }

  /** This peer's place is about to change: it must not promise one below it. */
  get isMoving(): boolean {
    return this.search !== undefined && (this.search.phase === 'join' || this.search.purpose !== 'switch');
  }

  /** The next step: distances first, then the best of those seen. */
  advance(nowMs: number, effects: Effects): void {
    const { search } = this;
    const { group, meter, score, onFailed } = this.parts;
    if (search === undefined) return;
    search.asked = undefined;
    search.probing = search.unmeasured((peer) => meter.rttMs(peer) !== undefined);
    if (search.probing.length > 0) {
      search.phase = 'measure';
      for (const peer of search.probing) meter.probe(peer, nowMs, effects);
      return this.setWait(effects);
    }
    const step = search.next(score);
    if (step === undefined) {
      this.search = undefined;
      return onFailed(effects);
    }
    const seq = this.seq();
    search.phase = step.kind;
    search.asked = step.peer;
    search.seq = seq;
    if (step.kind === 'query') effects.send(step.peer, { kind: 'treeQuery', group, seq });
    else effects.send(step.peer, { kind: 'treeJoin', group, seq, rttUs: rttUs(meter, step.peer) });
    this.setWait(effects);
  }

  /** A probe has been answered, perhaps the last one that the search waits for. */
  onMeasured(nowMs: number, effects: Effects): void {
    const { search } = this;
    if (search?.phase === 'measure' && !search.probing.some((peer) => this.parts.meter.isWaiting(peer))) this.advance(nowMs, effects);
  }

  onTimer(timer: SwitchTreeTimer, nowMs: number, effects: Effects): void {
    if (timer.wait === this.wait) this.giveUp(nowMs, effects);
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.search?.asked === peer) this.giveUp(nowMs, effects);
  }

  /** Who was asked does not answer, or some who were probed do not. */
  private giveUp(nowMs: number, effects: Effects): void {
    const { search } = this;
    if (search?.asked !== undefined) search.spend(search.asked);
    this.advance(nowMs, effects);
  }

  private setWait(effects: Effects): void {
    const { group, session, timeoutMs } = this.parts;
    this.wait++;
    effects.setTimer({ kind: 'switchTree', group, session, step: 'search', wait: this.wait }, timeoutMs);
  }
}

/** The distance as messages tell it; 0 while it is not known. */
export function rttUs(meter: RttMeter, peer: PeerRef): number {
  return Math.min(TREE_DELAY_MAX_US, Math.round((meter.rttMs(peer) ?? 0) * 1000));
}
