import { describe, expect, test } from 'vitest';
import { type PeerRef, groupRef, peerRef } from '../../../lib/core/ids.ts';
import { HOPS_MAX } from '../../../lib/core/message-log.ts';
import { WINDOW_SIZE } from '../../../lib/core/sequence-window.ts';
import { GROUP, SESSION, data } from '../../support/builders.ts';
import { RecordingEffects, delivered, timerSet } from '../../support/recording-effects.ts';
import { dropped, logWith, lost, other, relay, source, third } from './log-bed.ts';

describe('a message log', () => {
  test('delivers each message once and counts the duplicates', () => {
    const { accept, counters } = logWith();
    const message = data(source, 0);
    expect([accept(message), accept(message), accept({ ...message, hops: 4 })]).toEqual([
      [true, [delivered(message, relay)]],
      [false, []],
      [false, []],
    ]);
    expect(counters()).toEqual({ accepted: 1, duplicates: 2, dropped: 0 });
  });

  test('refuses copies of the message accepted last, and counts them', () => {
    const { log, accept, counters } = logWith();
    const [first, second] = [data(source, 0), data(source, 1)];
    expect(log.refusesCopy(first)).toBe(false);
    accept(first);
    accept(second);
    const others = [first, data(source, 2), data(other, 1), data(source, 1, { epoch: 2 }), { ...second, group: groupRef(99) }];
    expect(others.map((message) => log.refusesCopy(message))).toEqual(others.map(() => false));
    expect(log.refusesCopy({ ...second, hops: 4 })).toBe(true);
    expect(counters()).toEqual({ accepted: 2, duplicates: 1, dropped: 0 });
  });

  test('tells publishers with equal numbers apart', () => {
    const { log, accept } = logWith();
    expect([source, other, third, source, other].map((origin) => accept(data(origin, 0))[0])).toEqual([true, true, true, false, false]);
    expect([log.has(data(other, 0)), log.has(data(other, 1)), log.has(data(relay, 0))]).toEqual([true, false, false]);
  });

  test('takes a new incarnation from 0 again and drops what the old one still sends', () => {
    const { log, accept, counters } = logWith();
    accept(data(source, 0));
    const reborn = data(source, 0, { epoch: 2 });
    expect(accept(reborn)).toEqual([true, [delivered(reborn, relay)]]);
    expect(accept(data(source, 1))).toEqual([false, [dropped(source, 1, 'stale-epoch')]]);
    expect([log.has(data(source, 9)), log.has(data(source, 9, { epoch: 2 })), log.has(data(source, 0, { epoch: 3 }))])
      .toEqual([true, false, false]);
    expect(counters()).toEqual({ accepted: 2, duplicates: 0, dropped: 1 });
    expect(log.digest()).toEqual([{ origin: source, epoch: 2, next: 1, beyond: [] }]);
  });

  test('takes a new incarnation among several publishers', () => {
    const { log, accept } = logWith();
    for (const message of [data(source, 0), data(other, 0), data(source, 0, { epoch: 2 }), data(other, 1)]) accept(message);
    expect(log.digest()).toEqual([
      { origin: source, epoch: 2, next: 1, beyond: [] },
      { origin: other, epoch: 1, next: 2, beyond: [] },
    ]);
  });

  test('delivers past a gap at once, without order, and counts what is missing', () => {
    const { log, accept } = logWith();
    accept(data(source, 0));
    expect(accept(data(source, 3))[0]).toBe(true);
    expect(log.missing).toBe(2);
    expect(accept(data(source, 1))[0]).toBe(true);
    expect(log.missing).toBe(1);
  });

  test('says exactly what is lost when a number lies past the window', () => {
    const { log, accept } = logWith();
    accept(data(source, 0));
    accept(data(source, 2));
    const far = data(source, WINDOW_SIZE + 9);
    expect(accept(far)).toEqual([true, [lost(source, 1, 1), lost(source, 3, 9), delivered(far, relay)]]);
    expect([log.has(data(source, 9)), log.has(data(source, 10))]).toEqual([true, false]);
  });

  test('asks a stream joined late for no more than the window', () => {
    const { log, accept } = logWith();
    const first = data(source, 1_000_000);
    expect(accept(first)).toEqual([true, [delivered(first, relay)]]);
    expect([log.has(data(source, first.seq - WINDOW_SIZE)), log.has(data(source, first.seq - WINDOW_SIZE + 1))]).toEqual([true, false]);
  });

  test('refuses a message whose hops can be counted no further, before it knows its publisher', () => {
    const { log, accept, counters } = logWith();
    expect(accept(data(source, 0, { hops: HOPS_MAX }))).toEqual([false, [dropped(source, 0, 'too-many-hops')]]);
    expect([log.digest(), log.has(data(source, 0))]).toEqual([[], false]);
    expect(accept(data(source, 0, { hops: HOPS_MAX - 1 }))[0]).toBe(true);
    expect(counters()).toEqual({ accepted: 1, duplicates: 0, dropped: 1 });
  });

  test('forgets the publisher from which nothing new came for longest past its limit, and counts it', () => {
    const { log, accept, counters } = logWith({ originsMax: 2 });
    accept(data(source, 0));
    accept(data(other, 0));
    accept(data(source, 1));
    const newest = data(third, 0);
    expect(accept(newest)).toEqual([true, [dropped(other, 1, 'too-many-origins'), delivered(newest, relay)]]);
    expect(log.digest().map(({ origin }) => origin)).toEqual([source, third]);
    expect(counters()).toEqual({ accepted: 4, duplicates: 0, dropped: 1 });
  });

  test('does not forget a publisher that goes on, however many are invented meanwhile', () => {
    const { log, accept } = logWith({ originsMax: 20 });
    for (let i = 0; i < 1000; i++) {
      if (i % 10 === 0) expect(accept(data(source, i / 10))[0]).toBe(true);
      accept(data(peerRef(100 + i), 0));
    }
    for (let seq = 0; seq < 100; seq++) expect(accept(data(source, seq))).toEqual([false, []]);
    expect(log.digest().length).toBe(20);
  });

  test('remembers one publisher when that is its limit', () => {
    const { log, accept } = logWith({ originsMax: 1 });
    accept(data(source, 0));
    accept(data(other, 0));
    expect(log.digest().map(({ origin }) => origin)).toEqual([other]);
  });

  test('finds a message while the history keeps it', () => {
    const { log, accept } = logWith({ historyMessagesMax: 1 });
    const [first, second] = [data(source, 0), data(source, 1)];
    accept(first);
    expect(log.find(first)).toEqual(first);
    accept(second);
    expect([log.find(first), log.find(second)]).toEqual([undefined, second]);
  });

  test('keeps nothing with a history of 0', () => {
    const { log, accept } = logWith({ historyMessagesMax: 0 });
    accept(data(source, 0));
    expect([log.find(data(source, 0)), log.lackedBy([], 9)]).toEqual([undefined, []]);
  });
});

describe('a message log in FIFO order', () => {
  test('announces a gap once, where messages are held back', () => {
    const { log, accept } = logWith({ order: 'fifo', gapTimeoutMs: 400 });
    const effects = new RecordingEffects();
    accept(data(source, 0));
    const far = data(source, WINDOW_SIZE + 9);
    const timer = { kind: 'gap', group: GROUP, session: SESSION, origin: source, epoch: 1, seq: far.seq } as const;
    expect(accept(far)).toEqual([true, [timerSet(timer, 400)]]);
    log.onGapTimer(timer, effects);
    expect(effects.take()).toEqual([lost(source, 1, far.seq - 1), delivered(far, relay)]);
  });

  test('frees the places in the buffer of a publisher that it forgets', () => {
    const { accept } = logWith({ order: 'fifo', originsMax: 1, orderBufferMax: 1 });
    accept(data(source, 1));
    accept(data(other, 0));
    const held = accept(data(other, 2));
    expect(held).toEqual([true, [timerSet({ kind: 'gap', group: GROUP, session: SESSION, origin: other, epoch: 1, seq: 2 }, 5000)]]);
  });
});

describe('a digest (Demers et al. 1987, section 1.3, on numbers per publisher)', () => {
  test('says what a peer has, publisher by publisher in order of appearance', () => {
    const { log, accept } = logWith({ digestRangesMax: 2 });
    for (const message of [data(other, 0), data(source, 0), data(source, 2), data(source, 3), data(source, 5), data(source, 7)]) accept(message);
    expect(log.digest()).toEqual([
      { origin: other, epoch: 1, next: 1, beyond: [] },
      { origin: source, epoch: 1, next: 1, beyond: [2, 3, 5, 5] },
    ]);
  });

  test('shows exactly the messages that its owner lacks, oldest first', () => {
    const { log, accept } = logWith();
    const messages = [0, 1, 2, 3, 4].map((seq) => data(source, seq));
    for (const message of messages) accept(message);
    const unheard = data(other, 0);
    accept(unheard);
    expect(log.lackedBy([{ origin: source, epoch: 1, next: 1, beyond: [2, 3] }], 9)).toEqual([messages[1], messages[4], unheard]);
    expect(log.lackedBy(log.digest(), 9)).toEqual([]);
    expect(log.lackedBy([], 2)).toEqual([messages[0], messages[1]]);
  });

  test('shows what its owner lacks of the messages kept before a mark, those forgotten since counted in', () => {
    const { log, accept } = logWith({ historyMessagesMax: 3 });
    const messages = [0, 1, 2, 3, 4].map((seq) => data(source, seq));
    const marks = messages.map((message) => {
      accept(message);
      return log.kept;
    });
    expect(marks).toEqual([1, 2, 3, 4, 5]);
    expect([2, 4, 5].map((mark) => log.lackedBy([], 9, mark))).toEqual([[], messages.slice(2, 4), messages.slice(2)]);
    expect(log.lackedBy([], 1, 5)).toEqual(messages.slice(2, 3));
  });

  test('of an older incarnation lacks everything, of a newer one nothing', () => {
    const { log, accept } = logWith();
    const message = data(source, 0, { epoch: 2 });
    accept(message);
    expect(log.lackedBy([{ origin: source, epoch: 1, next: 9, beyond: [] }], 9)).toEqual([message]);
    expect(log.lackedBy([{ origin: source, epoch: 3, next: 0, beyond: [] }], 9)).toEqual([]);
  });

  test('offers something exactly if its owner has seen what this peer has not', () => {
    const { log, accept } = logWith();
    for (const seq of [0, 1, 3]) accept(data(source, seq, { epoch: 2 }));
    const offers = (epoch: number, next: number, beyond: number[] = [], origin = source) => log.lacksFrom([{ origin, epoch, next, beyond }]);
    expect({
      same: offers(2, 2, [3, 3]),
      less: offers(2, 1),
      moreInOrder: offers(2, 3),
      moreBeyond: offers(2, 2, [3, 4]),
      secondRange: offers(2, 2, [3, 3, 6, 6]),
      olderIncarnation: offers(1, 9),
      newerIncarnation: offers(3, 1),
      newerButEmpty: offers(3, 0),
      unheardPublisher: offers(1, 0, [5, 5], other),
      unheardAndEmpty: offers(1, 0, [], other),
    }).toEqual({
      same: false,
      less: false,
      moreInOrder: true,
      moreBeyond: true,
      secondRange: true,
      olderIncarnation: false,
      newerIncarnation: true,
      newerButEmpty: false,
      unheardPublisher: true,
      unheardAndEmpty: false,
    });
  });
});

test('of very many origins each digest begins with others, so that a cut leaves none out for ever', () => {
  const { log, accept } = logWith({ originsMax: 4096 });
  const origins = 2500;
  for (let origin = 0; origin < origins; origin++) accept(data(peerRef(origin), 0));
  const digests = [log.digest(), log.digest(), log.digest()];
  expect(digests.map((digest) => [digest.length, digest[0]?.origin])).toEqual([[origins, 1024], [origins, 2048], [origins, 572]]);
});

test('a log names the number of each publisher below which it had all and keeps nothing', () => {
  const { log, accept } = logWith({ historyMessagesMax: 4 });
  for (const message of [data(other, 0), data(third, 0), data(source, 0), data(source, 1), data(third, 0, { epoch: 2 }), data(source, 2), data(relay, 5)]) accept(message);
  expect(log.oldestKept()).toEqual([
    { origin: other, epoch: 1, next: 1, beyond: [] },
    { origin: third, epoch: 2, next: 0, beyond: [] },
    { origin: source, epoch: 1, next: 1, beyond: [] },
    { origin: relay, epoch: 1, next: 0, beyond: [] },
  ]);
});

test('a log names every peer that it needs to send again or to wait', () => {
  const { log, accept } = logWith({ order: 'causal', historyMessagesMax: 1 });
  const entry = (origin: number) => ({ origin: peerRef(origin), epoch: 1, next: 1 });
  accept(data(source, 0, { after: [entry(20)] }));
  accept(data(other, 0, { after: [entry(21)] }));
  const named = new Set<PeerRef>();
  log.eachPeer((peer) => named.add(peer));
  expect([...named].sort((x, y) => x - y)).toEqual([source, other, relay, 20, 21]);
});
