import { assert } from './errors.ts';
import type { PeerRef } from './ids.ts';

/** The 16 bytes that stand for a peer on the wire: the same at every peer, as the numbers inside are not. */
export type IdOf = (peer: PeerRef) => Uint8Array;

/** Bytes of a message's identity: of its origin 16, of epoch and sequence number 4 each. */
export const KEY_BYTES = 24;

const ID_BYTES = 16;

/**
 * A message's identity as a string of 24 characters below 256, each a byte: origin,
 * epoch and sequence number, the most significant byte first. Strings compare as the
 * bytes do, so that all peers order messages alike.
 */
export function messageKey(originId: Uint8Array, epoch: number, seq: number): string {
  assert(originId.length === ID_BYTES, 'an id has 16 bytes');
  return String.fromCharCode(...originId) + fourBytes(epoch) + fourBytes(seq);
}

/** 32 bits as four characters, the most significant byte first. */
export function fourBytes(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/**
 * 32 bits that hang on every byte of a key, and on the seed: MurmurHash3 (Austin
 * Appleby, public domain), which spreads well and is no secret to anybody.
 */
export function keyHash(key: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < KEY_BYTES; i += 4) {
    const word = (key.charCodeAt(i) << 24) | (key.charCodeAt(i + 1) << 16) | (key.charCodeAt(i + 2) << 8) | key.charCodeAt(i + 3);
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= KEY_BYTES;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The identity of a peer in a process where all share its numbers: the number, widened to 16 bytes. */
export function numberedId(peer: PeerRef): Uint8Array {
  const id = new Uint8Array(ID_BYTES);
  for (let i = 0; i < 4; i++) id[ID_BYTES - 1 - i] = (peer >>> (8 * i)) & 0xff;
  return id;
}

/** 32 bits of an identity, the same in every process (FNV-1a). */
export function hashOfId(id: Uint8Array): number {
  return id.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);
}
