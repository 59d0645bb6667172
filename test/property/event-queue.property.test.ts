import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { EventHeap } from '../../sim/world/event-heap.ts';
import { EventQueue } from '../../sim/world/event-queue.ts';

const SEED = 19_881_001;

type Event = readonly [timeUs: number, kind: number, target: number, source: number, handle: number];

/** The reference: a binary heap of objects, ordered by time, then by order of insertion. */
class ReferenceHeap {
  private readonly events: { readonly event: Event; readonly order: number }[] = [];
  private inserted = 0;

  push(event: Event): void {
    const { events } = this;
    let at = events.push({ event, order: this.inserted++ }) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.precedes(at, up); at = up, up = (at - 1) >> 1) this.swap(at, up);
  }

  pop(limitUs: number): Event | undefined {
    const { events } = this;
    const first = events[0];
    if (first === undefined || first.event[0] > limitUs) return undefined;
    this.swap(0, events.length - 1);
    events.pop();
    for (let at = 0, least = 0; ; at = least) {
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < events.length && this.precedes(child, least)) least = child;
      if (least === at) return first.event;
      this.swap(at, least);
    }
  }

  private precedes(x: number, y: number): boolean {
    const [a, b] = [this.events[x], this.events[y]];
    if (a === undefined || b === undefined) throw new Error('no such event');
    return a.event[0] < b.event[0] || (a.event[0] === b.event[0] && a.order < b.order);
  }

  private swap(x: number, y: number): void {
    const [a, b] = [this.events[x], this.events[y]];
    if (a !== undefined && b !== undefined) [this.events[x], this.events[y]] = [b, a];
  }
}

/** How far ahead events are put: within a microsecond, a bucket, the calendar, and past its horizon of 1.05 s. */
const SPANS_US = [1, 3, 64, 200, 20_000, 1_048_576, 5_000_000, 4_000_000_000] as const;
const KINDS = 4;

/** Both queues, given the same events; what comes out is compared at once. */
class Pair {
  readonly queue = new EventQueue();
  readonly reference = new ReferenceHeap();
  waiting = 0;
  readonly random: Random;
  private numbered = 0;

  constructor(random: Random) {
    this.random = random;
  }

  put(aheadUs: number): void {
    const word = (): number => this.random.uint32();
    const event: Event = [this.queue.timeUs + aheadUs, this.random.below(KINDS), word(), word(), this.numbered++];
    this.queue.push(...event);
    this.reference.push(event);
    this.waiting++;
  }

  /** Pops from both; true when there was an event. */
  pop(limitUs: number): boolean {
    const expected = this.reference.pop(limitUs);
    const { queue } = this;
    const before = queue.timeUs;
    const popped = queue.pop(limitUs);
    if (popped) this.waiting--;
    const came = popped ? [queue.timeUs, queue.kind, queue.target, queue.source, queue.handle] : undefined;
    // Compared as text, since `expect` on each of many events takes most of the time.
    if (String(came) !== String(expected)) expect(came).toEqual(expected);
    if (!popped && queue.timeUs !== before) expect(queue.timeUs).toBe(before);
    if (queue.size !== this.waiting) expect(queue.size).toBe(this.waiting);
    return popped;
  }

  drain(): void {
    while (this.pop(Infinity));
    expect(this.queue.size).toBe(0);
  }
}

const step = fc.record({
  puts: fc.nat({ max: 40 }),
  spanUs: fc.constantFrom(...SPANS_US),
  pops: fc.nat({ max: 45 }),
  /** Pops stop this far ahead of now. */
  limitUs: fc.option(fc.constantFrom(0, 1, 63, 64, 1000, 1_048_576, 3_000_000), { nil: Infinity }),
});

describe('the event queue pops what a heap ordered by time and insertion pops', () => {
  test(`for any mixture of pushes and limited pops (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 30 }), (seed, steps) => {
        const pair = new Pair(new Random(seed));
        for (const { puts, spanUs, pops, limitUs } of steps) {
          for (let i = 0; i < puts; i++) pair.put(pair.random.below(spanUs));
          const untilUs = pair.queue.timeUs + limitUs;
          for (let i = 0; i < pops && pair.pop(untilUs); i++);
        }
        pair.drain();
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  test.each(SPANS_US)(`while every event puts more, up to %i us ahead (seed ${SEED})`, (spanUs) => {
    const pair = new Pair(new Random(SEED, spanUs));
    for (let i = 0; i < 500; i++) pair.put(pair.random.below(spanUs));
    for (let i = 0; i < 4000 && pair.pop(Infinity); i++) {
      // Now and then none for a while, so that the queue runs nearly dry; some for this very microsecond.
      const puts = pair.waiting > 3000 ? 0 : pair.random.below(3);
      for (let put = 0; put < puts; put++) pair.put(pair.random.chance(0.1) ? 0 : pair.random.below(spanUs));
    }
    pair.drain();
  });

  test(`with thousands in one bucket, so that it has many chunks (seed ${SEED})`, () => {
    const pair = new Pair(new Random(SEED));
    for (const aheadUs of [70, 64 * 20_000]) {
      for (let i = 0; i < 5000; i++) pair.put(aheadUs + pair.random.below(60));
    }
    pair.drain();
  });

  test('with one event a long way off, again and again, as timers are', () => {
    const pair = new Pair(new Random(SEED));
    for (let i = 0; i < 50; i++) {
      pair.put(SPANS_US[7]);
      pair.put(SPANS_US[7] - 1);
      pair.put(1_048_576);
      pair.drain();
    }
  });
});

describe('the event queue', () => {
  test('keeps the order of insertion where the horizon has just moved over a bucket that had an event', () => {
    const queue = new EventQueue();
    const horizonUs = 64 * (1 << 14);
    for (const aheadUs of [0, 5]) {
      queue.push(horizonUs + aheadUs, 0, 1, 0, 0);
      queue.push(64, 0, 0, 0, 0);
    }
    queue.pop(Infinity);
    for (const aheadUs of [5, 0]) queue.push(horizonUs + aheadUs, 0, 2, 0, 0);
    const popped: number[][] = [];
    while (queue.pop(Infinity)) popped.push([queue.timeUs - horizonUs, queue.target]);
    expect(popped.slice(1)).toEqual([[0, 1], [0, 2], [5, 1], [5, 2]]);
  });

  test('refuses what is past', () => {
    const queue = new EventQueue();
    queue.push(100, 0, 0, 0, 0);
    expect(queue.pop(Infinity)).toBe(true);
    expect(() => queue.push(99, 0, 0, 0, 0)).toThrow('events are scheduled for now or later');
    expect(() => queue.push(NaN, 0, 0, 0, 0)).toThrow('events are scheduled for now or later');
    queue.push(100, 0, 0, 0, 0);
    expect(queue.size).toBe(1);
  });

  test('shows the target popped last and those ahead in its bucket, as far as there is room', () => {
    const queue = new EventQueue();
    const targets = (room: number): number[] => {
      const into = new Int32Array(room);
      return [...into.subarray(0, queue.targetsAhead(into))];
    };
    for (const target of [7, 8, 6]) queue.push(128 + (target === 7 ? 5 : 0), 0, target, 0, 0);
    queue.push(128 + 64, 0, 9, 0, 0);
    expect([targets(4), queue.size]).toEqual([[], 4]);
    queue.pop(Infinity);
    expect([queue.target, targets(4), targets(2)]).toEqual([8, [8, 6, 7], [8, 6]]);
    queue.pop(Infinity);
    queue.pop(Infinity);
    expect([queue.target, targets(4)]).toEqual([7, [7]]);
  });
});

test(`the heap alone pops in the same order (seed ${SEED})`, () => {
  const heap = new EventHeap();
  const reference = new ReferenceHeap();
  const random = new Random(SEED);
  const sink = { timeUs: 0, kind: 0, target: 0, source: 0, handle: 0 };
  for (let i = 0; i < 3000; i++) {
    if (random.chance(0.6)) {
      const event: Event = [random.below(50) + (random.chance(0.1) ? 2 ** 40 : 0), 3, random.uint32(), 5, i];
      heap.push(...event);
      reference.push(event);
    } else {
      const expected = reference.pop(Infinity);
      if (expected === undefined) continue;
      expect(heap.firstUs).toBe(expected[0]);
      heap.popInto(sink);
      expect([sink.timeUs, sink.kind, sink.target, sink.source, sink.handle]).toEqual(expected);
    }
  }
  while (heap.size > 0) {
    heap.popInto(sink);
    expect([sink.timeUs, sink.kind, sink.target, sink.source, sink.handle]).toEqual(reference.pop(Infinity));
  }
  expect([heap.firstUs, reference.pop(Infinity)]).toEqual([Infinity, undefined]);
});
