import { describe, expect, test } from 'vitest';
import { type SentPacket, SentPackets } from '../../../../lib/transport/udp/sent-packets.ts';

function packets(count: number): SentPackets {
  const sent = new SentPackets();
  for (let number = 0; number < count; number++) sent.add({ number, sentMs: 10 * number, bytes: 100, fragments: [] });
  return sent;
}

function acknowledged(sent: SentPackets, ...ranges: number[]): number[] {
  const numbers: number[] = [];
  sent.acknowledge(ranges, ({ number }: SentPacket) => numbers.push(number));
  return numbers;
}

function lost(sent: SentPackets, nowMs: number, delayMs: number): { numbers: number[]; nextMs: number } {
  const numbers: number[] = [];
  const nextMs = sent.detectLost(nowMs, delayMs, ({ number }) => numbers.push(number));
  return { numbers, nextMs };
}

describe('the packets sent', () => {
  test('leave when they are acknowledged, once', () => {
    const sent = packets(10);
    expect(acknowledged(sent, 7, 8, 2, 4)).toEqual([7, 8, 2, 3, 4]);
    expect(acknowledged(sent, 0, 8)).toEqual([0, 1, 5, 6]);
    expect([sent.count, sent.bytesInFlight]).toEqual([1, 100]);
  });

  test('are found where most numbers were not recorded', () => {
    const sent = packets(2);
    sent.next += 1_000_000;
    sent.add({ number: 1_000_002, sentMs: 0, bytes: 1, fragments: [] });
    expect(acknowledged(sent, 1, 1_000_002)).toEqual([1, 1_000_002]);
  });

  test('are lost when one three later was acknowledged, or with age', () => {
    const sent = packets(10);
    acknowledged(sent, 4, 4);
    expect(lost(sent, 45, 1000)).toEqual({ numbers: [0, 1], nextMs: 1020 });
    expect(lost(sent, 45, 20)).toEqual({ numbers: [2], nextMs: 50 });
    expect(lost(sent, 50, 20)).toEqual({ numbers: [3], nextMs: Infinity });
    expect(sent.count).toBe(5);
  });

  test('are not lost before any later one was acknowledged', () => {
    expect(lost(packets(10), 1e9, 1)).toEqual({ numbers: [], nextMs: Infinity });
  });

  test('are numbered in order', () => {
    expect(() => packets(2).add({ number: 3, sentMs: 0, bytes: 1, fragments: [] })).toThrow('broken invariant');
  });
});
