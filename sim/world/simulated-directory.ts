import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { PeerDirectory } from '../../lib/wire/directory.ts';

/** An id, and an IPv4 address with port and transport as a live peer would add it. */
const ID_BYTES = 16;
const DESCRIPTOR_BYTES = ID_BYTES + 7;

/** More descriptors than one message has; a power of two. */
const DESCRIPTORS = 256;

/**
 * Identities of simulated peers: the peer's number, widened to the length that live
 * identities have, so that sizes on the wire are true. Descriptors are written anew
 * each time into a ring: one for each peer would be most of what a simulated peer
 * weighs.
 */
export class SimulatedDirectory implements PeerDirectory {
  private readonly peers: number;
  private readonly descriptors = Array.from({ length: DESCRIPTORS }, () => new Uint8Array(DESCRIPTOR_BYTES));
  private nextDescriptor = 0;
  /** Of those that publish. */
  private readonly ids = new Map<PeerRef, Uint8Array>();

  constructor(peers: number) {
    this.peers = peers;
  }

  idOf(ref: PeerRef): Uint8Array {
    let id = this.ids.get(ref);
    if (id === undefined) {
      id = numbered(new Uint8Array(ID_BYTES), ref);
      this.ids.set(ref, id);
    }
    return id;
  }

  descriptorOf(ref: PeerRef): Uint8Array {
    this.nextDescriptor = (this.nextDescriptor + 1) & (DESCRIPTORS - 1);
    return numbered(this.descriptors[this.nextDescriptor] as Uint8Array, ref);
  }

  refOfId(id: Uint8Array): PeerRef | undefined {
    const index = new DataView(id.buffer, id.byteOffset).getUint32(ID_BYTES - 4);
    return id.length === ID_BYTES && index < this.peers ? peerRef(index) : undefined;
  }

  refOfDescriptor(bytes: Uint8Array): PeerRef | undefined {
    return bytes.length === DESCRIPTOR_BYTES ? this.refOfId(bytes.subarray(0, ID_BYTES)) : undefined;
  }
}

/** Writes the peer's number where an id ends. */
function numbered(bytes: Uint8Array, ref: PeerRef): Uint8Array {
  for (let i = 0; i < 4; i++) bytes[ID_BYTES - 1 - i] = (ref >>> (8 * i)) & 0xff;
  return bytes;
}
