import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../lib/transport/address.ts';
import type { Clock } from '../../lib/transport/clock.ts';
import {
  HELLO_BYTES_MAX, type Link, type LinkDownReason, type Priority, TRANSPORT_DEFAULTS, type Transport, type TransportHandlers, type TransportLimits,
} from '../../lib/transport/transport.ts';

/** A world in which transports live: real sockets, or simulated ones on virtual time. One for each test. */
export interface TransportHarness {
  readonly clock: Clock;
  /** Whether reliable frames of one priority arrive in the order in which they were sent. */
  readonly ordered: boolean;
  makeTransport(handlers: TransportHandlers, limits: TransportLimits, hello: () => Uint8Array): Promise<Transport>;
  /** An address that can be listened on, at a port of the system's choice. */
  address(): Address;
  /** An address at which nobody listens. */
  nobody(): Promise<Address>;
  /** Lets time go on until `condition` holds; rejects after `deadlineMs`. */
  until(condition: () => boolean, deadlineMs: number): Promise<void>;
  /** Someone who passes on what goes between `to` and whoever dials the relay instead. */
  relay(to: Address): Promise<Relay>;
  /** Sends `bytes` to `to`, as they are, from a socket that is not ours. */
  sendRaw(to: Address, bytes: Uint8Array): Promise<void>;
  /** Closes what the harness opened itself. */
  close(): Promise<void>;
}

export interface Relay {
  readonly address: Address;
  /** Passes nothing on from now on; neither end is told. */
  hold(): void;
  /** Dies, as a process does whose sockets the system then closes. */
  die(): void;
}

/** The owner of one transport, who keeps all that it is told. */
export class End implements TransportHandlers {
  readonly ups: Link[] = [];
  readonly downs: (readonly [Link, LinkDownReason])[] = [];
  readonly frames: Uint8Array[] = [];
  readonly drains: Link[] = [];
  private made: Transport | undefined = undefined;

  static async open(harness: TransportHarness, limits: Partial<TransportLimits> = {}, hello: Uint8Array = Uint8Array.of(1)): Promise<End> {
    const end = new End();
    end.made = await harness.makeTransport(end, { ...TRANSPORT_DEFAULTS, ...limits }, () => hello);
    return end;
  }

  get transport(): Transport {
    if (this.made === undefined) throw new Error('there is no transport yet');
    return this.made;
  }

  onLinkUp(link: Link): void {
    this.ups.push(link);
  }

  onFrame(_link: Link, frame: Uint8Array): void {
    this.frames.push(frame);
  }

  onLinkDown(link: Link, reason: LinkDownReason): void {
    this.downs.push([link, reason]);
  }

  onDrain(link: Link): void {
    this.drains.push(link);
  }

  get reasons(): LinkDownReason[] {
    return this.downs.map(([, reason]) => reason);
  }

  /** The link that came up first. */
  get link(): Link {
    const [link] = this.ups;
    if (link === undefined) throw new Error('no link is up');
    return link;
  }

  send(frame: Uint8Array, priority: Priority = 'data'): boolean {
    return this.link.send(frame, undefined, priority, 'reliable');
  }
}

/** A frame whose first byte tells its priority, and all others which it is. */
export function frameOf(priority: Priority, length: number, seed: number): Uint8Array {
  const frame = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13 + seed * 31) & 0xff);
  frame[0] = PRIORITIES.indexOf(priority);
  return frame;
}

const PRIORITIES: readonly Priority[] = ['control', 'data', 'announcement'];

/** A frame as text, which compares much faster. */
export function textOf(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('latin1');
}

/** What came, by priority; as a set where the transport does not promise an order. */
function byPriority(frames: readonly Uint8Array[], ordered: boolean): string[][] {
  return PRIORITIES.map((_, first) => {
    const texts = frames.filter((frame) => frame[0] === first).map(textOf);
    return ordered ? texts : texts.sort();
  });
}

/** Time enough for anything that does not wait for a timeout. */
const SOON_MS = 5000;

/** Timeouts short enough to be waited for, and long enough for a busy machine. */
const HASTY = { handshakeTimeoutMs: 300, keepAliveMs: 80, idleTimeoutMs: 400, closeTimeoutMs: 300 };

/** What every transport does. Each test runs in a harness of its own, from `make`. */
export function contract(name: string, make: () => TransportHarness | Promise<TransportHarness>): void {
  describe(`${name} keeps the contract of transports`, () => {
    let harness: TransportHarness;
    let ends: End[] = [];

    beforeEach(async () => {
      harness = await make();
    });

    afterEach(async () => {
      await closed(Promise.all(ends.map(({ transport }) => transport.close())));
      ends = [];
      await harness.close();
    });

    const open = async (limits?: Partial<TransportLimits>, hello?: Uint8Array): Promise<End> => {
      const end = await End.open(harness, limits, hello);
      ends.push(end);
      return end;
    };

    const soon = (condition: () => boolean): Promise<void> => harness.until(condition, SOON_MS);

    /** Waits for a promise where time has to be driven. */
    const closed = async (promise: Promise<unknown>): Promise<void> => {
      let done = false;
      const end = (): void => { done = true; };
      promise.then(end, end);
      await soon(() => done);
      await promise;
    };

    /** Two ends with one link between them, which `client` dialled. */
    const pair = async (serverLimits: Partial<TransportLimits> = {}, clientLimits: Partial<TransportLimits> = serverLimits): Promise<{ server: End; client: End; address: Address }> => {
      const server = await open(serverLimits, Uint8Array.of(1, 1));
      const client = await open(clientLimits, Uint8Array.of(2));
      const address = await server.transport.listen(harness.address());
      client.transport.dial(address);
      await soon(() => client.ups.length === 1 && server.ups.length === 1);
      return { server, client, address };
    };

    test('a link comes up once at both ends, with what the other said', async () => {
      const { server, client, address } = await pair();
      expect(address.port).toBeGreaterThan(0);
      expect(client.link).toMatchObject({ dialled: true, remote: address, state: 'up', hello: Uint8Array.of(1, 1), queuedBytes: 0, transport: address.transport });
      expect(server.link).toMatchObject({ dialled: false, state: 'up', hello: Uint8Array.of(2), queuedBytes: 0, transport: address.transport });
      expect(server.link.remote).toMatchObject({ transport: address.transport, host: address.host });
      expect([server.transport.counters['accepted'], server.transport.counters['up']]).toEqual([1, 1]);
      expect([client.transport.counters['dialled'], client.transport.counters['up']]).toEqual([1, 1]);
    });

    test('a hello may be empty, or as long as it may be', async () => {
      const server = await open({}, new Uint8Array(0));
      const client = await open({}, new Uint8Array(HELLO_BYTES_MAX).fill(7));
      client.transport.dial(await server.transport.listen(harness.address()));
      await soon(() => client.ups.length === 1 && server.ups.length === 1);
      expect(client.link.hello).toEqual(new Uint8Array(0));
      expect(server.link.hello).toEqual(new Uint8Array(HELLO_BYTES_MAX).fill(7));
    });

    test('frames of all sizes arrive whole in both directions, in order where that is promised', async () => {
      const { server, client } = await pair();
      const lengths = [1, 2, 3, 100, 1171, 1200, 5000, 16_383, 16_384, 16_385, 65_532, 65_536, 100_000, 1_048_576, TRANSPORT_DEFAULTS.frameBytesMax, 1, 1];
      const frames = lengths.flatMap((length, i) => PRIORITIES.map((priority) => frameOf(priority, length, i)));
      for (const [i, frame] of frames.entries()) {
        const at = [frame.length, 1, frame.length - 1, frame.length >> 1][i % 4] ?? 0;
        for (const end of [server, client]) {
          while (!end.link.send(frame.subarray(0, at), at === frame.length ? undefined : frame.subarray(at), PRIORITIES[frame[0] ?? 0] ?? 'data', 'reliable')) {
            const drains = end.drains.length;
            await soon(() => end.drains.length > drains);
          }
        }
      }
      await harness.until(() => server.frames.length >= frames.length && client.frames.length >= frames.length, 6 * SOON_MS);
      const sent = byPriority(frames, harness.ordered);
      expect(byPriority(server.frames, harness.ordered)).toEqual(sent);
      expect(byPriority(client.frames, harness.ordered)).toEqual(sent);
      expect(client.transport.counters['framesReceived']).toBe(frames.length);
    });

    test('a link that is opening keeps frames; a full one refuses them, counts them, and tells when there is room', async () => {
      const server = await open();
      const client = await open({ queueBytesMax: 100_000 });
      const link = client.transport.dial(await server.transport.listen(harness.address()));
      expect(link.state).toBe('opening');
      const frames = Array.from({ length: 30 }, (_, i) => frameOf('data', 10_000, i));
      const accepted = frames.filter((frame) => link.send(frame, undefined, 'data', 'reliable'));
      expect(accepted.length).toBeGreaterThan(1);
      expect(link.queuedBytes).toBeLessThanOrEqual(100_000);
      expect(link.send(frameOf('control', 10_000, 0), undefined, 'control', 'reliable')).toBe(false);
      expect(link.send(frameOf('announcement', 10_000, 0), undefined, 'announcement', 'reliable')).toBe(false);
      const { droppedControl, droppedData, droppedAnnouncement } = client.transport.counters;
      expect([droppedControl, droppedData, droppedAnnouncement]).toEqual([1, 30 - accepted.length, 1]);
      await soon(() => server.frames.length === accepted.length && client.drains.length > 0);
      expect(client.drains).toEqual([link]);
      expect(byPriority(server.frames, harness.ordered)).toEqual(byPriority(accepted, harness.ordered));
      await soon(() => link.queuedBytes === 0);
      expect(link.send(frameOf('control', 10_000, 0), undefined, 'control', 'reliable')).toBe(true);
    });

    test('one frame fits into an empty queue, however small the queue', async () => {
      const { server, client } = await pair({ queueBytesMax: 1000 });
      expect(client.send(frameOf('data', 50_000, 1))).toBe(true);
      await soon(() => server.frames.length === 1);
      expect(server.frames.map(textOf)).toEqual([textOf(frameOf('data', 50_000, 1))]);
    });

    test('control overtakes data, and data overtakes announcements', async () => {
      const server = await open();
      const client = await open();
      const link = client.transport.dial(await server.transport.listen(harness.address()));
      for (const priority of [...PRIORITIES].reverse()) for (let i = 0; i < 3; i++) link.send(frameOf(priority, 5, i), undefined, priority, 'reliable');
      await soon(() => server.frames.length === 9);
      expect(server.frames.map(([first]) => first)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    });

    test('close sends what is queued first, and only the other end is told', async () => {
      const { server, client } = await pair();
      const frames = Array.from({ length: 100 }, (_, i) => frameOf('data', 5000, i));
      for (const frame of frames) client.send(frame);
      client.link.close();
      expect(client.link.state).toBe('closed');
      expect(client.send(frameOf('data', 1, 0))).toBe(false);
      expect(client.transport.counters['droppedData']).toBe(1);
      await soon(() => server.downs.length > 0);
      expect(byPriority(server.frames, harness.ordered)).toEqual(byPriority(frames, harness.ordered));
      expect(server.downs).toEqual([[server.link, 'closed']]);
      expect(server.link.state).toBe('closed');
      expect(server.send(frameOf('data', 1, 0))).toBe(false);
      await closed(client.transport.close());
      expect([client.downs, server.downs.length]).toEqual([[], 1]);
    });

    test('both ends may close at the same time, and neither is told', async () => {
      const { server, client } = await pair();
      client.send(frameOf('data', 20_000, 1));
      server.send(frameOf('data', 20_000, 2));
      client.link.close();
      server.link.close();
      await closed(Promise.all([client.transport.close(), server.transport.close()]));
      expect([client.downs, server.downs]).toEqual([[], []]);
    });

    test('the death of the other end is told once', async () => {
      const server = await open(HASTY);
      const client = await open(HASTY);
      const relay = await harness.relay(await server.transport.listen(harness.address()));
      client.transport.dial(relay.address);
      await soon(() => client.ups.length === 1 && server.ups.length === 1);
      relay.die();
      await soon(() => client.downs.length > 0 && server.downs.length > 0);
      await closed(Promise.all([client.transport.close(), server.transport.close()]));
      expect([client.downs.length, server.downs.length]).toEqual([1, 1]);
    });

    test('dialling nobody fails after the call, once', async () => {
      const client = await open(HASTY);
      const link = client.transport.dial(await harness.nobody());
      expect([link.state, client.downs]).toEqual(['opening', []]);
      await soon(() => client.downs.length > 0);
      expect(client.downs).toEqual([[link, 'unreachable']]);
      expect([link.state, client.ups]).toEqual(['closed', []]);
    });

    test('a link that was closed while it was opening is not heard of again', async () => {
      const client = await open(HASTY);
      const link = client.transport.dial(await harness.nobody());
      link.close();
      expect(link.state).toBe('closed');
      await closed(client.transport.close());
      expect([client.ups, client.downs]).toEqual([[], []]);
    });

    test('a frame that is too long ends the link', async () => {
      const { server, client } = await pair({ ...HASTY, frameBytesMax: 10_000 }, HASTY);
      client.send(frameOf('data', 10_000, 1));
      client.send(frameOf('data', 10_001, 2));
      await soon(() => server.downs.length > 0 && client.downs.length > 0);
      expect(server.reasons).toEqual(['protocol-error']);
      expect(server.frames.map(({ length }) => length)).not.toContain(10_001);
      expect([server.transport.counters['protocolErrors'], client.downs.length]).toEqual([1, 1]);
    });

    test('the owner never hears of a stranger who says no hello', async () => {
      const { server, client, address } = await pair();
      for (const length of [0, 1, 3, 4, 20, 1200]) await harness.sendRaw(address, frameOf('data', length, 9));
      client.send(frameOf('data', 9, 1));
      await soon(() => server.frames.length === 1);
      expect([server.ups.length, server.downs, server.frames]).toEqual([1, [], [frameOf('data', 9, 1)]]);
    });

    test('silence ends a link at both ends', async () => {
      const server = await open(HASTY);
      const client = await open(HASTY);
      const relay = await harness.relay(await server.transport.listen(harness.address()));
      client.transport.dial(relay.address);
      await soon(() => client.ups.length === 1 && server.ups.length === 1);
      relay.hold();
      const heardMs = client.link.heardMs;
      await soon(() => client.downs.length > 0 && server.downs.length > 0);
      expect([client.reasons, server.reasons]).toEqual([['timeout'], ['timeout']]);
      expect(harness.clock.nowMs() - heardMs).toBeGreaterThanOrEqual(HASTY.idleTimeoutMs);
      expect([client.transport.counters['idleTimeouts'], server.transport.counters['idleTimeouts']]).toEqual([1, 1]);
    });

    test('a link that nobody uses stays, and its signs of life are no frames', async () => {
      const { server, client } = await pair(HASTY);
      const untilMs = harness.clock.nowMs() + 3 * HASTY.idleTimeoutMs;
      await soon(() => harness.clock.nowMs() > untilMs);
      expect([server.downs, client.downs, server.frames, client.frames]).toEqual([[], [], [], []]);
      expect(client.link.heardMs).toBeGreaterThan(untilMs - HASTY.idleTimeoutMs);
    });

    test('a link that only one end uses stays', async () => {
      const { server, client } = await pair(HASTY);
      const untilMs = harness.clock.nowMs() + 2 * HASTY.idleTimeoutMs;
      while (harness.clock.nowMs() < untilMs) {
        const came = server.frames.length;
        client.send(frameOf('data', 10, came));
        await soon(() => server.frames.length > came);
      }
      expect([server.downs, client.downs, client.frames]).toEqual([[], [], []]);
    });

    test('there are linksMax links at most, whoever dials', async () => {
      const { server, client, address } = await pair({ ...HASTY, linksMax: 1 });
      const second = await open(HASTY);
      second.transport.dial(address);
      await soon(() => second.downs.length > 0);
      const link = client.transport.dial(address);
      expect(client.downs).toEqual([]);
      await soon(() => client.downs.length > 0);
      expect(client.downs).toEqual([[link, 'too-many']]);
      expect([server.ups.length, server.downs, second.downs.length]).toEqual([1, [], 1]);
      expect(server.transport.counters['refusedLinks']).toBeGreaterThan(0);
      expect(client.transport.counters['refusedLinks']).toBe(1);
      client.link.close();
      await soon(() => server.downs.length === 1);
      second.transport.dial(address);
      await soon(() => server.ups.length === 2 && second.link.state === 'up');
    });

    test('an address in use, and one of another machine, are told apart', async () => {
      const [first, second, third] = [await open(), await open(), await open()];
      const address = await first.transport.listen(harness.address());
      await expect(second.transport.listen(address)).rejects.toMatchObject({ name: 'OverlayError', code: 'ADDRESS_IN_USE' });
      await expect(third.transport.listen({ ...address, host: '203.0.113.1' })).rejects.toMatchObject({ name: 'OverlayError', code: 'INVALID_OPTION' });
    });

    test('after close nothing is open, nothing more is told, and the address is free', async () => {
      const { server, client, address } = await pair(HASTY);
      for (let i = 0; i < 50; i++) server.send(frameOf('data', 5000, i));
      const closing = server.transport.close();
      expect(server.transport.close()).toBe(closing);
      await closed(closing);
      expect(server.link.state).toBe('closed');
      const told = [server.ups.length, server.downs.length, server.frames.length];
      await soon(() => client.downs.length > 0 && client.frames.length === 50);
      expect(client.reasons).toEqual(['closed']);
      expect(server.transport.dial(address).state).toBe('closed');
      const next = await open(HASTY);
      expect(await next.transport.listen(address)).toEqual(address);
      client.transport.dial(address);
      await soon(() => next.ups.length === 1);
      expect([server.ups.length, server.downs.length, server.frames.length]).toEqual(told);
    });
  });
}
