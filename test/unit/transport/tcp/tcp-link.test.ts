import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { zeroCounters } from '../../../../lib/transport/tcp/counters.ts';
import { encodeHello } from '../../../../lib/transport/tcp/hello.ts';
import { type LinkHost, TcpLink } from '../../../../lib/transport/tcp/tcp-link.ts';
import { TRANSPORT_DEFAULTS } from '../../../../lib/transport/transport.ts';
import { encodeFrameHeader } from '../../../../lib/wire/framing.ts';
import { VirtualClock } from '../../../../sim/stack/virtual-clock.ts';

/** As much of a socket as a link needs; what comes in is the test's. */
class FakeSocket extends Duplex {
  setNoDelay(): void {}
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void { done(); }
}

/** An accepted link whose other end has said hello. */
function bed() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const host: LinkHost = {
    clock,
    limits: TRANSPORT_DEFAULTS,
    counters: zeroCounters(),
    handlers: {
      onLinkUp: () => told.push('up'),
      onFrame: (_link, frame) => told.push(`frame of ${frame.length}`),
      onLinkDown: (_link, reason) => told.push(`down ${reason} at ${clock.nowMs()}`),
      onDrain: () => {},
    },
    hello: () => new Uint8Array(0),
    admit: () => true,
    onClosing: () => {},
    onGone: () => {},
    onSocketClosed: () => {},
    flushSoon: (link) => link.flush(),
    wakeBy: () => {},
  };
  const socket = new FakeSocket();
  const link = new TcpLink(host, socket as unknown as Socket, { transport: 'tcp', host: '10.0.0.2', port: 7000 }, false);
  const come = (bytes: Uint8Array): void => void socket.emit('data', Buffer.from(bytes));
  come(encodeHello(new Uint8Array(0)));
  /** Time passes, and every so often these bytes come. */
  const trickle = (bytes: number, everyMs: number, forMs: number): void => {
    const untilMs = clock.nowMs() + forMs;
    while (clock.nowMs() < untilMs) {
      clock.advance(everyMs);
      link.checkDeadlines(clock.nowMs());
      if (link.state === 'up') come(new Uint8Array(bytes));
    }
  };
  return { clock, told, link, come, trickle };
}

describe('a frame that comes slowly', () => {
  test('does not keep a link when it is a byte now and then', () => {
    const { told, come, trickle } = bed();
    come(encodeFrameHeader(1000));
    trickle(1, 10_000, 60_000);
    expect(told).toEqual(['up', 'down timeout at 20000']);
  });

  test('is waited for while it makes progress', () => {
    const { told, come, trickle } = bed();
    come(encodeFrameHeader(12_000));
    trickle(600, 5000, 120_000);
    expect(told).toEqual(['up', 'frame of 12000']);
  });

  test('a link over which nothing but keep-alives comes stays', () => {
    const { told, trickle } = bed();
    trickle(4, 5000, 120_000);
    expect(told).toEqual(['up']);
  });
});
