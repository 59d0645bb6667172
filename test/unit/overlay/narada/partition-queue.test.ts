import { describe, expect, test } from 'vitest';
import { PartitionQueue } from '../../../../lib/overlay/narada/partition-queue.ts';
import { Random } from '../../../../lib/core/random.ts';
import { ScriptedRandom, peers } from '../../../support/builders.ts';

const WAIT_MS = 1000;
const NEVER = (): ScriptedRandom => new ScriptedRandom([], new Array<number>(100).fill(0.999_999));

describe('the queue of the silent (section 3.1.3, figure 3)', () => {
  test('asks its head with the probability of its length to the size of the group', () => {
    const random = new Random(1);
    const silent = peers(5);
    let asked = 0;
    for (let run = 0; run < 2000; run++) {
      const queue = new PartitionQueue(WAIT_MS);
      queue.update(silent, 0);
      const next = queue.next(20, 1, random);
      expect(next).toEqual(next.length === 0 ? [] : [silent[0]]);
      asked += next.length;
    }
    expect(asked / 2000).toBeCloseTo(5 / 20, 1);
  });

  test('lets nobody wait longer than it may', () => {
    const queue = new PartitionQueue(WAIT_MS);
    const [first, second, third] = peers(3);
    queue.update([first, second] as never, 0);
    queue.update([first, second, third] as never, 600);
    expect([queue.next(100, 999, NEVER()), queue.next(100, 1000, NEVER()), queue.next(100, 1001, NEVER())]).toEqual([[], [first, second], []]);
    expect([queue.next(100, 1600, NEVER()), queue.size]).toEqual([[third], 0]);
  });

  test('leaves out who was heard of again, and begins anew for who falls silent again', () => {
    const queue = new PartitionQueue(WAIT_MS);
    const [first, second] = peers(2);
    queue.update([first, second] as never, 0);
    queue.update([second] as never, 500);
    queue.update([first, second] as never, 900);
    expect(queue.next(100, 1000, NEVER())).toEqual([second]);
    expect(queue.next(100, 1900, NEVER())).toEqual([first]);
  });
});
