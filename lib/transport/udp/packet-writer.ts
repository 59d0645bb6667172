import { assert } from '../../core/errors.ts';
import {
  ACK_DELAY_UNIT_MS, ACK_HEADER_BYTES, ACK_RANGES_MAX, ACK_RANGE_BYTES, CHUNK, CONNECTION_ID_END, COOKIE_BYTES_MAX,
  DATA_HEADER_BYTES, INIT_BYTES_MIN, PACKET_BYTES_MAX, PING_BYTES, TYPE, UNRELIABLE_BIT, VERSION_BITS, WHOLE_HEADER_BYTES,
} from './packet.ts';

/** Packets are cut from slabs of as many bytes, which costs less than a buffer for each. */
const SLAB_BYTES = 64 * 1024;

/** Where the bytes of a fragment come from: the frame is `head` followed by `body`. */
export interface FragmentSource {
  readonly head: Uint8Array;
  readonly body: Uint8Array | undefined;
  /** Of head and body together. */
  readonly bytes: number;
  readonly reliable: boolean;
  readonly id: number;
}

/**
 * Writes packets, one after the other: `begin`, then chunks while there is `room` for
 * them, then `finish`. A packet that is not finished leaves nothing behind.
 */
export class PacketWriter {
  private slab = new Uint8Array(0);
  private start = 0;
  private at = 0;
  private end = 0;

  /** Bytes that the packet may still take. */
  get room(): number {
    return this.end - this.at;
  }

  /** Whether it has no chunk so far. */
  get empty(): boolean {
    return this.at === this.start + DATA_HEADER_BYTES;
  }

  begin(to: number, number: number): void {
    this.open(TYPE.data);
    this.connectionId(to);
    this.uint32(number);
  }

  finish(): Uint8Array {
    const packet = this.slab.subarray(this.start, this.at);
    this.start = this.at;
    return packet;
  }

  ping(): void {
    this.uint8(CHUNK.ping);
  }

  close(code: number): void {
    this.uint8(CHUNK.close);
    this.uint8(code);
  }

  /** As many of the ranges as there is room for, the largest first; `ranges` as in `AckChunk`. */
  ack(ranges: readonly number[], delayMs: number): void {
    let [from = 0, to = 0] = ranges;
    this.uint8(CHUNK.ack);
    this.uint32(to);
    this.uint16(Math.min(0xffff, Math.round(delayMs / ACK_DELAY_UNIT_MS)));
    const countAt = this.at++;
    this.uint16(Math.min(0xffff, to - from));
    let further = 0;
    // A range that is cut short ends the list: what lies below it was acknowledged long ago.
    while (further + 1 < ACK_RANGES_MAX && 2 * further + 3 < ranges.length && to - from <= 0xffff && this.room >= ACK_RANGE_BYTES) {
      const gap = from - 2 - (ranges[2 * further + 3] as number);
      if (gap > 0xffff) break;
      further++;
      from = ranges[2 * further] as number;
      to = ranges[2 * further + 1] as number;
      this.uint16(gap);
      this.uint16(Math.min(0xffff, to - from));
    }
    this.slab[countAt] = further;
  }

  /** Bytes from `offset` on of a frame; the caller has looked that there is room. */
  fragment(frame: FragmentSource, offset: number, length: number): void {
    const unreliable = frame.reliable ? 0 : UNRELIABLE_BIT;
    if (length === frame.bytes) {
      this.uint8(CHUNK.whole + unreliable);
      this.uint32(frame.id);
    } else {
      this.uint8(CHUNK.part + unreliable);
      this.uint32(frame.id);
      this.uint32(frame.bytes);
      this.uint32(offset);
    }
    this.uint16(length);
    assert(length <= this.room, 'a fragment fits into its packet');
    const inHead = Math.max(0, Math.min(length, frame.head.length - offset));
    if (inHead > 0) this.copy(inHead === frame.head.length ? frame.head : frame.head.subarray(offset, offset + inHead));
    if (inHead < length && frame.body !== undefined) {
      const from = offset + inHead - frame.head.length;
      const count = length - inHead;
      this.copy(count === frame.body.length ? frame.body : frame.body.subarray(from, from + count));
    }
  }

  /** A whole INIT. */
  init(from: number, cookie: Uint8Array, hello: Uint8Array): Uint8Array {
    this.open(TYPE.init);
    this.connectionId(from);
    this.cookie(cookie);
    this.uint16(hello.length);
    this.copy(hello);
    const padded = this.start + INIT_BYTES_MIN;
    if (this.at < padded) {
      this.slab.fill(0, this.at, padded);
      this.at = padded;
    }
    return this.finish();
  }

  /** A whole RETRY. */
  retry(to: number, cookie: Uint8Array): Uint8Array {
    this.open(TYPE.retry);
    this.connectionId(to);
    this.cookie(cookie);
    return this.finish();
  }

  /** A whole ACCEPT. */
  accept(to: number, from: number, hello: Uint8Array): Uint8Array {
    this.open(TYPE.accept);
    this.connectionId(to);
    this.connectionId(from);
    this.uint16(hello.length);
    this.copy(hello);
    return this.finish();
  }

  /** A whole data packet that says nothing but close. */
  farewell(to: number, number: number, code: number): Uint8Array {
    this.begin(to, number);
    this.close(code);
    return this.finish();
  }

  private open(type: number): void {
    if (this.slab.length - this.start < PACKET_BYTES_MAX) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.start = 0;
    }
    this.at = this.start;
    this.end = this.start + PACKET_BYTES_MAX;
    this.uint8(VERSION_BITS | type);
  }

  private cookie(bytes: Uint8Array): void {
    assert(bytes.length <= COOKIE_BYTES_MAX, 'a cookie is no longer than allowed');
    this.uint8(bytes.length);
    this.copy(bytes);
  }

  private connectionId(id: number): void {
    assert(id >= 0 && id < CONNECTION_ID_END, 'a connection id is below 2^53');
    this.uint32(Math.floor(id / 2 ** 32));
    this.uint32(id % 2 ** 32);
  }

  private copy(bytes: Uint8Array): void {
    this.slab.set(bytes, this.at);
    this.at += bytes.length;
  }

  private uint8(value: number): void {
    this.slab[this.at++] = value;
  }

  private uint16(value: number): void {
    this.slab[this.at++] = value >>> 8;
    this.slab[this.at++] = value;
  }

  private uint32(value: number): void {
    this.slab[this.at++] = value >>> 24;
    this.slab[this.at++] = value >>> 16;
    this.slab[this.at++] = value >>> 8;
    this.slab[this.at++] = value;
  }
}

/** Bytes that an acknowledgement of as many ranges takes. */
export function ackBytes(ranges: number): number {
  return ACK_HEADER_BYTES + (Math.min(ranges, ACK_RANGES_MAX) - 1) * ACK_RANGE_BYTES;
}

/** Bytes of a frame that goes in one piece, at most: a packet with it still has room for a ping. */
export const WHOLE_BYTES_MAX = PACKET_BYTES_MAX - DATA_HEADER_BYTES - WHOLE_HEADER_BYTES - PING_BYTES;
