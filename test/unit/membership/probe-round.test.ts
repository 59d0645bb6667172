import { describe, expect, test } from 'vitest';
import { failureDetectorOptions } from '../../../lib/core/config.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import { Random } from '../../../lib/core/random.ts';
import { FailureDetector } from '../../../lib/membership/failure-detector.ts';
import { RecordingEffects } from '../../support/recording-effects.ts';
import { SELF, ack, timer } from './detector-bed.ts';

describe('the order of probes (SWIM, section 4.3)', () => {
  /** Who was probed in each of so many intervals; everybody answers. */
  function probed(detector: FailureDetector, intervals: number, each: (interval: number) => void = () => {}): number[] {
    const effects = new RecordingEffects();
    const asked: number[] = [];
    for (let i = 0, seq = 1; i < intervals; i++) {
      const nowMs = i * 1000;
      each(i);
      detector.onTimer(timer('tick', seq), nowMs, effects);
      for (const effect of effects.take()) {
        if (effect.effect === 'setTimer' && effect.timer.kind === 'probe' && effect.timer.step === 'tick') seq = effect.timer.seq;
        if (effect.effect !== 'sendUnreliable' || effect.message.kind !== 'ping') continue;
        asked.push(effect.to);
        detector.onMessage(effect.to, ack(effect.message.seq), nowMs + 10, effects);
      }
    }
    return asked;
  }

  test('has everybody once in a round, in changing orders', () => {
    const detector = new FailureDetector(SELF, failureDetectorOptions(), new Random(1));
    for (let peer = 1; peer <= 6; peer++) detector.watch(peerRef(peer), -1, new RecordingEffects());
    const asked = probed(detector, 40);
    const counts = [1, 2, 3, 4, 5, 6].map((peer) => asked.filter((other) => other === peer).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(new Set(asked.join('').match(/.{6}/g)).size).toBeGreaterThan(4);
  });

  test('keeps a silent peer waiting for two rounds at most', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const detector = new FailureDetector(SELF, failureDetectorOptions(), new Random(seed));
      for (let peer = 1; peer <= 6; peer++) detector.watch(peerRef(peer), -1, new RecordingEffects());
      const asked = probed(detector, 60);
      for (let at = 0; at + 11 <= asked.length; at++) expect(new Set(asked.slice(at, at + 11)).size, `seed ${seed}, from ${at}`).toBe(6);
    }
  });

  test('takes newcomers in, and those who are no longer watched out', () => {
    const detector = new FailureDetector(SELF, failureDetectorOptions(), new Random(3));
    for (let peer = 1; peer <= 4; peer++) detector.watch(peerRef(peer), -1, new RecordingEffects());
    const asked = probed(detector, 60, (interval) => {
      if (interval === 20) detector.unwatch(peerRef(2));
      if (interval === 40) detector.watch(peerRef(5), 39_999, new RecordingEffects());
    });
    const who = (from: number, to: number): number[] => [...new Set(asked.slice(from, to))].sort();
    expect([who(0, 18), who(20, 38), who(42, 60)]).toEqual([[1, 2, 3, 4], [1, 3, 4], [1, 3, 4, 5]]);
  });
});
