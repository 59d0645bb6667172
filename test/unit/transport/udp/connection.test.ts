import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../../../lib/transport/udp/packet.ts';
import { PERFECT } from '../../../../sim/stack/datagram-network.ts';
import { ConnectionPair } from './connection-pair.ts';

function frameOf(bytes: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + seed) & 0xff);
}

/** Which kinds of packets and chunks these are. */
function kindsOf(packets: readonly Uint8Array[]): string[] {
  return packets.map((bytes) => {
    const packet = decodePacket(bytes);
    return packet?.kind === 'data' ? packet.chunks.map(({ kind }) => kind).join(' ') : String(packet?.kind);
  });
}

describe('the handshake', () => {
  test('takes two round trips, and each end is up when it knows that the other is there', () => {
    const pair = new ConnectionPair();
    pair.left.flush();
    pair.advance(2);
    expect([kindsOf(pair.left.sent), pair.left.ups]).toEqual([['init', 'init'], 0]);
    pair.advance(1);
    expect([pair.left.ups, pair.left.connection.remoteHello, pair.right.ups]).toEqual([1, Uint8Array.of(2), 0]);
    pair.advance(1);
    expect([pair.right.ups, pair.right.connection.remoteHello, pair.right.connection.rttMs]).toEqual([1, Uint8Array.of(1), 2]);
  });

  test('survives the loss of any of its packets', () => {
    for (let seed = 0; seed < 50; seed++) {
      const pair = new ConnectionPair({ seed, conditions: { ...PERFECT, loss: 0.4 }, limits: { handshakeTimeoutMs: 60_000, idleTimeoutMs: 60_000 } });
      pair.left.send(frameOf(10));
      pair.left.flush();
      pair.advance(30_000);
      expect([pair.left.ups, pair.right.ups, pair.right.frames.length]).toEqual([1, 1, 1]);
    }
  });

  test('that nobody answers is tried until its time is over', () => {
    const pair = new ConnectionPair({ conditions: { ...PERFECT, loss: 1 } });
    pair.left.flush();
    pair.advance(4999);
    expect([pair.left.downs, pair.left.sent.length]).toEqual([[], 7]);
    pair.advance(1);
    expect([pair.left.downs, pair.left.connection.phase]).toEqual([['unreachable'], 'closed']);
    pair.advance(60_000);
    expect(pair.left.sent.length).toBe(7);
  });

  test('that stops half way fails at both ends, and only the one that dialled is told', () => {
    const pair = new ConnectionPair();
    pair.left.flush();
    pair.advance(2.5);
    pair.conditions = { ...PERFECT, loss: 1 };
    pair.advance(0.5);
    // ACCEPT was under way already: the end that dialled is up, the other never hears of it.
    expect([pair.left.ups, pair.right.ups]).toEqual([1, 0]);
    pair.advance(60_000);
    expect([pair.left.downs, pair.right.downs, pair.right.connection.phase]).toEqual([['timeout'], [], 'closed']);
  });
});

describe('a connection', () => {
  test('says small frames of one turn in one packet, and acknowledges them in one', () => {
    const pair = ConnectionPair.up();
    const before = [pair.left.sent.length, pair.right.sent.length];
    for (let i = 0; i < 10; i++) pair.left.send(frameOf(100, i));
    pair.left.flush();
    pair.advance(20);
    expect(pair.right.frames).toEqual(Array.from({ length: 10 }, (_, i) => frameOf(100, i)));
    expect([pair.left.sent.length, pair.right.sent.length]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
    expect(pair.left.connection.queuedBytes).toBe(0);
  });

  test('takes acknowledgements along with frames', () => {
    const pair = ConnectionPair.up();
    const before = pair.right.sent.length;
    pair.left.send(frameOf(100));
    pair.left.flush();
    pair.advance(2);
    pair.right.send(frameOf(100));
    pair.right.flush();
    pair.advance(2);
    expect(kindsOf(pair.right.sent.slice(before))).toEqual(['fragment ack']);
  });

  test('delivers a small frame before a large one that began earlier', () => {
    const pair = ConnectionPair.up();
    pair.left.send(frameOf(200_000), 'data');
    pair.left.flush();
    pair.left.send(frameOf(5), 'control');
    pair.left.flush();
    pair.settle(5000);
    expect(pair.right.frames.map(({ length }) => length)).toEqual([5, 200_000]);
  });

  test('sends only what was lost again', () => {
    const pair = ConnectionPair.up({ seed: 3, conditions: { ...PERFECT, loss: 0.05 } });
    const before = pair.left.sent.length;
    pair.left.send(frameOf(500_000));
    expect(pair.settle(60_000)).toBe(true);
    expect(pair.right.frames).toEqual([frameOf(500_000)]);
    const needed = Math.ceil(500_000 / 1171);
    const repeated = pair.left.sent.length - before - needed;
    expect(pair.left.counters.packetsLost).toBeGreaterThan(5);
    expect(repeated).toBeLessThanOrEqual(pair.left.counters.packetsLost + 2 * pair.left.counters.retransmissionTimeouts + 10);
  });

  test('does not repeat unreliable frames', () => {
    const pair = ConnectionPair.up({ conditions: { ...PERFECT, loss: 1 } });
    const before = pair.left.sent.length;
    pair.left.send(frameOf(100), 'data', 'unreliable');
    pair.left.flush();
    expect(pair.left.connection.queuedBytes).toBe(0);
    pair.advance(1000);
    const [first, ...rest] = kindsOf(pair.left.sent.slice(before));
    expect([first, new Set(rest)]).toEqual(['fragment', new Set(['ping'])]);
  });

  test('paces a window over the round trip', () => {
    const pair = ConnectionPair.up({ conditions: { ...PERFECT, delayMs: 50 } });
    pair.left.send(frameOf(1_000_000));
    pair.settle(5000);
    let [most, at, count] = [0, -1, 0];
    pair.left.send(frameOf(1_000_000));
    const { sent } = pair.left;
    for (let length = sent.length; pair.left.connection.queuedBytes > 0; length = sent.length) {
      pair.left.flush();
      if (!pair.clock.step()) break;
      if (pair.clock.nowMs() !== at) [at, count] = [pair.clock.nowMs(), 0];
      count += sent.length - length;
      most = Math.max(most, count);
    }
    expect(most).toBeLessThanOrEqual(48);
    expect(pair.right.frames.length).toBe(2);
  });

  test('pings when nothing is heard, and fails when that goes on', () => {
    const pair = ConnectionPair.up();
    pair.advance(100_000);
    expect([pair.left.downs, pair.right.downs]).toEqual([[], []]);
    const before = pair.left.sent.length;
    pair.conditions = { ...PERFECT, loss: 1 };
    const heardMs = pair.left.connection.heardMs;
    pair.advance(heardMs + 19_999 - pair.clock.nowMs());
    expect([pair.left.downs, kindsOf(pair.left.sent.slice(before))[0]]).toEqual([[], 'ping']);
    pair.advance(2);
    expect([pair.left.downs, pair.left.counters.idleTimeouts]).toEqual([['timeout'], 1]);
  });

  test('fails when nothing is acknowledged, though something is heard', () => {
    const pair = ConnectionPair.up();
    pair.left.send(frameOf(100));
    const startMs = pair.clock.nowMs();
    for (let i = 0; pair.left.downs.length === 0 && i < 1000; i++) {
      pair.left.connection.onPacket({ kind: 'data', to: 1, number: 1000 + i, chunks: [{ kind: 'ping' }] }, 14, pair.clock.nowMs());
      pair.conditions = { ...PERFECT, loss: 1 };
      pair.left.flush();
      pair.advance(100);
    }
    expect([pair.left.downs, Math.round(pair.clock.nowMs() - startMs)]).toEqual([['timeout'], 20_000]);
  });

  test('of a process that was stopped for a minute does not judge the other end before it has listened', () => {
    const pair = ConnectionPair.up({ limits: { idleTimeoutMs: 100_000 } });
    const late = ConnectionPair.up();
    for (const each of [pair, late]) {
      each.left.stopped = true;
      each.right.send(frameOf(1000));
      each.right.flush();
      each.advance(15_000);
      each.clock.skip(60_000);
      each.left.resume();
      expect(each.left.downs).toEqual([]);
    }
    pair.settle(10_000);
    expect([pair.left.frames.length, pair.left.downs, pair.right.downs]).toEqual([1, [], []]);
  });

  test('whose other end is stopped keeps no more than its queue, and goes on afterwards', () => {
    const pair = ConnectionPair.up({ limits: { queueBytesMax: 50_000, idleTimeoutMs: 90_000 } });
    pair.right.stopped = true;
    let taken = 0;
    for (let i = 0; i < 600; i++) {
      for (let j = 0; j < 10; j++) taken += pair.left.send(frameOf(1000, taken)) ? 1 : 0;
      pair.left.send(frameOf(1000), 'announcement', 'unreliable');
      pair.left.flush();
      pair.advance(100);
      expect(pair.left.connection.queuedBytes).toBeLessThanOrEqual(50_000);
    }
    expect(pair.left.sent.length).toBeLessThan(150);
    expect(pair.left.drains).toBe(0);
    pair.right.resume();
    expect(pair.settle(10_000)).toBe(true);
    expect([pair.right.frames.length >= taken, pair.left.drains, pair.left.downs]).toEqual([true, 1, []]);
  });

  test('ends when it was closed and all has arrived, or its time is over', () => {
    const pair = ConnectionPair.up();
    pair.left.send(frameOf(50_000));
    pair.left.connection.close(pair.clock.nowMs());
    expect(pair.left.send(frameOf(1))).toBe(false);
    pair.left.flush();
    pair.advance(500);
    expect([pair.right.frames.length, pair.right.downs, pair.left.downs, pair.left.connection.phase]).toEqual([1, ['closed'], [], 'closed']);
    const deaf = ConnectionPair.up({ conditions: { ...PERFECT, loss: 1 } });
    deaf.left.send(frameOf(10));
    deaf.left.connection.close(deaf.clock.nowMs());
    deaf.left.flush();
    deaf.advance(999);
    expect(deaf.left.connection.phase).toBe('up');
    deaf.advance(2);
    expect([deaf.left.connection.phase, kindsOf(deaf.left.sent).at(-1), deaf.left.downs]).toEqual(['closed', 'close', []]);
  });

  test('does not take an acknowledgement of what it never sent, nor anything else of that packet', () => {
    const pair = ConnectionPair.up();
    const { connection, counters, frames } = pair.right;
    connection.onPacket({
      kind: 'data', to: 2, number: 500,
      chunks: [{ kind: 'fragment', reliable: true, frame: 0, total: 1, offset: 0, bytes: Uint8Array.of(1) }, { kind: 'ack', delayMs: 0, ranges: [9, 900] }],
    }, 40, pair.clock.nowMs());
    expect([counters.malformedPackets, frames, pair.right.downs]).toEqual([1, [], []]);
  });

  test('takes a reliable fragment for which it has no room another time', () => {
    const pair = ConnectionPair.up({ limits: { frameBytesMax: 2000 } });
    const { connection, counters } = pair.right;
    const part = (number: number, frame: number, offset: number): void => connection.onPacket({
      kind: 'data', to: 2, number, chunks: [{ kind: 'fragment', reliable: true, frame, total: 2000, offset, bytes: new Uint8Array(1000) }],
    }, 1030, pair.clock.nowMs());
    for (let frame = 0; frame < 5; frame++) part(100 + frame, frame, 0);
    expect([counters.deferredFragments, connection.reassemblyBytes]).toEqual([1, 4000]);
    part(105, 0, 1000);
    part(106, 4, 0);
    part(107, 4, 1000);
    expect([pair.right.frames.length, connection.reassemblyBytes]).toEqual([2, 3000]);
    const acks = (): unknown => decodePacket(pair.right.sent.at(-1) ?? new Uint8Array(0));
    pair.right.flush();
    expect(acks()).toMatchObject({ chunks: [{ kind: 'ack', ranges: [105, 107, 100, 103, 0, 0] }] });
  });

  test('has no frame of 0 bytes, nor one too long', () => {
    const pair = ConnectionPair.up();
    expect(() => pair.left.send(new Uint8Array(0))).toThrow('broken invariant');
    expect(() => pair.left.send(new Uint8Array(2 ** 21))).toThrow('broken invariant');
  });
});
