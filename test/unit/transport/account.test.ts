import { describe, expect, test } from 'vitest';
import { wrongAccounts } from '../../../lib/transport/account.ts';
import { zeroCounters } from '../../../lib/transport/udp/counters.ts';
import { type Fragment, FrameQueue } from '../../../lib/transport/udp/frame-queue.ts';
import { Reassembly } from '../../../lib/transport/udp/reassembly.ts';
import { ReceivedPackets } from '../../../lib/transport/udp/received-packets.ts';

describe('wrongAccounts', () => {
  test('tells what is counted wrong, and what is past its limit', () => {
    expect(wrongAccounts([
      { what: 'apples', counted: 2, held: 2, max: 2 },
      { what: 'pears', counted: 2, held: 1 },
      { what: 'plums', counted: 3, held: 3, max: 2 },
    ])).toEqual(['counts 2 pears, and has 1', 'has 3 plums, and 2 are allowed']);
  });
});

describe('accounts of', () => {
  test('a queue of frames are right from the first fragment to the last acknowledgement, those sent again included', () => {
    const queue = new FrameQueue(100_000, 10_000, zeroCounters());
    const underWay: Fragment[] = [];
    const right = (): void => expect(wrongAccounts(queue.accounts(underWay))).toEqual([]);
    queue.offer(new Uint8Array(3000), undefined, 'data', true, 0);
    queue.offer(new Uint8Array(10), new Uint8Array(20), 'control', true, 0);
    queue.offer(new Uint8Array(10), undefined, 'announcement', false, 0);
    right();
    for (let next = queue.take(1100, 1); next !== undefined; next = queue.take(1100, 1)) {
      if (next.frame.reliable) underWay.push(next);
      right();
    }
    const lost = underWay.splice(1, 1);
    lost.forEach((fragment) => queue.sendAgain(fragment));
    right();
    underWay.push(...[queue.take(1200, 2)].filter((fragment) => fragment !== undefined));
    for (let fragment = underWay.shift(); fragment !== undefined; fragment = underWay.shift()) {
      queue.onAcked(fragment);
      right();
    }
    expect(queue.accounts([]).map(({ held }) => held)).toEqual([0, 0, 0, 0, 0]);
    queue.offer(new Uint8Array(3000), undefined, 'data', true, 0);
    queue.take(1100, 3);
    queue.clear();
    right();
  });

  test('a queue of frames see a fragment that is neither under way nor waits to be sent again', () => {
    const queue = new FrameQueue(100_000, 10_000, zeroCounters());
    queue.offer(new Uint8Array(1000), undefined, 'data', true, 0);
    queue.take(1100, 1);
    expect(wrongAccounts(queue.accounts([]))).toContain('counts 1000 bytes of frames to send, and has 0');
  });

  test('what has come in part are right until it is whole', () => {
    const reassembly = new Reassembly(10_000, zeroCounters());
    const add = (frame: number, offset: number, reliable: boolean): unknown => reassembly.add({ kind: 'fragment', frame, reliable, total: 3000, offset, bytes: new Uint8Array(1000) }, 1100);
    for (const [frame, offset, reliable] of [[0, 1000, true], [0, 0, true], [7, 0, false], [0, 2000, true]] as const) {
      add(frame, offset, reliable);
      expect(wrongAccounts(reassembly.accounts())).toEqual([]);
    }
    expect(reassembly.bytes).toBe(1000);
    reassembly.abandonUnreliable();
    expect(reassembly.accounts()).toEqual([{ what: 'bytes of frames that have come in part', counted: 0, held: 0, max: 10_000 }]);
  });

  test('packets that came are right, with gaps and when the lowest are given up', () => {
    const received = new ReceivedPackets();
    for (let number = 0; number < 200; number += 2) received.add(number, true, false, 0);
    received.add(101 + 50, true, false, 0);
    expect(wrongAccounts(received.accounts())).toEqual([]);
  });
});
