import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import type { Priority } from '../../lib/transport/transport.ts';
import { TRANSPORT_DEFAULTS } from '../../lib/transport/transport.ts';
import { type Packet, VERSION_BITS, decodePacket } from '../../lib/transport/udp/packet.ts';
import { UdpTransport } from '../../lib/transport/udp/udp-transport.ts';
import { type Conditions, DatagramNetwork } from '../../sim/stack/datagram-network.ts';
import { VirtualClock } from '../../sim/stack/virtual-clock.ts';
import { ConnectionPair, type PairEnd } from '../unit/transport/udp/connection-pair.ts';

const SEED = 6298;
const PRIORITIES: readonly Priority[] = ['control', 'data', 'announcement'];
const LIMITS = { frameBytesMax: 30_000, queueBytesMax: 60_000 };

const conditions: fc.Arbitrary<Conditions> = fc.record({
  loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
  delayMs: fc.double({ min: 0, max: 50, noNaN: true }),
  jitterMs: fc.double({ min: 0, max: 50, noNaN: true }),
});

interface Sending {
  readonly left: boolean;
  readonly priority: Priority;
  readonly reliable: boolean;
  readonly bytes: number;
  readonly pauseMs: number;
}

const sending: fc.Arbitrary<Sending> = fc.record({
  left: fc.boolean(),
  priority: fc.constantFrom(...PRIORITIES),
  reliable: fc.boolean(),
  bytes: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 4, max: 300 }) }, { weight: 1, arbitrary: fc.integer({ min: 1100, max: LIMITS.frameBytesMax }) }),
  pauseMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 200 }) }),
});

/** A frame that tells its number, so that any two differ. */
function frameOf(number: number, bytes: number): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + number) & 0xff);
  frame.set([number >> 8, number], 0);
  return frame;
}

function textOf(frame: Uint8Array): string {
  return Buffer.from(frame).toString('latin1');
}

test(`reliable frames arrive exactly once and intact, unreliable ones at most once, whatever the path does (seed ${SEED})`, () => {
  fc.assert(
    fc.property(conditions, fc.integer(), fc.array(sending, { maxLength: 40, size: 'max' }), (path, seed, sendings) => {
      const pair = ConnectionPair.up({ seed, conditions: path, limits: LIMITS });
      const ends = [pair.left, pair.right];
      const reliable: string[][] = [[], []];
      const unreliable: string[][] = [[], []];
      const check = (): void => {
        for (const { connection } of ends) {
          expect(connection.reassemblyBytes).toBeLessThanOrEqual(2 * LIMITS.frameBytesMax);
          expect(connection.queuedBytes).toBeLessThanOrEqual(LIMITS.queueBytesMax);
        }
      };
      for (const [i, { left, priority, reliable: sure, bytes, pauseMs }] of sendings.entries()) {
        const frame = frameOf(i, bytes);
        const end = left ? pair.left : pair.right;
        if (end.send(frame, priority, sure ? 'reliable' : 'unreliable')) (sure ? reliable : unreliable)[left ? 1 : 0]?.push(textOf(frame));
        if (pauseMs === 0) continue;
        pair.flush();
        pair.advance(pauseMs);
        check();
      }
      expect(pair.settle(600_000)).toBe(true);
      check();
      for (const [i, end] of ends.entries()) {
        const came = end.frames.map(textOf);
        expect(new Set(came).size).toBe(came.length);
        const lossy = new Set(unreliable[i]);
        expect(came.filter((frame) => !lossy.has(frame)).sort()).toEqual([...(reliable[i] ?? [])].sort());
        expect([end.downs, end.ups]).toEqual([[], 1]);
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});

/** Bytes that are often nearly packets. */
const hostileBytes = fc.oneof(
  fc.uint8Array({ maxLength: 1300 }),
  fc.tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 300, size: 'max' })).map(([type, rest]) => Uint8Array.of(VERSION_BITS | type, ...rest)),
  // For the connection with the id 1 or 2, with chunks of known kinds.
  fc.tuple(fc.constantFrom(1, 2), fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 20 })), { maxLength: 5 })).map(([id, chunks]) =>
    Uint8Array.of(VERSION_BITS | 3, 0, 0, 0, 0, 0, 0, 0, id, 0, 0, 0, 9, ...chunks.flatMap(([kind, bytes]) => [kind, ...bytes]))),
);

test(`no bytes make the decoder throw, and what it takes for a packet is within bounds (seed ${SEED})`, () => {
  fc.assert(
    fc.property(hostileBytes, (bytes) => {
      const packet = decodePacket(bytes);
      if (packet?.kind !== 'data') return;
      for (const chunk of packet.chunks) {
        if (chunk.kind === 'fragment') expect(chunk.offset + chunk.bytes.length).toBeLessThanOrEqual(chunk.total);
        if (chunk.kind === 'ack') {
          for (let i = 0; i < chunk.ranges.length; i++) expect(chunk.ranges[i]).toBeGreaterThanOrEqual(0);
          for (let i = 3; i < chunk.ranges.length; i += 2) expect(chunk.ranges[i]).toBeLessThan((chunk.ranges[i - 3] as number) - 1);
        }
      }
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

/** All that an owner could tell a connection by. */
function stateOf({ connection, frames, downs, ups, drains }: PairEnd): unknown {
  const { phase, heardMs, queuedBytes, reassemblyBytes, rttMs, nextPacket, remoteId } = connection;
  return { phase, heardMs, queuedBytes, reassemblyBytes, rttMs, nextPacket, remoteId, frames: frames.length, downs: [...downs], ups, drains };
}

test(`packets of the handshake, and replayed ones, change nothing in a connection that is up (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 20 }), fc.uint8Array({ maxLength: 40 }), (replays, junk) => {
      const pair = ConnectionPair.up();
      for (let i = 0; i < 5; i++) pair.left.send(frameOf(i, 1000));
      pair.settle(1000);
      pair.advance(100);
      const before = stateOf(pair.right);
      const forged: Packet[] = [
        { kind: 'retry', to: 2, cookie: junk }, { kind: 'accept', to: 2, from: 9, hello: junk }, { kind: 'init', from: 1, cookie: junk, hello: junk },
      ];
      for (const index of replays) {
        const packet = decodePacket(pair.left.sent[index % pair.left.sent.length] as Uint8Array);
        for (const each of packet === undefined ? forged : [packet, ...forged]) pair.right.connection.onPacket(each, 100, pair.clock.nowMs());
      }
      expect(pair.right.connection.poll(pair.clock.nowMs())).toBeUndefined();
      expect(stateOf(pair.right)).toEqual(before);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test(`an address that has proven nothing gets no more than three times what it sent, and nothing is kept of it (seed ${SEED})`, async () => {
  const clock = new VirtualClock();
  const network = new DatagramNetwork(clock, 1);
  const random = new Random(SEED);
  const transport = new UdpTransport({
    clock, limits: TRANSPORT_DEFAULTS, hello: () => new Uint8Array(512),
    handlers: { onLinkUp: () => {}, onFrame: () => {}, onLinkDown: () => {}, onDrain: () => {} },
    createSocket: network.creatorFor('10.0.0.1'),
    defer: (run) => { clock.setTimer(0, run); },
    randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
  });
  const { port } = await transport.listen({ transport: 'udp', host: '10.0.0.1', port: 0 });
  const to = { address: '10.0.0.1', port };
  const init = fc.tuple(fc.uint8Array({ minLength: 7, maxLength: 7 }), fc.uint8Array({ maxLength: 32 }), fc.integer({ min: 150, max: 1200 })).map(([id, cookie, length]) => {
    const bytes = new Uint8Array(length);
    bytes.set([VERSION_BITS, 0, ...id, cookie.length, ...cookie]);
    return bytes;
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(hostileBytes, init), { maxLength: 20 }), (datagrams) => {
      network.log = [];
      const victim = { address: '10.0.0.66', port: 53 };
      for (const bytes of datagrams) network.send(victim, to, bytes);
      clock.advance(10_000);
      const total = (toVictim: boolean): number => (network.log ?? []).filter((each) => (each.to.address === victim.address) === toVictim).reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(total(true)).toBeLessThanOrEqual(3 * total(false));
      expect(transport.counters.accepted).toBe(0);
    }),
    { seed: SEED, numRuns: 300 },
  );
  expect(transport.counters.cookiesSent).toBeGreaterThan(100);
  await transport.close();
});
