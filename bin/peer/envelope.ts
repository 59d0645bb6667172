/**
 * What `overlay-peer` puts into a payload. A line goes as it is, its bytes and nothing
 * else, unless its sender has a name; then it is preceded by
 *
 *     FE            a byte that occurs nowhere in UTF-8
 *     01            the version of this envelope
 *     N             bytes of the name, 0 to 64
 *     N bytes       the name, UTF-8
 *
 * A payload that does not begin so, from another program perhaps, is a line without a name.
 */

/** A line as it was published. */
export interface Line {
  /** `undefined` where the sender gave none. */
  readonly name: string | undefined;
  readonly text: Uint8Array;
}

/** Bytes of a sender's name. */
export const NAME_BYTES_MAX = 64;

const MARK = 0xfe;
const VERSION = 1;
const HEADER_BYTES = 3;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeLine({ name, text }: Line): Uint8Array {
  if (name === undefined && text[0] !== MARK) return text;
  const nameBytes = Buffer.from(name ?? '');
  return Buffer.concat([Uint8Array.of(MARK, VERSION, nameBytes.length), nameBytes, text]);
}

export function decodeLine(payload: Uint8Array): Line {
  const plain = { name: undefined, text: payload };
  const nameBytes = payload[2];
  if (payload[0] !== MARK || payload[1] !== VERSION || nameBytes === undefined || nameBytes > NAME_BYTES_MAX) return plain;
  const end = HEADER_BYTES + nameBytes;
  if (payload.length < end) return plain;
  const name = textOf(payload.subarray(HEADER_BYTES, end));
  if (name === undefined) return plain;
  return { name: name === '' ? undefined : name, text: payload.subarray(end) };
}

/** The text that `bytes` are in UTF-8; `undefined` where they are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
