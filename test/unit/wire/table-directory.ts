import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { PeerDirectory } from '../../../lib/wire/directory.ts';

/** A directory of given descriptors, each with its id in front; everybody else is unknown. */
export class TableDirectory implements PeerDirectory {
  private readonly descriptors: readonly Uint8Array[];
  private readonly refs = new Map<string, PeerRef>();

  constructor(descriptors: readonly Uint8Array[]) {
    this.descriptors = descriptors;
    descriptors.forEach((descriptor, index) => {
      this.refs.set(hexOf(descriptor.subarray(0, 16)), peerRef(index));
      this.refs.set(hexOf(descriptor), peerRef(index));
    });
  }

  idOf(ref: PeerRef): Uint8Array {
    return this.descriptorOf(ref).subarray(0, 16);
  }

  refOfId(id: Uint8Array): PeerRef | undefined {
    return this.refs.get(hexOf(id));
  }

  descriptorOf(ref: PeerRef): Uint8Array {
    const descriptor = this.descriptors[ref];
    if (descriptor === undefined) throw new Error(`no peer ${ref}`);
    return descriptor;
  }

  refOfDescriptor(descriptor: Uint8Array): PeerRef | undefined {
    return this.refs.get(hexOf(descriptor));
  }
}

/** A directory of `count` peers: ids that differ in the first byte (the peer's number plus 1), descriptors of different lengths, among them 16 and 255 bytes. */
export function directoryOf(count: number): TableDirectory {
  const lengths = [22, 34, 16, 255, 23, 24];
  return new TableDirectory(
    Array.from({ length: count }, (_, index) => {
      const descriptor = new Uint8Array(lengths[index % lengths.length] ?? 22).fill(0xa0);
      descriptor[0] = index + 1;
      return descriptor;
    }),
  );
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Bytes of hexadecimal digits; white space is ignored. */
export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}
