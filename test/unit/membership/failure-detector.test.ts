import { describe, expect, test } from 'vitest';
import { failureDetectorOptions } from '../../../lib/core/config.ts';
import { PEER_GROUP, type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { FailureDetector } from '../../../lib/membership/failure-detector.ts';
import { GROUP, ScriptedRandom } from '../../support/builders.ts';
import { RecordingEffects, emitted, sentUnreliably, timerSet } from '../../support/recording-effects.ts';
import { Bed, SELF, ack, nack, ping, pingRequest, suspecting, timer } from './detector-bed.ts';

const NOTHING = { probes: 0, pingRequests: 0, suspected: 0, refuted: 0, failed: 0, relays: 0, nacks: 0, relaysRefused: 0, watchesRefused: 0, stops: 0, strays: 0 };

describe('a probe (SWIM, section 3.1)', () => {
  test('asks a peer that was silent for an interval, and goes no further when it answers', () => {
    const detector = new FailureDetector(SELF, failureDetectorOptions(), new ScriptedRandom());
    const effects = new RecordingEffects();
    detector.watch(peerRef(1), 0, effects);
    expect(effects.take()).toEqual([timerSet(timer('tick', 1), 0)]);
    detector.onTimer(timer('tick', 1), 0, effects);
    expect(effects.take()).toEqual([timerSet(timer('tick', 2), 1000)]);
    detector.onTimer(timer('tick', 2), 1000, effects);
    expect(effects.take()).toEqual([timerSet(timer('tick', 3), 1000)]);
    detector.onTimer(timer('tick', 3), 2000, effects);
    expect(effects.take()).toEqual([timerSet(timer('tick', 4), 1000), sentUnreliably(peerRef(1), ping(1)), timerSet(timer('indirect', 1), 500)]);
    detector.onMessage(peerRef(1), ack(1), 2020, effects);
    detector.onTimer(timer('indirect', 1), 2500, effects);
    expect(effects.take()).toEqual([]);
    detector.onTimer(timer('tick', 4), 3000, effects);
    expect(effects.take()).toEqual([timerSet(timer('tick', 5), 1000)]);
    expect(detector.state(peerRef(1))).toEqual({ state: 'alive', sinceMs: 0, heardMs: 2020 });
    expect(detector.counters).toEqual({ ...NOTHING, probes: 1 });
  });

  test('is not made while everybody is heard of', () => {
    const bed = new Bed(3);
    for (let atMs = 500; atMs < 20_000; atMs += 900) {
      bed.run(atMs);
      bed.hear(1, 2, 3);
    }
    expect([bed.take(), bed.counted]).toEqual([[], {}]);
  });

  test('asks k others to try when there is no answer in time, and suspects the peer when the interval ends', () => {
    const bed = new Bed(5);
    bed.run(2999);
    expect(bed.take()).toEqual([
      '2000: ping 1 > 1', '2500: pingRequest 1 about 1 > 2', '2500: pingRequest 1 about 1 > 3', '2500: pingRequest 1 about 1 > 4',
    ]);
    bed.hear(2, 3, 4, 5);
    bed.run(3000);
    expect(bed.take().slice(0, 2)).toEqual(['3000: suspected 1', '3000: ping 1 suspected > 1']);
    expect(bed.state(1)).toEqual({ state: 'suspected', sinceMs: 3000, heardMs: 0, confirmations: 0, failsAtMs: 27_000 });
  });

  test('takes the answer that a helper passes on for the peer\'s own', () => {
    const bed = new Bed(5);
    bed.run(2600);
    bed.take();
    bed.receive(3, ack(1));
    expect(bed.state(1)).toEqual({ state: 'alive', sinceMs: 0, heardMs: 2600 });
    bed.hear(2, 4, 5);
    bed.run(3500);
    expect([bed.take(), bed.counted]).toEqual([[], { probes: 1, pingRequests: 3 }]);
  });

  test('takes it from nobody who was not asked, nor for another probe', () => {
    const bed = new Bed(5);
    bed.run(2600);
    bed.receive(5, ack(1));
    bed.receive(9, ack(1));
    bed.receive(2, ack(2));
    bed.run(3000);
    expect(bed.state(1)).toMatchObject({ state: 'suspected' });
  });

  test('asks as many as there are, and nobody when told so', () => {
    const requests = ([[1, 3], [2, 3], [3, 3], [5, 2], [5, 0]] as const).map(([peers, indirectProbes]) => {
      const bed = new Bed(peers, { indirectProbes });
      bed.run(2600);
      return bed.take().filter((line) => line.includes('Request')).length;
    });
    expect(requests).toEqual([0, 1, 2, 2, 0]);
  });

  test('asks no suspected peer', () => {
    const bed = suspecting(3);
    bed.run(6500);
    expect(bed.take().filter((line) => line.includes('Request') && line.endsWith('> 1'))).toEqual([]);
  });

  test('is answered, whoever asks', () => {
    const bed = new Bed(0);
    bed.receive(9, ping(77));
    bed.receive(9, pingRequest(78, SELF));
    expect(bed.take()).toEqual(['0: ack 77 > 9', '0: ack 78 > 9']);
  });
});

describe('a suspicion (SWIM, section 4.2)', () => {
  test('is told to the peer at once and in every interval, and ends in failure when nobody confirms it and nothing is heard', () => {
    const bed = suspecting(1, { suspicionMult: 2 });
    bed.run(60_000);
    expect(bed.take()).toEqual(['4000: ping 1 suspected > 1', '5000: failed 1']);
    expect(bed.state(1)).toBeUndefined();
    expect(bed.counted).toEqual({ probes: 1, suspected: 1, failed: 1 });
  });

  test('is refuted by the answer to such a ping', () => {
    const bed = suspecting(1);
    bed.run(3030);
    bed.receive(1, ack(1));
    expect(bed.take()).toEqual(['3030: refuted 1']);
    expect(bed.state(1)).toEqual({ state: 'alive', sinceMs: 3030, heardMs: 3030 });
    expect(bed.counted).toEqual({ probes: 1, suspected: 1, refuted: 1 });
  });

  test('is refuted by any sign of life, which is told with the next input', () => {
    const bed = suspecting(1);
    bed.run(3500);
    bed.hear(1);
    expect([bed.take(), bed.state(1)]).toEqual([[], { state: 'alive', sinceMs: 3500, heardMs: 3500 }]);
    bed.run(4000);
    expect(bed.take()).toEqual(['4000: refuted 1']);
  });

  test('is refuted by an answer that a helper passes on', () => {
    const bed = suspecting(5);
    bed.receive(2, ack(1));
    expect(bed.take()).toEqual(['3000: refuted 1']);
  });

  test('that was refuted does not end in failure, nor does it shorten the next one', () => {
    const bed = suspecting(1);
    bed.run(6900);
    bed.hear(1);
    bed.run(7100);
    expect(bed.state(1)).toMatchObject({ state: 'alive', sinceMs: 6900 });
    bed.run(12_000);
    expect(bed.state(1)).toMatchObject({ state: 'suspected', sinceMs: 9000, failsAtMs: 13_000 });
  });

  test('is forgotten when the peer is no longer watched', () => {
    const bed = suspecting(2);
    bed.detector.unwatch(peerRef(1));
    bed.detector.unwatch(peerRef(1));
    bed.hear(2);
    bed.run(3999);
    expect([bed.take(), bed.state(1)]).toEqual([[], undefined]);
  });

  test('never begins of a peer that is no longer watched, nor of it as it was before', () => {
    const bed = new Bed(1);
    bed.run(2500);
    bed.detector.unwatch(peerRef(1));
    bed.watch(1);
    bed.run(3500);
    expect([bed.take(), bed.state(1)]).toEqual([['2000: ping 1 > 1'], { state: 'alive', sinceMs: 2500, heardMs: 2500 }]);
  });

  test('lasts a little longer where the clock fires early', () => {
    const bed = suspecting(1);
    bed.run(6999.5);
    bed.fire(timer('suspicion', 1));
    expect(bed.state(1)).toMatchObject({ state: 'suspected' });
    bed.take();
    bed.run(7000);
    expect(bed.take()).toContain('7000: failed 1');
  });
});

describe('confirmations (Lifeguard, local health aware suspicion)', () => {
  test.each([
    [[], 27_000],
    [[2], 17_000],
    [[2, 3], 11_150],
    [[2, 3, 4], 7000],
  ])('nacks of %j before the suspicion make it end at %i ms', (nacks, failsAtMs) => {
    const bed = suspecting(5, {}, nacks);
    expect(bed.state(1)).toMatchObject({ confirmations: nacks.length, failsAtMs });
    for (let atMs = 3500; atMs < failsAtMs; atMs += 500) {
      bed.run(atMs);
      bed.hear(2, 3, 4, 5);
    }
    bed.run(failsAtMs - 0.001);
    expect(bed.state(1)).toMatchObject({ state: 'suspected' });
    bed.run(failsAtMs);
    expect(bed.state(1)).toBeUndefined();
  });

  test('come later too, each helper\'s once, and from nobody who was not asked', () => {
    const bed = suspecting(5);
    const states: unknown[] = [];
    for (const from of [2, 2, 9, 3, 4]) {
      bed.receive(from, nack(1));
      states.push(bed.state(1));
    }
    bed.receive(2, nack(99));
    expect(states).toEqual([[1, 17_000], [1, 17_000], [1, 17_000], [2, 11_150], [3, 7000]].map(([confirmations, failsAtMs]) => {
      return { state: 'suspected', sinceMs: 3000, heardMs: 0, confirmations, failsAtMs };
    }));
    expect(bed.counted).toMatchObject({ strays: 2 });
  });

  test('that come when the shorter time is over already end it at once', () => {
    const bed = suspecting(5);
    bed.run(10_000);
    bed.hear(2, 3, 4, 5);
    for (const from of [2, 3]) bed.receive(from, nack(1));
    bed.run(11_149);
    expect(bed.state(1)).toMatchObject({ state: 'suspected' });
    bed.receive(4, nack(1));
    bed.run(11_149);
    expect(bed.state(1)).toBeUndefined();
  });
});

describe('local health (Lifeguard, local health aware probe)', () => {
  test.each([
    ['every helper sends a nack: it is the peer, not we', 5, [2, 3, 4], 0],
    ['a helper sends none', 5, [2, 3], 1],
    ['no helper sends one', 5, [], 3],
    ['there is nobody to ask', 1, [], 1],
  ])('when a probe fails and %s', (_, peers, nacks, health) => {
    expect(suspecting(peers, {}, nacks).detector.localHealth).toBe(health);
  });

  test('makes intervals and waits longer, and gets better with each answer', () => {
    const bed = suspecting(2);
    bed.run(3100);
    bed.receive(1, ack(1));
    expect(bed.detector.localHealth).toBe(1);
    bed.run(7050);
    expect(bed.take()).toEqual([
      '3100: refuted 1',
      '5000: ping 2 > 2', '6000: pingRequest 2 about 2 > 1',
      '7000: suspected 2', '7000: ping 2 suspected > 2', '7000: pingRequest 2 about 2 > 1', '7000: ping 3 > 1',
    ]);
    expect(bed.detector.localHealth).toBe(2);
    bed.receive(1, ack(3));
    expect(bed.detector.localHealth).toBe(1);
  });

  test('gets better while everybody is heard of', () => {
    const bed = suspecting(5);
    const healths: number[] = [];
    for (let atMs = 3100; atMs < 16_000; atMs += 900) {
      bed.run(atMs);
      bed.hear(1, 2, 3, 4, 5);
      healths.push(bed.detector.localHealth);
    }
    // Four ticks, then three, then two.
    expect(healths).toEqual([3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0]);
  });

  test('gets worse when this peer is told that it is suspected: once in an interval, by peers that it watches', () => {
    const bed = new Bed(2);
    const healths: number[] = [];
    for (const [atMs, from] of [[10, 1], [20, 2], [30, 9], [1009, 1], [1010, 2], [2500, 9]] as const) {
      bed.run(atMs);
      bed.receive(from, ping(5, true));
      healths.push(bed.detector.localHealth);
    }
    expect(healths).toEqual([1, 1, 1, 1, 2, 2]);
  });

  test.each([[8], [2], [0]])('is never worse than %i, if that is the worst', (localHealthMax) => {
    const bed = new Bed(1, { localHealthMax });
    for (let atMs = 1; atMs < 20_000; atMs += 1000) {
      bed.run(atMs);
      bed.receive(1, ping(5, true));
    }
    expect(bed.detector.localHealth).toBe(localHealthMax);
  });
});

describe('a process that was stopped itself', () => {
  test('suspects nobody for it, and begins anew with worse health', () => {
    const bed = suspecting(4, {}, [2, 3, 4]);
    bed.nowMs = 63_000;
    bed.run(63_000);
    expect(bed.take()).toEqual(['63000: refuted 1']);
    expect([1, 2, 3, 4].map((peer) => bed.state(peer))).toEqual([63_000, 0, 0, 0].map((sinceMs) => ({ state: 'alive', sinceMs, heardMs: 63_000 })));
    expect([bed.detector.localHealth, bed.counted]).toEqual([1, { probes: 1, pingRequests: 6, suspected: 1, refuted: 1, stops: 1 }]);
    // Two ticks, and then as before.
    bed.run(66_400);
    expect(bed.take()).toEqual(['66000: ping 2 > 2']);
  });

  test('notices by a message too, when that comes in before the timers', () => {
    const bed = suspecting(5, {}, [2, 3]);
    bed.nowMs = 63_000;
    bed.receive(4, nack(1));
    bed.run(63_000);
    expect(bed.take()).toEqual(['63000: refuted 1']);
    expect(bed.counted).toMatchObject({ stops: 1, strays: 1 });
  });

  test('answers nobody for whom it pinged before', () => {
    const bed = new Bed(1);
    bed.receive(8, pingRequest(77, 9));
    bed.take();
    bed.nowMs = 30_000;
    bed.run(30_000);
    bed.receive(9, ack(1));
    expect(bed.take()).toEqual([]);
  });

  test('was not stopped when a timer is an interval late', () => {
    const bed = new Bed(1);
    bed.run(2500);
    bed.nowMs = 4000;
    bed.run(4000);
    expect(bed.take()).toEqual(['2000: ping 1 > 1', '4000: suspected 1', '4000: ping 1 suspected > 1']);
  });
});

describe('bounds', () => {
  test('no more peers are watched than watchedMax, nor any twice, nor the peer itself', () => {
    const bed = new Bed(3, { watchedMax: 2 });
    bed.watch(2);
    bed.watch(SELF);
    expect([1, 2, 3, SELF].map((peer) => bed.state(peer) !== undefined)).toEqual([true, true, false, false]);
    expect(bed.counted).toEqual({ watchesRefused: 1 });
  });

  test('timers stop when nobody is watched, and begin again with somebody', () => {
    const bed = new Bed(1);
    bed.detector.unwatch(peerRef(1));
    bed.run(100_000);
    expect(bed.counted).toEqual({});
    bed.watch(1);
    bed.run(103_000);
    expect(bed.take()).toEqual(['102000: ping 1 > 1', '103000: suspected 1', '103000: ping 1 suspected > 1']);
  });

  test('stale timers, timers of groups and messages of groups do nothing', () => {
    const bed = suspecting(1);
    for (const step of ['tick', 'indirect', 'suspicion', 'relay'] as const) bed.fire(timer(step, 4711));
    bed.fire({ kind: 'shuffle', group: GROUP, session: 1 });
    bed.receive(9, { kind: 'join', group: PEER_GROUP });
    expect(bed.take()).toEqual([]);
    expect(bed.counted).toEqual({ probes: 1, suspected: 1, strays: 1 });
  });

  test('an event names the group of peers as peers', () => {
    const effects = new RecordingEffects();
    const detector = new FailureDetector(SELF, failureDetectorOptions(), new ScriptedRandom());
    detector.watch(peerRef(1), 0, effects);
    [0, 1000, 2000, 3000].forEach((nowMs, i) => detector.onTimer(timer('tick', i + 1), nowMs, effects));
    const peer: PeerRef = peerRef(1);
    expect(effects.take().filter(({ effect }) => effect === 'emit')).toEqual([emitted({ kind: 'suspected', group: PEER_GROUP, peer })]);
  });
});
