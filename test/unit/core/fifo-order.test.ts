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

function fifo(heldMax = 16) {
  const effects = new RecordingEffects();
  const order = new FifoOrder(GROUP, SESSION, GAP_TIMEOUT_MS, heldMax);
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

  test('begins anew with a new incarnation, forgets what it held, and drops what is older', () => {
    const { accept, onGapTimer } = fifo(1);
    accept(source, 1);
    expect(accept(source, 0, 2)).toEqual([delivered(data(source, 0, { epoch: 2 }), relay)]);
    expect(accept(source, 0, 1)).toEqual([
      emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 0, reason: 'too-old' }),
    ]);
    expect(onGapTimer(gapTimer(source, 1))).toEqual([]);
    expect(accept(source, 2, 2)).toEqual([gapTimerSet(source, 2, 2)]);
  });
});
