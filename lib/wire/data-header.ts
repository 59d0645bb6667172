import { assert } from '../core/errors.ts';
import { GROUP_REF_MAX } from '../core/ids.ts';
import { HOPS_MAX } from '../core/message-log.ts';
import { CAUSAL_ENTRIES_MAX, CAUSAL_ENTRY_BYTES, type CausalEntry, type DataMessage } from '../core/messages.ts';
import type { PeerDirectory } from './directory.ts';
import type { DecodeFailure } from './field-reader.ts';
import { DATA_TYPE } from './kind-codes.ts';
import { EPOCH_MAX, ID_BYTES, SEQ_MAX } from './limits.ts';

/**
 * The fixed header of a data message; then, where the causal flag is set, a count and as
 * many entries; the payload follows to the end of the frame. All numbers have their
 * most significant byte first.
 */

/** Bytes of the fixed header. */
export const DATA_HEADER_BYTES = 34;

/** Bytes before the payload at most: what a frame must have room for beside the largest payload. */
export const DATA_HEADER_BYTES_MAX = DATA_HEADER_BYTES + 2 + CAUSAL_ENTRIES_MAX * CAUSAL_ENTRY_BYTES;

const FLAGS_AT = 1;
const HOPS_AT = 2;
const GROUP_AT = 4;
const ORIGIN_AT = 10;
const EPOCH_AT = 26;
const SEQ_AT = 30;

const REPAIR_FLAG = 1;
const CAUSAL_FLAG = 2;
const TWO_32 = 0x1_0000_0000;

/** The header as read, with the origin still an id. */
export interface DataHeader {
  readonly hops: number;
  readonly repair: boolean;
  /** Entries follow the header. */
  readonly causal: boolean;
  readonly group: number;
  readonly originId: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
}

/**
 * Writes the header of `message` to the start of `target`. Hops stop at 65535: a
 * hostile neighbour can make them so many, and forwarding adds one.
 */
export function writeDataHeader(target: Uint8Array, message: DataMessage, originId: Uint8Array): void {
  const { group, epoch, seq } = message;
  assert(isUint(group, GROUP_REF_MAX) && isUint(epoch, EPOCH_MAX) && isUint(seq, SEQ_MAX), 'data fields out of range');
  assert(originId.length === ID_BYTES, 'an id has 16 bytes');
  target[0] = DATA_TYPE;
  target[FLAGS_AT] = (message.repair ? REPAIR_FLAG : 0) | (message.after === undefined ? 0 : CAUSAL_FLAG);
  patchHops(target, message.hops);
  writeU16(target, GROUP_AT, Math.floor(group / TWO_32));
  writeU32(target, GROUP_AT + 2, group);
  target.set(originId, ORIGIN_AT);
  writeU32(target, EPOCH_AT, epoch);
  writeU32(target, SEQ_AT, seq);
}

/** Reads the header of a data message; `undefined` when a flag is set that means nothing. */
export function readDataHeader(bytes: Uint8Array): DataHeader | undefined {
  const flags = bytes[FLAGS_AT] as number;
  if ((flags & ~(REPAIR_FLAG | CAUSAL_FLAG)) !== 0) return undefined;
  return {
    hops: readU16(bytes, HOPS_AT),
    repair: (flags & REPAIR_FLAG) !== 0,
    causal: (flags & CAUSAL_FLAG) !== 0,
    group: readU16(bytes, GROUP_AT) * TWO_32 + readU32(bytes, GROUP_AT + 2),
    originId: bytes.subarray(ORIGIN_AT, ORIGIN_AT + ID_BYTES),
    epoch: readU32(bytes, EPOCH_AT),
    seq: readU32(bytes, SEQ_AT),
  };
}

/** Bytes before the payload of a message with these entries. */
export function dataHeaderBytes(after: readonly CausalEntry[] | undefined): number {
  return after === undefined ? DATA_HEADER_BYTES : DATA_HEADER_BYTES + 2 + after.length * CAUSAL_ENTRY_BYTES;
}

/** Writes count and entries behind the fixed header. A publisher that has used up its numbers is named with the last one. */
export function writeCausalEntries(target: Uint8Array, entries: readonly CausalEntry[], directory: PeerDirectory): void {
  assert(entries.length <= CAUSAL_ENTRIES_MAX, 'too many causal entries');
  writeU16(target, DATA_HEADER_BYTES, entries.length);
  let at = DATA_HEADER_BYTES + 2;
  for (const { origin, epoch, next } of entries) {
    assert(isUint(epoch, EPOCH_MAX) && isUint(next, SEQ_MAX + 1), 'causal entry out of range');
    target.set(directory.idOf(origin), at);
    writeU32(target, at + ID_BYTES, epoch);
    writeU32(target, at + ID_BYTES + 4, Math.min(next, SEQ_MAX));
    at += CAUSAL_ENTRY_BYTES;
  }
}

/** Reads count and entries behind the fixed header; or why that cannot be done. */
export function readCausalEntries(bytes: Uint8Array, directory: PeerDirectory): readonly CausalEntry[] | DecodeFailure {
  if (bytes.length < DATA_HEADER_BYTES + 2) return 'truncated';
  const count = readU16(bytes, DATA_HEADER_BYTES);
  if (count > CAUSAL_ENTRIES_MAX) return 'tooLarge';
  if (bytes.length < DATA_HEADER_BYTES + 2 + count * CAUSAL_ENTRY_BYTES) return 'truncated';
  const entries: CausalEntry[] = [];
  for (let at = DATA_HEADER_BYTES + 2; entries.length < count; at += CAUSAL_ENTRY_BYTES) {
    const origin = directory.refOfId(bytes.subarray(at, at + ID_BYTES));
    if (origin === undefined) return 'unknownPeer';
    entries.push({ origin, epoch: readU32(bytes, at + ID_BYTES), next: readU32(bytes, at + ID_BYTES + 4) });
  }
  return entries;
}

/**
 * Sets the hops of an encoded data message in place, so that it can be forwarded
 * without encoding or copying it; they stop at 65535. The frame must not be waiting
 * to be sent with other hops.
 */
export function patchHops(frame: Uint8Array, hops: number): void {
  assert(frame[0] === DATA_TYPE && frame.length >= DATA_HEADER_BYTES, 'only a data message has hops to patch');
  assert(Number.isInteger(hops) && hops >= 0, 'hops are counted from 0 up');
  writeU16(frame, HOPS_AT, Math.min(hops, HOPS_MAX));
}

function isUint(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function writeU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8;
  target[at + 1] = value;
}

/** Writes the lowest 32 bits of `value`. */
function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}
