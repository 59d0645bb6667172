import { Encoder } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import { PEER_GROUP, groupRef, peerRef } from '../../../lib/core/ids.ts';
import type { Announcement, DataMessage, Digest, DigestEntry, Message } from '../../../lib/core/messages.ts';
import { Codec, type CodecCounters, fit } from '../../../lib/wire/codec.ts';
import { DATA_HEADER_BYTES, DATA_HEADER_BYTES_MAX, patchHops } from '../../../lib/wire/data-header.ts';
import { CONTROL_BYTES_MAX } from '../../../lib/wire/limits.ts';
import { directoryOf, hexOf } from './table-directory.ts';

const NOTHING: CodecCounters = {
  truncated: 0,
  version: 0,
  kind: 0,
  malformed: 0,
  unknownPeer: 0,
  tooLarge: 0,
  peersLeftOut: 0,
  digestEntriesLeftOut: 0,
};

const group = groupRef(7);
const cbor = new Encoder({ useRecords: false, tagUint8Array: false });

/** A peer of this number has the same id in directories of every size. */
const everybody = directoryOf(200);
const idOf = (peer: number): Uint8Array => everybody.idOf(peerRef(peer));

const published: DataMessage = {
  kind: 'data',
  group,
  origin: peerRef(1),
  epoch: 5,
  seq: 9,
  hops: 2,
  repair: false,
  payload: Uint8Array.of(1, 2, 3),
};

/** A control message of any array, valid or not. */
function controlOf(...fields: unknown[]): Uint8Array {
  return Uint8Array.from([0x11, ...cbor.encode(fields)]);
}

function digestOf(count: number, beyond: readonly number[] = []): Digest {
  const entries = Array.from({ length: count }, (_, i): DigestEntry => ({ origin: peerRef(i % 200), epoch: i, next: 0, beyond }));
  return { kind: 'digest', group, mode: 'pull', entries };
}

describe('a data message', () => {
  test('is decoded without a copy of its payload', () => {
    const bytes = new Codec(directoryOf(3)).encode(published);
    const decoded = new Codec(directoryOf(3)).decode(bytes);
    if (decoded?.kind !== 'data') throw new Error('expected a data message');
    expect(decoded.payload.buffer).toBe(bytes.buffer);
    expect(decoded.payload.byteOffset).toBe(DATA_HEADER_BYTES);
  });

  test('is its header followed by its payload', () => {
    const codec = new Codec(directoryOf(3));
    expect(hexOf(codec.encode(published))).toBe(`${hexOf(codec.headerOf(published))}010203`);
  });

  test('is forwarded by patching the hops in place', () => {
    const codec = new Codec(directoryOf(3));
    const frame = codec.encode(published);
    patchHops(frame, 300);
    expect(codec.decode(frame)).toEqual({ ...published, hops: 300 });
  });

  test('counts no hops past 65535, since a hostile neighbour can bring it there', () => {
    const codec = new Codec(directoryOf(3));
    const frame = codec.encode({ ...published, hops: 65_536 });
    expect(codec.decode(frame)).toEqual({ ...published, hops: 65_535 });
    patchHops(frame, 70_000);
    expect(codec.decode(frame)).toEqual({ ...published, hops: 65_535 });
  });

  test('in causal order is its header with the entries, followed by its payload, and is decoded without a copy of that', () => {
    const codec = new Codec(directoryOf(3));
    const causal: DataMessage = { ...published, after: [{ origin: peerRef(2), epoch: 1, next: 2 }, { origin: peerRef(0), epoch: 0, next: 0 }] };
    const bytes = codec.encode(causal);
    expect(hexOf(bytes)).toBe(`${hexOf(codec.headerOf(causal))}010203`);
    expect(bytes.length).toBe(codec.size(causal));
    patchHops(bytes, 3);
    const decoded = codec.decode(bytes);
    expect(decoded).toStrictEqual({ ...causal, hops: 3 });
    if (decoded?.kind !== 'data') throw new Error('expected a data message');
    expect([decoded.payload.buffer, decoded.payload.byteOffset]).toEqual([bytes.buffer, DATA_HEADER_BYTES + 2 + 2 * 24]);
  });

  test('has 4096 causal entries at most', () => {
    const codec = new Codec(directoryOf(3));
    const after = Array.from({ length: 4097 }, (_, i) => ({ origin: peerRef(i % 3), epoch: i, next: i }));
    const largest: DataMessage = { ...published, after: after.slice(0, 4096) };
    const bytes = codec.encode(largest);
    expect(bytes.length).toBe(DATA_HEADER_BYTES_MAX + 3);
    expect(codec.decode(bytes)).toEqual(largest);
    expect(() => codec.encode({ ...published, after })).toThrow('broken invariant');
  });

  test('names a publisher that has used up its numbers with the last one', () => {
    const codec = new Codec(directoryOf(3));
    const entry = { origin: peerRef(0), epoch: 1, next: 2 ** 32 };
    expect(codec.decode(codec.encode({ ...published, after: [entry] }))).toEqual({ ...published, after: [{ ...entry, next: 2 ** 32 - 1 }] });
  });

  test('must be one to have its hops patched', () => {
    const join = new Codec(directoryOf(3)).encode({ kind: 'join', group });
    expect(() => patchHops(join, 1)).toThrow('only a data message');
  });

  test.each([
    ['a group past 48 bits', { group: groupRef(2 ** 48) }],
    ['a fractional sequence number', { seq: 1.5 }],
    ['a sequence number past 32 bits', { seq: 2 ** 32 }],
    ['a negative epoch', { epoch: -1 }],
  ])('with %s is a broken invariant', (_, fields) => {
    expect(() => new Codec(directoryOf(3)).encode({ ...published, ...fields })).toThrow('broken invariant');
  });
});

describe('a peer that the directory does not know', () => {
  const two = directoryOf(2);
  const [known, stranger] = [peerRef(0), peerRef(5)];
  const id = { origin: stranger, epoch: 1, seq: 1 };

  test.each<Message>([
    { ...published, origin: stranger },
    { ...published, origin: known, after: [{ origin: stranger, epoch: 1, next: 1 }] },
    { kind: 'forwardJoin', group, newcomer: stranger, timeToLive: 1 },
    { kind: 'shuffle', group, origin: stranger, timeToLive: 1, peers: [known] },
    { kind: 'graft', group, tree: stranger },
    { kind: 'graft', group, id },
    { kind: 'prune', group, tree: stranger },
    { kind: 'feedback', group, ...id, knew: true },
    { kind: 'pingRequest', group: PEER_GROUP, seq: 1, target: stranger },
  ])('makes it drop a $kind', (message) => {
    const codec = new Codec(two);
    expect(codec.decode(new Codec(everybody).encode(message))).toBeUndefined();
    expect(codec.counters).toEqual({ ...NOTHING, unknownPeer: 1 });
  });

  test.each<[Message, Message]>([
    [
      { kind: 'shuffle', group, origin: known, timeToLive: 1, peers: [stranger, known, stranger] },
      { kind: 'shuffle', group, origin: known, timeToLive: 1, peers: [known] },
    ],
    [
      { kind: 'shuffleReply', group, peers: [stranger, stranger] },
      { kind: 'shuffleReply', group, peers: [] },
    ],
    [
      { kind: 'iHave', group, announcements: [{ ...id, hops: 1 }, { ...id, origin: known, hops: 2 }, { ...id, hops: 3 }] },
      { kind: 'iHave', group, announcements: [{ ...id, origin: known, hops: 2 }] },
    ],
    [
      { kind: 'digest', group, mode: 'pull', entries: [stranger, known, stranger].map((origin) => ({ origin, epoch: 1, next: 3, beyond: [5, 6] })) },
      { kind: 'digest', group, mode: 'pull', entries: [{ origin: known, epoch: 1, next: 3, beyond: [5, 6] }] },
    ],
  ])('is left out of the lists of %o', (message, left) => {
    const codec = new Codec(two);
    expect(codec.decode(new Codec(everybody).encode(message))).toEqual(left);
    expect(codec.counters).toEqual({ ...NOTHING, peersLeftOut: 2 });
  });
});

describe('fields that no honest peer sends', () => {
  const descriptor = everybody.descriptorOf(peerRef(0));

  test.each<[string, unknown[]]>([
    ['an empty array', []],
    ['a priority of 2', [3, 7, 2]],
    ['a mode of 8', [13, 7, 8, []]],
    ['a number for a boolean', [4, 7, 1]],
    ['null for a boolean', [4, 7, null]],
    ['a number for a list', [7, 7, 1]],
    ['a byte string for a list', [7, 7, new Uint8Array(20)]],
    ['a number for a peer', [10, 7, 1]],
    ['null for the tree of a prune', [10, 7, null]],
    ['a descriptor of 15 bytes', [7, 7, [new Uint8Array(15)]]],
    ['a descriptor of 256 bytes', [7, 7, [new Uint8Array(256)]]],
    ['256 hops left', [2, 7, descriptor, 256]],
    ['an epoch past 32 bits', [11, 7, idOf(1), 2n ** 32n, 1, true]],
    ['a sequence number past 2^53', [11, 7, idOf(1), 1, 2n ** 64n - 1n, true]],
    ['a graft with half a message id', [9, 7, null, idOf(1), 1]],
    ['a feedback without its answer', [11, 7, idOf(1), 1, 1]],
    ['an announcement of 65536 hops', [8, 7, [[idOf(1), 1, 1, 65_536]]]],
    ['an announcement without hops', [8, 7, [[idOf(1), 1, 1, 1, 2]]]],
    ['an empty run', [8, 7, [[]]]],
    ['an announcement that is no array', [8, 7, [1]]],
    ['half a range', [13, 7, 0, [[idOf(1), 1, 1, 1]]]],
    ['an entry without next', [13, 7, 0, [[idOf(1), 1]]]],
    ['a range that begins past the last number', [13, 7, 0, [[idOf(1), 1, 2n ** 32n, 0, 0]]]],
    ['a range that ends past the last number', [13, 7, 0, [[idOf(1), 1, 1, 0, 2 ** 32 - 1]]]],
    ['a number for a suspicion', [14, 0, 1, 1]],
    ['a probe past 32 bits', [15, 0, 2n ** 32n]],
    ['a request without its target', [16, 0, 1]],
    ['a nack and more', [17, 0, 1, 1]],
    ['a next past 2^32', [13, 7, 0, [[idOf(1), 1, 2n ** 32n + 1n]]]],
  ])('are dropped: %s', (_, fields) => {
    const codec = new Codec(everybody);
    expect(codec.decode(controlOf(...fields))).toBeUndefined();
    expect(codec.counters).toEqual({ ...NOTHING, malformed: 1 });
  });

  test.each<[string, Uint8Array]>([
    ['65537 bytes', new Uint8Array(CONTROL_BYTES_MAX + 1).fill(0x11)],
    ['130 peers', controlOf(7, 7, Array.from({ length: 130 }, () => descriptor))],
    ['1025 announcements in one run', controlOf(8, 7, [[idOf(1), 1, ...new Array<number>(2050).fill(1)]])],
    ['1025 announcements in two runs', controlOf(8, 7, [1024, 1].map((n) => [idOf(1), 1, ...new Array<number>(2 * n).fill(1)]))],
    ['1025 runs', controlOf(8, 7, Array.from({ length: 1025 }, () => [idOf(1), 1, 1, 1]))],
    ['4097 entries', controlOf(13, 7, 0, Array.from({ length: 4097 }, () => 0))],
    ['1025 ranges', controlOf(13, 7, 0, [[idOf(1), 1, 1, ...new Array<number>(2050).fill(1)]])],
  ])('are dropped as too large: %s', (_, bytes) => {
    const codec = new Codec(everybody);
    expect(codec.decode(bytes)).toBeUndefined();
    expect(codec.counters).toEqual({ ...NOTHING, tooLarge: 1 });
  });

  test('are read when integers merely come in more bytes than they need', () => {
    expect(new Codec(everybody).decode(controlOf(1n, 7n))).toEqual({ kind: 'join', group });
  });
});

describe('the largest messages', () => {
  const announcements = Array.from({ length: 1024 }, (_, i): Announcement => {
    return { origin: peerRef(i % 2), epoch: 2 ** 32 - 1, seq: 2 ** 32 - 1 - i, hops: 65_535 };
  });
  const largest = peerRef(3);

  test.each<Message>([
    { kind: 'iHave', group: groupRef(2 ** 48 - 1), announcements },
    { kind: 'shuffle', group, origin: largest, timeToLive: 255, peers: new Array(129).fill(largest) },
    digestOf(1, Array.from({ length: 2048 }, (_, i) => 1 + i * 2 ** 20)),
  ])('within the limits pass: $kind', (message) => {
    const codec = new Codec(everybody);
    const bytes = codec.encode(message);
    expect(bytes.length).toBe(codec.size(message));
    expect(bytes.length).toBeLessThanOrEqual(CONTROL_BYTES_MAX);
    expect(codec.decode(bytes)).toEqual(message);
    expect(codec.counters).toEqual(NOTHING);
  });

  test.each<Message>([
    { kind: 'iHave', group, announcements: [...announcements, ...announcements.slice(0, 1)] },
    { kind: 'shuffleReply', group, peers: new Array(130).fill(largest) },
    { kind: 'forwardJoin', group, newcomer: largest, timeToLive: 256 },
    { kind: 'ack', group: PEER_GROUP, seq: 2 ** 32 },
    digestOf(1, [0, 5]),
    digestOf(1, [5, 4]),
    digestOf(1, [5]),
    digestOf(1, [5, 2 ** 32]),
  ])('past the limits are a broken invariant: $kind', (message) => {
    expect(() => new Codec(everybody).encode(message)).toThrow('broken invariant');
  });
});

describe('a digest past the limits', () => {
  const manyBytes = digestOf(40, Array.from({ length: 1000 }, (_, i) => 1 + i * 70_000));

  test.each([
    ['large entries', manyBytes],
    ['small entries', digestOf(5000)],
  ])('loses its last entries, which are counted: %s', (_, digest) => {
    const codec = new Codec(everybody);
    const bytes = codec.encode(digest);
    const decoded = codec.decode(bytes);
    if (decoded?.kind !== 'digest') throw new Error('expected a digest');
    const count = decoded.entries.length;
    expect(decoded).toEqual({ ...digest, entries: digest.entries.slice(0, count) });
    expect(fit(digest)).toEqual(decoded);
    expect(bytes.length).toBe(codec.size(digest));
    expect(bytes.length).toBeLessThanOrEqual(CONTROL_BYTES_MAX);
    expect(codec.counters).toEqual({ ...NOTHING, digestEntriesLeftOut: digest.entries.length - count });
  });

  test('fills the limit to its last byte', () => {
    const codec = new Codec(everybody);
    const smallest: DigestEntry = { origin: peerRef(0), epoch: 0, next: 0, beyond: [] };
    const entries = new Array<DigestEntry>(3277).fill(smallest);
    const digest: Digest = { kind: 'digest', group: groupRef(2 ** 48 - 1), mode: 'push', entries };
    expect(codec.encode(digest).length).toBe(CONTROL_BYTES_MAX);
    expect(codec.counters).toEqual({ ...NOTHING, digestEntriesLeftOut: 1 });
  });
});
