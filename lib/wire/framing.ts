import { assert } from '../core/errors.ts';

/** Messages on a stream: the length of each in four bytes, the most significant first, then its bytes. */

/** Bytes before each frame. */
export const FRAME_HEADER_BYTES = 4;

/** What is set aside at first for a frame that is coming in parts. */
const PART_BYTES_MIN = 4096;

/** What a chunk completed. */
export interface FrameResult {
  /** In order of arrival; views of the chunk when they lie in it whole, otherwise owned by the caller. */
  readonly frames: readonly Uint8Array[];
  /** Length claimed by a frame that is too long. The stream is then unusable: the link should be closed. */
  readonly tooLongBytes: number | undefined;
}

/** The bytes to be sent before a frame of `length` bytes. */
export function encodeFrameHeader(length: number): Uint8Array {
  assert(Number.isInteger(length) && length >= 0 && length <= 0xffff_ffff, 'the length of a frame has four bytes');
  return Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length);
}

/**
 * Finds the frames in a stream that arrives in chunks of any size. Memory follows
 * what has arrived, not what a header claims: at most twice that, or 4 KiB.
 */
export class FrameDecoder {
  private readonly frameBytesMax: number;
  private headerBytes = 0;
  private length = 0;
  /** What has come of a frame that spans chunks, and room for more. */
  private part: Uint8Array | undefined = undefined;
  private partBytes = 0;
  private tooLongBytes: number | undefined = undefined;

  /** @param frameBytesMax bytes of a frame at most, its header not counted. */
  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Bytes set aside for a frame that is coming in parts. */
  get memoryBytes(): number {
    return this.part?.length ?? 0;
  }

  /** Takes the next bytes of the stream; after a frame that is too long it ignores them. */
  push(chunk: Uint8Array): FrameResult {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (this.tooLongBytes === undefined) {
      at = this.readHeader(chunk, at);
      if (this.headerBytes < FRAME_HEADER_BYTES || this.tooLongBytes !== undefined) break;
      const end = Math.min(chunk.length, at + this.length - this.partBytes);
      const frame = this.readBody(chunk.subarray(at, end));
      at = end;
      if (frame === undefined) break;
      frames.push(frame);
    }
    return { frames, tooLongBytes: this.tooLongBytes };
  }

  /** Reads what there is of the header; answers where it stopped. */
  private readHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    while (this.headerBytes < FRAME_HEADER_BYTES && at < chunk.length) {
      this.length = this.length * 256 + (chunk[at++] as number);
      this.headerBytes++;
    }
    if (this.headerBytes === FRAME_HEADER_BYTES && this.length > this.frameBytesMax) this.tooLongBytes = this.length;
    return at;
  }

  /** Takes bytes of the current frame; answers the frame when it is complete. */
  private readBody(bytes: Uint8Array): Uint8Array | undefined {
    if (this.partBytes + bytes.length < this.length) {
      if (bytes.length > 0) this.keep(bytes);
      return undefined;
    }
    let frame = bytes;
    if (this.part !== undefined) {
      this.keep(bytes);
      frame = this.part.subarray(0, this.length);
    }
    this.part = undefined;
    this.headerBytes = this.length = this.partBytes = 0;
    return frame;
  }

  private keep(bytes: Uint8Array): void {
    const needed = this.partBytes + bytes.length;
    if (this.part === undefined || this.part.length < needed) {
      const room = Math.min(this.length, Math.max(PART_BYTES_MIN, 2 * needed));
      const grown = new Uint8Array(room);
      if (this.part !== undefined) grown.set(this.part.subarray(0, this.partBytes));
      this.part = grown;
    }
    this.part.set(bytes, this.partBytes);
    this.partBytes = needed;
  }
}
