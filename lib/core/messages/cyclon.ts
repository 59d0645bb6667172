import type { GroupRef, PeerRef } from '../ids.ts';

/** Messages of Cyclon's shuffles; its joins use those of HyParView, `Join` and `ForwardJoin`. */
export type CyclonMessage = CyclonShuffle | CyclonReply | CyclonWelcome;

/** Entries in a message at most: the largest `shuffleLength`. */
export const CYCLON_ENTRIES_MAX = 128;

/** Largest age; an entry that gets older stays there. */
export const CYCLON_AGE_MAX = 0xffff;

/** A pointer to a peer, and how many shuffles of its owners ago it was made. */
export interface CyclonEntry {
  readonly peer: PeerRef;
  readonly age: number;
}

/** The sender gives some entries, a new one of itself among them, and wants some in return. */
export interface CyclonShuffle {
  readonly kind: 'cyclonShuffle';
  readonly group: GroupRef;
  /** The sender's number of the shuffle. */
  readonly seq: number;
  readonly entries: readonly CyclonEntry[];
}

/** The answer to the shuffle of this number. */
export interface CyclonReply {
  readonly kind: 'cyclonReply';
  readonly group: GroupRef;
  readonly seq: number;
  readonly entries: readonly CyclonEntry[];
}

/** A newcomer's random walk has ended at the sender, which now points to it, and gives the entry that made room for that. */
export interface CyclonWelcome extends CyclonEntry {
  readonly kind: 'cyclonWelcome';
  readonly group: GroupRef;
}
