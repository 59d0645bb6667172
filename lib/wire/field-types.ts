import { assert } from '../core/errors.ts';
import type { PeerRef } from '../core/ids.ts';
import type { PeerDirectory } from './directory.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { DESCRIPTOR_BYTES_MAX, ID_BYTES } from './limits.ts';

/** What a control message is made of, as the CBOR encoder takes it; a bigint is an integer past 32 bits. */
export type Field = number | bigint | boolean | null | Uint8Array | readonly Field[];

/**
 * How one property of a message stands on the wire: as one element of the array,
 * unless its type says otherwise. What a message may not hold is a broken invariant
 * when it is written, since the options of a group keep within the limits, and a
 * finding when it is read.
 */
export interface FieldType<T> {
  write(value: T, fields: Field[], directory: PeerDirectory): void;
  /** Answers something harmless when there is a failure among the findings. */
  read(reader: FieldReader, findings: Findings): T;
  /** Bytes of what `write` adds, without allocating. */
  size(value: T, directory: PeerDirectory): number;
}

/** A whole number from 0 to `max`. */
export function uint(max: number): FieldType<number> {
  return {
    write: (value, fields) => fields.push(wholeNumber(value, max)),
    read: (reader) => reader.uint(max),
    size: uintSize,
  };
}

export const BOOLEAN: FieldType<boolean> = {
  write: (value, fields) => fields.push(value),
  read: (reader) => reader.boolean(),
  size: () => 1,
};

/** One of fewer than 24 names, by its index. */
export function oneOf<T extends string>(names: readonly [T, ...T[]]): FieldType<T> {
  return {
    write: (value, fields) => fields.push(names.indexOf(value)),
    read: (reader) => reader.name(names, names[0]),
    size: () => 1,
  };
}

/** A peer by its id: one that is known where the message goes, or need not be reached from there. */
export const PEER: FieldType<PeerRef> = {
  write: (peer, fields, directory) => fields.push(idOf(peer, directory)),
  read: (reader) => reader.peer(),
  size: () => ID_SIZE,
};

/** A peer by its id, or `null` for none. */
export const PEER_OR_NULL: FieldType<PeerRef | undefined> = {
  write: (peer, fields, directory) => fields.push(peer === undefined ? null : idOf(peer, directory)),
  read: (reader) => reader.peerOrNull(),
  size: (peer) => (peer === undefined ? 1 : ID_SIZE),
};

/** A peer and how to reach it. */
export const DESCRIBED_PEER: FieldType<PeerRef> = {
  write: (peer, fields, directory) => fields.push(descriptorOf(peer, directory)),
  read: (reader) => reader.describedPeer(),
  size: descriptorSize,
};

/** At most `countMax` peers and how to reach them; a reader leaves out, and counts, those that it cannot have. */
export function describedPeers(countMax: number): FieldType<readonly PeerRef[]> {
  return {
    write(peers, fields, directory) {
      assert(peers.length <= countMax, 'too many peers in a list');
      fields.push(peers.map((peer) => descriptorOf(peer, directory)));
    },
    read(reader, findings) {
      const list = reader.list(countMax);
      const peers: PeerRef[] = [];
      while (list.left > 0) {
        const peer = list.listedDescribedPeer();
        if (peer === undefined) findings.peersLeftOut++;
        else peers.push(peer);
      }
      return peers;
    },
    size(peers, directory) {
      let size = headSize(peers.length);
      for (const peer of peers) size += descriptorSize(peer, directory);
      return size;
    },
  };
}

/** At most `countMax` peers by their ids; a reader leaves out, and counts, those that it cannot have. */
export function peerList(countMax: number): FieldType<readonly PeerRef[]> {
  return {
    write(peers, fields, directory) {
      assert(peers.length <= countMax, 'too many peers in a list');
      fields.push(peers.map((peer) => idOf(peer, directory)));
    },
    read(reader, findings) {
      const list = reader.list(countMax);
      const peers: PeerRef[] = [];
      while (list.left > 0) {
        const peer = list.listedPeer();
        if (peer === undefined) findings.peersLeftOut++;
        else peers.push(peer);
      }
      return peers;
    },
    size: (peers) => headSize(peers.length) + peers.length * ID_SIZE,
  };
}

/** A value that may be missing, and then takes no element: of the last property only. */
export function optionalLast<T>(type: FieldType<T>): FieldType<T | undefined> {
  return {
    write: (value, fields, directory) => value !== undefined && type.write(value, fields, directory),
    read: (reader, findings) => (reader.left === 0 ? undefined : type.read(reader, findings)),
    size: (value, directory) => (value === undefined ? 0 : type.size(value, directory)),
  };
}

/** Every property of `T` with its type, in the order in which they stand on the wire. */
export type FieldTypes<T> = { readonly [K in keyof T]-?: FieldType<T[K]> };

/** The properties of an object, one element after the other, without a list of their own. */
export function inline<T extends object>(types: FieldTypes<T>): FieldType<T> {
  const all = Object.entries(types) as [keyof T & string, FieldType<T[keyof T]>][];
  return {
    write(value, fields, directory) {
      for (const [name, type] of all) type.write(value[name], fields, directory);
    },
    read(reader, findings) {
      const value: Record<string, unknown> = {};
      for (const [name, type] of all) {
        const read = type.read(reader, findings);
        if (read !== undefined) value[name] = read;
      }
      return value as T;
    },
    size(value, directory) {
      let size = 0;
      for (const [name, type] of all) size += type.size(value[name], directory);
      return size;
    },
  };
}

/**
 * At most `countMax` objects, each a list of its properties. A reader leaves out, and
 * counts, those whose peers cannot be had; the types of their properties are of one
 * element each.
 */
export function listOf<T extends object>(types: FieldTypes<T>, countMax: number): FieldType<readonly T[]> {
  const element = inline(types);
  const width = Object.keys(types).length;
  return {
    write(values, fields, directory) {
      assert(values.length <= countMax, 'too many elements in a list');
      fields.push(values.map((value) => {
        const inner: Field[] = [];
        element.write(value, inner, directory);
        return inner;
      }));
    },
    read(reader, findings) {
      const list = reader.list(countMax);
      const values: T[] = [];
      while (list.left > 0 && findings.failure === undefined) {
        const inner = list.list(width);
        const value = inner.leavingOut(() => element.read(inner, findings));
        inner.end();
        if (value === undefined) findings.peersLeftOut++;
        else values.push(value);
      }
      return values;
    },
    size(values, directory) {
      let size = headSize(values.length) + values.length * headSize(width);
      for (const value of values) size += element.size(value, directory);
      return size;
    },
  };
}

/** The bytes of an id, checked. */
export function idOf(peer: PeerRef, directory: PeerDirectory): Uint8Array {
  const bytes = directory.idOf(peer);
  assert(bytes.length === ID_BYTES, 'an id has 16 bytes');
  return bytes;
}

/** Bytes of an id on the wire, its head included. */
export const ID_SIZE = 1 + ID_BYTES;

function descriptorOf(peer: PeerRef, directory: PeerDirectory): Uint8Array {
  const bytes = directory.descriptorOf(peer);
  assert(bytes.length >= ID_BYTES && bytes.length <= DESCRIPTOR_BYTES_MAX, 'a descriptor has 16 to 255 bytes');
  return bytes;
}

function descriptorSize(peer: PeerRef, directory: PeerDirectory): number {
  const { length } = directory.descriptorOf(peer);
  return headSize(length) + length;
}

/** cbor-x writes numbers past 32 bits as floats, bigints as integers. */
export function wholeNumber(value: number, max: number): number | bigint {
  assert(Number.isInteger(value) && value >= 0 && value <= max, 'a whole number within its limit');
  return value > 0xffff_ffff ? BigInt(value) : value;
}

/** Bytes of an unsigned integer in its shortest form (RFC 8949, section 3). */
export function uintSize(value: number): number {
  if (value < 24) return 1;
  if (value <= 0xff) return 2;
  if (value <= 0xffff) return 3;
  return value <= 0xffff_ffff ? 5 : 9;
}

/** The head of a byte string or array with this length is as long as the integer would be. */
export const headSize = uintSize;
