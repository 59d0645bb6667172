import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { PeerDirectory } from '../../lib/wire/directory.ts';

/** An id, and an IPv4 address with port and transport as a live peer would add it. */
const ID_BYTES = 16;
const DESCRIPTOR_BYTES = ID_BYTES + 7;

/**
 * Identities of simulated peers: the peer's number, widened to the length that live
 * identities have, so that sizes on the wire are true.
 */
export class SimulatedDirectory implements PeerDirectory {
  private readonly peers: number;
  private readonly descriptors: (Uint8Array | undefined)[] = [];
  private readonly ids: (Uint8Array | undefined)[] = [];

  constructor(peers: number) {
    this.peers = peers;
  }

  idOf(ref: PeerRef): Uint8Array {
    return (this.ids[ref] ??= this.descriptorOf(ref).subarray(0, ID_BYTES));
  }

  descriptorOf(ref: PeerRef): Uint8Array {
    return (this.descriptors[ref] ??= descriptor(ref));
  }

  refOfId(id: Uint8Array): PeerRef | undefined {
    const index = new DataView(id.buffer, id.byteOffset).getUint32(ID_BYTES - 4);
    return id.length === ID_BYTES && index < this.peers ? peerRef(index) : undefined;
  }

  refOfDescriptor(bytes: Uint8Array): PeerRef | undefined {
    return bytes.length === DESCRIPTOR_BYTES ? this.refOfId(bytes.subarray(0, ID_BYTES)) : undefined;
  }
}

function descriptor(ref: PeerRef): Uint8Array {
  const bytes = new Uint8Array(DESCRIPTOR_BYTES);
  new DataView(bytes.buffer).setUint32(ID_BYTES - 4, ref);
  return bytes;
}
