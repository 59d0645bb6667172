import { describe, expect, test } from 'vitest';
import { type PeerRef, groupRef, peerRef } from '../../../lib/core/ids.ts';
import { HOPS_MAX, type LogLimits, MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage } from '../../../lib/core/messages.ts';
import { WINDOW_SIZE } from '../../../lib/core/sequence-window.ts';
import { GROUP, SESSION, data, logLimits, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, emitted, timerSet } from '../../support/recording-effects.ts';

const { source, other, third, relay } = roles('source', 'other', 'third', 'relay');

function logWith(limits: Partial<LogLimits> = {}) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits(limits));
  return {
    log,
    accept(message: DataMessage): [boolean, Effect[]] {
      const isNew = log.accept(message, relay, effects);
      return [isNew, effects.take()];
    },
    counters: () => ({ accepted: log.accepted, duplicates: log.duplicates, dropped: log.dropped }),
  };
}

function dropped(origin: PeerRef, seq: number, reason: 'stale-epoch' | 'too-many-hops' | 'too-many-origins'): Effect {
  return emitted({ kind: 'dropped', group: GROUP, origin, seq, reason });
}

function lost(origin: PeerRef, fromSeq: number, toSeq: number, epoch = 1): Effect {
  return emitted({ kind: 'lost', group: GROUP, origin, epoch, fromSeq, toSeq });
}

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

describe('the log of a newcomer', () => {
  const at = (next: number, beyond: readonly number[] = [], origin = source, epoch = 1) => ({ origin, epoch, next, beyond });

  test('without an order delivers what comes before it knows where it starts, and takes what it is told of for seen', () => {
    const { log, accept } = logWith({ since: 'now' });
    const effects = new RecordingEffects();
    expect([accept(data(source, 7)), log.catchingUp]).toEqual([[true, [delivered(data(source, 7), relay)]], true]);
    log.startAt([at(5, [6, 8]), at(2, [], other)], effects);
    expect([effects.take(), log.catchingUp]).toEqual([[], false]);
    expect(log.digest()).toEqual([at(5, [6, 8]), at(2, [], other)]);
    expect([4, 5, 8, 9].map((seq) => accept(data(source, seq))[0])).toEqual([false, true, false, true]);
  });

  test('takes no more for seen than a window holds, and than a bound for all', () => {
    const { log } = logWith({ since: 'now' });
    const far = at(10, [11, 4_000_000_000]);
    log.startAt([far, ...Array.from({ length: 20 }, (_, i) => at(0, [1, 4000], peerRef(100 + i)))], new RecordingEffects());
    expect(log.digest().slice(0, 16).map(({ beyond }) => beyond)).toEqual([[11, 10 + WINDOW_SIZE - 1], ...new Array(15).fill([1, 4000])]);
    expect(log.digest().slice(16).map(({ beyond }) => beyond)).toEqual([[1, 65_536 - (WINDOW_SIZE - 1) - 15 * 4000], ...new Array(4).fill([])]);
  });

  test('reports as lost what it is owed and cannot take in of a publisher that began since', () => {
    const { log, accept } = logWith({ since: 'now' });
    log.startAt([at(3)], new RecordingEffects());
    const message = data(other, 2 * WINDOW_SIZE);
    expect(accept(message)).toEqual([true, [
      emitted({ kind: 'lost', group: GROUP, origin: other, epoch: 1, fromSeq: 0, toSeq: WINDOW_SIZE }),
      delivered(message, relay),
    ]]);
  });

  test.each(['fifo', 'causal'] as const)('in %s order a stream that has begun since the buffer was full goes on, whatever start is told; others start there', (order) => {
    const { log, accept } = logWith({ since: 'now', order, orderBufferMax: 2 });
    const effects = new RecordingEffects();
    for (const seq of [3, 4]) expect(accept(data(source, seq))).toEqual([true, []]);
    const [, begun] = accept(data(source, 5));
    expect(begun).toEqual([3, 4, 5].map((seq) => delivered(data(source, seq), relay)));
    log.startAt([at(8), at(2, [], other)], effects);
    expect(effects.take()).toEqual([]);
    expect(log.digest()).toEqual([at(6), at(2, [], other)]);
    expect([6, 7, 2].map((seq) => accept(data(source, seq)))).toEqual([[true, [delivered(data(source, 6), relay)]], [true, [delivered(data(source, 7), relay)]], [false, []]]);
    expect([1, 2].map((seq) => accept(data(other, seq)))).toEqual([[false, []], [true, [delivered(data(other, 2), relay)]]]);
  });

  test('told nothing takes what is older than what it has for seen', () => {
    const { log, accept } = logWith({ since: 'now' });
    for (const message of [data(source, 9), data(source, 7), data(other, 0)]) accept(message);
    log.startAt(undefined, new RecordingEffects());
    expect(log.digest()).toEqual([at(8, [9, 9]), at(1, [], other)]);
  });

  test('believes no old incarnation, and remembers no more publishers than its limit', () => {
    const { log, accept } = logWith({ since: 'now', originsMax: 2 });
    accept(data(source, 0, { epoch: 2 }));
    log.startAt([at(5), at(1, [], other, 3), at(1, [], third)], new RecordingEffects());
    expect(log.digest()).toEqual([at(1, [], source, 2), at(1, [], other, 3)]);
  });

  test.each(['fifo', 'causal'] as const)('in %s order starts there without losses, and says how far the application is', (order) => {
    const { log, accept } = logWith({ since: 'now', order });
    const effects = new RecordingEffects();
    expect([accept(data(source, 5)), accept(data(source, 7))]).toEqual([[true, []], [true, []]]);
    expect(log.heldBack(1)).toEqual([data(source, 5)]);
    log.startAt([at(5), at(2, [], other)], effects);
    const timer = { kind: 'gap', group: GROUP, session: SESSION, origin: source, epoch: 1, seq: 7 } as const;
    expect(effects.take()).toEqual([delivered(data(source, 5), relay), timerSet(timer, 5000)]);
    expect([log.positions(), log.heldBack(9)]).toEqual([[at(6), at(2, [], other)], [data(source, 7)]]);
    expect([accept(data(source, 4)), accept(data(other, 2))]).toEqual([[false, []], [true, [delivered(data(other, 2), relay)]]]);
  });

  test.each(['fifo', 'causal'] as const)('in %s order reports once for each publisher what is kept nowhere', (order) => {
    const { log, accept } = logWith({ since: 'history', order });
    const effects = new RecordingEffects();
    accept(data(source, 8));
    log.giveUpOlder([at(8), at(3, [], other), at(0, [], third)], effects);
    expect(effects.take()).toEqual([lost(source, 0, 7), delivered(data(source, 8), relay), lost(other, 0, 2)]);
    expect(log.digest()).toEqual([at(9), at(3, [], other), at(0, [], third)]);
  });

  test('fetches what it is not owed when somebody lacks it, to pass it on, and delivers none of it', () => {
    const { log, accept } = logWith({ since: 'now' });
    const effects = new RecordingEffects();
    log.startAt([at(5)], effects);
    accept(data(source, 7));
    log.fetchFor([at(6, [8, 8])]);
    expect(log.digest()).toEqual([at(5, [7, 7])]);
    log.fetchFor([at(1, [3, 3])]);
    expect(log.digest()).toEqual([at(1, [3, 3, 7, 7])]);
    const fetched = data(source, 2, { repair: true });
    expect([accept(fetched), accept(data(source, 5)), effects.take()]).toEqual([[true, []], [true, [delivered(data(source, 5), relay)]], []]);
    log.fetchFor([at(1)]);
    expect([log.digest(), log.lackedBy([at(1, [3, 3])], 9)]).toEqual([[at(1, [2, 2, 5, 5, 7, 7])], [data(source, 7), fetched, data(source, 5)]]);
  });

  test('fetches for one who knows nothing of a publisher all that its window can tell apart, and for all publishers up to a bound', () => {
    const { log } = logWith({ since: 'now' });
    log.startAt(Array.from({ length: 20 }, (_, i) => at(10_000, [], peerRef(100 + i))), new RecordingEffects());
    log.fetchFor([]);
    expect(log.digest().map(({ next }) => next)).toEqual([...new Array(16).fill(10_000 - WINDOW_SIZE), ...new Array(4).fill(10_000)]);
  });

  test('says nothing of how much is kept of what it never had', () => {
    const { log, accept } = logWith({ since: 'now', historyMessagesMax: 2 });
    log.startAt([at(5), at(3, [], other)], new RecordingEffects());
    for (const seq of [5, 6, 7]) accept(data(source, seq));
    expect(log.oldestKept()).toEqual([at(6)]);
  });

  test('without an order still takes what is kept nowhere, if somebody brings it', () => {
    const { log, accept } = logWith({ since: 'history' });
    log.giveUpOlder([at(8)], new RecordingEffects());
    expect(accept(data(source, 3))[0]).toBe(true);
  });
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
