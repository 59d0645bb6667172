import { describe, expect, test } from 'vitest';
import type { Message } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { NETWORK_DEFAULTS } from '../../../sim/world/network.ts';
import { mapOf, messageOf, NetworkBed } from './network-bed.ts';

const NEVER = 1 - 1e-12;

describe('a plain network', () => {
  const line = mapOf([['near', 'middle', { delayMs: 2.0004 }], ['middle', 'far', { delayMs: 3.0002 }]], 0.25);
  const [near, middle, far] = ['near', 'middle', 'far'].map(line.host) as [ReturnType<typeof line.host>, ReturnType<typeof line.host>, ReturnType<typeof line.host>];

  test('takes the delay of the whole route, rounded once to whole microseconds', () => {
    const bed = new NetworkBed(line.paths);
    bed.send(near, far, messageOf(100));
    bed.send(near, middle, messageOf(34, 1), false);
    expect(line.paths.plain).toBe(true);
    expect(bed.run()).toEqual([[2500, 'arrived unreliably', near, middle, 1], [5501, 'arrived', near, far, 0]]);
    expect(bed.happened('sent 1')).toEqual([[0, 'sent 1', near, far, 100], [0, 'sent 1', near, middle, 34]]);
  });

  test('copies of one message share a slot while they are on their way, and none stays behind', () => {
    const bed = new NetworkBed(line.paths);
    const message = messageOf(100);
    for (const to of [middle, far, middle]) bed.send(near, to, message);
    expect(bed.held).toBe(1);
    expect(bed.run().length).toBe(3);
    expect(bed.held).toBe(0);
    bed.send(near, far, message);
    expect([bed.held, bed.run().length, bed.held]).toEqual([1, 4, 0]);
  });

  test('more messages at a time than it remembers are all kept until they arrive', () => {
    const bed = new NetworkBed(line.paths);
    const messages = Array.from({ length: 30 }, (_, seq) => messageOf(100, seq));
    for (const to of [middle, far]) for (const message of messages) bed.send(near, to, message);
    const seqs = messages.map((_, seq) => seq);
    expect(bed.run().map((arrival) => arrival[4])).toEqual([...seqs, ...seqs]);
    expect(bed.held).toBe(0);
  });

  test.each(['objects', 'bytes'] as const)('as %s, what arrives equals what was sent', (wire) => {
    const bed = new NetworkBed(line.paths, { wire });
    const message: Message = { ...messageOf(40, 3), hops: 7 } as Message;
    bed.network.send(0, near, far, message, true);
    const { items } = bed.slab as unknown as { readonly items: readonly unknown[] };
    expect(items[0] instanceof Uint8Array).toBe(wire === 'bytes');
    expect(bed.network.open(0)).toEqual(message);
  });
});

describe('loss', () => {
  const lossy = mapOf([['a', 'b', { delayMs: 1, loss: 0.2 }], ['b', 'c', { delayMs: 1, loss: 0.5 }], ['c', 'd', { delayMs: 1 }]]);
  const [a, b, c, d] = [lossy.host('a'), lossy.host('b'), lossy.host('c'), lossy.host('d')];

  test('composes along the route, and access links lose nothing', () => {
    const { paths } = lossy;
    const near = (x: number): number => Math.round(x * 1e12) / 1e12;
    expect([[a, b], [a, c], [a, d], [d, a], [c, d]].map(([x, y]) => near(paths.loss(x as number, y as number)))).toEqual([0.2, 0.6, 0.6, 0.6, 0]);
    expect(paths.plain).toBe(false);
  });

  test('unreliable traffic that is lost is gone, at the rate of the links and of the run together', () => {
    const bed = new NetworkBed(lossy.paths, { loss: 0.5 });
    for (let seq = 0; seq < 5000; seq++) bed.send(a, d, messageOf(34, seq), false);
    const arrived = bed.run().length;
    // 0.5 x 0.4 survive: 1000 +- 28.
    expect(Math.abs(arrived - 1000)).toBeLessThan(100);
    expect(new Set(bed.again)).toEqual(new Set([false]));
    expect([bed.happened('lost').length, bed.happened('sent 1').length, bed.happened('sent 2').length]).toEqual([5000 - arrived, 5000, 0]);
    expect(bed.held).toBe(0);
  });

  test('reliable traffic is sent again after a timeout that doubles, counted each time, and given up at last', () => {
    const bed = new NetworkBed(lossy.paths, { loss: NEVER, attemptsMax: 4 });
    bed.send(a, d, messageOf(50, 9));
    expect(bed.run()).toEqual([]);
    expect(bed.happenings).toEqual([
      [0, 'sent 1', a, d, 50], [0, 'lost', a, d, 9],
      [200_000, 'sent 2', a, d, 50], [200_000, 'lost', a, d, 9],
      [600_000, 'sent 3', a, d, 50], [600_000, 'lost', a, d, 9],
      [1_400_000, 'sent 4', a, d, 50], [1_400_000, 'lost', a, d, 9],
      [3_000_000, 'link failed', a, d, ''],
    ]);
    expect(bed.again).toEqual([true, true, true, false]);
    expect(bed.held).toBe(0);
  });

  test('the timeout is one and a half round trips where that is longer than the least timeout', () => {
    const bed = new NetworkBed(mapOf([['a', 'b', { delayMs: 99 }]], 0.5).paths, { loss: NEVER, attemptsMax: 3 });
    bed.send(a, b, messageOf(50));
    bed.run();
    expect([...bed.happened('sent 1', 'sent 2', 'sent 3', 'link failed')].map(([timeUs]) => timeUs)).toEqual([0, 300_000, 900_000, 2_100_000]);
    expect(NETWORK_DEFAULTS).toMatchObject({ retransmitRoundTrips: 1.5, retransmitMinMs: 200 });
  });

  test('what is sent again arrives once, late by the timeouts it waited for, unless the link fails', () => {
    const bed = new NetworkBed(lossy.paths, { loss: 0.3 });
    for (let seq = 0; seq < 500; seq++) bed.send(a, d, messageOf(34, seq));
    const arrived = bed.run();
    expect(new Set(arrived.map((arrival) => arrival[4])).size).toBe(arrived.length);
    expect(arrived.length + bed.happened('link failed').length).toBe(500);
    const waits = new Set(arrived.map(([timeUs]) => (timeUs - 5000) / 200_000));
    for (const wait of waits) expect(Math.log2(wait + 1) % 1, `${wait} timeouts`).toBe(0);
    expect(waits.size).toBeGreaterThan(3);
    // 0.28 survive: 0.72 / 0.28 losses each, less those of the tails cut off.
    expect(Math.abs(bed.happened('lost').length / 500 - 2.5)).toBeLessThan(0.4);
    expect(bed.held).toBe(0);
  });

  test('a peer that is gone sends nothing again, and hears of no link', () => {
    for (const incarnation of [0, 2]) {
      for (const attemptsMax of [1, 10]) {
        const bed = new NetworkBed(lossy.paths, { loss: NEVER, attemptsMax });
        bed.at(300_000, () => { bed.incarnations[a] = incarnation; });
        bed.send(a, d, messageOf(50));
        bed.run();
        expect(bed.happenings.map(([timeUs, what]) => [timeUs, what])).toEqual(
          attemptsMax === 1
            ? [[0, 'sent 1'], [0, 'lost'], [200_000, 'link failed']]
            : [[0, 'sent 1'], [0, 'lost'], [200_000, 'sent 2'], [200_000, 'lost'], [600_000, 'sender-down']],
        );
        expect(bed.held).toBe(0);
      }
    }
  });
});

test('a peer that is gone hears of no link whose queue was full behind its back', () => {
  const narrow = mapOf([['a', 'b', { delayMs: 500 }], ['b', 'c', { delayMs: 1, bandwidthMbps: 0.001 }]]);
  const [a, c] = [narrow.host('a'), narrow.host('c')];
  for (const gone of [false, true]) {
    const bed = new NetworkBed(narrow.paths, { queueBytesMax: 100, attemptsMax: 1 });
    for (let seq = 0; seq < 2; seq++) bed.send(a, c, messageOf(100, seq));
    bed.at(300_000, () => { if (gone) bed.incarnations[a] = 0; });
    expect(bed.run().length).toBe(1);
    expect(bed.happened('queue-full', 'link failed').map(([, what]) => what)).toEqual(gone ? ['queue-full'] : ['queue-full', 'link failed']);
  }
});

describe('jitter', () => {
  const line = mapOf([['a', 'b', { delayMs: 8 }], ['b', 'c', { delayMs: 10 }]]);
  const arrivals = (bed: NetworkBed): number[] => {
    for (let seq = 0; seq < 2000; seq++) bed.send(line.host('a'), line.host('c'), messageOf(34, seq));
    return bed.run().map(([timeUs]) => timeUs);
  };

  test('of the run is a share of the delay, uniform between nothing and that share', () => {
    const times = arrivals(new NetworkBed(line.paths, { jitter: 0.5 }));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(30_000);
    expect(Math.abs(times.reduce((sum, timeUs) => sum + timeUs, 0) / 2000 - 25_000)).toBeLessThan(250);
    expect([Math.min(...times) < 20_100, Math.max(...times) > 29_900]).toEqual([true, true]);
  });

  test('of the links adds up along the route', () => {
    const jittery = mapOf([['a', 'b', { delayMs: 8, jitterMs: 3 }], ['b', 'c', { delayMs: 10, jitterMs: 1 }]]);
    const times = arrivals(new NetworkBed(jittery.paths));
    expect([Math.min(...times) >= 20_000, Math.max(...times) <= 24_000, Math.max(...times) > 23_500]).toEqual([true, true, true]);
    expect(Math.abs(times.reduce((sum, timeUs) => sum + timeUs, 0) / 2000 - 22_000)).toBeLessThan(100);
  });
});

describe('bandwidth', () => {
  test('a packet takes its bits over the capacity longer, exactly', () => {
    const slow = mapOf([['a', 'b', { delayMs: 10, bandwidthMbps: 0.5 }]]);
    const bed = new NetworkBed(slow.paths);
    bed.send(slow.host('a'), slow.host('b'), messageOf(125));
    // 1000 bits at 0.5 Mbit/s: 2 ms; propagation 12 ms.
    expect(bed.run()).toEqual([[14_000, 'arrived', 0, 1, 0]]);
  });

  test('packets behind each other wait for their turn, first in first out, each direction apart', () => {
    const slow = mapOf([['a', 'b', { delayMs: 10, bandwidthMbps: 1 }]]);
    const [a, b] = [slow.host('a'), slow.host('b')];
    const bed = new NetworkBed(slow.paths);
    bed.send(a, b, messageOf(125, 0));
    bed.send(a, b, messageOf(250, 1), false);
    bed.send(b, a, messageOf(125, 2));
    bed.at(500, () => bed.send(a, b, messageOf(125, 3)));
    bed.at(50_000, () => bed.send(a, b, messageOf(125, 4)));
    expect(bed.run()).toEqual([
      [13_000, 'arrived', a, b, 0],
      [13_000, 'arrived', b, a, 2],
      [15_000, 'arrived unreliably', a, b, 1],
      [16_000, 'arrived', a, b, 3],
      [63_000, 'arrived', a, b, 4],
    ]);
  });

  test('flows of different senders share the queue of a link that they have in common', () => {
    const star = mapOf([['left', 'hub', { delayMs: 1 }], ['right', 'hub', { delayMs: 1 }], ['hub', 'far', { delayMs: 1, bandwidthMbps: 1 }]]);
    const [left, right, far] = [star.host('left'), star.host('right'), star.host('far')];
    const bed = new NetworkBed(star.paths);
    bed.send(left, far, messageOf(125, 0));
    bed.send(right, far, messageOf(125, 1));
    // 1 ms up, 1 to the hub; 1 and 2 in the queue; 1 over the link, 1 down.
    expect(bed.run()).toEqual([[5000, 'arrived', left, far, 0], [6000, 'arrived', right, far, 1]]);
  });

  test('a packet enters each queue on its way when it gets there, in order', () => {
    const two = mapOf([
      ['a', 'b', { delayMs: 2, bandwidthMbps: 1 }], ['b', 'c', { delayMs: 3 }], ['c', 'd', { delayMs: 4, bandwidthMbps: 0.5 }],
    ]);
    const [a, b, c, d] = [two.host('a'), two.host('b'), two.host('c'), two.host('d')];
    expect(two.paths.queues(a, d)).toEqual([{ queue: 0, bandwidthMbps: 1, entryUs: 1000 }, { queue: 4, bandwidthMbps: 0.5, entryUs: 6000 }]);
    expect(two.paths.queues(d, a)).toEqual([{ queue: 5, bandwidthMbps: 0.5, entryUs: 1000 }, { queue: 1, bandwidthMbps: 1, entryUs: 8000 }]);
    expect(two.paths.queues(b, c)).toEqual([]);
    const bed = new NetworkBed(two.paths);
    bed.send(a, d, messageOf(125, 0));
    bed.send(a, d, messageOf(125, 1));
    // In front of the second queue is one that came from nearer at the same time as the first, and was sent later.
    bed.at(5999, () => bed.send(c, d, messageOf(125, 2)));
    // First link off at 2 and 3 ms; second one entered at 7 and 8 ms by those, at 6.999 ms by the other.
    expect(bed.run()).toEqual([
      [6999 + 2000 + 5000, 'arrived', c, d, 2],
      [6999 + 4000 + 5000, 'arrived', a, d, 0],
      [6999 + 6000 + 5000, 'arrived', a, d, 1],
    ]);
  });

  test('what would wait past the bound of a queue is dropped: datagrams are gone, the rest comes later', () => {
    const slow = mapOf([['a', 'b', { delayMs: 1, bandwidthMbps: 1 }]]);
    const [a, b] = [slow.host('a'), slow.host('b')];
    const bed = new NetworkBed(slow.paths, { queueBytesMax: 1000, attemptsMax: 2 });
    for (let seq = 0; seq < 10; seq++) bed.send(a, b, messageOf(250, seq), seq !== 9);
    const arrived = bed.run();
    // The one that is being sent counts: four of 250 fit.
    expect(arrived.map(([timeUs, , , , seq]) => [timeUs, seq])).toEqual([
      [5000, 0], [7000, 1], [9000, 2], [11_000, 3], [205_000, 4], [207_000, 5], [209_000, 6], [211_000, 7],
    ]);
    expect(bed.happened('queue-full').map(([timeUs, , , , seq]) => [timeUs, seq])).toEqual(
      [[1000, 4], [1000, 5], [1000, 6], [1000, 7], [1000, 8], [1000, 9], [201_000, 8]],
    );
    expect(bed.happened('link failed')).toEqual([[600_000, 'link failed', a, b, '']]);
    expect(bed.held).toBe(0);
  });

  test('a packet larger than the bound crosses a link that has nothing else to do', () => {
    const slow = mapOf([['a', 'b', { delayMs: 1, bandwidthMbps: 1 }]]);
    const bed = new NetworkBed(slow.paths, { queueBytesMax: 1000 });
    bed.send(slow.host('a'), slow.host('b'), messageOf(5000));
    expect(bed.run()).toEqual([[43_000, 'arrived', 0, 1, 0]]);
  });

  test('packets shorter than a microsecond do not each cost a whole one', () => {
    const fast = mapOf([['a', 'b', { delayMs: 1, bandwidthMbps: 10_000 }]]);
    const bed = new NetworkBed(fast.paths);
    for (let seq = 0; seq < 1000; seq++) bed.send(fast.host('a'), fast.host('b'), messageOf(125, seq));
    // 1000 x 0.1 us.
    const times = bed.run().map(([timeUs]) => timeUs);
    expect([times[0], times.at(-1)]).toEqual([3000, 3100]);
  });

  test('with more than is ever needed, everything arrives as if there were no limit', () => {
    const random = new Random(5);
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`);
    const links = names.slice(1).flatMap((name, index) => [0, 1].map(() => {
      const delayMs = random.below(4) === 0 ? 0 : random.float() * 9;
      return [names[random.below(index + 1)] ?? '', name, { delayMs, bandwidthMbps: 1e9 }] as const;
    }));
    const map = mapOf(links, 0);
    const arrivals = [map.paths, map.plainPaths].map((paths) => {
      const bed = new NetworkBed(paths);
      let seq = 0;
      for (const from of names) for (const to of names) if (from !== to) bed.send(map.host(from), map.host(to), messageOf(1000, seq++));
      return [...bed.run()].sort((x, y) => (x[4] as number) - (y[4] as number));
    });
    expect([map.paths.plain, map.plainPaths.plain]).toEqual([false, true]);
    expect(arrivals[0]).toEqual(arrivals[1]);
    expect(arrivals[0]?.length).toBe(132);
  });
});
