import { type Server, Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Address } from '../../lib/transport/address.ts';
import { type Clock, SYSTEM_CLOCK, type TimerHandle } from '../../lib/transport/clock.ts';
import { encodeHello } from '../../lib/transport/tcp/hello.ts';
import { TcpTransport } from '../../lib/transport/tcp/tcp-transport.ts';
import type { TransportLimits } from '../../lib/transport/transport.ts';
import { End, type Relay, type TransportHarness, contract, frameOf, textOf } from './transport-contract.ts';

const LOOPBACK: Address = { transport: 'tcp', host: '127.0.0.1', port: 0 };

/** TCP on loopback, in real time. */
class TcpHarness implements TransportHarness {
  readonly ordered = true;
  /** Timers that are set. */
  readonly timers = new Set<TimerHandle>();
  readonly clock: Clock = {
    nowMs: SYSTEM_CLOCK.nowMs,
    setTimer: (afterMs, run) => {
      const timer = SYSTEM_CLOCK.setTimer(afterMs, () => {
        this.timers.delete(handle);
        run();
      });
      const handle = { cancel: () => {
        this.timers.delete(handle);
        timer.cancel();
      } };
      this.timers.add(handle);
      return handle;
    },
  };
  private readonly sockets = new Set<Socket>();
  private readonly servers: Server[] = [];

  async makeTransport(...[handlers, limits, hello]: Parameters<TransportHarness['makeTransport']>): Promise<TcpTransport> {
    return new TcpTransport({ handlers, clock: this.clock, limits, hello });
  }

  address(): Address {
    return LOOPBACK;
  }

  async nobody(): Promise<Address> {
    const address = await this.serve(() => {});
    await new Promise((resolve) => this.servers.pop()?.close(resolve));
    return address;
  }

  async until(condition: () => boolean, deadlineMs: number): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async relay(to: Address): Promise<Relay> {
    return {
      address: await this.serve((near) => near.pipe(this.socket(to)).pipe(near)),
      hold: () => this.sockets.forEach((socket) => socket.unpipe().pause()),
      die: () => this.sockets.forEach((socket) => socket.destroy()),
    };
  }

  async sendRaw(to: Address, bytes: Uint8Array): Promise<void> {
    const socket = this.socket(to);
    await new Promise<void>((resolve) => socket.end(bytes, resolve));
  }

  /** A connection that is not ours, whose errors do not matter; it reads unless it is paused. */
  socket(to: Address): Socket {
    return this.keep(connect({ host: to.host, port: to.port })).resume();
  }

  /** A server that is not ours. */
  serve(onSocket: (socket: Socket) => void): Promise<Address> {
    const server = createServer((socket) => onSocket(this.keep(socket)));
    this.servers.push(server);
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      resolve({ ...LOOPBACK, port: bound !== null && typeof bound === 'object' ? bound.port : 0 });
    }));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await this.until(() => this.sockets.size === 0, 5000);
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    return socket.on('error', () => {});
  }
}

contract('TCP', () => new TcpHarness());

describe('TCP', () => {
  let harness = new TcpHarness();
  let ends: End[] = [];

  afterEach(async () => {
    await Promise.all(ends.map(({ transport }) => transport.close()));
    await harness.close();
    ends = [];
    harness = new TcpHarness();
  });

  const open = async (limits?: Partial<TransportLimits>): Promise<End> => {
    const end = await End.open(harness, limits);
    ends.push(end);
    return end;
  };

  const soon = (condition: () => boolean): Promise<void> => harness.until(condition, 5000);

  /** A listening end. */
  const serve = async (limits: Partial<TransportLimits> = {}, address = LOOPBACK): Promise<{ server: End; address: Address }> => {
    const server = await open(limits);
    return { server, address: await server.transport.listen(address) };
  };

  /** A connection that is not ours and has said hello. */
  const strangerWithHello = async (server: End, address: Address): Promise<Socket> => {
    const socket = harness.socket(address);
    socket.write(encodeHello(Uint8Array.of(9)));
    await soon(() => server.ups.length === 1);
    return socket;
  };

  test('a stranger who speaks otherwise is cut off at once, and counted', async () => {
    const { server, address } = await serve();
    const speeches = ['GET / HTTP/1.1\r\n', '\x00\x00\x00\x05OVC\x02\x00', '\x00\x00\x00\x03OVC', '\x00\x00\x02\x05OVC\x01', '\x00\x00\x00\x00', '\xff\xff\xff\xff'];
    for (const [i, speech] of speeches.entries()) {
      const socket = harness.socket(address);
      socket.write(speech, 'latin1');
      await soon(() => socket.closed);
      expect(server.transport.counters['protocolErrors']).toBe(i + 1);
    }
    expect([server.ups, server.downs, server.frames]).toEqual([[], [], []]);
  });

  test('a dialled end that answers otherwise is a protocol error', async () => {
    const client = await open();
    client.transport.dial(await harness.serve((socket) => socket.end('SSH-2.0\r\n')));
    await soon(() => client.downs.length === 1);
    expect(client.reasons).toEqual(['protocol-error']);
  });

  test('a length past what a frame may have ends the link before its bytes come', async () => {
    const { server, address } = await serve();
    const socket = await strangerWithHello(server, address);
    socket.write(Uint8Array.of(0, 0, 0, 1, 5, 0xff, 0xff, 0xff, 0xff));
    await soon(() => server.downs.length === 1);
    expect([server.frames, server.reasons]).toEqual([[Uint8Array.of(5)], ['protocol-error']]);
  });

  test('a connection that is reset is closed by the other end', async () => {
    const { server, address } = await serve();
    const socket = await strangerWithHello(server, address);
    socket.resetAndDestroy();
    await soon(() => server.downs.length === 1);
    expect(server.reasons).toEqual(['closed']);
  });

  test('who says a hello one byte at a time has no longer than the others', async () => {
    const { server, address } = await serve({ handshakeTimeoutMs: 150 });
    const socket = harness.socket(address);
    const hello = encodeHello(new Uint8Array(500));
    const startMs = performance.now();
    let at = 0;
    const speaking = setInterval(() => socket.write(hello.subarray(at, ++at)), 10);
    await soon(() => socket.closed);
    clearInterval(speaking);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect([server.ups, server.downs, server.transport.counters['handshakeTimeouts']]).toEqual([[], [], 1]);
  });

  test('who accepts and says nothing fails the handshake', async () => {
    const client = await open({ handshakeTimeoutMs: 100 });
    client.transport.dial(await harness.serve(() => {}));
    await soon(() => client.downs.length === 1);
    expect([client.reasons, client.transport.counters['handshakeTimeouts']]).toEqual([['handshake-timeout'], 1]);
  });

  test.each([['localhost', 0], ['', 0], ['127.0.0.1', 70_000], ['127.0.0.1', -1]])('what is no address of a peer is unreachable, after the call: %j, port + %i', async (host, more) => {
    const client = await open();
    const { port } = await harness.serve(() => {});
    client.transport.dial({ transport: 'tcp', host, port: more < 0 ? 0 : port + more });
    expect(client.downs).toEqual([]);
    await soon(() => client.downs.length === 1);
    expect(client.reasons).toEqual(['unreachable']);
  });

  test('of those who say hello at the same time, linksMax come up', async () => {
    const { server, address } = await serve({ linksMax: 2 });
    const sockets = [1, 2, 3].map(() => harness.socket(address));
    await soon(() => server.transport.counters['accepted'] === 3);
    for (const socket of sockets) socket.write(encodeHello(Uint8Array.of(9)));
    await soon(() => sockets.some(({ closed }) => closed));
    expect([server.ups.length, sockets.filter(({ closed }) => closed).length]).toEqual([2, 1]);
    expect(server.transport.counters).toMatchObject({ up: 2, refusedLinks: 1 });
  });

  test('2000 half-open connections take the places of each other, while a link delivers', async () => {
    const { server, address } = await serve({ pendingMax: 50 });
    const client = await open();
    client.transport.dial(address);
    await soon(() => client.ups.length === 1 && server.ups.length === 1);
    const strangers: Socket[] = [];
    let sent = 0;
    while (strangers.length < 2000) {
      for (let i = 0; i < 100; i++) strangers.push(harness.socket(address));
      client.send(frameOf('data', 1000, sent++));
      await soon(() => server.frames.length === sent && server.transport.counters['accepted'] === 1 + strangers.length);
    }
    await harness.until(() => strangers.filter(({ closed }) => !closed).length === 50, 20_000);
    expect(strangers.slice(0, 1900).filter(({ closed }) => !closed)).toEqual([]);
    expect(server.transport.counters).toMatchObject({ accepted: 2001, refusedPending: 1950, up: 1, handshakeTimeouts: 0 });
    expect([server.frames.length, server.downs, client.downs]).toEqual([20, [], []]);
  });

  test('who never reads holds a bounded queue and fails in the end, however much it says', async () => {
    const { server, address } = await serve({ keepAliveMs: 50, idleTimeoutMs: 500, queueBytesMax: 300_000 });
    const socket = await strangerWithHello(server, address);
    socket.pause();
    const speaking = setInterval(() => socket.write(new Uint8Array(4)), 20);
    // The system takes some MB on its own; our queue is full after that.
    let refused = 0;
    const startMs = performance.now();
    while (server.downs.length === 0 && performance.now() < startMs + 10_000) {
      for (let i = 0; i < 100; i++) refused += server.send(frameOf('data', 10_000, i)) ? 0 : 1;
      expect(server.link.queuedBytes).toBeLessThanOrEqual(300_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearInterval(speaking);
    expect([server.reasons, server.link.queuedBytes]).toEqual([['timeout'], 0]);
    expect(refused).toBeGreaterThan(0);
    expect(server.transport.counters['droppedData']).toBe(refused);
  });

  test('what is queued behind a reader that pauses is overtaken, whole frame by whole frame', async () => {
    const { server, address } = await serve({ queueBytesMax: 16_000_000 });
    const received: Uint8Array[] = [];
    const reader = (await strangerWithHello(server, address)).pause().on('data', (chunk) => received.push(chunk));
    for (let i = 0; i < 140; i++) server.send(new Uint8Array(100_000));
    const bytesSent = (): number => server.transport.counters['bytesSent'] ?? 0;
    let before = 0;
    await soon(() => before === (before = bytesSent()) && before > 1_000_000);
    // The system has taken what it takes, and the socket has begun one or two of those that are left.
    const waiting = Math.floor(server.link.queuedBytes / 100_000) - 2;
    expect(waiting).toBeGreaterThan(10);
    server.send(frameOf('control', 10, 0), 'control');
    reader.resume();
    await soon(() => server.link.queuedBytes === 0);
    await soon(() => reader.bytesRead === bytesSent());
    const stream = Buffer.concat(received);
    const lengths: number[] = [];
    for (let at = 0; at < stream.length; at += 4 + stream.readUInt32BE(at)) lengths.push(stream.readUInt32BE(at));
    const after = lengths.length - 1 - lengths.indexOf(10);
    expect(lengths).toContain(10);
    expect(after).toBeGreaterThanOrEqual(waiting);
  });

  test('a link that is closed while it is opening delivers what it was given', async () => {
    const { server, address } = await serve();
    const client = await open();
    const link = client.transport.dial(address);
    link.send(frameOf('data', 200_000, 3), undefined, 'data', 'reliable');
    link.close();
    await soon(() => server.downs.length === 1);
    expect([server.frames.map(textOf), server.reasons, client.ups, client.downs]).toEqual([[textOf(frameOf('data', 200_000, 3))], ['closed'], [], []]);
  });

  test.each([[7, 7], [7, 0], [0, 7]])('what both ends have queued when both close arrives: %i and %i MB', async (...counts) => {
    const { server, address } = await serve();
    const client = await open();
    client.transport.dial(address);
    await soon(() => server.ups.length === 1 && client.ups.length === 1);
    const sent = counts.map((count) => Array.from({ length: count }, (_, i) => i));
    for (const [at, end] of [server, client].entries()) for (const i of sent[at] ?? []) end.send(new Uint8Array(1_000_000).fill(i));
    await Promise.all([server.transport.close(), client.transport.close()]);
    expect([client, server].map(({ frames }) => frames.map(([first]) => first))).toEqual(sent);
  });

  test('closing waits no longer than it may for who does not read', async () => {
    const { server, address } = await serve({ closeTimeoutMs: 100 });
    const socket = await strangerWithHello(server, address);
    socket.pause();
    for (let i = 0; i < 8; i++) server.send(new Uint8Array(1_000_000));
    const startMs = performance.now();
    await server.transport.close();
    const tookMs = performance.now() - startMs;
    expect([tookMs >= 100, tookMs < 2000]).toEqual([true, true]);
  });

  test('links that are closing are linksMax at most, however long the others take', async () => {
    const { server, address } = await serve({ linksMax: 2, closeTimeoutMs: 60_000 });
    const strangers = [1, 2, 3, 4, 5].map(() => harness.socket(address).pause());
    for (const [i, socket] of strangers.entries()) {
      socket.write(encodeHello(Uint8Array.of(9)));
      await soon(() => server.ups.length === i + 1);
      server.ups[i]?.close();
    }
    await soon(() => handles('TCPSocketWrap') === 5 + 2);
    for (const socket of strangers) socket.destroy();
  });

  test('an error that a handler throws is an uncaught exception, and the link goes on', async () => {
    const listeners = process.listeners('uncaughtException');
    const uncaught: unknown[] = [];
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error));
    try {
      const { server, address } = await serve();
      const client = await open();
      const errors = ['up', 'frame', 'down'].map((what) => new Error(what));
      server.onLinkUp = (link) => { server.ups.push(link); throw errors[0]; };
      server.onFrame = (_, frame) => { if (server.frames.push(frame) === 2) throw errors[1]; };
      server.onLinkDown = (link, reason) => { server.downs.push([link, reason]); throw errors[2]; };
      client.transport.dial(address);
      await soon(() => client.ups.length === 1);
      for (let i = 0; i < 4; i++) client.send(frameOf('data', 10, i));
      client.link.close();
      await soon(() => uncaught.length === 3);
      expect([uncaught, server.frames.length, server.reasons]).toEqual([errors, 4, ['closed']]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  test('an empty frame, or one that is too long, is a broken invariant of the sender', async () => {
    const client = await open({ frameBytesMax: 100 });
    const link = client.transport.dial(await harness.nobody());
    expect(() => link.send(new Uint8Array(0), undefined, 'data', 'reliable')).toThrow('broken invariant');
    expect(() => link.send(new Uint8Array(50), new Uint8Array(51), 'data', 'reliable')).toThrow('broken invariant');
  });

  test.each([['::1', '::1'], ['::', '::1'], ['::', '127.0.0.1']])('listens on %s for who dials %s', async (host, dialled) => {
    const { server, address } = await serve({}, { ...LOOPBACK, host });
    expect(address.host).toBe(host);
    const client = await open();
    client.transport.dial({ ...address, host: dialled });
    await soon(() => server.ups.length === 1);
    expect(server.link.remote.host).toBe(dialled);
  });

  test('close leaves no handle of the system open, and no timer', async () => {
    await soon(() => handles('TCP') === 0);
    const { server, address } = await serve();
    const client = await open();
    client.transport.dial(address);
    client.transport.dial(await harness.nobody());
    const stranger = harness.socket(address);
    await soon(() => server.ups.length === 1 && server.transport.counters['accepted'] === 2 && client.downs.length === 1);
    const startMs = performance.now();
    await client.transport.close();
    await soon(() => handles('TCPSocketWrap') === 2);
    await server.transport.close();
    await soon(() => stranger.closed && handles('TCP') === 0);
    expect(harness.timers.size).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  test('close of one that has only dialled waits for its sockets', async () => {
    const client = await open({ closeTimeoutMs: 100 });
    client.transport.dial(await harness.serve((socket) => socket.write(encodeHello(Uint8Array.of(9)))));
    await soon(() => client.ups.length === 1);
    const before = handles('TCPSocketWrap');
    await client.transport.close();
    expect(handles('TCPSocketWrap')).toBeLessThan(before);
  });
});

/** How many handles of the system are open whose names begin so. */
function handles(name: string): number {
  return process.getActiveResourcesInfo().filter((other) => other.startsWith(name)).length;
}
