import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GroupRef, groupRef, type MessageId, type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { Announcement, DigestEntry, IdRange, Message, RefreshEntry } from '../../lib/core/messages.ts';
import { Codec } from '../../lib/wire/codec.ts';
import type { ControlKind } from '../../lib/wire/control-schema.ts';
import { FrameDecoder, encodeFrameHeader } from '../../lib/wire/framing.ts';
import { KIND_CODES } from '../../lib/wire/kind-codes.ts';
import { directoryOf, hexOf } from '../unit/wire/table-directory.ts';

const SEED = 20_260_101;
const PEERS = 12;

/** Whole numbers up to `max`, those around a change of length more often. */
function uint(max: number): fc.Arbitrary<number> {
  const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, max].filter((edge) => edge <= max);
  return fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max }));
}

const u32 = uint(2 ** 32 - 1);
const peer: fc.Arbitrary<PeerRef> = fc.integer({ min: 0, max: PEERS - 1 }).map(peerRef);
const group: fc.Arbitrary<GroupRef> = uint(2 ** 48 - 1).map(groupRef);
const peers = fc.oneof(fc.array(peer, { maxLength: 10 }), fc.array(peer, { minLength: 120, maxLength: 129 }));
const timeToLive = uint(255);
const layer = uint(255);
const clusterPeers = fc.array(peer, { maxLength: 94 });
const distances = fc.array(fc.record({ peer, rttUs: u32 }), { maxLength: 94 });
const idFields = { origin: peer, epoch: u32, seq: u32 };

/** Now and then a long run. */
const ids: fc.Arbitrary<MessageId[]> = fc.oneof(
  fc.array(fc.record({ origin: fc.constantFrom(peerRef(0), peerRef(1)), epoch: fc.constantFrom(1, 2 ** 31), seq: u32 }), { maxLength: 60, size: 'max' }),
  fc.record({ origin: peer, epoch: u32, first: uint(2 ** 32 - 2000), count: fc.integer({ min: 0, max: 1024 }) }).map(({ origin, epoch, first, count }) => Array.from({ length: count }, (_, i) => ({ origin, epoch, seq: first + i }))),
);
const characters = (minLength: number, maxLength: number): fc.Arbitrary<string> => fc.uint8Array({ minLength, maxLength }).map((bytes) => String.fromCharCode(...bytes));
const bound = fc.oneof(characters(0, 24), characters(0, 3).map((tail) => 'of a long key in common'.slice(0, 21) + tail));
/** Bounds that rise, the last one empty now and then. */
const ranges: fc.Arbitrary<IdRange[]> = fc
  .record({ bounds: fc.uniqueArray(bound, { maxLength: 40, size: 'max' }), said: fc.array(fc.record({ kind: fc.constantFrom(...(['skip', 'fingerprint', 'ids'] as const)), fingerprint: characters(8, 8) }), { minLength: 40, maxLength: 40 }), toEnd: fc.boolean() })
  .map(({ bounds, said, toEnd }) => {
    const uppers = bounds.filter((upper) => upper !== '').sort();
    if (toEnd) uppers.push('');
    return uppers.slice(0, 40).map((upper, i) => {
      const { kind, fingerprint } = said[i] ?? { kind: 'skip', fingerprint: '' };
      return kind === 'fingerprint' ? { kind, upper, fingerprint } : { kind, upper };
    });
  });
const cyclonEntry = fc.record({ peer, age: uint(65_535) });
const cyclonEntries = fc.oneof(fc.array(cyclonEntry, { maxLength: 10 }), fc.array(cyclonEntry, { minLength: 120, maxLength: 128 }));

/** Few origins and epochs, so that runs of more than one occur; now and then a long run. */
const announcements: fc.Arbitrary<Announcement[]> = fc.array(
  fc.record({ origin: fc.constantFrom(peerRef(0), peerRef(1)), epoch: fc.constantFrom(1, 2 ** 31), seq: u32, hops: uint(65_535) }),
  { maxLength: 60, size: 'max' },
);

const entry: fc.Arbitrary<DigestEntry> = fc
  .tuple(peer, u32, uint(2 ** 32), fc.array(fc.tuple(uint(5000), uint(5000)), { maxLength: 30 }))
  .map(([origin, epoch, next, distances]) => {
    const beyond: number[] = [];
    let last = next;
    for (const [gap, length] of distances) {
      if (last + 1 + gap + length > 2 ** 32 - 1) break;
      beyond.push(last + 1 + gap, last + 1 + gap + length);
      last += 1 + gap + length;
    }
    return { origin, epoch, next, beyond };
  });

const refreshEntry: fc.Arbitrary<RefreshEntry> = fc.record(
  {
    member: peer,
    status: fc.constantFrom('alive' as const, 'failed' as const, 'left' as const),
    seq: u32,
    route: fc.record({ costUs: u32, path: fc.oneof(fc.array(peer, { maxLength: 6 }), fc.array(peer, { minLength: 60, maxLength: 64 })) }),
  },
  { requiredKeys: ['member', 'status', 'seq'] },
);
const treePeer = fc.record({ peer, delayUs: u32 });
const treePosition = {
  rank: uint(2 ** 33 - 1),
  path: fc.oneof(fc.array(treePeer, { maxLength: 8 }), fc.array(treePeer, { minLength: 120, maxLength: 128 })),
  children: fc.oneof(fc.array(treePeer, { maxLength: 8 }), fc.array(treePeer, { minLength: 60, maxLength: 64 })),
};
const epidemic = fc.constantFrom('rumor' as const, 'antiEntropy' as const);

const control: { readonly [K in ControlKind]: fc.Arbitrary<Extract<Message, { kind: K }>> } = {
  join: fc.record({ kind: fc.constant('join'), group }),
  forwardJoin: fc.record({ kind: fc.constant('forwardJoin'), group, newcomer: peer, timeToLive }),
  neighbour: fc.record({ kind: fc.constant('neighbour'), group, priority: fc.constantFrom('low' as const, 'high' as const) }),
  neighbourReply: fc.record({ kind: fc.constant('neighbourReply'), group, accepted: fc.boolean() }),
  disconnect: fc.record({ kind: fc.constant('disconnect'), group }),
  shuffle: fc.record({ kind: fc.constant('shuffle'), group, origin: peer, timeToLive, peers }),
  shuffleReply: fc.record({ kind: fc.constant('shuffleReply'), group, peers }),
  iHave: fc.record({ kind: fc.constant('iHave'), group, announcements }),
  graft: fc.record(
    { kind: fc.constant('graft'), group, tree: peer, id: fc.record(idFields) },
    { requiredKeys: ['kind', 'group'] },
  ),
  prune: fc.record({ kind: fc.constant('prune'), group, tree: peer }, { requiredKeys: ['kind', 'group'] }),
  feedback: fc.record(
    { kind: fc.constant('feedback'), group, ...idFields, knew: fc.boolean(), counter: uint(0xffff) },
    { requiredKeys: ['kind', 'group', 'origin', 'epoch', 'seq', 'knew'] },
  ),
  rumorRequest: fc.record({ kind: fc.constant('rumorRequest'), group }),
  digest: fc.record({
    kind: fc.constant('digest'),
    group,
    mode: fc.constantFrom(...(['push', 'pull', 'pushPull', 'state', 'stateReply', 'history', 'historyPart', 'historyEnd'] as const)),
    entries: fc.array(entry, { maxLength: 40 }),
  }),
  ping: fc.record({ kind: fc.constant('ping'), group, seq: u32, suspected: fc.boolean() }),
  ack: fc.record({ kind: fc.constant('ack'), group, seq: u32 }),
  pingRequest: fc.record({ kind: fc.constant('pingRequest'), group, seq: u32, target: peer }),
  nack: fc.record({ kind: fc.constant('nack'), group, seq: u32 }),
  rttProbe: fc.record({ kind: fc.constant('rttProbe'), group, seq: u32 }),
  rttReply: fc.record({ kind: fc.constant('rttReply'), group, seq: u32 }),
  cyclonShuffle: fc.record({ kind: fc.constant('cyclonShuffle'), group, seq: u32, entries: cyclonEntries }),
  cyclonReply: fc.record({ kind: fc.constant('cyclonReply'), group, seq: u32, entries: cyclonEntries }),
  iWant: fc.record({ kind: fc.constant('iWant'), group, ids }),
  ranges: fc.record({ kind: fc.constant('ranges'), group, mode: fc.constantFrom(...(['push', 'pull', 'pushPull'] as const)), lower: bound, ranges, ids }),
  rangeOffer: fc.record({ kind: fc.constant('rangeOffer'), group, ids }),
  rangeWant: fc.record({ kind: fc.constant('rangeWant'), group, ids }),
  cyclonWelcome: fc.record({ kind: fc.constant('cyclonWelcome'), group, peer, age: uint(65_535) }),
  naradaJoin: fc.record({ kind: fc.constant('naradaJoin'), group }),
  naradaMembers: fc.record({ kind: fc.constant('naradaMembers'), group, peers: fc.array(peer, { maxLength: 200 }) }),
  naradaDescribe: fc.record({ kind: fc.constant('naradaDescribe'), group, peers: fc.array(peer, { maxLength: 200 }) }),
  naradaLink: fc.record({ kind: fc.constant('naradaLink'), group, urgent: fc.boolean() }),
  naradaLinkReply: fc.record({ kind: fc.constant('naradaLinkReply'), group, accepted: fc.boolean() }),
  naradaDrop: fc.record({ kind: fc.constant('naradaDrop'), group }),
  naradaLeave: fc.record({ kind: fc.constant('naradaLeave'), group, seq: u32 }),
  naradaRefresh: fc.record({ kind: fc.constant('naradaRefresh'), group, number: u32, degree: uint(65_535), entries: fc.array(refreshEntry, { maxLength: 60 }) }),
  naradaAskCosts: fc.record({ kind: fc.constant('naradaAskCosts'), group }),
  naradaCosts: fc.record({ kind: fc.constant('naradaCosts'), group, degree: uint(65_535), costs: fc.array(fc.record({ member: peer, costUs: u32 }), { maxLength: 60 }) }),
  treeQuery: fc.record({ kind: fc.constant('treeQuery'), group, seq: u32 }),
  treeInfo: fc.record({ kind: fc.constant('treeInfo'), group, seq: u32, accepting: fc.boolean(), ...treePosition }),
  treeJoin: fc.record({ kind: fc.constant('treeJoin'), group, seq: u32, rttUs: u32 }),
  treeJoinReply: fc.record({ kind: fc.constant('treeJoinReply'), group, seq: u32, accepted: fc.boolean(), ...treePosition }),
  treeRefresh: fc.record({ kind: fc.constant('treeRefresh'), group, rttUs: u32 }),
  treePath: fc.record({ kind: fc.constant('treePath'), group, ...treePosition }),
  treeLeave: fc.record({ kind: fc.constant('treeLeave'), group, leaving: fc.boolean() }),
  treeRoot: fc.record({ kind: fc.constant('treeRoot'), group, root: peer, rank: uint(2 ** 33 - 1) }),
  disconnectWait: fc.record({ kind: fc.constant('disconnectWait'), group }),
  optimization: fc.record({ kind: fc.constant('optimization'), group, old: peer }),
  optimizationReply: fc.record({ kind: fc.constant('optimizationReply'), group, accepted: fc.boolean(), swapped: fc.boolean() }),
  replace: fc.record({ kind: fc.constant('replace'), group, initiator: peer, old: peer }),
  replaceReply: fc.record({ kind: fc.constant('replaceReply'), group, accepted: fc.boolean() }),
  switch: fc.record({ kind: fc.constant('switch'), group, initiator: peer }),
  switchReply: fc.record({ kind: fc.constant('switchReply'), group, accepted: fc.boolean() }),
  niceQuery: fc.record({ kind: fc.constant('niceQuery'), group, layer }),
  niceReply: fc.record({ kind: fc.constant('niceReply'), group, layer, height: layer, root: peer, members: clusterPeers }),
  niceJoin: fc.record({ kind: fc.constant('niceJoin'), group, layer }),
  niceCluster: fc.record({ kind: fc.constant('niceCluster'), group, layer, root: peer, members: distances, supers: clusterPeers }),
  niceHeartbeat: fc.record({ kind: fc.constant('niceHeartbeat'), group, layer, toLeader: fc.boolean(), distances }),
  niceLeave: fc.record({ kind: fc.constant('niceLeave'), group, layer }),
  niceTransfer: fc.record(
    { kind: fc.constant('niceTransfer'), group, height: layer, members: fc.array(fc.record({ layer, peer }), { maxLength: 190 }), parent: peer },
    { requiredKeys: ['kind', 'group', 'height', 'members'] },
  ),
  niceLeader: fc.record({ kind: fc.constant('niceLeader'), group, layer, leader: peer }),
  niceMerge: fc.record({ kind: fc.constant('niceMerge'), group, layer }),
  niceRoot: fc.record({ kind: fc.constant('niceRoot'), group, root: peer }),
  connect: fc.record({ kind: fc.constant('connect'), group, protocol: epidemic, seq: u32 }),
  connectReply: fc.record({ kind: fc.constant('connectReply'), group, protocol: epidemic, seq: u32, accepted: fc.boolean() }),
  recent: fc.record({
    kind: fc.constant('recent'),
    group,
    step: fc.constantFrom('ask' as const, 'answer' as const, 'fetch' as const),
    mode: fc.constantFrom('push' as const, 'pull' as const, 'pushPull' as const),
    checksum: fc.record({ high: u32, low: u32 }),
    entries: fc.array(entry, { maxLength: 40 }),
  }),
};

const causalEntry = fc.record({ origin: peer, epoch: u32, next: u32 });
const data: fc.Arbitrary<Message> = fc.record(
  {
    kind: fc.constant('data'),
    group,
    ...idFields,
    hops: uint(65_535),
    repair: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 300 }),
    after: fc.oneof(fc.array(causalEntry, { maxLength: 10 }), fc.array(causalEntry, { minLength: 250, maxLength: 260 })),
  },
  { requiredKeys: ['kind', 'group', 'origin', 'epoch', 'seq', 'hops', 'repair', 'payload'] },
);

/** Cloned, since records of fast-check have no prototype. */
const message: fc.Arbitrary<Message> = fc.oneof(data, ...Object.values(control)).map((made) => structuredClone(made));

/** What became of bytes: the message, or that exactly one reason was counted. */
function decodeCounted(bytes: Uint8Array): Message | undefined {
  const codec = new Codec(directoryOf(PEERS));
  const decoded = codec.decode(bytes);
  const { peersLeftOut: _, digestEntriesLeftOut: __, ...reasons } = codec.counters;
  expect(Object.values(reasons).reduce((sum, count) => sum + count)).toBe(decoded === undefined ? 1 : 0);
  return decoded;
}

/** Bytes that decode to a message mean that message: it encodes, and decodes to the same. */
function expectUsable(decoded: Message | undefined): void {
  if (decoded === undefined) return;
  const codec = new Codec(directoryOf(PEERS));
  const again = codec.encode(decoded);
  expect(again.length).toBe(codec.size(decoded));
  expect(codec.decode(again)).toEqual(decoded);
}

describe(`the codec (seed ${SEED})`, () => {
  test('gives back every message, in exactly the size it foretold', () => {
    const codec = new Codec(directoryOf(PEERS));
    const prop = fc.property(message, (original) => {
      const bytes = codec.encode(original);
      expect(bytes.length).toBe(codec.size(original));
      expect(codec.decode(bytes)).toStrictEqual(original);
    });
    fc.assert(prop, { seed: SEED, numRuns: 3000 });
  });

  test('keeps results apart: what was encoded first stays as it was', () => {
    const codec = new Codec(directoryOf(PEERS));
    const prop = fc.property(fc.array(message, { minLength: 2, maxLength: 40 }), (originals) => {
      const encoded = originals.map((original) => codec.encode(original));
      const hexes = encoded.map(hexOf);
      for (const original of originals) codec.encode(original).fill(0xff);
      expect(encoded.map(hexOf)).toEqual(hexes);
    });
    fc.assert(prop, { seed: SEED, numRuns: 100 });
  });

  test('drops arbitrary bytes with one count, or makes a usable message of them', () => {
    const causal = [0x10, 2, ...new Array<number>(8).fill(1), 1, ...new Array<number>(15).fill(0xa0), ...new Array<number>(8).fill(1), 0];
    const start = fc.constantFrom([], [0x10], causal, [0x11], ...Object.values(KIND_CODES).map((code) => [0x11, 0x83, code]));
    const prop = fc.property(start, fc.uint8Array({ maxLength: 80 }), (first, rest) => {
      expectUsable(decodeCounted(Uint8Array.from([...first, ...rest])));
    });
    fc.assert(prop, { seed: SEED, numRuns: 5000 });
  });

  test('drops mutated messages with one count, or makes usable messages of them', () => {
    const codec = new Codec(directoryOf(PEERS));
    let dropped = 0;
    const mutation = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }), cut: fc.option(fc.nat()), add: fc.option(fc.nat(255)) });
    const prop = fc.property(message, mutation, (original, { at, by, cut, add }) => {
      const bytes = codec.encode(original);
      bytes[at % bytes.length] = ((bytes[at % bytes.length] ?? 0) + by) & 0xff;
      const kept = cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
      const decoded = decodeCounted(Uint8Array.from(add === null ? kept : [...kept, add]));
      if (decoded === undefined) dropped++;
      expectUsable(decoded);
    });
    fc.assert(prop, { seed: SEED, numRuns: 5000 });
    expect(dropped).toBeGreaterThan(1000);
  });
});

describe(`framing (seed ${SEED})`, () => {
  test('yields the same frames however the stream is split', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    const prop = fc.property(frames, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, chunkBytes) => {
      const stream = Uint8Array.from(sent.flatMap((frame) => [...encodeFrameHeader(frame.length), ...frame]));
      const decoder = new FrameDecoder(40);
      const came: Uint8Array[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const bytes = chunkBytes[i % chunkBytes.length] ?? 1;
        const { frames: completed, tooLongBytes } = decoder.push(stream.subarray(at, at + bytes));
        expect(tooLongBytes).toBeUndefined();
        came.push(...completed);
        at += bytes;
      }
      expect(came.map(hexOf)).toEqual(sent.map(hexOf));
    });
    fc.assert(prop, { seed: SEED, numRuns: 1000 });
  });
});
