import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../../../lib/core/random.ts';
import type { Address } from '../../../../lib/transport/address.ts';
import { type Link, type LinkDownReason, TRANSPORT_DEFAULTS, type TransportLimits } from '../../../../lib/transport/transport.ts';
import { type Packet, VERSION_BITS, decodePacket } from '../../../../lib/transport/udp/packet.ts';
import { PacketWriter } from '../../../../lib/transport/udp/packet-writer.ts';
import { canonicalHost } from '../../../../lib/transport/udp/socket.ts';
import { UdpTransport } from '../../../../lib/transport/udp/udp-transport.ts';
import { DatagramNetwork } from '../../../../sim/stack/datagram-network.ts';
import { VirtualClock } from '../../../../sim/stack/virtual-clock.ts';

const STRANGER = { address: '10.0.0.66', port: 666 };

/** A transport on a host of its own, with all that its owner was told. */
class Peer {
  readonly ups: Link[] = [];
  readonly downs: LinkDownReason[] = [];
  readonly frames: Uint8Array[] = [];
  readonly transport: UdpTransport;
  address: Address = { transport: 'udp', host: '', port: 0 };

  constructor(world: World, host: string, limits: Partial<TransportLimits>) {
    const { clock, network } = world;
    const random = new Random(1).fork(host);
    this.transport = new UdpTransport({
      clock, limits: { ...TRANSPORT_DEFAULTS, ...limits }, hello: () => Uint8Array.of(1, 2, 3),
      handlers: {
        onLinkUp: (link) => { this.ups.push(link); },
        onFrame: (_, frame) => { this.frames.push(frame); },
        onLinkDown: (_, reason) => { this.downs.push(reason); },
        onDrain: () => {},
      },
      createSocket: network.creatorFor(host),
      defer: (run) => { clock.setTimer(0, run); },
      randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
    });
    this.address = { transport: 'udp', host, port: 0 };
  }

  get source(): { address: string; port: number } {
    return { address: this.address.host, port: this.address.port };
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly network = new DatagramNetwork(this.clock, 1);
  readonly peers: Peer[] = [];
  private readonly writer = new PacketWriter();

  async peer(limits: Partial<TransportLimits> = {}): Promise<Peer> {
    const peer = new Peer(this, `10.0.0.${this.peers.length + 1}`, limits);
    this.peers.push(peer);
    peer.address = await peer.transport.listen(peer.address);
    return peer;
  }

  /** Two peers and a link, which the second one dialled. */
  async pair(limits: Partial<TransportLimits> = {}): Promise<{ server: Peer; client: Peer; link: Link }> {
    const server = await this.peer(limits);
    const client = await this.peer(limits);
    const link = client.transport.dial(server.address);
    this.clock.advance(50);
    return { server, client, link };
  }

  /** What the stranger gets for a datagram. */
  answersTo(peer: Peer, bytes: Uint8Array, from = STRANGER): (Packet | undefined)[] {
    this.network.log = [];
    this.network.send(from, peer.source, bytes);
    this.clock.advance(10);
    return this.network.log.filter(({ to }) => to.address === from.address && to.port === from.port).map(({ bytes: answer }) => decodePacket(answer));
  }

  init(id: number, cookie: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.writer.init(id, cookie, Uint8Array.of(9)).slice();
  }

  /** Opens a link as a stranger, up to the ACCEPT. */
  open(peer: Peer, id: number, from = STRANGER): Packet | undefined {
    const [retry] = this.answersTo(peer, this.init(id), from);
    if (retry?.kind !== 'retry') throw new Error('no cookie');
    return this.answersTo(peer, this.init(id, retry.cookie), from)[0];
  }

  ping(to: number, number: number): Uint8Array {
    this.writer.begin(to, number);
    this.writer.ping();
    return this.writer.finish().slice();
  }

  farewell(to: number, number: number): Uint8Array {
    return this.writer.farewell(to, number, 0).slice();
  }

  async close(): Promise<void> {
    const closing = Promise.all(this.peers.map(({ transport }) => transport.close()));
    let done = false;
    void closing.then(() => { done = true; });
    await this.clock.until(() => done, 60_000);
    expect(this.network.open).toBe(0);
  }
}

describe('a UDP transport', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.close());

  test('keeps nothing of strangers whose cookie did not come back, however many there are', async () => {
    const server = await world.peer();
    for (let i = 0; i < 10_000; i++) world.network.send({ address: `10.1.${i >> 8}.${i & 255}`, port: 1 + i }, server.source, world.init(i));
    world.clock.advance(10);
    const { accepted, cookiesSent } = server.transport.counters;
    expect([accepted, cookiesSent, server.ups.length]).toEqual([0, 10_000, 0]);
  });

  test('does not take a cookie of another address, or a made-up one', async () => {
    const server = await world.peer();
    const [retry] = world.answersTo(server, world.init(5));
    if (retry?.kind !== 'retry') throw new Error('no cookie');
    expect(world.answersTo(server, world.init(5, retry.cookie), { address: '10.0.0.67', port: 666 })).toMatchObject([{ kind: 'retry' }]);
    expect(world.answersTo(server, world.init(6, retry.cookie))).toMatchObject([{ kind: 'retry' }]);
    expect([server.transport.counters.wrongCookies, server.transport.counters.accepted]).toEqual([2, 0]);
    expect(world.answersTo(server, world.init(5, retry.cookie))).toMatchObject([{ kind: 'accept', to: 5, hello: Uint8Array.of(1, 2, 3) }]);
  });

  test('has links up when they have proven that they hear, and keeps no more than pendingMax others', async () => {
    const server = await world.peer({ pendingMax: 3 });
    const accepts = [1, 2, 3, 4].map((id) => world.open(server, id));
    expect([server.ups.length, server.transport.counters.accepted, server.transport.counters.refusedPending]).toEqual([0, 4, 1]);
    const ids = accepts.map((accept) => (accept?.kind === 'accept' ? accept.from : 0));
    for (const id of ids) world.answersTo(server, world.ping(id, 0));
    expect([server.ups.length, server.transport.counters.up, server.transport.counters.unknownLinks]).toEqual([3, 3, 1]);
    expect(server.ups.map(({ hello }) => hello)).toEqual([Uint8Array.of(9), Uint8Array.of(9), Uint8Array.of(9)]);
  });

  test('forgets those that never prove it, and their owner never hears of them', async () => {
    const server = await world.peer();
    world.open(server, 1);
    world.clock.advance(5000);
    expect([server.transport.counters.handshakeTimeouts, server.ups, server.downs]).toEqual([1, [], []]);
  });

  test('takes an INIT that comes again for what it is', async () => {
    const server = await world.peer();
    const [retry] = world.answersTo(server, world.init(5));
    if (retry?.kind !== 'retry') throw new Error('no cookie');
    const answers = [1, 2, 3].map(() => world.answersTo(server, world.init(5, retry.cookie))[0]);
    expect(new Set(answers.map((answer) => (answer?.kind === 'accept' ? answer.from : 0))).size).toBe(1);
    const [accept] = answers;
    world.answersTo(server, world.ping(accept?.kind === 'accept' ? accept.from : 0, 0));
    expect(world.answersTo(server, world.init(5, retry.cookie))).toEqual([]);
    expect([server.transport.counters.accepted, server.ups.length]).toEqual([1, 1]);
  });

  test('refuses more than linksMax with a word', async () => {
    const { server } = await world.pair({ linksMax: 1 });
    expect(world.open(server, 1)).toMatchObject({ kind: 'data', to: 1, chunks: [{ kind: 'close' }] });
    expect([server.transport.counters.refusedLinks, server.ups.length]).toEqual([1, 1]);
  });

  test('that only dials accepts nobody', async () => {
    const server = await world.peer();
    const client = new Peer(world, '10.0.0.9', {});
    world.peers.push(client);
    client.transport.dial(server.address);
    await world.clock.until(() => client.ups.length === 1 && server.ups.length === 1, 1000);
    const [link] = server.ups;
    expect(world.answersTo(Object.assign(client, { address: link?.remote }), world.init(1))).toEqual([]);
    expect(client.transport.counters.notListening).toBe(1);
  });

  test('drops and counts all that is not for a link, or not from its other end; the link lives on', async () => {
    const { server, client, link } = await world.pair();
    world.network.log = [];
    link.send(new Uint8Array(500), undefined, 'data', 'reliable');
    world.clock.advance(50);
    const genuine = world.network.log.filter(({ to }) => to.address === server.address.host).map(({ bytes }) => bytes);
    const random = new Random(3);
    const junk = Array.from({ length: 200 }, (_, i) => Uint8Array.from({ length: random.below(100) }, (__, at) => (at === 0 && i % 2 === 0 ? VERSION_BITS | 3 : random.below(256))));
    const cut = genuine.flatMap((bytes) => Array.from({ length: bytes.length - 1 }, (_, length) => bytes.subarray(0, length)));
    const other = genuine.map((bytes) => bytes.with(0, (bytes[0] ?? 0) ^ 0x10));
    for (const bytes of [...junk, ...cut, ...other, ...genuine]) for (const from of [client.source, STRANGER]) world.network.send(from, server.source, bytes);
    world.clock.advance(100);
    const { malformedPackets, wrongAddresses, duplicatePackets } = server.transport.counters;
    expect([malformedPackets > 1000, wrongAddresses, duplicatePackets]).toEqual([true, genuine.length, genuine.length]);
    expect([server.downs, client.downs, server.frames.length]).toEqual([[], [], 1]);
    link.send(new Uint8Array(5), undefined, 'data', 'reliable');
    world.clock.advance(50);
    expect(server.frames.length).toBe(2);
  });

  test('does not let a stranger close a link, nor an old CLOSE a new one', async () => {
    const { server, client, link } = await world.pair();
    world.network.log = [];
    link.close();
    world.clock.advance(50);
    const old = world.network.log.map(({ bytes }) => bytes);
    client.transport.dial(server.address);
    world.clock.advance(50);
    for (const bytes of [...old, ...Array.from({ length: 100 }, (_, id) => world.farewell(id, 7))]) world.network.send(client.source, server.source, bytes);
    world.clock.advance(50);
    expect([server.downs, server.ups.length, server.ups[1]?.state]).toEqual([['closed'], 2, 'up']);
  });

  test('tells once more that a link is closed when the CLOSE was lost', async () => {
    const { server, client, link } = await world.pair();
    world.network.conditions = { ...world.network.conditions, loss: 1 };
    link.close();
    world.clock.advance(2000);
    world.network.conditions = { ...world.network.conditions, loss: 0 };
    expect(server.downs).toEqual([]);
    world.clock.advance(TRANSPORT_DEFAULTS.keepAliveMs);
    expect([server.downs, client.downs]).toEqual([['closed'], []]);
    expect(world.answersTo(client, world.ping(12_345, 0))).toEqual([]);
  });

  test('a place is free as soon as its link is closed', async () => {
    const server = await world.peer();
    const client = await world.peer({ linksMax: 1 });
    const link = client.transport.dial(server.address);
    world.clock.advance(50);
    link.send(new Uint8Array(100_000), undefined, 'data', 'reliable');
    link.close();
    const next = client.transport.dial(server.address);
    expect(next.state).toBe('opening');
    world.clock.advance(1000);
    expect([client.downs.length, server.frames.length]).toEqual([0, 1]);
  });

  test('an error of the owner\'s handler does not stop what is under way', async () => {
    const { server, client, link } = await world.pair();
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => { thrown.push(error); });
    server.frames.push = () => { throw new Error('of the owner'); };
    link.send(new Uint8Array(5), undefined, 'data', 'reliable');
    world.clock.advance(50);
    await world.clock.until(() => thrown.length === 1, 1000);
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect([client.downs, server.downs, link.queuedBytes, String(thrown[0])]).toEqual([[], [], 0, 'Error: of the owner']);
  });

  test('counts what the system refuses to send', async () => {
    const server = await world.peer();
    world.network.send({ address: '10.0.0.66', port: 0 }, server.source, world.init(1));
    world.clock.advance(10);
    expect(server.transport.counters.sendErrors).toBe(1);
  });

  test('a link from a socket that cannot be bound has failed', async () => {
    const { server, client } = await world.pair();
    const third = new Peer(world, client.address.host, {});
    world.peers.push(third);
    const listening = third.transport.listen(client.address);
    third.transport.dial(server.address);
    await expect(listening).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect(third.downs).toEqual(['failed']);
  });
});

test.each([
  ['127.0.0.1', '127.0.0.1'], ['0:0:0:0:0:0:0:1', '::1'], ['FE80::0001', 'fe80::1'], ['fe80::0:1%eth0', 'fe80::1%eth0'],
  ['::ffff:10.0.0.1', '10.0.0.1'], ['localhost', undefined], ['', undefined],
])('the host %s is %s to sockets', (host, canonical) => {
  expect(canonicalHost(host)).toBe(canonical);
});
