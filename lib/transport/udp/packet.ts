/**
 * The packets of UDP links, version 1; PROTOCOL.md describes them, section
 * "Datagrams". Numbers have their most significant byte first.
 */

/** Bytes of a packet at most, so that it crosses the paths there are in one piece. */
export const PACKET_BYTES_MAX = 1200;

/** Bytes of an INIT at least: with it, no answer to an INIT is three times as long as it. */
export const INIT_BYTES_MIN = 200;

/** Bytes of a cookie at most; our own have 17. */
export const COOKIE_BYTES_MAX = 32;

/** Connection ids are random numbers below this; they take 8 bytes. */
export const CONNECTION_ID_END = 2 ** 53;

/** Packet numbers and frame ids are below this. */
export const NUMBER_END = 2 ** 32;

/** A part of a frame has as many bytes at least, unless it is the last one. */
export const PART_BYTES_MIN = 256;

/** Acknowledged ranges in one packet at most. */
export const ACK_RANGES_MAX = 32;

/** One unit of the delay in an acknowledgement, in ms. */
export const ACK_DELAY_UNIT_MS = 1 / 64;

/** The upper four bits of the first byte. */
export const VERSION_BITS = 0xa0;
export const TYPE = Object.freeze({ init: 0, retry: 1, accept: 2, data: 3 });
export const CHUNK = Object.freeze({ ping: 1, ack: 2, close: 3, whole: 4, part: 6 });

/** Added to the code of a fragment's chunk. */
export const UNRELIABLE_BIT = 1;

/** Bytes of a data packet before its chunks, and of a chunk before a frame's bytes. */
export const DATA_HEADER_BYTES = 13;
export const WHOLE_HEADER_BYTES = 7;
export const PART_HEADER_BYTES = 15;
export const PING_BYTES = 1;
export const CLOSE_BYTES = 2;
export const ACK_HEADER_BYTES = 10;
export const ACK_RANGE_BYTES = 4;

/** Asks for a link. `cookie` is empty at first, `hello` as long as it is. */
export interface InitPacket {
  readonly kind: 'init';
  readonly from: number;
  readonly cookie: Uint8Array;
  readonly hello: Uint8Array;
}

/** Asks to be asked again, with this cookie. */
export interface RetryPacket {
  readonly kind: 'retry';
  readonly to: number;
  readonly cookie: Uint8Array;
}

/** Answers an INIT whose cookie is valid. The link is up there when a data packet comes back. */
export interface AcceptPacket {
  readonly kind: 'accept';
  readonly to: number;
  readonly from: number;
  readonly hello: Uint8Array;
}

/** All that goes over a link; never empty. */
export interface DataPacket {
  readonly kind: 'data';
  readonly to: number;
  readonly number: number;
  readonly chunks: readonly Chunk[];
}

export type Packet = InitPacket | RetryPacket | AcceptPacket | DataPacket;

/** Bytes of a frame: all of it when `offset` is 0 and `total` their length. */
export interface FragmentChunk {
  readonly kind: 'fragment';
  readonly reliable: boolean;
  readonly frame: number;
  readonly total: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Packets that arrived: flat ranges (from, to inclusive), falling. */
export interface AckChunk {
  readonly kind: 'ack';
  /** How long the largest of them had been there. */
  readonly delayMs: number;
  readonly ranges: readonly number[];
}

export type Chunk = FragmentChunk | AckChunk | { readonly kind: 'ping' } | { readonly kind: 'close'; readonly code: number };

/** What the code of a close means; others count as `done`. */
export const CLOSE_CODE = Object.freeze({ done: 0, protocolError: 1, tooMany: 2 });

/** Reads a packet; `undefined` where it is none. Byte fields are views of `bytes`. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length === 0 || bytes.length > PACKET_BYTES_MAX) return undefined;
  switch ((bytes[0] as number) ^ VERSION_BITS) {
    case TYPE.init: return decodeInit(bytes);
    case TYPE.retry: return decodeRetry(bytes);
    case TYPE.accept: return decodeAccept(bytes);
    case TYPE.data: return decodeData(bytes);
    default: return undefined;
  }
}

function decodeInit(bytes: Uint8Array): InitPacket | undefined {
  if (bytes.length < INIT_BYTES_MIN) return undefined;
  const from = readConnectionId(bytes, 1);
  const cookieEnd = 10 + (bytes[9] as number);
  if (from === undefined || cookieEnd > 10 + COOKIE_BYTES_MAX) return undefined;
  const helloEnd = cookieEnd + 2 + readUint16(bytes, cookieEnd);
  if (helloEnd > bytes.length) return undefined;
  // What follows is padding, and not looked at.
  return { kind: 'init', from, cookie: bytes.subarray(10, cookieEnd), hello: bytes.subarray(cookieEnd + 2, helloEnd) };
}

function decodeRetry(bytes: Uint8Array): RetryPacket | undefined {
  if (bytes.length < 11 || bytes.length > 10 + COOKIE_BYTES_MAX) return undefined;
  const to = readConnectionId(bytes, 1);
  if (to === undefined || bytes[9] !== bytes.length - 10) return undefined;
  return { kind: 'retry', to, cookie: bytes.subarray(10) };
}

function decodeAccept(bytes: Uint8Array): AcceptPacket | undefined {
  if (bytes.length < 19 || readUint16(bytes, 17) !== bytes.length - 19) return undefined;
  const to = readConnectionId(bytes, 1);
  const from = readConnectionId(bytes, 9);
  return to === undefined || from === undefined ? undefined : { kind: 'accept', to, from, hello: bytes.subarray(19) };
}

function decodeData(bytes: Uint8Array): DataPacket | undefined {
  if (bytes.length <= DATA_HEADER_BYTES) return undefined;
  const to = readConnectionId(bytes, 1);
  if (to === undefined) return undefined;
  const chunks: Chunk[] = [];
  let at = DATA_HEADER_BYTES;
  while (at < bytes.length) {
    const read = readChunk(bytes, at, chunks);
    if (read === 0) return undefined;
    at += read;
  }
  return { kind: 'data', to, number: readUint32(bytes, 9), chunks };
}

/** Reads the chunk at `at` into `chunks`. Answers its length, or 0 where there is none. */
function readChunk(bytes: Uint8Array, at: number, chunks: Chunk[]): number {
  const left = bytes.length - at;
  switch (bytes[at] as number) {
    case CHUNK.ping:
      chunks.push(PING);
      return PING_BYTES;
    case CHUNK.ack:
      return readAck(bytes, at, chunks);
    case CHUNK.close:
      if (left < CLOSE_BYTES) return 0;
      chunks.push({ kind: 'close', code: bytes[at + 1] as number });
      return CLOSE_BYTES;
    case CHUNK.whole: return readWhole(bytes, at, true, chunks);
    case CHUNK.whole + UNRELIABLE_BIT: return readWhole(bytes, at, false, chunks);
    case CHUNK.part: return readPart(bytes, at, true, chunks);
    case CHUNK.part + UNRELIABLE_BIT: return readPart(bytes, at, false, chunks);
    default: return 0;
  }
}

function readWhole(bytes: Uint8Array, at: number, reliable: boolean, chunks: Chunk[]): number {
  if (bytes.length - at < WHOLE_HEADER_BYTES) return 0;
  const total = readUint16(bytes, at + 5);
  const start = at + WHOLE_HEADER_BYTES;
  if (start + total > bytes.length) return 0;
  chunks.push({ kind: 'fragment', reliable, frame: readUint32(bytes, at + 1), total, offset: 0, bytes: bytes.subarray(start, start + total) });
  return WHOLE_HEADER_BYTES + total;
}

function readPart(bytes: Uint8Array, at: number, reliable: boolean, chunks: Chunk[]): number {
  if (bytes.length - at < PART_HEADER_BYTES) return 0;
  const total = readUint32(bytes, at + 5);
  const offset = readUint32(bytes, at + 9);
  const length = readUint16(bytes, at + 13);
  const start = at + PART_HEADER_BYTES;
  const end = offset + length;
  if (start + length > bytes.length || length === 0 || end > total || (length < PART_BYTES_MIN && end < total)) return 0;
  chunks.push({ kind: 'fragment', reliable, frame: readUint32(bytes, at + 1), total, offset, bytes: bytes.subarray(start, start + length) });
  return PART_HEADER_BYTES + length;
}

function readAck(bytes: Uint8Array, at: number, chunks: Chunk[]): number {
  if (bytes.length - at < ACK_HEADER_BYTES) return 0;
  const further = bytes[at + 7] as number;
  const length = ACK_HEADER_BYTES + further * ACK_RANGE_BYTES;
  if (further >= ACK_RANGES_MAX || bytes.length - at < length) return 0;
  let to = readUint32(bytes, at + 1);
  let from = to - readUint16(bytes, at + 8);
  const ranges = [from, to];
  for (let i = at + ACK_HEADER_BYTES; i < at + length; i += ACK_RANGE_BYTES) {
    to = from - 2 - readUint16(bytes, i);
    from = to - readUint16(bytes, i + 2);
    ranges.push(from, to);
  }
  if (from < 0) return 0;
  chunks.push({ kind: 'ack', delayMs: readUint16(bytes, at + 5) * ACK_DELAY_UNIT_MS, ranges });
  return length;
}

const PING: Chunk = { kind: 'ping' };

function readConnectionId(bytes: Uint8Array, at: number): number | undefined {
  const id = readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
  return id < CONNECTION_ID_END ? id : undefined;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
