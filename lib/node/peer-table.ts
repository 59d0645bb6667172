import { assert } from '../core/errors.ts';
import { type PeerRef, peerRef } from '../core/ids.ts';
import type { Account } from '../transport/account.ts';
import type { Address } from '../transport/address.ts';
import type { PeerDirectory } from '../wire/directory.ts';
import { ID_BYTES } from '../wire/limits.ts';
import { decodeAddresses, encodeDescriptor } from './descriptor.ts';

/** A peer's identity as applications see it: 32 hexadecimal digits. */
export type PeerId = string;

/** What is known of one peer. */
export interface KnownPeer {
  readonly ref: PeerRef;
  readonly id: PeerId;
  readonly idBytes: Uint8Array;
  addresses: readonly Address[];
  descriptor: Uint8Array;
  /** It has said hello itself: what others say of it no longer counts. */
  met: boolean;
}

/**
 * Gives each peer that is heard of a small number, and keeps what belongs to it. Ids
 * come from the network, so the table is bounded: when it is full, all peers go that
 * nobody refers to; when none can go, the newcomer is not taken in, and what named it
 * is dropped and counted by the codec. Numbers are never given out twice.
 */
export class PeerTable implements PeerDirectory {
  readonly self: KnownPeer;
  private readonly peersMax: number;
  private readonly eachInUse: (visit: (peer: PeerRef) => void) => void;
  private readonly byId = new Map<PeerId, KnownPeer>();
  private readonly byRef = new Map<PeerRef, KnownPeer>();
  private nextRef = 0;
  /** Whom an id stood for last; in the table. */
  private last: KnownPeer;
  /** Peers forgotten to make room, and newcomers refused because everyone was in use. */
  forgotten = 0;
  refused = 0;

  /** @param eachInUse names every peer that somebody refers to; those stay. */
  constructor(selfId: Uint8Array, peersMax: number, eachInUse: (visit: (peer: PeerRef) => void) => void) {
    this.peersMax = peersMax;
    this.eachInUse = eachInUse;
    this.self = this.last = this.add(selfId, hexOf(selfId), []);
  }

  get size(): number {
    return this.byRef.size;
  }

  get(ref: PeerRef): KnownPeer {
    const peer = this.byRef.get(ref);
    assert(peer !== undefined, `peer ${ref} is in the table while somebody refers to it`);
    return peer;
  }

  /** The peer of an id in hexadecimal digits, while it is known. */
  find(id: PeerId): KnownPeer | undefined {
    return this.byId.get(id);
  }

  setSelfAddresses(addresses: readonly Address[]): void {
    this.self.addresses = addresses;
    this.self.descriptor = encodeDescriptor(this.self.idBytes, addresses);
  }

  /** A peer has said hello: its own word on how to reach it replaces what others said. `undefined` when the table is full. */
  meet(descriptor: Uint8Array): KnownPeer | undefined {
    const peer = this.intern(descriptor.subarray(0, ID_BYTES));
    const addresses = decodeAddresses(descriptor);
    if (peer === undefined || peer === this.self || addresses === undefined) return peer;
    peer.addresses = addresses;
    peer.descriptor = descriptor;
    peer.met = true;
    return peer;
  }

  idOf(ref: PeerRef): Uint8Array {
    return this.get(ref).idBytes;
  }

  refOfId(id: Uint8Array): PeerRef | undefined {
    return this.intern(id)?.ref;
  }

  descriptorOf(ref: PeerRef): Uint8Array {
    return this.get(ref).descriptor;
  }

  refOfDescriptor(descriptor: Uint8Array): PeerRef | undefined {
    // Shuffles name the same peers again and again.
    const known = this.byId.get(hexOf(descriptor.subarray(0, ID_BYTES)));
    if (known !== undefined && Buffer.compare(known.descriptor, descriptor) === 0) return known.ref;
    const addresses = decodeAddresses(descriptor);
    if (addresses === undefined) return undefined;
    const peer = this.intern(descriptor.subarray(0, ID_BYTES));
    if (peer === undefined) return undefined;
    if (!peer.met && peer !== this.self && addresses.length > 0) {
      peer.addresses = addresses;
      peer.descriptor = descriptor.slice();
    }
    return peer.ref;
  }

  accounts(): Account[] {
    return [{ what: 'peers known', counted: this.byId.size, held: this.byRef.size, max: this.peersMax }];
  }

  private intern(idBytes: Uint8Array): KnownPeer | undefined {
    // Messages come in runs of one publisher: mostly it is the same again.
    if (sameBytes(idBytes, this.last.idBytes)) return this.last;
    const id = hexOf(idBytes);
    const known = this.byId.get(id);
    if (known !== undefined) return (this.last = known);
    if (this.byRef.size >= this.peersMax) this.sweep();
    if (this.byRef.size >= this.peersMax) {
      this.refused++;
      return undefined;
    }
    return this.add(idBytes.slice(), id, []);
  }

  private add(idBytes: Uint8Array, id: PeerId, addresses: readonly Address[]): KnownPeer {
    const ref = peerRef(this.nextRef++);
    const peer = { ref, id, idBytes, addresses, descriptor: encodeDescriptor(idBytes, addresses), met: false };
    this.byId.set(id, peer);
    this.byRef.set(ref, peer);
    return peer;
  }

  /** Also those heard of a moment ago stay: the message that named them is still being read. */
  private sweep(): void {
    const inUse = new Set<PeerRef>([this.self.ref]);
    this.eachInUse((peer) => inUse.add(peer));
    for (const { ref, id } of this.byRef.values()) {
      if (inUse.has(ref) || ref >= this.nextRef - RECENT) continue;
      this.byRef.delete(ref);
      this.byId.delete(id);
      this.forgotten++;
    }
    this.last = this.self;
  }
}

/** Peers that one message can name, and more. */
const RECENT = 8192;

function sameBytes(x: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < ID_BYTES; i++) if (x[i] !== y[i]) return false;
  return true;
}

function hexOf(bytes: Uint8Array): PeerId {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
