import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { PEER_GROUP, type PeerRef, groupRef, peerRef } from '../../lib/core/ids.ts';
import type { Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { decodeAddresses, encodeDescriptor } from '../../lib/node/descriptor.ts';
import { Driver } from '../../lib/node/driver.ts';
import { decodeHello, encodeHello } from '../../lib/node/hello.ts';
import { LinkTable } from '../../lib/node/link-table.ts';
import { liveGroupOptions, peerConfig } from '../../lib/node/options.ts';
import { PeerTable } from '../../lib/node/peer-table.ts';
import { parseAddress } from '../../lib/transport/address.ts';
import { DESCRIPTOR_BYTES_MAX } from '../../lib/wire/limits.ts';
import { Codec } from '../../lib/wire/codec.ts';
import { VirtualClock } from '../../sim/stack/virtual-clock.ts';
import { FakeLink, FakeTransport, helloOf, idBytes } from '../unit/node/link-bed.ts';

const SEED = 20_261_121;
const GROUP = groupRef(7);
const LINKS_MAX = 64;
const TICK_MS = 100;

const bytes = fc.uint8Array({ maxLength: 300 });
const host = fc.oneof(fc.ipV4(), fc.constantFrom('::1', 'fe80::1', '2001:db8::7:8'));
const addresses = fc.array(fc.record({ transport: fc.constantFrom('udp' as const, 'tcp' as const), host, port: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 8 });
const descriptor = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), addresses).map(([id, list]) => encodeDescriptor(id, list));

/** `whole` with some bytes changed, cut off or added. */
function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), fc.uint8Array({ maxLength: 20 }), fc.nat(3)).map(([from, changes, cut, more, how]) => {
    const copy = from.slice();
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    if (how === 1) return copy.subarray(0, cut % (copy.length + 1));
    return how === 2 ? Uint8Array.of(...copy, ...more) : copy;
  });
}

const hello = descriptor.map((one) => encodeHello({ epoch: 1, descriptor: one }));
const anyHello = fc.oneof(bytes, hello, damaged(hello));

describe(`whatever bytes come (seed ${SEED})`, () => {
  test('as a descriptor: they are told apart, and what is one reads back', () => {
    fc.assert(fc.property(fc.oneof(bytes, descriptor, damaged(descriptor)), (candidate) => {
      const read = decodeAddresses(candidate);
      if (read === undefined) return;
      expect(candidate.length).toBeLessThanOrEqual(DESCRIPTOR_BYTES_MAX);
      expect(decodeAddresses(encodeDescriptor(candidate.subarray(0, 16), read))).toEqual(read);
    }), { seed: SEED, numRuns: 2000 });
  });

  test('as a hello: they are told apart, and what is one names an id', () => {
    fc.assert(fc.property(anyHello, (candidate) => {
      const read = decodeHello(candidate);
      if (read !== undefined) expect([read.epoch >= 0, read.descriptor.length >= 16, decodeAddresses(read.descriptor) !== undefined]).toEqual([true, true, true]);
    }), { seed: SEED, numRuns: 2000 });
  });

  test('as frames: the codec and the table of peers drop and count them', () => {
    const table = new PeerTable(idBytes(1), 500, () => {});
    const codec = new Codec(table);
    let dropped = 0;
    fc.assert(fc.property(fc.oneof(bytes, frame, damaged(frame)), (candidate) => {
      if (codec.decode(candidate) === undefined) dropped++;
      expect(table.size).toBeLessThanOrEqual(500);
    }), { seed: SEED, numRuns: 2000 });
    const { peersLeftOut: _out, digestEntriesLeftOut: _left, ...failures } = codec.counters;
    expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(dropped);
  });
});

const MAKER = new PeerTable(idBytes(2), 1_000_000, () => {});
const MAKER_CODEC = new Codec(MAKER);
const someone = descriptor.map((one) => MAKER.refOfDescriptor(one) ?? peerRef(0));
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const timeToLive = fc.nat(255);
const id = { origin: someone, epoch: fc.integer({ min: 0, max: 3 }), seq: fc.oneof(fc.nat(5), u32) };
const group = fc.oneof({ weight: 9, arbitrary: fc.constant(GROUP) }, { weight: 1, arbitrary: fc.constant(groupRef(8)) });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom('join' as const, 'disconnect' as const, 'rumorRequest' as const), group }),
  fc.record({ kind: fc.constant('forwardJoin' as const), group, newcomer: someone, timeToLive }),
  fc.record({ kind: fc.constant('neighbour' as const), group, priority: fc.constantFrom('high' as const, 'low' as const) }),
  fc.record({ kind: fc.constant('neighbourReply' as const), group, accepted: fc.boolean() }),
  fc.record({ kind: fc.constant('shuffle' as const), group, origin: someone, timeToLive, peers: fc.array(someone, { maxLength: 20 }) }),
  fc.record({ kind: fc.constant('shuffleReply' as const), group, peers: fc.array(someone, { maxLength: 20 }) }),
  fc.record({ kind: fc.constant('iHave' as const), group, announcements: fc.array(fc.record({ ...id, hops: fc.nat(65_535) }), { maxLength: 20 }) }),
  fc.record({ kind: fc.constant('graft' as const), group, id: fc.record(id) }),
  fc.record({ kind: fc.constant('prune' as const), group, tree: someone }, { requiredKeys: ['kind', 'group'] }),
  fc.record({ kind: fc.constant('feedback' as const), group, ...id, knew: fc.boolean() }),
  fc.record({
    kind: fc.constant('digest' as const), group,
    mode: fc.constantFrom('push' as const, 'pull' as const, 'pushPull' as const, 'state' as const, 'stateReply' as const, 'history' as const, 'historyPart' as const, 'historyEnd' as const),
    entries: fc.array(fc.record({ origin: someone, epoch: id.epoch, next: id.seq, beyond: fc.constant([]) }), { maxLength: 10 }),
  }),
  fc.record({ kind: fc.constant('ping' as const), group: fc.constant(PEER_GROUP), seq: u32, suspected: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('ack' as const, 'nack' as const), group: fc.constant(PEER_GROUP), seq: u32 }),
  fc.record({ kind: fc.constant('pingRequest' as const), group: fc.constant(PEER_GROUP), seq: u32, target: someone }),
  fc.record({ kind: fc.constant('data' as const), group, ...id, hops: fc.nat(65_535), repair: fc.boolean(), payload: fc.uint8Array({ maxLength: 50 }) }),
);
const frame = message.map((one) => MAKER_CODEC.encode(one));

type Order = 'none' | 'fifo' | 'causal';

/** A driver and its links over transports that do what the test says. */
class Bed {
  readonly clock = new VirtualClock();
  readonly table: PeerTable;
  readonly links: LinkTable;
  readonly driver: Driver;
  private readonly transports = [new FakeTransport('udp'), new FakeTransport('tcp')] as const;
  private readonly open: FakeLink[] = [];

  constructor(peersMax: number, order: Order) {
    const config = { ...peerConfig({ preset: 'local', linksMax: LINKS_MAX }), peersMax };
    this.table = new PeerTable(idBytes(1), peersMax, (visit) => {
      this.driver.engine.eachPeer(visit);
      this.driver.detector?.eachPeer(visit);
      for (const { peer } of this.links.linked()) visit(peer);
    });
    this.links = new LinkTable(this.table, { clock: this.clock, resolve: (name) => Promise.resolve([name]) }, { ...config, dialFirst: 'udp' }, {
      onPeerUp: (peer) => this.driver.addContact(GROUP, peer.ref),
      onPeerDown: (peer) => this.driver.onPeerDown(peer),
      onFrame: (from, bytesOfFrame) => this.driver.onFrame(from, bytesOfFrame),
      onDrain: () => {},
      onAddressFailed: () => {},
    });
    for (const transport of this.transports) this.links.addTransport(transport);
    const { table, links, clock } = this;
    this.driver = new Driver({
      table, links, clock, config, epoch: 1, random: new Random(1),
      onPeerEvent: (event) => { if (event.kind === 'failed') this.links.fail(event.peer, 'timeout'); },
    });
    // What is told is looked up in the table, as groups do for the application.
    this.driver.join(GROUP, groupConfig(liveGroupOptions({ order }, config)), [], {
      onDelivery: ({ origin }, from) => { table.get(origin); table.get(from); },
      onEvent: (event) => { if ('peer' in event) table.get(event.peer); if ('origin' in event) table.get(event.origin); },
      onControl: (peer) => { table.get(peer); },
    });
  }

  /** Somebody dials here and says this. */
  accept(said: Uint8Array): FakeLink {
    const link = new FakeLink(parseAddress('udp://10.9.9.9:9', 'test'), false);
    link.state = 'up';
    link.hello = said;
    this.links.onLinkUp(link);
    this.open.push(link);
    return link;
  }

  /** Time passes, and something is heard over every open link; what is dialled meanwhile leads nowhere. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= TICK_MS) {
      for (const link of this.open) link.heardMs = this.clock.nowMs();
      this.clock.advance(Math.min(left, TICK_MS));
      for (const transport of this.transports) {
        for (const link of transport.dialled.splice(0)) {
          if (link.state !== 'opening') continue;
          link.state = 'closed';
          this.links.onLinkDown(link, 'unreachable');
        }
      }
      this.links.sweep();
    }
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('frame' as const), link: fc.nat(3), bytes: fc.oneof(bytes, frame, frame, damaged(frame)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hello' as const), bytes: anyHello }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('down' as const), link: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(3000) }) },
);

describe('a live driver', () => {
  test.each(['none', 'fifo', 'causal'] as const)(`in order %s takes whatever its neighbours say (seed ${SEED})`, (order) => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const bed = new Bed(200, order);
      const links = [3, 4, 5, 6].map((n) => bed.accept(helloOf(n)));
      links.forEach((link) => bed.links.onFrame(link, MAKER_CODEC.encode({ kind: 'join', group: GROUP })));
      for (const one of steps) {
        const link = 'link' in one ? links[one.link] : undefined;
        if (one.kind === 'hello') bed.accept(one.bytes);
        else if (one.kind === 'time') bed.advance(one.ms);
        else if (link === undefined) continue;
        else if (one.kind === 'frame') bed.links.onFrame(link, one.bytes);
        else bed.links.onLinkDown(link, 'failed');
      }
      bed.advance(30_000);
      expect(bed.table.size).toBeLessThanOrEqual(200);
    }), { seed: SEED, numRuns: 150 });
  });

  test.each(['none', 'fifo', 'causal'] as const)('in order %s forgets peers that were invented by the thousand, and nobody that it refers to', (order) => {
    const peersMax = 16_384;
    const bed = new Bed(peersMax, order);
    let link = bed.accept(helloOf(3));
    let invented = 0;
    const maker = new PeerTable(idBytes(2), 65_536, () => {});
    const codec = new Codec(maker);
    const invent = (): PeerRef => {
      const made = new Uint8Array(16);
      new DataView(made.buffer).setUint32(0, ++invented);
      return maker.refOfDescriptor(encodeDescriptor(made, [parseAddress('udp://10.1.1.1:5', 'test')])) ?? peerRef(0);
    };
    const say = (one: Message): void => bed.links.onFrame(link, codec.encode(one));
    say({ kind: 'join', group: GROUP });
    for (let round = 0; round < 60; round++) {
      // A link that no group wants makes room for others; the neighbour dials again.
      if (link.state === 'closed') link = bed.accept(helloOf(3));
      for (let i = 0; i < 600; i++) say({ kind: 'data', group: GROUP, origin: invent(), epoch: 1, seq: i % 3, hops: 1, repair: false, payload: new Uint8Array(4) });
      say({ kind: 'iHave', group: GROUP, announcements: Array.from({ length: 200 }, () => ({ origin: invent(), epoch: 1, seq: 1, hops: 1 })) });
      say({ kind: 'digest', group: GROUP, mode: round % 2 === 0 ? 'pushPull' : 'stateReply', entries: Array.from({ length: 200 }, () => ({ origin: invent(), epoch: 1, next: 5, beyond: [] })) });
      for (let i = 0; i < 10; i++) {
        say({ kind: 'shuffle', group: GROUP, origin: invent(), timeToLive: 1, peers: Array.from({ length: 20 }, invent) });
        say({ kind: 'forwardJoin', group: GROUP, newcomer: invent(), timeToLive: i % 4 });
        say({ kind: 'graft', group: GROUP, id: { origin: invent(), epoch: 1, seq: 0 } });
        say({ kind: 'pingRequest', group: PEER_GROUP, seq: i, target: invent() });
      }
      bed.advance(round % 5 === 0 ? 2000 : 30);
      expect(bed.table.size).toBeLessThanOrEqual(peersMax);
    }
    bed.advance(60_000);
    expect([bed.table.forgotten > 20_000, invented > 60_000]).toEqual([true, true]);
  });
});
