declare const peerBrand: unique symbol;
declare const groupBrand: unique symbol;

/**
 * A peer inside one process: a small integer from 0 up, given out by a directory
 * that maps it to an identity on the wire. Live, the directory is a table; in the
 * simulator it is the host's index. Views and link tables are arrays of refs.
 */
export type PeerRef = number & { readonly [peerBrand]: true };

/** A multicast group: an unsigned integer below 2^48 that all members share. */
export type GroupRef = number & { readonly [groupBrand]: true };

/** Largest group number (6 bytes on the wire). */
export const GROUP_REF_MAX = 2 ** 48 - 1;

/** The group of what peers say to each other as peers, whatever groups they are in: failure detection. Nobody joins it. */
export const PEER_GROUP = groupRef(0);

/** Largest peer number: refs must stay small integers for the engine that runs this. */
export const PEER_REF_MAX = 2 ** 30 - 1;

export function peerRef(index: number): PeerRef {
  return index as PeerRef;
}

export function groupRef(number: number): GroupRef {
  return number as GroupRef;
}

/**
 * What identifies a message: who published it, in which incarnation (a later one
 * has a larger epoch), and the how-many-eth it is, from 0. Publishing equal bytes
 * twice gives two messages.
 */
export interface MessageId {
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly seq: number;
}
