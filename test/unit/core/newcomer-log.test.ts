import { describe, expect, test } from 'vitest';
import { peerRef } from '../../../lib/core/ids.ts';
import { WINDOW_SIZE } from '../../../lib/core/sequence-window.ts';
import { GROUP, SESSION, data } from '../../support/builders.ts';
import { RecordingEffects, delivered, emitted, timerSet } from '../../support/recording-effects.ts';
import { logWith, lost, other, relay, source, third } from './log-bed.ts';

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

  test('fetches one message of the past when it is told to, once, and delivers it to nobody', () => {
    const { log, accept } = logWith({ since: 'now', historyMessagesMax: 1 });
    expect(log.fetchOne(data(source, 3))).toBe(false);
    log.startAt([at(5)], new RecordingEffects());
    expect([3, 5].map((seq) => log.fetchOne(data(source, seq)))).toEqual([true, false]);
    expect([log.fetchOne(data(other, 3)), log.fetchOne(data(source, 3, { epoch: 2 })), log.digest()]).toEqual([false, false, [at(3, [4, 4])]]);
    expect([accept(data(source, 3)), accept(data(source, 5))]).toEqual([[true, []], [true, [delivered(data(source, 5), relay)]]]);
    expect([log.find(data(source, 3)), log.fetchOne(data(source, 3))]).toEqual([undefined, false]);
  });

  test('fetches nothing a second time, also when no room was left to keep it', () => {
    const { log, accept } = logWith({ since: 'now', historyMessagesMax: 2 });
    log.startAt([at(5)], new RecordingEffects());
    log.fetchFor([at(3)]);
    expect(log.digest()).toEqual([at(3)]);
    for (const seq of [3, 4, 5, 6]) accept(data(source, seq));
    expect(log.find(data(source, 4))).toBe(undefined);
    log.fetchFor([at(2)]);
    expect(log.digest()).toEqual([at(2, [3, 6])]);
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
