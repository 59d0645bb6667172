import { ID_BYTES } from '../wire/limits.ts';
import { decodeAddresses } from './descriptor.ts';

/**
 * What a live peer says on every new link: the version of this format (1 byte), its
 * epoch (4) and its descriptor. PROTOCOL.md, section "Hello".
 */
const HELLO_VERSION = 1;
const DESCRIPTOR_AT = 5;

/** A hello, taken apart. */
export interface Hello {
  readonly epoch: number;
  readonly descriptor: Uint8Array;
}

/** The bytes of a hello, `HELLO_BYTES_MAX` at most. */
export function encodeHello({ epoch, descriptor }: Hello): Uint8Array {
  const bytes = Buffer.alloc(DESCRIPTOR_AT + descriptor.length);
  bytes[0] = HELLO_VERSION;
  bytes.writeUInt32BE(epoch, 1);
  bytes.set(descriptor, DESCRIPTOR_AT);
  return new Uint8Array(bytes);
}

/** What the other end said; `undefined` when it is no hello of this version. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  if (bytes[0] !== HELLO_VERSION || bytes.length < DESCRIPTOR_AT + ID_BYTES) return undefined;
  const descriptor = bytes.slice(DESCRIPTOR_AT);
  if (decodeAddresses(descriptor) === undefined) return undefined;
  const epoch = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return { epoch, descriptor };
}
