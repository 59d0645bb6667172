import { expect, test } from 'vitest';
import { RttMeter } from '../../../lib/overlay/rtt-meter.ts';
import { GROUP, roles } from '../../support/builders.ts';
import { RecordingEffects, sentUnreliably } from '../../support/recording-effects.ts';

const { left, right, stranger } = roles('left', 'right', 'stranger');

function meter(peersMax = 10) {
  const effects = new RecordingEffects();
  return { effects, meter: new RttMeter(GROUP, peersMax) };
}

test('an rtt probe is answered at once with its number', () => {
  const { meter: one, effects } = meter();
  expect(one.onMessage(left, { kind: 'rttProbe', group: GROUP, seq: 7 }, 0, effects)).toBeUndefined();
  expect(effects.take()).toEqual([sentUnreliably(left, { kind: 'rttReply', group: GROUP, seq: 7 })]);
});

test('the distance is the smallest of the last three round trips', () => {
  const { meter: one, effects } = meter();
  const distances = [90, 20, 40, 50, 60].map((rttMs, seq) => {
    one.probe(left, 1000 * seq, effects);
    expect(one.onMessage(left, { kind: 'rttReply', group: GROUP, seq }, 1000 * seq + rttMs, effects)).toBe(left);
    return one.rttMs(left);
  });
  expect(distances).toEqual([90, 20, 20, 20, 40]);
  expect(effects.take()).toEqual(distances.map((_, seq) => sentUnreliably(left, { kind: 'rttProbe', group: GROUP, seq })));
});

test('an answer to an older probe, a second answer and one from a stranger measure nothing', () => {
  const { meter: one, effects } = meter();
  one.probe(left, 0, effects);
  one.probe(left, 100, effects);
  const answers = [[left, 0], [stranger, 1], [left, 1], [left, 1]] as const;
  expect(answers.map(([from, seq]) => one.onMessage(from, { kind: 'rttReply', group: GROUP, seq }, 130, effects))).toEqual([undefined, undefined, left, undefined]);
  expect([one.rttMs(left), one.rttMs(right), one.isWaiting(left)]).toEqual([30, undefined, false]);
  expect(one.counters).toEqual({ probes: 2, replies: 1, strays: 3, forgotten: 0 });
});

test('of more peers than it may remember the one probed longest ago is forgotten', () => {
  const { meter: one, effects } = meter(2);
  one.probe(left, 0, effects);
  one.probe(right, 1, effects);
  one.probe(left, 2, effects);
  one.probe(stranger, 3, effects);
  const kept: unknown[] = [];
  one.eachPeer((peer) => kept.push(peer));
  expect([kept, one.counters.forgotten]).toEqual([[left, stranger], 1]);
});

test('its version rises when a distance changes, and then only', () => {
  const { meter: one, effects } = meter(2);
  const versions = [90, 20, 40].map((rttMs, seq) => {
    one.probe(left, 1000 * seq, effects);
    one.onMessage(left, { kind: 'rttReply', group: GROUP, seq }, 1000 * seq + rttMs, effects);
    return one.version;
  });
  one.forget(left);
  one.forget(stranger);
  expect([...versions, one.version]).toEqual([1, 2, 2, 3]);
});
