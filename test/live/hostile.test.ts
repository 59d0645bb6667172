import dgram from 'node:dgram';
import { type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PEER_GROUP } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import type { Address } from '../../lib/transport/address.ts';
import { encodeHello } from '../../lib/transport/tcp/hello.ts';
import { HELLO_BYTES_MAX } from '../../lib/transport/transport.ts';
import { PACKET_BYTES_MAX } from '../../lib/transport/udp/packet.ts';
import { PacketWriter } from '../../lib/transport/udp/packet-writer.ts';
import { encodeFrameHeader } from '../../lib/wire/framing.ts';
import { Intruder } from './support/intruder.ts';
import { Siege, addressOf, counter } from './support/siege.ts';
import { LONG, until } from './support/until.ts';

const SEED = 2600;
const LATER_MS = 40_000;

let siege: Siege;
const sockets: Socket[] = [];

beforeEach(() => { siege = new Siege(); });

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await siege.end();
});

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
    const members = await siege.members('tcp');
    const [one] = members;
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
    await siege.deliverDuring(members, async () => {
      for (let i = 0; i < 300; i++) {
        const socket = stranger(addressOf(one));
        socket.write(speeches[i % speeches.length]?.() ?? hello);
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => counter(one, 'links', 'badHello') > 0 && counter(one, 'tcp', 'protocolErrors') >= 100, LATER_MS, () => one.peer.stats());
    });
  });

  test(`that open ${LONG ? 10_000 : 2000} connections and say nothing, or a hello byte by byte, push out each other only`, async () => {
    const members = await siege.members('tcp');
    const [one] = members;
    const count = LONG ? 10_000 : 2000;
    const hello = encodeHello(new Uint8Array(100));
    await siege.deliverDuring(members, async () => {
      for (let opened = 0; opened < count; opened += 100) {
        for (let i = 0; i < 100; i++) stranger(addressOf(one)).write(hello.subarray(0, i % 5));
        // One byte more of each hello that is not cut off.
        for (const [i, socket] of sockets.slice(-100).entries()) if (!socket.destroyed) socket.write(hello.subarray(i % 5, i % 5 + 1));
        // The process has so many descriptors and no more, and both ends are here.
        while (sockets.length > 800) sockets.shift()?.destroy();
        await until(() => counter(one, 'tcp', 'accepted') >= opened + 100, LATER_MS);
      }
    });
    expect([counter(one, 'tcp', 'refusedPending') > count / 2, counter(one, 'tcp', 'protocolErrors')]).toEqual([true, 0]);
  });
});

describe('strangers over UDP', () => {
  test('that send floods of datagrams are counted, and sent no more than three times what they sent', async () => {
    const members = await siege.members('udp');
    const [one] = members;
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
    const [socket, asking] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
    let [asked, answered] = [0, 0];
    asking.on('message', (bytes) => { answered += bytes.length; });
    await siege.deliverDuring(members, async () => {
      for (let i = 0; i < 14_000; i++) {
        const bytes = speeches[i % speeches.length]?.() ?? init;
        socket.send(bytes, addressOf(one).port, addressOf(one).host);
        if (i % 50 !== 0) continue;
        asked += init.length;
        asking.send(init, addressOf(one).port, addressOf(one).host);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => answered > 0, LATER_MS);
    });
    socket.close();
    asking.close();
    expect(answered).toBeLessThanOrEqual(3 * asked);
    expect(counter(one, 'udp', 'malformedPackets')).toBeGreaterThan(1000);
    expect(counter(one, 'udp', 'wrongCookies')).toBeGreaterThan(500);
    expect(counter(one, 'udp', 'accepted')).toBeLessThanOrEqual(4);
  });
});

describe('a neighbour over TCP that never reads', () => {
  test.each([['is silent', false], ['goes on talking', true]] as const)('and %s holds a bounded queue, and is given up', async (_, talking) => {
    const members = await siege.members('tcp', {}, { keepAliveMs: 300, idleTimeoutMs: 1500 });
    const [one] = members;
    // What it would say; it is never up, since the sockets of its transport lead elsewhere.
    const words = new Intruder(one.peer.addresses[0] ?? '');
    const frame = (bytes: Uint8Array): Uint8Array => Buffer.concat([encodeFrameHeader(bytes.length), bytes]);
    const socket = stranger(addressOf(one));
    await words.close();
    socket.pause();
    socket.write(encodeHello(words.hello));
    socket.write(frame(words.bytesOf({ kind: 'join', group: words.group })));
    const id = Buffer.from(words.idBytes).toString('hex');
    await until(() => one.group.neighbours.includes(id), LATER_MS);
    const talk = setInterval(() => { if (talking) socket.write(frame(words.bytesOf({ kind: 'ack', group: PEER_GROUP, seq: 0 }))); }, 50);
    await siege.deliverDuring(members, () => until(() => !one.group.neighbours.includes(id), LATER_MS), 'x'.repeat(100_000));
    clearInterval(talk);
  });
});

describe.each(['udp', 'tcp'] as const)('strangers over %s that join by the hundred', (kind) => {
  test('and go cost the members no message', async () => {
    const members = await siege.members(kind);
    const [one] = members;
    const strangers: Intruder[] = [];
    await siege.deliverDuring(members, async () => {
      for (let i = 0; i < 80; i++) {
        const stranger = new Intruder(one.peer.addresses[0] ?? '');
        strangers.push(stranger);
        await until(() => stranger.isUp, LATER_MS);
        await stranger.say({ kind: 'join', group: stranger.group });
        if (i >= 20) await strangers[i - 20]?.close();
      }
      await Promise.all(strangers.map((stranger) => stranger.close()));
    });
  });
});
