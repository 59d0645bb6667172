import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../../lib/core/config.ts';
import type { Timer } from '../../../lib/core/effects.ts';
import { OverlayError } from '../../../lib/core/errors.ts';
import { type PeerRef, groupRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { PeerEngine } from '../../../lib/peer/engine.ts';
import { GROUP, ScriptedRandom, data, oneHopOn, roles } from '../../support/builders.ts';
import {
  type Effect, RecordingEffects, delivered, emitted, linkClosed, linkOpened, sent, sentUnreliably, timerSet,
} from '../../support/recording-effects.ts';

const { self, contact, left, right, source } = roles('self', 'contact', 'left', 'right', 'source');

const EPOCH = 5;
const OTHER_GROUP = groupRef(8);
const payload = Uint8Array.of(1, 2, 3);
const neighbour: Message = { kind: 'neighbour', group: GROUP, priority: 'high' };

function peer() {
  const effects = new RecordingEffects();
  const engine = new PeerEngine(self, EPOCH, new ScriptedRandom());
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    engine,
    join: (options: GroupOptions, peers: readonly PeerRef[], group = GROUP) =>
      output(() => engine.join(group, groupConfig(options), peers, 0, effects)),
    leave: (group = GROUP) => output(() => engine.leave(group, 0, effects)),
    publish: (bytes = payload, group = GROUP) => {
      const outcome = engine.publish(group, bytes, 0, effects);
      return { outcome, effects: effects.take() };
    },
    receive: (from: PeerRef, message: Message) => output(() => engine.onMessage(from, message, 0, effects)),
    fire: (timer: Timer) => output(() => engine.onTimer(timer, 0, effects)),
    linkDown: (to: PeerRef) => output(() => engine.onLinkDown(to, 0, effects)),
  };
}

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

function own(seq: number, epoch = EPOCH) {
  return data(self, seq, { epoch, hops: 0, payload });
}

describe('spatial partners', () => {
  test.each(['rumor', 'anti-entropy'] as const)('%s measures the distances that it chooses by', (kind) => {
    const { join, fire } = peer();
    join({ overlay: 'full', dissemination: { kind, partner: 'spatial', mode: 'push-pull' } }, [self, left, right]);
    const timer: Timer = kind === 'rumor' ? { kind, group: GROUP, session: 0 } : { kind: 'antiEntropy', group: GROUP, session: 0 };
    expect(JSON.stringify(fire(timer))).toContain('rttProbe');
  });
});

describe('causal order', () => {
  test('the first message of a peer that has started again comes after what was held for an earlier incarnation of it', () => {
    const { join, receive, publish } = peer();
    join({ dissemination: 'flooding', order: 'causal' }, [contact]);
    receive(left, neighbour);
    const before = data(contact, 0, { after: [{ origin: self, epoch: EPOCH - 1, next: 1 }] });
    receive(left, before);
    // Something of the earlier incarnation has come, so that it is waited for.
    receive(left, data(self, 1, { epoch: EPOCH - 1 }));
    const message = { ...own(0), after: [{ origin: contact, epoch: 1, next: 1 }] };
    expect(publish().effects.filter(({ effect }) => effect === 'deliver')).toEqual([delivered(before, left), delivered(message, self)]);
  });
});

describe('joining and leaving', () => {
  test('joining starts the overlay, the dissemination and the repair', () => {
    const { join } = peer();
    expect(join({ dissemination: { kind: 'rumor', mode: 'pull' }, repair: 'anti-entropy' }, [contact])).toEqual([
      sent(contact, { kind: 'join', group: GROUP }),
      timerSet({ kind: 'shuffle', group: GROUP, session: 0 }, 0),
      timerSet({ kind: 'rumor', group: GROUP, session: 0 }, 1000),
      timerSet({ kind: 'antiEntropy', group: GROUP, session: 0 }, 0),
    ]);
  });

  test('a group is joined once at a time', () => {
    const { join } = peer();
    join({ overlay: 'static', dissemination: 'flooding' }, [left]);
    expect(thrownBy(() => join({}, [contact]))).toEqual(new OverlayError('ALREADY_JOINED', 'join: expected a group that was not joined, got 7 again.'));
  });

  test('leaving says good-bye to the neighbours and forgets the group', () => {
    const { engine, join, receive, leave } = peer();
    join({}, []);
    receive(left, neighbour);
    expect(leave()).toEqual([
      sent(left, { kind: 'disconnect', group: GROUP }),
      linkClosed(left),
      emitted({ kind: 'neighbourDown', group: GROUP, peer: left }),
    ]);
    expect(engine.group(GROUP)).toBe(undefined);
    expect(thrownBy(() => leave())).toEqual(new OverlayError('UNKNOWN_GROUP', 'expected a group that this peer has joined, got 7.'));
  });

  test('groups are left in any order, and the others stay', () => {
    const numbers = [7, 8, 9].map(groupRef);
    for (const left of numbers) {
      const { engine, join, leave } = peer();
      for (const number of numbers) join({ overlay: 'static', dissemination: 'flooding' }, [contact], number);
      leave(left);
      expect(numbers.map((number) => engine.group(number)?.ref)).toEqual(numbers.map((number) => (number === left ? undefined : number)));
      join({ overlay: 'static', dissemination: 'flooding' }, [contact], left);
      expect(numbers.map((number) => engine.group(number)?.ref)).toEqual(numbers);
    }
  });

  test('timers of a membership that ended are ignored in the next one', () => {
    const { engine, join, leave, fire } = peer();
    join({ dissemination: 'flooding' }, [contact]);
    leave();
    join({ dissemination: 'flooding' }, [contact]);
    expect(fire({ kind: 'shuffle', group: GROUP, session: 0 })).toEqual([]);
    expect(engine.strays).toBe(1);
    expect(fire({ kind: 'shuffle', group: GROUP, session: 1 })).toHaveLength(3);
    expect(engine.strays).toBe(1);
  });

  test('after joining again, messages are numbered in a new epoch, since others have seen the old numbers', () => {
    const { join, leave, publish } = peer();
    const flooding: GroupOptions = { overlay: 'static', dissemination: 'flooding' };
    join(flooding, [left]);
    publish();
    leave();
    join(flooding, [left]);
    expect(publish()).toEqual({
      outcome: { origin: self, epoch: EPOCH + 1, seq: 0, sentTo: 1 },
      effects: [delivered(own(0, EPOCH + 1), self), sent(left, oneHopOn(own(0, EPOCH + 1)))],
    });
  });

  test('a membership that published nothing uses up no epoch', () => {
    const { join, leave, publish } = peer();
    const flooding: GroupOptions = { overlay: 'static', dissemination: 'flooding' };
    join(flooding, [left]);
    leave();
    join(flooding, [left]);
    expect(publish().outcome.epoch).toBe(EPOCH);
  });
});

describe('publishing', () => {
  test('delivers to the publisher itself, numbers from 0 and says to how many neighbours it went', () => {
    const { join, publish } = peer();
    join({ overlay: 'static', dissemination: 'flooding' }, [left, self, right]);
    expect(publish()).toEqual({
      outcome: { origin: self, epoch: EPOCH, seq: 0, sentTo: 2 },
      effects: [delivered(own(0), self), sent(left, oneHopOn(own(0))), sent(right, oneHopOn(own(0)))],
    });
    expect(publish().outcome).toEqual({ origin: self, epoch: EPOCH, seq: 1, sentTo: 2 });
  });

  test('goes over Plumtree to the neighbours of an overlay that is given', () => {
    const { join, publish, receive } = peer();
    join({ overlay: 'full', dissemination: 'plumtree' }, [left, self, right]);
    expect(publish()).toEqual({
      outcome: { origin: self, epoch: EPOCH, seq: 0, sentTo: 2 },
      effects: [delivered(own(0), self), sent(left, oneHopOn(own(0))), sent(right, oneHopOn(own(0)))],
    });
    receive(left, { kind: 'prune', group: GROUP });
    expect(publish().outcome.sentTo).toBe(1);
  });

  test('with an epidemic goes to nobody at once', () => {
    const { join, publish } = peer();
    join({ overlay: 'full', dissemination: 'rumor' }, [left]);
    expect(publish()).toEqual({
      outcome: { origin: self, epoch: EPOCH, seq: 0, sentTo: 0 },
      effects: [delivered(own(0), self), timerSet({ kind: 'rumor', group: GROUP, session: 0 }, 1000)],
    });
  });

  test('in groups is numbered in each', () => {
    const { join, publish } = peer();
    const flooding: GroupOptions = { overlay: 'static', dissemination: 'flooding' };
    join(flooding, [left]);
    join(flooding, [right], OTHER_GROUP);
    publish();
    expect([publish(payload, OTHER_GROUP).outcome.seq, publish().outcome.seq]).toEqual([0, 1]);
  });

  test('is refused past the size limit, without neighbours, and outside a group; no number is used up', () => {
    const { join, receive, publish } = peer();
    expect(thrownBy(publish)).toEqual(new OverlayError('UNKNOWN_GROUP', 'expected a group that this peer has joined, got 7.'));
    join({ dissemination: 'flooding', messageBytesMax: 3 }, [contact]);
    expect(thrownBy(publish)).toEqual(
      new OverlayError('NO_NEIGHBOURS', 'publish: expected at least one neighbour, got none; wait until the group is ready.'),
    );
    receive(left, neighbour);
    expect(thrownBy(() => publish(new Uint8Array(4)))).toEqual(
      new OverlayError('MESSAGE_TOO_LARGE', 'publish: expected at most 3 bytes (messageBytesMax), got 4.'),
    );
    expect(publish().outcome.seq).toBe(0);
  });

  test('to a list of members that holds the peer alone is refused', () => {
    const { join, publish } = peer();
    join({ overlay: 'full', dissemination: 'flooding' }, [self]);
    expect(thrownBy(publish)).toMatchObject({ code: 'NO_NEIGHBOURS' });
  });
});

describe('what arrives goes to the part that handles it', () => {
  test('a new neighbour is told to the dissemination and the application', () => {
    const { engine, join, receive } = peer();
    join({}, []);
    expect(receive(left, neighbour)).toEqual([
      linkOpened(left),
      emitted({ kind: 'neighbourUp', group: GROUP, peer: left }),
      sent(left, { kind: 'neighbourReply', group: GROUP, accepted: true }),
    ]);
    const message = data(source, 0);
    receive(right, neighbour);
    expect(receive(left, message)).toEqual([delivered(message, left), sent(right, oneHopOn(message))]);
    expect(engine.strays).toBe(0);
  });

  test('a link that fails is told to every group', () => {
    const { join, receive, linkDown } = peer();
    join({}, []);
    join({}, [], OTHER_GROUP);
    receive(left, neighbour);
    receive(left, { ...neighbour, group: OTHER_GROUP });
    expect(linkDown(left)).toEqual([
      linkClosed(left),
      emitted({ kind: 'neighbourDown', group: GROUP, peer: left }),
      linkClosed(left),
      emitted({ kind: 'neighbourDown', group: OTHER_GROUP, peer: left }),
    ]);
  });

  test('a digest goes to the repair, and the gap that it fills to FIFO order', () => {
    const { join, receive, fire } = peer();
    join({ overlay: 'static', dissemination: 'flooding', repair: { kind: 'anti-entropy', mode: 'pull' }, order: 'fifo' }, [left]);
    const [first, second] = [data(source, 0, { repair: true }), data(source, 1)];
    receive(left, second);
    fire({ kind: 'antiEntropy', group: GROUP, session: 0 });
    expect(fire({ kind: 'antiEntropy', group: GROUP, session: 0 })).toEqual([
      timerSet({ kind: 'antiEntropy', group: GROUP, session: 0 }, 1000),
      sentUnreliably(left, { kind: 'digest', group: GROUP, mode: 'pull', entries: [{ origin: source, epoch: 1, next: 0, beyond: [1, 1] }] }),
    ]);
    expect(receive(left, { kind: 'digest', group: GROUP, mode: 'pull', entries: [] })).toEqual([sent(left, { ...oneHopOn(second), repair: true })]);
    expect(receive(left, first)).toEqual([delivered(first, left), delivered(second, left)]);
  });

  test.each(['flooding', 'unicast', 'anti-entropy', 'plumtree', 'rumor'] as const)('a duplicate is counted once with %s', (dissemination) => {
    const { engine, join, receive } = peer();
    join({ overlay: 'static', dissemination }, [left, right]);
    for (const from of [left, right, left]) receive(from, data(source, 0));
    receive(left, data(source, 1));
    receive(left, data(right, 0));
    receive(left, data(source, 0));
    const log = engine.group(GROUP)?.log;
    expect([log?.accepted, log?.duplicates, log?.dropped]).toEqual([3, 3, 0]);
  });

  test('equal messages of two groups are told apart, whichever is left', () => {
    const { engine, join, leave, receive } = peer();
    const flooding: GroupOptions = { overlay: 'static', dissemination: 'flooding' };
    const there = { ...data(source, 0), group: OTHER_GROUP };
    join(flooding, [left]);
    join(flooding, [left], OTHER_GROUP);
    expect([data(source, 0), there, data(source, 0), there].map((message) => receive(left, message))).toEqual([
      [delivered(data(source, 0), left)],
      [delivered(there, left)],
      [],
      [],
    ]);
    expect([engine.group(GROUP)?.log.duplicates, engine.group(OTHER_GROUP)?.log.duplicates]).toEqual([1, 1]);
    leave();
    expect([receive(left, there), receive(left, data(source, 0)), engine.strays]).toEqual([[], [], 1]);
    expect(engine.group(OTHER_GROUP)?.log.duplicates).toBe(2);
    join(flooding, [left]);
    expect(receive(left, data(source, 0))).toEqual([delivered(data(source, 0), left)]);
  });

  test('the timer of a gap goes to FIFO order', () => {
    const { join, receive, fire } = peer();
    join({ overlay: 'static', dissemination: 'flooding', order: 'fifo' }, [left]);
    const early = data(source, 1);
    const timer: Timer = { kind: 'gap', group: GROUP, session: 0, origin: source, epoch: 1, seq: 1 };
    expect(receive(left, early)).toEqual([timerSet(timer, 5000)]);
    expect(fire(timer)).toEqual([
      emitted({ kind: 'lost', group: GROUP, origin: source, epoch: 1, fromSeq: 0, toSeq: 0 }),
      delivered(early, left),
    ]);
  });

  test.each<[string, GroupOptions, Message]>([
    ['a graft', { dissemination: 'flooding' }, { kind: 'graft', group: GROUP }],
    ['an announcement', { dissemination: 'flooding' }, { kind: 'iHave', group: GROUP, announcements: [] }],
    ['a request for rumors', { dissemination: 'flooding' }, { kind: 'rumorRequest', group: GROUP }],
    ['a digest', { dissemination: 'flooding' }, { kind: 'digest', group: GROUP, mode: 'pull', entries: [] }],
    ['a shuffle', { overlay: 'static', dissemination: 'flooding' }, { kind: 'shuffle', group: GROUP, origin: source, timeToLive: 3, peers: [] }],
  ])('%s in a group that does not use it is ignored', (_, options, message) => {
    const { join, receive } = peer();
    join(options, [left]);
    expect(receive(left, message).filter(({ effect }) => effect !== 'setTimer')).toEqual([]);
  });
});

describe('what is for no group of this peer', () => {
  test('is counted and dropped', () => {
    const { engine, join, receive, fire } = peer();
    join({ overlay: 'static', dissemination: 'flooding' }, [left], OTHER_GROUP);
    expect([receive(left, data(source, 0)), fire({ kind: 'shuffle', group: GROUP, session: 0 })]).toEqual([[], []]);
    expect(engine.strays).toBe(2);
  });

  test('but one that takes this peer for a neighbour is told that it is none', () => {
    const { engine, receive } = peer();
    const disconnect: Message = { kind: 'disconnect', group: GROUP };
    const reply = (accepted: boolean): Message => ({ kind: 'neighbourReply', group: GROUP, accepted });
    expect([neighbour, reply(true), reply(false), disconnect].map((message) => receive(left, message))).toEqual([
      [sent(left, disconnect)],
      [sent(left, disconnect)],
      [],
      [],
    ]);
    expect(engine.strays).toBe(4);
  });

  test('so is one that has taken it in a swap', () => {
    const { receive } = peer();
    const replies = (['optimizationReply', 'switchReply', 'replaceReply'] as const).flatMap((kind) =>
      [true, false].map((accepted): Message => (kind === 'optimizationReply' ? { kind, group: GROUP, accepted, swapped: true } : { kind, group: GROUP, accepted })));
    const disconnected = [sent(left, { kind: 'disconnect', group: GROUP })];
    expect(replies.map((message) => receive(left, message))).toEqual([disconnected, [], disconnected, [], [], []]);
  });
});
