import { assert } from '../core/errors.ts';
import { GROUP_REF_MAX } from '../core/ids.ts';
import { HOPS_MAX } from '../core/message-log.ts';
import type { DataMessage } from '../core/messages.ts';
import { DATA_TYPE } from './kind-codes.ts';
import { EPOCH_MAX, ID_BYTES, SEQ_MAX } from './limits.ts';

/**
 * The fixed header of a data message; the payload follows to the end of the frame.
 * All numbers have their most significant byte first.
 */

/** Bytes before the payload. */
export const DATA_HEADER_BYTES = 34;

const FLAGS_AT = 1;
const HOPS_AT = 2;
const GROUP_AT = 4;
const ORIGIN_AT = 10;
const EPOCH_AT = 26;
const SEQ_AT = 30;

const REPAIR_FLAG = 1;
const TWO_32 = 0x1_0000_0000;

/** The header as read, with the origin still an id. */
export interface DataHeader {
  readonly hops: number;
  readonly repair: boolean;
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
  target[FLAGS_AT] = message.repair ? REPAIR_FLAG : 0;
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
  if ((flags & ~REPAIR_FLAG) !== 0) return undefined;
  return {
    hops: readU16(bytes, HOPS_AT),
    repair: flags === REPAIR_FLAG,
    group: readU16(bytes, GROUP_AT) * TWO_32 + readU32(bytes, GROUP_AT + 2),
    originId: bytes.subarray(ORIGIN_AT, ORIGIN_AT + ID_BYTES),
    epoch: readU32(bytes, EPOCH_AT),
    seq: readU32(bytes, SEQ_AT),
  };
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
