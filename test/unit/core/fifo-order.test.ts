import { describe, expect, test } from 'vitest';
import type { GapTimer } from '../../../lib/core/effects.ts';
import { FifoOrder } from '../../../lib/core/fifo-order.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { GROUP, SESSION, data, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, emitted, timerSet } from '../../support/recording-effects.ts';

const { source, other, relay } = roles('source', 'other', 'relay');
const GAP_TIMEOUT_MS = 5000;

function gapTimer(origin: PeerRef, seq: number, epoch = 1): GapTimer {
  return { kind: 'gap', group: GROUP, session: SESSION, origin, epoch, seq };
}

function gapTimerSet(origin: PeerRef, seq: number, epoch = 1): Effect {
  return timerSet(gapTimer(origin, seq, epoch), GAP_TIMEOUT_MS);
}

function lost(origin: PeerRef, fromSeq: number, toSeq: number): Effect {
  return emitted({ kind: 'lost', group: GROUP, origin, epoch: 1, fromSeq, toSeq });
}

function fifo(heldMax = 16, holding = false) {
  const effects = new RecordingEffects();
  const order = new FifoOrder(GROUP, SESSION, GAP_TIMEOUT_MS, heldMax, holding);
  return {
    order,
    accept(origin: PeerRef, seq: number, epoch = 1): Effect[] {
      order.accept(data(origin, seq, { epoch }), relay, effects);
      return effects.take();
    },
    onGapTimer(timer: GapTimer): Effect[] {
      order.onGapTimer(timer, effects);
      return effects.take();
    },
    output(act: (to: RecordingEffects) => void): Effect[] {
      act(effects);
      return effects.take();
    },
  };
}

describe('FIFO order', () => {
  test('delivers at once what comes in order', () => {
    const { accept } = fifo();
    expect([accept(source, 0), accept(source, 1)]).toEqual([
      [delivered(data(source, 0), relay)],
      [delivered(data(source, 1), relay)],
    ]);
  });

  test('holds back what comes early and releases it in order once the gap is filled', () => {
    const { accept } = fifo();
    expect(accept(source, 2)).toEqual([gapTimerSet(source, 2)]);
    expect(accept(source, 1)).toEqual([]);
    expect(accept(source, 4)).toEqual([]);
    expect(accept(source, 0)).toEqual([
      delivered(data(source, 0), relay),
      delivered(data(source, 1), relay),
      delivered(data(source, 2), relay),
    ]);
  });

  test('gives up a gap at the timeout, says what is lost, and waits anew for the next gap', () => {
    const { accept, onGapTimer } = fifo();
    accept(source, 2);
    accept(source, 3);
    accept(source, 5);
    expect(onGapTimer(gapTimer(source, 2))).toEqual([
      lost(source, 0, 1),
      delivered(data(source, 2), relay),
      delivered(data(source, 3), relay),
      gapTimerSet(source, 5),
    ]);
    expect(onGapTimer(gapTimer(source, 5))).toEqual([lost(source, 4, 4), delivered(data(source, 5), relay)]);
  });

  test('gives up only the part of a gap that is still open', () => {
    const { accept, onGapTimer } = fifo();
    accept(source, 5);
    accept(source, 2);
    expect(onGapTimer(gapTimer(source, 5))).toEqual([
      lost(source, 0, 1),
      delivered(data(source, 2), relay),
      gapTimerSet(source, 5),
    ]);
  });

  test('ignores the timer of a gap that was filled', () => {
    const { accept, onGapTimer } = fifo();
    accept(source, 1);
    accept(source, 0);
    expect(onGapTimer(gapTimer(source, 1))).toEqual([]);
  });

  test('gives a gap that opened behind another its own full wait', () => {
    const { accept, onGapTimer } = fifo();
    accept(source, 1);
    accept(source, 3);
    accept(source, 0);
    expect(onGapTimer(gapTimer(source, 1))).toEqual([gapTimerSet(source, 3)]);
  });

  test('keeps one timer going, however many gaps came and went', () => {
    const { accept, onGapTimer } = fifo();
    accept(source, 1);
    accept(source, 0);
    expect(accept(source, 3)).toEqual([gapTimerSet(source, 3)]);
    expect(onGapTimer(gapTimer(source, 1))).toEqual([]);
    expect(onGapTimer(gapTimer(source, 3))).toEqual([lost(source, 2, 2), delivered(data(source, 3), relay)]);
  });

  test('drops a message that comes after its place was given up', () => {
    const { order, accept, onGapTimer } = fifo();
    accept(source, 1);
    onGapTimer(gapTimer(source, 1));
    expect(accept(source, 0)).toEqual([
      emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 0, reason: 'too-old' }),
    ]);
    expect(order.late).toBe(1);
  });

  test('gives up the first gap of the publisher whose message overfills the buffer', () => {
    const { accept } = fifo(2);
    accept(source, 1);
    accept(source, 3);
    expect(accept(source, 5)).toEqual([lost(source, 0, 0), delivered(data(source, 1), relay)]);
    expect(accept(other, 1)).toEqual([gapTimerSet(other, 1), lost(other, 0, 0), delivered(data(other, 1), relay)]);
    expect(accept(source, 2)).toEqual([delivered(data(source, 2), relay), delivered(data(source, 3), relay)]);
  });

  test('orders each publisher apart', () => {
    const { accept } = fifo();
    accept(source, 1);
    expect(accept(other, 0)).toEqual([delivered(data(other, 0), relay)]);
  });

  test('begins anew with a new incarnation, gives up the gaps of the old one, and drops what is older', () => {
    const { accept, onGapTimer } = fifo(1);
    accept(source, 1);
    expect(accept(source, 0, 2)).toEqual([lost(source, 0, 0), delivered(data(source, 1), relay), delivered(data(source, 0, { epoch: 2 }), relay)]);
    expect(accept(source, 0, 1)).toEqual([
      emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 0, reason: 'too-old' }),
    ]);
    expect(onGapTimer(gapTimer(source, 1))).toEqual([]);
    expect(accept(source, 2, 2)).toEqual([gapTimerSet(source, 2, 2)]);
  });
});

describe('FIFO order of a newcomer', () => {
  const own = data(relay, 0, { hops: 0 });

  test('holds back what comes before it knows where to start, but for what it publishes itself', () => {
    const { order, accept, output } = fifo(16, true);
    expect([accept(source, 0), accept(other, 7)]).toEqual([[], []]);
    expect(output((effects) => order.accept(own, relay, effects))).toEqual([delivered(own, relay)]);
  });

  test('starts where it is told, without waiting and without losses', () => {
    const { order, accept, output } = fifo(16, true);
    for (const seq of [5, 7, 10]) accept(source, seq);
    expect(output((effects) => {
      order.startAt(source, 1, 7, effects);
      order.startAt(other, 1, 3, effects);
      order.begin(effects);
    })).toEqual([delivered(data(source, 7), relay), gapTimerSet(source, 10)]);
    expect([accept(source, 6), accept(other, 3)]).toEqual([
      [emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 6, reason: 'too-old' })],
      [delivered(data(other, 3), relay)],
    ]);
    expect(order.positions()).toEqual([{ origin: source, epoch: 1, next: 8, beyond: [] }, { origin: other, epoch: 1, next: 4, beyond: [] }]);
  });

  test('delivers too what came without a gap up to its start', () => {
    const { order, accept, output } = fifo(16, true);
    for (const seq of [2, 6, 5, 8]) accept(source, seq);
    expect(output((effects) => {
      order.startAt(source, 1, 7, effects);
      order.begin(effects);
    })).toEqual([delivered(data(source, 5), relay), delivered(data(source, 6), relay), gapTimerSet(source, 8)]);
  });

  test('starts each stream at the lowest number that it holds when nobody tells it', () => {
    const { order, accept, output } = fifo(16, true);
    for (const seq of [5, 3, 4]) accept(source, seq);
    accept(other, 9);
    expect(output((effects) => {
      order.startAtLowest();
      order.begin(effects);
    })).toEqual([...[3, 4, 5].map((seq) => delivered(data(source, seq), relay)), delivered(data(other, 9), relay)]);
  });

  test('starts so too when its buffer is full, and may be told later', () => {
    const { order, accept, output } = fifo(2, true);
    accept(source, 5);
    accept(source, 8);
    expect(accept(source, 9)).toEqual([delivered(data(source, 5), relay), gapTimerSet(source, 8)]);
    expect(output((effects) => {
      order.startAt(source, 1, 8, effects);
      order.begin(effects);
    })).toEqual([delivered(data(source, 8), relay), delivered(data(source, 9), relay)]);
  });

  test('reports what can be had no more, and delivers what it has of it', () => {
    const { order, accept, output } = fifo();
    accept(source, 2);
    accept(source, 7);
    expect(output((effects) => order.giveUpBelow(source, 1, 6, effects))).toEqual([lost(source, 0, 1), delivered(data(source, 2), relay), lost(source, 3, 5)]);
    expect(accept(source, 6)).toEqual([delivered(data(source, 6), relay), delivered(data(source, 7), relay)]);
  });
});
