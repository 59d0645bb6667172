import { describe, expect, test } from 'vitest';
import { ReceivedPackets } from '../../../../lib/transport/udp/received-packets.ts';

function packets(numbers: readonly number[], nowMs = 0): ReceivedPackets {
  const received = new ReceivedPackets();
  for (const number of numbers) received.add(number, true, false, nowMs);
  return received;
}

describe('the packets received', () => {
  test.each([
    [[0, 1, 2], [0, 2]],
    [[5], [5, 5]],
    [[2, 0], [2, 2, 0, 0]],
    [[2, 0, 1], [0, 2]],
    [[0, 1, 5, 6, 3], [5, 6, 3, 3, 0, 1]],
    [[0, 2, 4, 3], [2, 4, 0, 0]],
    [[9, 7, 8, 3, 4], [7, 9, 3, 4]],
  ])('%j are acknowledged as %j', (numbers, ranges) => {
    const received = packets(numbers);
    expect(received.rangeCount).toBe(ranges.length / 2);
    expect(received.takeAck(0).ranges).toEqual(ranges);
    for (let number = 0; number < 12; number++) expect(received.has(number)).toBe(numbers.includes(number));
  });

  test('32 ranges are kept; what lies below counts as seen', () => {
    const received = packets(Array.from({ length: 40 }, (_, i) => 2 * i + 1));
    expect(received.rangeCount).toBe(32);
    expect([received.has(0), received.has(14), received.has(15), received.has(16), received.has(17)]).toEqual([true, true, true, false, true]);
  });

  test('one in order is acknowledged within 5 ms, eight of them at once', () => {
    const received = packets([0], 100);
    expect(received.ackDueMs).toBe(105);
    for (let number = 1; number < 7; number++) received.add(number, true, false, 102);
    expect(received.ackDueMs).toBe(105);
    received.add(7, true, false, 103);
    expect(received.ackDueMs).toBe(-Infinity);
    expect(received.takeAck(104)).toEqual({ ranges: [0, 7], delayMs: 1 });
    expect(received.ackDueMs).toBe(Infinity);
  });

  test.each([
    ['a gap', 2, false],
    ['one that asks for it', 1, true],
  ])('%s is acknowledged at once', (_, number, atOnce) => {
    const received = packets([0]);
    received.takeAck(0);
    received.add(number, true, atOnce, 0);
    expect(received.ackDueMs).toBe(-Infinity);
  });

  test('an acknowledgement is not acknowledged', () => {
    const received = new ReceivedPackets();
    received.add(0, false, false, 0);
    expect([received.ackDueMs, received.has(0)]).toEqual([Infinity, true]);
  });
});
