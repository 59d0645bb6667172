import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { Codec } from '../../../lib/wire/codec.ts';
import type { DecodeFailure } from '../../../lib/wire/field-reader.ts';
import { FrameDecoder, encodeFrameHeader } from '../../../lib/wire/framing.ts';
import { KIND_CODES } from '../../../lib/wire/kind-codes.ts';
import { TableDirectory, bytesOf, hexOf } from './table-directory.ts';

interface Vectors {
  readonly peers: Readonly<Record<string, { readonly id: string; readonly descriptor: string }>>;
  readonly messages: readonly { readonly name: string; readonly message: object; readonly hex: string }[];
  readonly rejected: readonly { readonly why: string; readonly reason: DecodeFailure; readonly hex: string }[];
  readonly stream: { readonly frames: readonly string[]; readonly hex: string };
}

const document = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
const vectors = JSON.parse(/```json\n([\s\S]*?)```/.exec(document)?.[1] ?? '') as Vectors;
const names = Object.keys(vectors.peers);

function newCodec(): Codec {
  return new Codec(new TableDirectory(Object.values(vectors.peers).map(({ descriptor }) => bytesOf(descriptor))));
}

/** Properties that name a peer, and that list peers. */
const PEER_KEYS = ['origin', 'newcomer', 'tree', 'target', 'peer', 'root', 'old', 'initiator', 'parent', 'leader', 'member'];
const PEER_LIST_KEYS = ['peers', 'path', 'members', 'supers'];

/** The message of a vector: peers go by name there, and payloads as hexadecimal digits. */
function messageOf(described: object): Message {
  const refOf = (name: string): PeerRef => peerRef(names.indexOf(name));
  const revive = (key: string, value: unknown): unknown => {
    if (key === 'payload') return bytesOf(String(value));
    if (['lower', 'upper', 'fingerprint'].includes(key)) return String.fromCharCode(...bytesOf(String(value)));
    if (PEER_KEYS.includes(key) && typeof value === 'string') return refOf(value);
    // Objects in lists have their peers by name already.
    if (PEER_LIST_KEYS.includes(key) && Array.isArray(value)) return value.map((each) => (typeof each === 'string' ? refOf(each) : each));
    return value;
  };
  return JSON.parse(JSON.stringify(described), revive) as Message;
}

describe('the test vectors in PROTOCOL.md', () => {
  test('have peers whose descriptors begin with their ids', () => {
    for (const { id, descriptor } of Object.values(vectors.peers)) expect(bytesOf(descriptor).slice(0, 16)).toEqual(bytesOf(id));
  });

  test('show every kind of message', () => {
    const kinds = new Set(vectors.messages.map(({ message }) => messageOf(message).kind));
    expect([...kinds].sort()).toEqual(['data', ...Object.keys(KIND_CODES)].sort());
  });

  test.each(vectors.messages)('encode and decode: $name', ({ message, hex }) => {
    const codec = newCodec();
    expect(hexOf(codec.encode(messageOf(message)))).toBe(hex.replaceAll(' ', ''));
    expect(codec.decode(bytesOf(hex))).toStrictEqual(messageOf(message));
  });

  test.each(vectors.rejected)('are dropped as $reason: $why', ({ reason, hex }) => {
    const codec = newCodec();
    const before = { ...codec.counters };
    expect(codec.decode(bytesOf(hex))).toBeUndefined();
    expect(codec.counters).toEqual({ ...before, [reason]: 1 });
  });

  test('frame messages on a stream', () => {
    const { frames, hex } = vectors.stream;
    const framed = frames.map(bytesOf).flatMap((frame) => [...encodeFrameHeader(frame.length), ...frame]);
    expect(hexOf(Uint8Array.from(framed))).toBe(hex.replaceAll(' ', ''));
    expect(new FrameDecoder(65_536).push(bytesOf(hex)).frames.map(hexOf)).toEqual(frames.map((frame) => frame.replaceAll(' ', '')));
  });
});

describe('the prose of PROTOCOL.md', () => {
  test('gives every kind its code in the CDDL', () => {
    const rules = [...document.matchAll(/^([a-z-]+) = \[(\d+), group/gm)].map(([, rule = '', code]) => [camelCase(rule), Number(code)]);
    expect(Object.fromEntries(rules)).toEqual(KIND_CODES);
  });
});

function camelCase(rule: string): string {
  return rule.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
