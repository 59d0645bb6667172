import type { SwitchTreeOptions } from '../core/config.ts';
import type { PeerRef } from '../core/ids.ts';
import type { TreePeer } from '../core/messages.ts';
import type { Random } from '../core/random.ts';
import { ParentSearch } from './parent-search.ts';
import type { TreePlace } from './tree-place.ts';

/** Candidates measured in one look for a better parent at most. */
const CANDIDATES_MAX = 8;

/** After each such time without a switch one less counts against the next, in ms. A guess. */
const REST_MS = 60_000;

/**
 * Who may become a peer's new parent (Helder and Jamin's switch-sibling, switch-1hop,
 * switch-2hop and switch-any), and how much better it must be.
 */
export class SwitchScope {
  private readonly scope: SwitchTreeOptions['scope'];
  private readonly gainPercent: number;
  private readonly place: TreePlace;
  private readonly random: Random;
  private readonly mayBeParent: (peer: PeerRef) => boolean;
  /** Switches when the last one was made, and that moment. */
  private switches = 0;
  private switchedMs = 0;

  /** @param mayBeParent false for the peer itself, its parent and its children. */
  constructor({ scope, gainPercent }: SwitchTreeOptions, place: TreePlace, random: Random, mayBeParent: (peer: PeerRef) => boolean) {
    this.scope = scope;
    this.gainPercent = gainPercent;
    this.place = place;
    this.random = random;
    this.mayBeParent = mayBeParent;
  }

  /**
   * A look for a parent that is better than the present one, which scores `present`, by
   * enough; `undefined` when there is nobody to look at. Two hops are seen through one of
   * the first, a random one each time; `any` joins anew from a random peer of the root
   * path, as HMTP does.
   */
  search(present: number, nowMs: number): ParentSearch | undefined {
    const gainPercent = Math.min(100, this.gainPercent * (1 + this.switchesLately(nowMs)));
    const bar = (present * (100 - gainPercent)) / 100;
    const via = this.random.pick(this.scope === 'any' ? this.place.path : this.oneHop());
    if (via === undefined) return undefined;
    if (this.scope === 'any') return new ParentSearch('switch', [via.peer], { bar });
    if (this.scope === '2-hop') return new ParentSearch('switch', [via.peer], { bar, descends: false });
    const search = new ParentSearch('switch', [], { bar, descends: false });
    search.consider(this.sample([]));
    return search;
  }

  /** The next switch must gain more. */
  switched(nowMs: number): void {
    this.switches = this.switchesLately(nowMs) + 1;
    this.switchedMs = nowMs;
  }

  /** Some of the peers one hop from the parent and of those that one of them has named. */
  sample(named: readonly TreePeer[]): TreePeer[] {
    const different = new Map([...this.oneHop(), ...named].map((candidate) => [candidate.peer, candidate]));
    return this.random.sample([...different.values()].filter(({ peer }) => this.mayBeParent(peer)), CANDIDATES_MAX);
  }

  private switchesLately(nowMs: number): number {
    return Math.max(0, this.switches - Math.floor((nowMs - this.switchedMs) / REST_MS));
  }

  private oneHop(): TreePeer[] {
    const grandparent = this.scope === 'sibling' ? undefined : this.place.path.at(-2);
    const all = [...this.place.siblings, ...(grandparent === undefined ? [] : [grandparent])];
    return all.filter(({ peer }) => this.mayBeParent(peer));
  }
}
