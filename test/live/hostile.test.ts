import dgram from 'node:dgram';
import { type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PeerRef, groupRef } from '../../lib/core/ids.ts';
import type { DigestEntry, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import type { PeerOptions } from '../../lib/node/options.ts';
import { type Address, type TransportKind, parseAddress } from '../../lib/transport/address.ts';
import { encodeHello } from '../../lib/transport/tcp/hello.ts';
import { HELLO_BYTES_MAX } from '../../lib/transport/transport.ts';
import { PACKET_BYTES_MAX } from '../../lib/transport/udp/packet.ts';
import { PacketWriter } from '../../lib/transport/udp/packet-writer.ts';
import { Intruder } from './support/intruder.ts';
import { LISTEN, type Member, Peers } from './support/peers.ts';
import { LONG, until } from './support/until.ts';

const SEED = 2600;
const LATER_MS = 40_000;
const KINDS = ['udp', 'tcp'] as const;

/** Limits so low that a flood comes up against them. */
const LIMITS = { linksMax: 64, pendingMax: 32, peersMax: 16_384, queueBytesMax: 2 * 1024 * 1024, closeTimeoutMs: 200 } satisfies PeerOptions;

const peers = new Peers();
const intruders: Intruder[] = [];
const sockets: Socket[] = [];
/** What nobody caught. */
const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => { uncaught.push(error); };

beforeEach(() => {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(intruders.splice(0).map((intruder) => intruder.close()));
  await peers.close();
  process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

/** Three members that listen on one transport. */
function three(kind: TransportKind, join = {}): Promise<Member[]> {
  return peers.group(3, { listen: LISTEN[kind], ...LIMITS }, join);
}

function addressOf({ peer }: Member): Address {
  return parseAddress(peer.addresses[0] ?? '', 'test');
}

/** One of its counters. */
function counter({ peer }: Member, of: string, name: string): number {
  return peer.stats()[of]?.[name] ?? NaN;
}

/** The members publish by turns while `attack` goes on, and a while longer; everyone delivers everything, once. */
async function deliverDuring(members: readonly Member[], attack: () => Promise<unknown>): Promise<void> {
  let attacking = true;
  const attacked = attack().finally(() => { attacking = false; });
  const published: string[] = [];
  while (attacking || published.length < 30) {
    const text = `honest ${published.length}`;
    await members[published.length % members.length]?.publish(text);
    published.push(text);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await attacked;
  const heardBy = (member: Member): string[] => member.texts.filter((text) => text.startsWith('honest '));
  const missing = (): number[][] => members.map((member, i) => published.flatMap((text, n) => (n % members.length === i || heardBy(member).includes(text) ? [] : [n])));
  await until(() => missing().every((numbers) => numbers.length === 0), LATER_MS, missing);
  for (const member of members) expect(new Set(heardBy(member)).size).toBe(heardBy(member).length);
  expect(uncaught).toEqual([]);
}

/** Tables and queues of the members are within their limits. */
function expectBounded(members: readonly Member[]): void {
  for (const { peer, group } of members) {
    const { peers: table, links } = peer.stats();
    expect(table?.['known']).toBeLessThanOrEqual(LIMITS.peersMax);
    expect(links?.['up']).toBeLessThanOrEqual(LIMITS.linksMax);
    expect(group.stats().unread).toBeLessThanOrEqual(1024);
    for (const id of group.neighbours) for (const { queuedBytes } of group.explain(id)?.links ?? []) expect(queuedBytes).toBeLessThanOrEqual(LIMITS.queueBytesMax);
  }
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function stranger(to: Address): Socket {
  const socket = connect(to.port, to.host);
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

describe('strangers over TCP', () => {
  test('that send garbage, a part of a hello, or frames past all lengths are cut off, and counted', async () => {
    const members = await three('tcp');
    const [one] = members as [Member];
    const random = new Random(SEED);
    const hello = encodeHello(new Uint8Array(100));
    const speeches: readonly (() => Uint8Array)[] = [
      () => randomBytes(random, 1 + random.below(2000)),
      () => hello.subarray(0, 1 + random.below(hello.length - 1)),
      () => hello,
      () => encodeHello(new Uint8Array(HELLO_BYTES_MAX)),
      () => Buffer.concat([hello, Uint8Array.of(0xff, 0xff, 0xff, 0xff), randomBytes(random, 500)]),
      () => Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n'),
    ];
    await deliverDuring(members, async () => {
      for (let i = 0; i < 300; i++) {
        const socket = stranger(addressOf(one));
        socket.write(speeches[i % speeches.length]?.() ?? hello);
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => counter(one, 'links', 'badHello') > 0 && counter(one, 'tcp', 'protocolErrors') >= 100, LATER_MS, () => one.peer.stats());
    });
    expectBounded(members);
  });

  test(`that open ${LONG ? 10_000 : 2000} connections and say nothing, or a hello byte by byte, push out each other only`, async () => {
    const members = await three('tcp');
    const [one] = members as [Member];
    const count = LONG ? 10_000 : 2000;
    const hello = encodeHello(new Uint8Array(100));
    await deliverDuring(members, async () => {
      for (let opened = 0; opened < count; opened += 100) {
        for (let i = 0; i < 100; i++) stranger(addressOf(one)).write(hello.subarray(0, i % 5));
        for (const socket of sockets) if (!socket.destroyed) socket.write(hello.subarray(5, 6));
        // The process has so many descriptors and no more, and both ends are here.
        while (sockets.length > 800) sockets.shift()?.destroy();
        await until(() => counter(one, 'tcp', 'accepted') >= opened + 100, LATER_MS);
      }
    });
    expect(counter(one, 'tcp', 'refusedPending') + counter(one, 'tcp', 'protocolErrors')).toBeGreaterThan(count / 2);
    expectBounded(members);
  });
});

describe('strangers over UDP', () => {
  test('that send floods of datagrams are counted, and sent no more than three times what they sent', async () => {
    const members = await three('udp');
    const [one] = members as [Member];
    const random = new Random(SEED);
    const writer = new PacketWriter();
    const init = writer.init(7, new Uint8Array(0), new Uint8Array(0));
    const retry = writer.retry(1, new Uint8Array(17));
    const farewell = writer.farewell(5, 0, 0);
    const mutated = (bytes: Uint8Array): Uint8Array => {
      const copy = bytes.slice(0, 1 + random.below(bytes.length));
      copy[random.below(copy.length)] = random.below(256);
      return copy;
    };
    const speeches: readonly (() => Uint8Array)[] = [
      () => randomBytes(random, random.below(PACKET_BYTES_MAX + 100)),
      () => mutated(init), () => mutated(retry), () => mutated(farewell),
      () => writer.init(random.below(1000), randomBytes(random, 17), randomBytes(random, 100)),
      () => init, () => retry,
    ];
    const socket = dgram.createSocket('udp4');
    let [sent, received] = [0, 0];
    socket.on('message', (bytes) => { received += bytes.length; });
    await deliverDuring(members, async () => {
      for (let i = 0; i < 14_000; i++) {
        const bytes = speeches[i % speeches.length]?.() ?? init;
        sent += bytes.length;
        socket.send(bytes, addressOf(one).port, addressOf(one).host);
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    socket.close();
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(3 * sent);
    expect(counter(one, 'udp', 'malformedPackets')).toBeGreaterThan(1000);
    expect(counter(one, 'udp', 'wrongCookies')).toBeGreaterThan(500);
    expect(counter(one, 'udp', 'accepted')).toBeLessThanOrEqual(4);
    expectBounded(members);
  });
});

/** What a neighbour says, again and again. */
interface Speech {
  readonly name: string;
  readonly times: number;
  /** Order of the group. */
  readonly order?: 'fifo' | 'causal';
  say(intruder: Intruder, i: number, random: Random): Message | Uint8Array;
}

/** Nobody is there: a port of the loopback that is not listened on, and an address that leads nowhere. */
const DEAD: readonly Address[] = [
  { transport: 'udp', host: '127.0.0.1', port: 9 },
  { transport: 'udp', host: '192.0.2.1', port: 7000 },
  { transport: 'tcp', host: '192.0.2.1', port: 7000 },
];

function invented(intruder: Intruder, count: number): PeerRef[] {
  return Array.from({ length: count }, () => intruder.invent(DEAD));
}

function entries(intruder: Intruder, count: number, random: Random): DigestEntry[] {
  return invented(intruder, count).map((origin) => ({ origin, epoch: random.below(100), next: random.below(100), beyond: [200, 300, 5000, 0xffff_fff0] }));
}

const MODES = ['push', 'pull', 'pushPull', 'state', 'stateReply', 'history', 'historyPart', 'historyEnd'] as const;

/** A payload that nobody published: of an invented publisher, or of its own with gaps and in new incarnations. */
function forged(intruder: Intruder, i: number, random: Random): Message {
  const own = i % 3 === 0;
  const origin = intruder.invent();
  const after = i % 5 === 0 ? [{ origin: intruder.invent(), epoch: 1, next: 1 + random.below(1000) }] : undefined;
  const plain = {
    kind: 'data', group: intruder.group, origin, epoch: own ? i : 1, seq: random.chance(0.1) ? 0xffff_ffff - i : random.below(2000),
    hops: random.chance(0.1) ? 0xffff : 1, repair: random.chance(0.3), payload: new Uint8Array(random.below(200)),
  } as const;
  return after === undefined ? plain : { ...plain, after };
}

const SPEECHES: readonly Speech[] = [
  { name: 'garbage', times: 3000, say: (_intruder, _i, random) => randomBytes(random, 1 + random.below(3000)) },
  {
    name: 'messages cut short and bent', times: 6000, say: (intruder, i, random) => {
      const speech = SPEECHES[3 + (i % (SPEECHES.length - 3))];
      const said = speech?.say(intruder, i, random);
      const bytes = (said instanceof Uint8Array || said === undefined ? randomBytes(random, 20) : intruder.bytesOf(said)).slice();
      for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
      return bytes.subarray(0, random.chance(0.3) ? 1 + random.below(bytes.length) : bytes.length);
    },
  },
  { name: 'messages of groups that there are not', times: 5000, say: (intruder, i, random) => ({ ...forged(intruder, i, random), group: groupRef(i + 1) }) },
  { name: 'forged payloads', times: 8000, say: forged },
  { name: 'forged payloads', order: 'fifo', times: 8000, say: forged },
  { name: 'forged payloads', order: 'causal', times: 8000, say: forged },
  { name: 'large payloads', times: 100, say: (intruder, i) => ({ kind: 'data', group: intruder.group, origin: intruder.invent(), epoch: 1, seq: i, hops: 1, repair: false, payload: new Uint8Array(500_000) }) },
  { name: 'digests of nothing', times: 1000, say: (intruder, i) => ({ kind: 'digest', group: intruder.group, mode: MODES[i % MODES.length] ?? 'push', entries: [] }) },
  { name: 'digests of what does not exist', times: 300, say: (intruder, i, random) => ({ kind: 'digest', group: intruder.group, mode: MODES[i % MODES.length] ?? 'push', entries: entries(intruder, 500, random) }) },
  {
    name: 'announcements of what does not exist', times: 1000, say: (intruder, _i, random) => ({
      kind: 'iHave', group: intruder.group, announcements: invented(intruder, 50).map((origin) => ({ origin, epoch: random.below(5), seq: random.below(1000), hops: 1 })),
    }),
  },
  {
    name: 'grafts and prunes of what does not exist', times: 5000, say: (intruder, i, random) => {
      const tree = intruder.invent();
      if (i % 2 === 0) return { kind: 'prune', group: intruder.group, tree };
      return { kind: 'graft', group: intruder.group, tree, id: { origin: tree, epoch: 1, seq: random.below(1000) } };
    },
  },
  {
    name: 'shuffles with invented peers', times: 1000, say: (intruder, i) => {
      const [origin, ...others] = invented(intruder, 20) as [PeerRef, ...PeerRef[]];
      return { kind: i % 5 === 0 ? 'shuffleReply' : 'shuffle', group: intruder.group, origin, timeToLive: i % 4, peers: [origin, ...others] };
    },
  },
  { name: 'joins', times: 1000, say: ({ group }) => ({ kind: 'join', group }) },
  { name: 'walks of invented peers', times: 300, say: (intruder, i) => ({ kind: 'forwardJoin', group: intruder.group, newcomer: intruder.invent(DEAD), timeToLive: i % 7 }) },
  { name: 'requests to ping invented peers', times: 1000, say: (intruder, i) => ({ kind: 'pingRequest', group: groupRef(0), seq: i, target: intruder.invent(DEAD) }) },
  { name: 'answers to what nobody asked', times: 5000, say: (_intruder, i, random) => ({ kind: i % 2 === 0 ? 'nack' : 'ack', group: groupRef(0), seq: random.below(100) }) },
];

describe.each(KINDS)('a neighbour over %s', (kind) => {
  test.each(SPEECHES)('that sends $name harms nobody ($order)', async ({ order, times, say }) => {
    const members = await three(kind, order === undefined ? {} : { order });
    const [one] = members as [Member];
    const intruder = await Intruder.neighbourOf(one.peer.addresses[0] ?? '');
    intruders.push(intruder);
    const random = new Random(SEED);
    await deliverDuring(members, async () => {
      for (let i = 0; i < times && intruder.isUp; i++) {
        const said = say(intruder, i, random);
        await (said instanceof Uint8Array ? intruder.sayBytes(said) : intruder.say(said));
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expectBounded(members);
  });
});
