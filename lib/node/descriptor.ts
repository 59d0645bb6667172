import { isIPv4 } from 'node:net';
import { assert } from '../core/errors.ts';
import type { Address } from '../transport/address.ts';
import { DESCRIPTOR_BYTES_MAX, ID_BYTES } from '../wire/limits.ts';

/**
 * Descriptors of live peers: the id, then each address as kind (1), IP address (4 or
 * 16 bytes) and port (2). PROTOCOL.md, section "Descriptors".
 */

/** Addresses of one peer; further ones are left out. */
export const ADDRESSES_MAX = 8;

const KINDS = [
  { code: 1, transport: 'udp', ipBytes: 4 },
  { code: 2, transport: 'tcp', ipBytes: 4 },
  { code: 3, transport: 'udp', ipBytes: 16 },
  { code: 4, transport: 'tcp', ipBytes: 16 },
] as const;

/** @param addresses with IP addresses as hosts; those past `ADDRESSES_MAX` are left out. */
export function encodeDescriptor(id: Uint8Array, addresses: readonly Address[]): Uint8Array {
  assert(id.length === ID_BYTES, 'an id has 16 bytes');
  const bytes = Buffer.alloc(DESCRIPTOR_BYTES_MAX);
  bytes.set(id);
  let at = ID_BYTES;
  for (const { transport, host, port } of addresses.slice(0, ADDRESSES_MAX)) {
    const ip = isIPv4(host) ? Uint8Array.from(host.split('.'), Number) : ipv6Bytes(host);
    const kind = KINDS.find((one) => one.transport === transport && one.ipBytes === ip.length);
    assert(kind !== undefined, 'every transport has a kind for each length of an IP address');
    bytes[at] = kind.code;
    bytes.set(ip, at + 1);
    bytes.writeUInt16BE(port, at + 1 + ip.length);
    at += 3 + ip.length;
  }
  return new Uint8Array(bytes.subarray(0, at));
}

/** The addresses in a descriptor; `undefined` when it is not one. Kinds that are unknown end it, so that later versions can add some. */
export function decodeAddresses(descriptor: Uint8Array): Address[] | undefined {
  if (descriptor.length < ID_BYTES || descriptor.length > DESCRIPTOR_BYTES_MAX) return undefined;
  const bytes = Buffer.from(descriptor.buffer, descriptor.byteOffset, descriptor.length);
  const addresses: Address[] = [];
  for (let at = ID_BYTES; at < bytes.length && addresses.length < ADDRESSES_MAX; ) {
    const kind = KINDS.find(({ code }) => code === bytes[at]);
    if (kind === undefined) break;
    const end = at + 1 + kind.ipBytes;
    if (end + 2 > bytes.length) return undefined;
    const ip = bytes.subarray(at + 1, end);
    const port = bytes.readUInt16BE(end);
    if (port === 0) return undefined;
    addresses.push({ transport: kind.transport, host: kind.ipBytes === 4 ? ip.join('.') : ipv6Text(ip), port });
    at = end + 2;
  }
  return addresses;
}

/** The 16 bytes of an IPv6 address in text, a zone cut off. */
function ipv6Bytes(text: string): Uint8Array {
  const bare = text.replace(/%.*$/, '');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  const whole = dotted === null ? bare : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [front = '', back] = whole.split('::');
  const before = front === '' ? [] : front.split(':');
  const after = back === undefined || back === '' ? [] : back.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const words = [...before, ...zeros, ...after].map((word) => parseInt(word, 16));
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

function hex(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** The text of RFC 5952: hexadecimal words, the first of the longest runs of two zeros or more as `::`. */
function ipv6Text(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  let [start, length] = [0, 1];
  for (let from = 0; from < words.length; from++) {
    let end = from;
    while (words[end] === '0') end++;
    if (end - from > length) [start, length] = [from, end - from];
  }
  if (length === 1) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}
