import { assert } from '../../core/errors.ts';
import { HELLO_BYTES_MAX } from '../transport.ts';
import { FRAME_HEADER_BYTES, encodeFrameHeader } from '../../wire/framing.ts';

/** What the first frame in each direction begins with: 'OVC', and the version of this framing. */
const MAGIC = Uint8Array.of(0x4f, 0x56, 0x43, 0x01);

/** The first frame, its header included, around the owner's `hello`. */
export function encodeHello(hello: Uint8Array): Uint8Array {
  assert(hello.length <= HELLO_BYTES_MAX, 'a hello has at most HELLO_BYTES_MAX bytes');
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + MAGIC.length + hello.length);
  bytes.set(encodeFrameHeader(MAGIC.length + hello.length));
  bytes.set(MAGIC, FRAME_HEADER_BYTES);
  bytes.set(hello, FRAME_HEADER_BYTES + MAGIC.length);
  return bytes;
}

/** What the beginning of a stream has turned out to be. */
export type HelloResult =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong' }
  /** `hello` is a copy; `rest` is a view of what followed in the last chunk. */
  | { readonly kind: 'hello'; readonly hello: Uint8Array; readonly rest: Uint8Array };

const INCOMPLETE: HelloResult = Object.freeze({ kind: 'incomplete' });
const WRONG: HelloResult = Object.freeze({ kind: 'wrong' });

/**
 * Reads the first frame of a stream, from chunks of any size. Until then the other
 * end is a stranger, who is given no more memory than a hello takes, and is told apart
 * from one of ours by the first byte that is wrong.
 */
export class HelloReader {
  private readonly bytes = new Uint8Array(FRAME_HEADER_BYTES + MAGIC.length + HELLO_BYTES_MAX);
  private have = 0;

  /** Takes the next bytes; not to be called again once it answered anything but `incomplete`. */
  push(chunk: Uint8Array): HelloResult {
    const before = this.have;
    const part = chunk.subarray(0, this.bytes.length - before);
    this.bytes.set(part, before);
    this.have += part.length;
    if (this.have < FRAME_HEADER_BYTES) return INCOMPLETE;
    const end = FRAME_HEADER_BYTES + new DataView(this.bytes.buffer).getUint32(0);
    if (end < FRAME_HEADER_BYTES + MAGIC.length || end > this.bytes.length || !this.beginsRight()) return WRONG;
    if (this.have < end) return INCOMPLETE;
    return { kind: 'hello', hello: this.bytes.slice(FRAME_HEADER_BYTES + MAGIC.length, end), rest: chunk.subarray(end - before) };
  }

  private beginsRight(): boolean {
    return MAGIC.every((byte, i) => FRAME_HEADER_BYTES + i >= this.have || this.bytes[FRAME_HEADER_BYTES + i] === byte);
  }
}
