import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { GROUP, data, oneHopOn, peers } from '../../support/builders.ts';
import { delivered, sentUnreliably, timerSet } from '../../support/recording-effects.ts';
import { CYCLE_MS, feedback, member, other, partner, rumorRequest, rumorTimer, self, source } from './rumor-bed.ts';

const rumorOfSource = data(source, 0);

describe('Demers et al. section 1.4, push with feedback and counter', () => {
  test('a rumor of one\'s own is told from the next cycle on, to one partner in each', () => {
    const { at, publish, cycle } = member();
    at(300);
    const own = data(self, 0, { hops: 0 });
    expect(publish(own)).toEqual([0, [timerSet(rumorTimer, 700)]]);
    expect(cycle(1000)).toEqual([sentUnreliably(partner, oneHopOn(own)), timerSet(rumorTimer, CYCLE_MS)]);
    expect(cycle(2000)).toEqual([sentUnreliably(partner, oneHopOn(own)), timerSet(rumorTimer, CYCLE_MS)]);
  });

  test('a new rumor is delivered, answered with feedback, and told from the next cycle on', () => {
    const { at, receive, cycle } = member();
    at(1250);
    expect(receive(source, rumorOfSource)).toEqual([
      delivered(rumorOfSource, source),
      timerSet(rumorTimer, 750),
      sentUnreliably(source, feedback(rumorOfSource, false)),
    ]);
    expect(cycle(2000)).toEqual([sentUnreliably(partner, oneHopOn(rumorOfSource)), timerSet(rumorTimer, CYCLE_MS)]);
  });

  test('nothing is told, and no timer runs, while no rumor is hot', () => {
    const { start, cycle } = member();
    expect([start(), cycle(1000)]).toEqual([[], []]);
  });

  test('one timer runs however many rumors are hot', () => {
    const { receive, cycle } = member();
    receive(source, rumorOfSource);
    expect(receive(source, data(source, 1))).toEqual([
      delivered(data(source, 1), source),
      sentUnreliably(source, feedback(data(source, 1), false)),
    ]);
    expect(cycle(1000)).toEqual([
      sentUnreliably(partner, oneHopOn(rumorOfSource)),
      sentUnreliably(partner, oneHopOn(data(source, 1))),
      timerSet(rumorTimer, CYCLE_MS),
    ]);
  });

  test('whether a peer knew a rumor is judged on what it knew when the cycle began', () => {
    const { at, receive } = member();
    at(100);
    receive(source, rumorOfSource);
    at(900);
    expect(receive(other, rumorOfSource)).toEqual([sentUnreliably(other, feedback(rumorOfSource, false))]);
    at(1000);
    expect(receive(other, rumorOfSource)).toEqual([sentUnreliably(other, feedback(rumorOfSource, true))]);
  });

  test('a peer that lost interest still says that it knew', () => {
    const { receive, cycle } = member({ k: 1 });
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, feedback(rumorOfSource, true));
    expect(cycle(2000)).toEqual([]);
    expect(receive(other, rumorOfSource)).toEqual([sentUnreliably(other, feedback(rumorOfSource, true))]);
  });

  test('interest is lost after k useless cycles in a row', () => {
    const { rumor, receive, cycle } = member({ k: 2 });
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, feedback(rumorOfSource, true));
    expect(cycle(2000)).toHaveLength(2);
    receive(partner, feedback(rumorOfSource, true));
    expect(cycle(3000)).toEqual([]);
    expect(rumor.hotRumors).toBe(0);
  });

  test('a useful contact starts the count again', () => {
    const { rumor, receive, cycle } = member({ k: 2 });
    receive(source, rumorOfSource);
    const contacts = [true, false, true, true];
    const hot = contacts.map((knew, i) => {
      cycle(1000 * (i + 1));
      receive(partner, feedback(rumorOfSource, knew));
      return rumor.hotRumors;
    });
    cycle(5000);
    expect([...hot, rumor.hotRumors]).toEqual([1, 1, 1, 1, 0]);
  });

  test('a cycle without feedback counts neither way', () => {
    const { rumor, receive, cycle } = member({ k: 2 });
    receive(source, rumorOfSource);
    for (const [i, answered] of [true, false, true].entries()) {
      cycle(1000 * (i + 1));
      if (answered) receive(partner, feedback(rumorOfSource, true));
    }
    expect(rumor.hotRumors).toBe(1);
    cycle(4000);
    expect(rumor.hotRumors).toBe(0);
  });

  test('several useless answers in a cycle count once, and a useful one beside them resets', () => {
    const { rumor, receive, cycle } = member({ k: 2 });
    receive(source, rumorOfSource);
    cycle(1000);
    receive(other, rumorRequest);
    for (const peer of [partner, other]) receive(peer, feedback(rumorOfSource, true));
    cycle(2000);
    expect(rumor.hotRumors).toBe(1);
    receive(other, rumorRequest);
    receive(partner, feedback(rumorOfSource, true));
    receive(other, feedback(rumorOfSource, false));
    cycle(3000);
    receive(partner, feedback(rumorOfSource, true));
    cycle(4000);
    expect(rumor.hotRumors).toBe(1);
  });

  test('feedback concerns one rumor only', () => {
    const { rumor, receive, cycle } = member({ k: 1 });
    receive(source, rumorOfSource);
    receive(source, data(source, 1));
    cycle(1000);
    receive(partner, feedback(data(source, 1), true));
    receive(partner, feedback(data(other, 0), true));
    receive(partner, feedback(data(source, 0, { epoch: 2 }), true));
    expect(cycle(2000)).toEqual([sentUnreliably(partner, oneHopOn(rumorOfSource)), timerSet(rumorTimer, CYCLE_MS)]);
    expect(rumor.hotRumors).toBe(1);
  });

  test('feedback of a peer that was told nothing, or has answered already, is counted and ignored', () => {
    const { rumor, receive, cycle } = member({ k: 1 });
    receive(source, rumorOfSource);
    receive(other, feedback(rumorOfSource, true));
    cycle(1000);
    receive(other, feedback(rumorOfSource, true));
    receive(partner, feedback(rumorOfSource, false));
    receive(partner, feedback(rumorOfSource, true));
    cycle(2000);
    receive(other, feedback(rumorOfSource, true));
    cycle(3000);
    expect([rumor.hotRumors, rumor.strayFeedback]).toEqual([1, 4]);
  });

  test('feedback that comes cycles late counts', () => {
    const { rumor, receive, cycle } = member({ k: 1 });
    receive(source, rumorOfSource);
    for (const ms of [1000, 2000, 3000]) cycle(ms);
    receive(partner, feedback(rumorOfSource, true));
    cycle(4000);
    expect([rumor.hotRumors, rumor.strayFeedback]).toEqual([0, 0]);
  });

  test('of many that asked the feedback of the last 64 is awaited', () => {
    const { rumor, receive, cycle } = member({ k: 1 });
    receive(source, rumorOfSource);
    cycle(1000);
    const askers = peers(65, 100);
    for (const peer of askers) receive(peer, rumorRequest);
    for (const peer of askers) receive(peer, feedback(rumorOfSource, true));
    expect(rumor.strayFeedback).toBe(1);
    const held: PeerRef[] = [];
    rumor.eachPeer((peer) => held.push(peer));
    expect(held).toEqual([source]);
  });

  test('past the limit the oldest rumor cools, and is counted', () => {
    const { rumor, receive, cycle } = member({ hotMax: 1 });
    receive(source, rumorOfSource);
    receive(source, data(source, 1));
    expect([rumor.hotRumors, rumor.overflowed]).toEqual([1, 1]);
    expect(cycle(1000)).toEqual([sentUnreliably(partner, oneHopOn(data(source, 1))), timerSet(rumorTimer, CYCLE_MS)]);
  });

  test('a peer without partner keeps its rumors', () => {
    const { rumor, receive, cycle } = member({}, [self]);
    receive(source, rumorOfSource);
    expect(cycle(1000)).toEqual([timerSet(rumorTimer, CYCLE_MS)]);
    expect(rumor.hotRumors).toBe(1);
  });

  test('a repaired message is delivered and no news', () => {
    const { receive, cycle } = member();
    const repaired = data(source, 0, { repair: true });
    expect(receive(source, repaired)).toEqual([delivered(repaired, source)]);
    expect(cycle(1000)).toEqual([]);
  });
});

describe('Demers et al. section 1.4, blind', () => {
  test('no feedback is given, and every telling counts', () => {
    const { receive, cycle } = member({ interest: 'blind', k: 2 });
    expect(receive(source, rumorOfSource)).toEqual([delivered(rumorOfSource, source), timerSet(rumorTimer, CYCLE_MS)]);
    expect(receive(other, rumorOfSource)).toEqual([]);
    expect([cycle(1000).length, cycle(2000).length, cycle(3000)]).toEqual([2, 2, []]);
  });
});

describe('Demers et al. section 1.4, coin', () => {
  test('interest is lost with probability 1/k at each useless contact', () => {
    const { rumor, receive, cycle } = member({ stop: 'coin', k: 4 }, [partner], [0.25, 0.9, 0.249]);
    receive(source, rumorOfSource);
    const hot = [1, 2, 3, 4].map((cycles) => {
      cycle(1000 * cycles);
      receive(partner, feedback(rumorOfSource, true));
      return rumor.hotRumors;
    });
    expect(hot).toEqual([1, 1, 1, 0]);
  });

  test('a useful contact costs no toss', () => {
    const { rumor, receive, cycle } = member({ stop: 'coin', k: 4 }, [partner], [0]);
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, feedback(rumorOfSource, false));
    cycle(2000);
    expect(rumor.hotRumors).toBe(1);
  });

  test('blind, every telling costs a toss', () => {
    const { rumor, receive, cycle } = member({ interest: 'blind', stop: 'coin', k: 2 }, [partner], [0.5, 0.49]);
    receive(source, rumorOfSource);
    const hot = [1000, 2000, 3000].map((ms) => {
      cycle(ms);
      return rumor.hotRumors;
    });
    expect(hot).toEqual([1, 1, 0]);
  });
});

describe('Demers et al. section 1.4, pull', () => {
  test('every peer asks a partner in every cycle, news or not', () => {
    const { at, start, cycle } = member({ mode: 'pull' });
    at(100);
    expect(start()).toEqual([timerSet(rumorTimer, 900)]);
    expect(cycle(1000)).toEqual([sentUnreliably(partner, rumorRequest), timerSet(rumorTimer, CYCLE_MS)]);
  });

  test('a request is answered with the rumors that were hot when the cycle began', () => {
    const { at, receive, publish } = member({ mode: 'pull' });
    at(500);
    receive(source, rumorOfSource);
    expect(receive(other, rumorRequest)).toEqual([]);
    at(1500);
    publish(data(self, 0));
    expect(receive(other, rumorRequest)).toEqual([sentUnreliably(other, oneHopOn(rumorOfSource))]);
  });

  test('a source that nobody asked keeps its interest; blind, one that was asked loses it', () => {
    const { rumor, start, receive, cycle } = member({ mode: 'pull', interest: 'blind', k: 1 });
    start();
    receive(source, rumorOfSource);
    cycle(1000);
    cycle(2000);
    expect(rumor.hotRumors).toBe(1);
    receive(other, rumorRequest);
    receive(partner, rumorRequest);
    cycle(3000);
    expect(rumor.hotRumors).toBe(0);
  });

  test('the counter changes once a cycle, however many asked', () => {
    const { rumor, start, receive, cycle } = member({ mode: 'pull', k: 2 });
    start();
    receive(source, rumorOfSource);
    cycle(1000);
    for (const peer of [other, partner, source]) {
      receive(peer, rumorRequest);
      receive(peer, feedback(rumorOfSource, true));
    }
    cycle(2000);
    expect(rumor.hotRumors).toBe(1);
  });
});

test('Demers et al. section 1.4, push-pull: a peer tells and asks the same partner', () => {
  const { start, receive, cycle } = member({ mode: 'push-pull' });
  start();
  receive(source, rumorOfSource);
  expect(cycle(1000)).toEqual([
    sentUnreliably(partner, oneHopOn(rumorOfSource)),
    sentUnreliably(partner, rumorRequest),
    timerSet(rumorTimer, CYCLE_MS),
  ]);
});

test('has room while fewer than hotMax rumors are hot', () => {
  const { rumor, publish } = member({ hotMax: 2 });
  const rooms = [0, 1].map((seq) => {
    const before = rumor.hasRoom();
    publish(data(self, seq, { hops: 0 }));
    return before;
  });
  expect([...rooms, rumor.hasRoom()]).toEqual([true, true, false]);
});

describe('Demers et al. section 1.4, minimization', () => {
  const minimizing = { mode: 'push-pull', minimization: 'counters', k: 2 } as const;

  function told(message: DataMessage, counter: number): Message {
    return { ...feedback(message, true), counter } as Message;
  }

  test('feedback names the counter of a peer that is telling the rumor, and none where it is new or dead', () => {
    const { at, receive, cycle } = member(minimizing);
    at(500);
    expect(receive(source, rumorOfSource).at(-1)).toEqual(sentUnreliably(source, feedback(rumorOfSource, false)));
    expect(receive(other, rumorOfSource)).toEqual([sentUnreliably(other, feedback(rumorOfSource, false))]);
    const counters = [1000, 2000].map((ms) => {
      cycle(ms);
      receive(partner, feedback(rumorOfSource, true));
      return receive(other, rumorOfSource);
    });
    expect(counters).toEqual([[sentUnreliably(other, told(rumorOfSource, 0))], [sentUnreliably(other, told(rumorOfSource, 1))]]);
    cycle(3000);
    expect(receive(other, rumorOfSource)).toEqual([sentUnreliably(other, feedback(rumorOfSource, true))]);
  });

  test.each([
    ['a larger one: it counts', 1, 0],
    ['an equal one: both count', 0, 0],
    ['none, since the partner has lost interest: it counts', undefined, 0],
  ])('of two counters the smaller is incremented: the other has %s', (_, counter, hot) => {
    const { rumor, receive, cycle } = member({ ...minimizing, k: 1 });
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, counter === undefined ? feedback(rumorOfSource, true) : told(rumorOfSource, counter));
    cycle(2000);
    expect([rumor.hotRumors, rumor.died]).toEqual([hot, 1]);
  });

  test('of two counters the larger stays', () => {
    const { rumor, receive, cycle } = member(minimizing);
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, told(rumorOfSource, 0));
    for (const ms of [2000, 3000, 4000]) {
      cycle(ms);
      receive(partner, told(rumorOfSource, 0));
    }
    cycle(5000);
    expect([rumor.hotRumors, rumor.died]).toEqual([1, 0]);
  });
});

describe('Demers et al. section 1.4, connection limit', () => {
  const limited = { connectionLimit: 1, huntLimit: 1, k: 1 } as const;

  function connectReply(seq: number, accepted: boolean): Message {
    return { kind: 'connectReply', group: GROUP, protocol: 'rumor', seq, accepted };
  }

  function connect(seq: number): Message {
    return { kind: 'connect', group: GROUP, protocol: 'rumor', seq };
  }

  test('a rumor is told when the partner has accepted, and to the next one when it has refused', () => {
    const { receive, cycle } = member(limited);
    receive(source, rumorOfSource);
    expect(cycle(1000)).toEqual([sentUnreliably(partner, connect(0)), timerSet(rumorTimer, CYCLE_MS)]);
    expect(receive(partner, connectReply(0, false))).toEqual([sentUnreliably(other, connect(1))]);
    expect(receive(other, connectReply(1, true))).toEqual([sentUnreliably(other, oneHopOn(rumorOfSource))]);
  });

  test.each(['feedback', 'blind'] as const)('a contact that was refused counts for nothing (%s)', (interest) => {
    const { rumor, receive, cycle } = member({ ...limited, interest });
    receive(source, rumorOfSource);
    cycle(1000);
    receive(partner, connectReply(0, false));
    receive(other, connectReply(1, false));
    cycle(2000);
    expect(rumor.hotRumors).toBe(1);
  });

  test('pull asks for rumors when the partner has accepted', () => {
    const { start, receive, cycle } = member({ ...limited, mode: 'pull' });
    start();
    expect(cycle(1000)).toEqual([sentUnreliably(partner, connect(0)), timerSet(rumorTimer, CYCLE_MS)]);
    expect(receive(partner, connectReply(0, true))).toEqual([sentUnreliably(partner, rumorRequest)]);
  });

  test('others are accepted, news or not, as many as the limit says', () => {
    const { at, receive } = member(limited);
    at(1100);
    expect([receive(source, connect(5)), receive(other, connect(9))]).toEqual([
      [sentUnreliably(source, connectReply(5, true))], [sentUnreliably(other, connectReply(9, false))],
    ]);
  });
});
