import type { GroupRef, MessageId } from '../ids.ts';

/** Messages of range-based set reconciliation. */
export type RangeMessage = Ranges | RangeOffer | RangeWant;

/** Ranges in one message at most. With as many ids as a list may have, that is below what a control message may have in bytes. */
export const RANGES_MAX = 512;

/** Message ids in one list at most. */
export const IDS_MAX = 1024;

/**
 * The sender's messages in some ranges of their keys. `lower` is where the first range
 * begins; each of the others begins where the one before it ends. Bounds are keys or
 * beginnings of keys, each character a byte; a message lies in the range from `lower` to
 * `upper` when `lower <= key < upper`. An empty `lower` is below all keys, an empty
 * `upper` above all.
 */
export interface Ranges {
  readonly kind: 'ranges';
  readonly group: GroupRef;
  /** `pull`: the sender wants what it lacks. `push`: it offers what it has. `pushPull`: both. */
  readonly mode: 'push' | 'pull' | 'pushPull';
  readonly lower: string;
  readonly ranges: readonly IdRange[];
  /** All that the sender has in the ranges of kind `ids`. */
  readonly ids: readonly MessageId[];
}

/** What is said of one range: nothing, the fingerprint of what is there (eight characters, each a byte), or that all of it is listed. */
export type IdRange =
  | { readonly kind: 'skip'; readonly upper: string }
  | { readonly kind: 'fingerprint'; readonly upper: string; readonly fingerprint: string }
  | { readonly kind: 'ids'; readonly upper: string };

/** The sender has these messages, and the receiver seems to lack them. */
export interface RangeOffer {
  readonly kind: 'rangeOffer';
  readonly group: GroupRef;
  readonly ids: readonly MessageId[];
}

/** Send me these messages. */
export interface RangeWant {
  readonly kind: 'rangeWant';
  readonly group: GroupRef;
  readonly ids: readonly MessageId[];
}
