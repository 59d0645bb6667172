import dgram from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import type { Address } from '../../lib/transport/address.ts';
import { SYSTEM_CLOCK } from '../../lib/transport/clock.ts';
import type { TransportLimits } from '../../lib/transport/transport.ts';
import { type CreateSocket, type DatagramSocket, createDatagramSocket } from '../../lib/transport/udp/socket.ts';
import { UdpTransport } from '../../lib/transport/udp/udp-transport.ts';
import { DatagramNetwork } from '../../sim/stack/datagram-network.ts';
import { VirtualClock } from '../../sim/stack/virtual-clock.ts';
import { End, type Relay, type TransportHarness, contract, frameOf, textOf } from './transport-contract.ts';

const LOOPBACK: Address = { transport: 'udp', host: '127.0.0.1', port: 0 };

/** A socket that is not ours, bound. */
interface PlainSocket {
  readonly port: number;
  send(to: Address | number, bytes: Uint8Array): void;
  close(): void;
}

type OnDatagram = (bytes: Uint8Array, fromPort: number) => void;

/** Passes on what goes between `to` and whoever sends to it, by a socket of its own for each of them. */
async function relayBy(openPlain: (onDatagram: OnDatagram) => Promise<PlainSocket>, to: Address): Promise<Relay> {
  let held = false;
  const sockets: PlainSocket[] = [];
  const far = new Map<number, Promise<PlainSocket>>();
  const near = await openPlain((bytes, fromPort) => {
    if (held) return;
    const known = far.get(fromPort) ?? openPlain((answer) => { if (!held) near.send(fromPort, answer); });
    far.set(fromPort, known);
    void known.then((socket) => {
      if (!sockets.includes(socket)) sockets.push(socket);
      if (!held) socket.send(to, bytes);
    });
  });
  sockets.push(near);
  return {
    address: { ...to, port: near.port },
    hold: () => { held = true; },
    die: () => {
      held = true;
      for (const socket of sockets) socket.close();
    },
  };
}

/** UDP on loopback, in real time. */
class UdpHarness implements TransportHarness {
  readonly clock = SYSTEM_CLOCK;
  readonly ordered = false;
  createSocket: CreateSocket = createDatagramSocket;
  private readonly plain: PlainSocket[] = [];

  async makeTransport(...[handlers, limits, hello]: Parameters<TransportHarness['makeTransport']>): Promise<UdpTransport> {
    return new UdpTransport({ handlers, clock: this.clock, limits, hello, createSocket: this.createSocket });
  }

  address(): Address {
    return LOOPBACK;
  }

  async nobody(): Promise<Address> {
    const socket = await this.openPlain(() => {});
    socket.close();
    return { ...LOOPBACK, port: socket.port };
  }

  async until(condition: () => boolean, deadlineMs: number): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  relay(to: Address): Promise<Relay> {
    return relayBy((onDatagram) => this.openPlain(onDatagram), to);
  }

  async sendRaw(to: Address, bytes: Uint8Array): Promise<void> {
    (await this.openPlain(() => {})).send(to, bytes);
  }

  async close(): Promise<void> {
    for (const socket of this.plain) socket.close();
  }

  openPlain(onDatagram: OnDatagram): Promise<PlainSocket> {
    const socket = dgram.createSocket('udp4').on('error', () => {}).on('message', (bytes, { port }) => onDatagram(bytes, port));
    let open = true;
    return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => {
      const plain: PlainSocket = {
        port: socket.address().port,
        send: (to, bytes) => { if (open) socket.send(bytes, typeof to === 'number' ? to : to.port, '127.0.0.1'); },
        close: () => {
          if (open) socket.close();
          open = false;
        },
      };
      this.plain.push(plain);
      resolve(plain);
    }));
  }
}

/** UDP on simulated sockets, on virtual time. */
class SimulatedHarness implements TransportHarness {
  readonly clock = new VirtualClock();
  readonly ordered = false;
  private readonly network = new DatagramNetwork(this.clock, 1);
  private readonly host = '10.0.0.1';

  async makeTransport(...[handlers, limits, hello]: Parameters<TransportHarness['makeTransport']>): Promise<UdpTransport> {
    const random = new Random(limits.linksMax).fork('ids', this.clock.nowMs() + this.made++);
    return new UdpTransport({
      handlers, clock: this.clock, limits, hello,
      createSocket: this.network.creatorFor(this.host),
      defer: (run) => { this.clock.setTimer(0, run); },
      randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
    });
  }

  address(): Address {
    return { transport: 'udp', host: this.host, port: 0 };
  }

  async nobody(): Promise<Address> {
    return { transport: 'udp', host: this.host, port: 9 };
  }

  until(condition: () => boolean, deadlineMs: number): Promise<void> {
    return this.clock.until(condition, deadlineMs);
  }

  relay(to: Address): Promise<Relay> {
    return relayBy((onDatagram) => this.openPlain(onDatagram), to);
  }

  async sendRaw(to: Address, bytes: Uint8Array): Promise<void> {
    this.network.send({ address: '10.0.0.9', port: 9 }, { address: to.host, port: to.port }, bytes);
  }

  async close(): Promise<void> {}

  private made = 0;

  private openPlain(onDatagram: OnDatagram): Promise<PlainSocket> {
    const socket: DatagramSocket = this.network.creatorFor(this.host)({ type: 'udp4', lookup: () => {} });
    let open = true;
    socket.on('message', (bytes, { port }) => onDatagram(bytes, port));
    return new Promise((resolve) => {
      socket.on('listening', () => resolve({
        port: socket.address().port,
        send: (to, bytes) => { if (open) socket.send(bytes, typeof to === 'number' ? to : to.port, this.host, () => {}); },
        close: () => {
          if (open) socket.close();
          open = false;
        },
      }));
      socket.bind({ port: 0 });
    });
  }
}

contract('UDP', () => new UdpHarness());

contract('UDP on simulated sockets', () => new SimulatedHarness());

/** Loses one in ten of what is sent, the same ones for a seed. */
function lossy(seed: number): CreateSocket {
  const random = new Random(seed);
  return (options) => {
    const socket = createDatagramSocket(options);
    const { send } = socket;
    socket.send = (bytes, port, address, callback) => {
      if (!random.chance(0.1)) send.call(socket, bytes, port, address, callback);
    };
    return socket;
  };
}

describe('UDP', () => {
  let harness = new UdpHarness();
  let ends: End[] = [];

  afterEach(async () => {
    await Promise.all(ends.map(({ transport }) => transport.close()));
    await harness.close();
    ends = [];
    harness = new UdpHarness();
  });

  const open = async (limits?: Partial<TransportLimits>): Promise<End> => {
    const end = await End.open(harness, limits);
    ends.push(end);
    return end;
  };

  const soon = (condition: () => boolean): Promise<void> => harness.until(condition, 10_000);

  const pair = async (limits: Partial<TransportLimits> = {}, address = LOOPBACK): Promise<{ server: End; client: End; bound: Address }> => {
    const server = await open(limits);
    const client = await open(limits);
    const bound = await server.transport.listen(address);
    client.transport.dial(bound);
    await soon(() => client.ups.length === 1 && server.ups.length === 1);
    return { server, client, bound };
  };

  test.each([1, 10])('a frame of %i MiB arrives whole, and the round trip is known', async (mebibytes) => {
    const bytes = mebibytes * 1024 * 1024;
    const { server, client } = await pair({ frameBytesMax: bytes, queueBytesMax: bytes });
    const frame = frameOf('data', bytes, 5);
    client.send(frame);
    await soon(() => server.frames.length === 1);
    expect(server.frames.map(textOf)).toEqual([textOf(frame)]);
    await soon(() => client.link.queuedBytes === 0);
    expect(client.link.rttMs).toBeGreaterThan(0);
  });

  test('one packet in ten lost: large and small frames arrive all the same, once', async () => {
    harness.createSocket = lossy(10);
    const { server, client } = await pair();
    const frames = [frameOf('data', 1024 * 1024, 0), ...Array.from({ length: 500 }, (_, i) => frameOf('control', 4 + i, i + 1))];
    for (const frame of frames) expect(client.send(frame, frame[0] === 0 ? 'control' : 'data')).toBe(true);
    await soon(() => client.link.queuedBytes === 0);
    expect(server.frames.map(textOf).sort()).toEqual(frames.map(textOf).sort());
    expect(client.transport.counters['packetsLost']).toBeGreaterThan(0);
  });

  test('small frames of one turn share packets', async () => {
    const { server, client } = await pair();
    const before = client.transport.counters['packetsSent'] ?? 0;
    for (let i = 0; i < 110; i++) client.send(frameOf('data', 100, i));
    await soon(() => server.frames.length === 110);
    expect((client.transport.counters['packetsSent'] ?? 0) - before).toBeLessThanOrEqual(12);
  });

  test('IPv6 works, however the address is written', async () => {
    const { server, client, bound } = await pair({}, { ...LOOPBACK, host: '::1' });
    const other = await open();
    other.transport.dial({ ...bound, host: '0:0:0:0:0:0:0:1' });
    await soon(() => other.ups.length === 1 && server.ups.length === 2);
    expect([client.link.remote.host, server.link.remote.host]).toEqual(['::1', '::1']);
  });

  test('a socket for both kinds shows IPv4 peers as what they are', async () => {
    const server = await open();
    const client = await open();
    const bound = await server.transport.listen({ ...LOOPBACK, host: '::' });
    client.transport.dial({ ...LOOPBACK, port: bound.port });
    await soon(() => client.ups.length === 1 && server.ups.length === 1);
    expect(server.link.remote.host).toBe('127.0.0.1');
  });

  test('several links share a socket, and both ends may dial', async () => {
    const { server, client, bound } = await pair();
    const listening = await client.transport.listen(LOOPBACK);
    server.transport.dial(listening);
    client.transport.dial(bound);
    await soon(() => client.ups.length === 3 && server.ups.length === 3);
    for (const [i, link] of client.ups.entries()) link.send(frameOf('data', 10, i), undefined, 'data', 'reliable');
    await soon(() => server.frames.length === 3);
  });
});
