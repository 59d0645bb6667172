import type { PeerRef } from '../core/ids.ts';

/**
 * What maps the small integers of the core to what stands for a peer on the wire.
 * Two forms: an id says which peer published something, a descriptor also says how
 * to reach it. The codec asks for each peer it writes or measures, so these should
 * be look-ups; it changes none of the bytes, and nobody else may.
 */
export interface PeerDirectory {
  /** The identity: 16 bytes. */
  idOf(ref: PeerRef): Uint8Array;
  /** The peer of an id, perhaps met for the first time; `undefined` when it cannot be had. Copy what is kept: the bytes are a view. */
  refOfId(id: Uint8Array): PeerRef | undefined;
  /** The identity, then the addresses as the live driver encodes them: 16 to 255 bytes. */
  descriptorOf(ref: PeerRef): Uint8Array;
  /** The peer of a descriptor of 16 to 255 bytes; `undefined` when it is unusable. Copy what is kept: the bytes are a view. */
  refOfDescriptor(descriptor: Uint8Array): PeerRef | undefined;
}
