import type { PeerRef } from '../core/ids.ts';
import type { TreePeer } from '../core/messages.ts';

/** Why a parent is looked for. */
export type SearchPurpose =
  /** A newcomer's: from the root downwards. */
  | 'join'
  /** The parent is gone: from the next ancestor that lives downwards. */
  | 'recover'
  /** A root that has met a root of higher rank. */
  | 'merge'
  /** A better parent. */
  | 'switch';

/** How good a candidate would be, less is better; `undefined` while its distance is not known. */
export type Score = (candidate: TreePeer) => number | undefined;

/** What is to be done next. */
export interface SearchStep {
  readonly kind: 'query' | 'join';
  readonly peer: PeerRef;
}

/** Queries and joins in one search at most. */
const STEPS_MAX = 64;

interface Candidate extends TreePeer {
  /** `new`: not asked. `open`: would take a child. `spent`: would not, or does not answer. */
  state: 'new' | 'open' | 'spent';
  /** It was probed in this search. */
  probed: boolean;
}

/**
 * One search for a parent: who was seen, who would take a child, who is asked. Sends
 * nothing itself.
 *
 * A search that descends (HMTP, section on joining) goes from a peer to the best of its
 * children until the peer itself is better than all of them; where that one is full,
 * the best child that is not too, and when there is no way down, back up to the best of
 * all seen. One that does not descend asks the best of the candidates that it was given.
 */
export class ParentSearch {
  readonly purpose: SearchPurpose;
  /** A parent must score less than this. */
  readonly bar: number;
  readonly descends: boolean;
  phase: 'query' | 'measure' | 'join' = 'query';
  /** Whose answer is waited for in the phases `query` and `join`, and its number. */
  asked: PeerRef | undefined = undefined;
  seq = 0;
  /** Whose round trips are waited for in the phase `measure`. */
  probing: readonly PeerRef[] = [];
  private readonly starts: PeerRef[];
  private first: PeerRef | undefined = undefined;
  private readonly seen = new Map<PeerRef, Candidate>();
  /** The peer that answered last, and its children: what a descent compares. */
  private here: readonly Candidate[] = [];
  private steps = 0;

  /** @param starts whom to ask first; each further one when those before it lead nowhere. */
  constructor(purpose: SearchPurpose, starts: readonly PeerRef[], { bar = Infinity, descends = true } = {}) {
    this.purpose = purpose;
    this.starts = [...starts];
    this.bar = bar;
    this.descends = descends;
  }

  /** Asks this one next, whoever was seen, if it has not been asked. */
  startAt(peer: PeerRef): void {
    if (!this.seen.has(peer)) this.first = peer;
  }

  /** Asks this one when nobody else is left. */
  addStart(peer: PeerRef): void {
    this.starts.push(peer);
  }

  /** The peer asked has answered: it would take a child or not, and these could be asked from here. */
  learn(peer: TreePeer, accepting: boolean, others: readonly TreePeer[]): void {
    const self = this.candidate(peer);
    self.state = accepting ? 'open' : 'spent';
    this.here = [self, ...others.map((other) => this.candidate(other))];
  }

  /** These are what the search is about, wherever they were heard of. */
  consider(candidates: readonly TreePeer[]): void {
    this.here = candidates.map((candidate) => this.candidate(candidate));
  }

  /** The peer would not, or does not answer. */
  spend(peer: PeerRef): void {
    const candidate = this.seen.get(peer);
    if (candidate === undefined) this.seen.set(peer, { peer, delayUs: 0, state: 'spent', probed: true });
    else candidate.state = 'spent';
  }

  /** Candidates to be probed before the next step; each is named once. */
  unmeasured(isKnown: (peer: PeerRef) => boolean): PeerRef[] {
    if (this.first !== undefined) return [];
    const options = this.options().filter(({ peer, probed }) => !probed && !(this.descends && isKnown(peer)));
    for (const candidate of options) candidate.probed = true;
    return options.map(({ peer }) => peer);
  }

  /** What to do next; `undefined`: the search has found nobody. */
  next(score: Score): SearchStep | undefined {
    if (++this.steps > STEPS_MAX) return undefined;
    const { first } = this;
    this.first = undefined;
    if (first !== undefined) return { kind: 'query', peer: first };
    if (this.purpose === 'switch' && this.seen.size > 0) return this.nextBetter(score);
    const best = this.best(this.options(), score) ?? this.best([...this.seen.values()], score);
    if (best !== undefined) return { kind: best.state === 'open' ? 'join' : 'query', peer: best.peer };
    const start = this.starts.shift();
    if (start === undefined) return undefined;
    return this.seen.has(start) ? this.next(score) : { kind: 'query', peer: start };
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peer of [...this.starts, ...this.seen.keys(), ...this.probing]) visit(peer);
    if (this.asked !== undefined) visit(this.asked);
  }

  /** Who keeps a parent that is good enough goes on only to better ones. */
  private nextBetter(score: Score): SearchStep | undefined {
    const best = this.best(this.options(), score);
    if (best === undefined) return undefined;
    if (this.descends && best.state === 'new') return { kind: 'query', peer: best.peer };
    return (score(best) ?? Infinity) < this.bar ? { kind: 'join', peer: best.peer } : undefined;
  }

  /** Here, and whoever would take a child. */
  private options(): Candidate[] {
    return [...this.seen.values()].filter((candidate) => candidate.state === 'open' || (candidate.state === 'new' && this.here.includes(candidate)));
  }

  /** One without a distance is worse than all others; the one seen first among equals. */
  private best(candidates: readonly Candidate[], score: Score): Candidate | undefined {
    let best: Candidate | undefined;
    let least = Infinity;
    for (const candidate of candidates) {
      if (candidate.state === 'spent') continue;
      const scored = score(candidate) ?? Number.MAX_VALUE;
      if (scored < least) [best, least] = [candidate, scored];
    }
    return best;
  }

  private candidate({ peer, delayUs }: TreePeer): Candidate {
    const seen = this.seen.get(peer);
    const candidate: Candidate = { peer, delayUs, state: seen?.state ?? 'new', probed: seen?.probed ?? false };
    this.seen.set(peer, candidate);
    return candidate;
  }
}
