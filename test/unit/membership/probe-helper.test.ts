import { describe, expect, test } from 'vitest';
import { Bed, ack, pingRequest } from './detector-bed.ts';

describe('a helper (SWIM, section 3.1; nacks: Lifeguard)', () => {
  test('pings the target once, under a number of its own, and passes the answer on', () => {
    const bed = new Bed(0);
    bed.receive(8, pingRequest(77, 9));
    bed.run(100);
    bed.receive(9, ack(1));
    bed.receive(9, ack(1));
    bed.run(2000);
    expect(bed.take()).toEqual(['0: ping 1 > 9', '100: ack 77 > 8']);
    expect(bed.counted).toEqual({ relays: 1 });
  });

  test('says so when there is no answer, before the asker judges; an answer after that is not passed on', () => {
    const bed = new Bed(0);
    bed.receive(8, pingRequest(77, 9));
    bed.run(400);
    bed.receive(9, ack(1));
    expect(bed.take()).toEqual(['0: ping 1 > 9', '400: nack 77 > 8']);
    expect(bed.counted).toEqual({ relays: 1, nacks: 1 });
  });

  test('hurries where the asker waits for less long than for an answer of its own', () => {
    const bed = new Bed(0, { probeTimeoutMs: 900 });
    bed.receive(8, pingRequest(77, 9));
    bed.run(1000);
    expect(bed.take()).toEqual(['0: ping 1 > 9', '80: nack 77 > 8']);
  });

  test('takes the answer from the target alone', () => {
    const bed = new Bed(0);
    bed.receive(8, pingRequest(77, 9));
    bed.receive(8, ack(1));
    bed.run(1000);
    expect(bed.take()).toEqual(['0: ping 1 > 9', '400: nack 77 > 8']);
  });

  test('keeps peers that ask, and whom they ask about, until the answer', () => {
    const bed = new Bed(2);
    bed.receive(8, pingRequest(77, 9));
    const named = (): number[] => {
      const visited: number[] = [];
      bed.detector.eachPeer((peer) => visited.push(peer));
      return visited;
    };
    expect(named()).toEqual([1, 2, 8, 9]);
    bed.run(400);
    expect(named()).toEqual([1, 2]);
  });

  test('no more probes are made for others than relaysMax at a time, nor more than 16 for one peer', () => {
    const bed = new Bed(0, { relaysMax: 20 });
    for (let i = 0; i < 18; i++) bed.receive(8, pingRequest(i, 9));
    expect(bed.take().length).toBe(16);
    for (let i = 0; i < 18; i++) bed.receive(7, pingRequest(i, 9));
    expect(bed.take().length).toBe(4);
    expect(bed.counted).toEqual({ relays: 20, relaysRefused: 16 });
    bed.run(400);
    bed.receive(8, pingRequest(99, 9));
    expect(bed.counted).toEqual({ relays: 21, relaysRefused: 16, nacks: 20 });
  });
});
