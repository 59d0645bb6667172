import { describe, expect, test } from 'vitest';
import { DelayLine, HELD_MAX } from '../../../bin/live/delay-line.ts';
import { DelayedTransport } from '../../../bin/live/delayed-transport.ts';
import type { Address } from '../../../lib/transport/address.ts';
import type { Link, LinkDownReason, Transport, TransportHandlers } from '../../../lib/transport/transport.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

const ADDRESS: Address = { transport: 'tcp', host: '127.0.0.1', port: 7000 };

/** A link that notes what is sent. */
class NotedLink implements Link {
  readonly transport = 'tcp';
  readonly dialled = true;
  readonly remote = ADDRESS;
  readonly state = 'up';
  readonly hello = Uint8Array.of(9);
  readonly queuedBytes = 3;
  readonly rttMs = 0.5;
  readonly heardMs = 7;
  readonly sent: { readonly frame: Uint8Array; readonly how: string }[] = [];
  closed = false;

  send(head: Uint8Array, body: Uint8Array | undefined, priority: string, delivery: string): boolean {
    this.sent.push({ frame: Uint8Array.from([...head, ...(body ?? [])]), how: `${priority}, ${delivery}` });
    return priority !== 'announcement';
  }

  close(): void {
    this.closed = true;
  }
}

/** A transport on `host` over a noted link, what it tells its owner, and a way to tell it things. */
function bed(host: number, line: DelayLine) {
  const link = new NotedLink();
  const told: unknown[] = [];
  let inner: TransportHandlers | undefined;
  const transport: Transport = { transport: 'tcp', listen: (address) => Promise.resolve(address), dial: () => link, close: () => Promise.resolve(), counters: { dialled: 1 } };
  const handlers: TransportHandlers = {
    onLinkUp: (up) => told.push(['up', up]),
    onFrame: (on, frame) => told.push(['frame', on, [...frame], line.nowMs]),
    onLinkDown: (down, reason: LinkDownReason) => told.push(['down', down, reason]),
    onDrain: (on) => told.push(['drain', on]),
  };
  const delayMs = (from: number, to: number): number => 100 * from + to;
  const outer = new DelayedTransport({ host, line, delayMs }, handlers, (given) => {
    inner = given;
    return transport;
  });
  if (inner === undefined) throw new Error('the transport beneath is made at once');
  return { outer, inner, link, told };
}

describe('a delayed transport', () => {
  test('hands a frame on when the delay from the sender\'s host has passed since it was sent, whole, without the stamp', () => {
    const clock = new VirtualClock();
    const line = new DelayLine(clock);
    const [sender, receiver] = [bed(1, line), bed(2, line)];
    clock.advance(10);
    expect(sender.outer.dial(ADDRESS).send(Uint8Array.of(1, 2), Uint8Array.of(3), 'data', 'reliable')).toBe(true);
    clock.advance(3);
    receiver.inner.onFrame(receiver.link, sender.link.sent[0]?.frame ?? new Uint8Array(0));
    clock.advance(98.9);
    expect(receiver.told).toEqual([]);
    clock.advance(200);
    const link = receiver.outer.dial(ADDRESS);
    expect(receiver.told).toEqual([['frame', link, [1, 2, 3], 10 + 100 + 2]]);
    expect(sender.link.sent.map(({ how }) => how)).toEqual(['data, reliable']);
  });

  test('keeps the order of sending between two hosts, and hands on at once what is late already', () => {
    const clock = new VirtualClock();
    const line = new DelayLine(clock);
    const [sender, receiver] = [bed(0, line), bed(5, line)];
    const link = sender.outer.dial(ADDRESS);
    for (const byte of [1, 2, 3]) link.send(Uint8Array.of(byte), undefined, 'control', 'unreliable');
    clock.advance(4);
    for (const { frame } of sender.link.sent.slice(0, 2)) receiver.inner.onFrame(receiver.link, frame);
    clock.advance(4);
    receiver.inner.onFrame(receiver.link, sender.link.sent[2]?.frame ?? new Uint8Array(0));
    clock.advance(0);
    expect(receiver.told.map((event) => (event as unknown[]).slice(2))).toEqual([[[1], 5], [[2], 5], [[3], 8]]);
  });

  test('stands for each link by one and the same other link, which tells what that one tells', () => {
    const line = new DelayLine(new VirtualClock());
    const { outer, inner, link, told } = bed(0, line);
    const delayed = outer.dial(ADDRESS);
    inner.onLinkUp(link);
    inner.onDrain(link);
    inner.onLinkDown(link, 'timeout');
    expect(told).toEqual([['up', delayed], ['drain', delayed], ['down', delayed, 'timeout']]);
    expect((told[0] as unknown[])[1]).toBe(delayed);
    const { transport, dialled, remote, state, hello, queuedBytes, rttMs, heardMs } = delayed;
    expect({ transport, dialled, remote, state, hello, queuedBytes, rttMs, heardMs }).toEqual({ transport: 'tcp', dialled: true, remote: ADDRESS, state: 'up', hello: Uint8Array.of(9), queuedBytes: 3, rttMs: 0.5, heardMs: 7 });
    expect(delayed.send(Uint8Array.of(1), undefined, 'announcement', 'reliable')).toBe(false);
    delayed.close();
    expect([link.closed, outer.transport, outer.counters]).toEqual([true, 'tcp', { dialled: 1 }]);
  });
});

describe('a delay line', () => {
  test('drops and counts what comes while it holds as many frames as it may, and forgets them when closed', () => {
    const clock = new VirtualClock();
    const line = new DelayLine(clock);
    const { inner, link, told } = bed(0, line);
    const frame = new Uint8Array(11);
    new DataView(frame.buffer).setUint16(8, 1);
    for (let i = 0; i < HELD_MAX + 2; i++) inner.onFrame(link, frame);
    expect(line.dropped).toBe(2);
    line.close();
    clock.advance(1000);
    expect(told).toEqual([]);
  });
});
