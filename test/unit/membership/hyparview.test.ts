import { describe, expect, test } from 'vitest';
import { DEFAULTS, type HyParViewOptions } from '../../../lib/core/config.ts';
import type { Timer } from '../../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom, peers, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, linkClosed, linkOpened, sent, timerSet } from '../../support/recording-effects.ts';

const { self, contact, newcomer, left, right, third, stranger, origin } = roles(
  'self', 'contact', 'newcomer', 'left', 'right', 'third', 'stranger', 'origin',
);

const NEIGHBOUR_TIMEOUT_MS = DEFAULTS.overlay.hyparview.neighbourTimeoutMs;
const SHUFFLE_INTERVAL_MS = DEFAULTS.overlay.hyparview.shuffleIntervalMs;
const shuffleTimer: Timer = { kind: 'shuffle', group: GROUP, session: SESSION };

const join: Message = { kind: 'join', group: GROUP };
const disconnect: Message = { kind: 'disconnect', group: GROUP };

function neighbour(priority: 'high' | 'low'): Message {
  return { kind: 'neighbour', group: GROUP, priority };
}

function reply(accepted: boolean): Message {
  return { kind: 'neighbourReply', group: GROUP, accepted };
}

function forwardJoin(timeToLive: number, who = newcomer): Message {
  return { kind: 'forwardJoin', group: GROUP, newcomer: who, timeToLive };
}

function shuffle(from: PeerRef, timeToLive: number, sample: readonly PeerRef[]): Message {
  return { kind: 'shuffle', group: GROUP, origin: from, timeToLive, peers: sample };
}

function shuffleReply(sample: readonly PeerRef[]): Message {
  return { kind: 'shuffleReply', group: GROUP, peers: sample };
}

function neighbourTimer(attempt: number): Timer {
  return { kind: 'neighbour', group: GROUP, session: SESSION, attempt };
}

/** What taking a peer into the active view puts out. */
function up(peer: PeerRef): Effect[] {
  return [linkOpened(peer), emitted({ kind: 'neighbourUp', group: GROUP, peer })];
}

function down(peer: PeerRef): Effect[] {
  return [linkClosed(peer), emitted({ kind: 'neighbourDown', group: GROUP, peer })];
}

/** What asking a passive peer for a place puts out. */
function asked(peer: PeerRef, attempt: number, priority: 'high' | 'low' = 'low'): Effect[] {
  return [sent(peer, neighbour(priority)), timerSet(neighbourTimer(attempt), NEIGHBOUR_TIMEOUT_MS)];
}

interface Setup {
  readonly active?: readonly PeerRef[];
  readonly passive?: readonly PeerRef[];
  readonly contacts?: readonly PeerRef[];
  readonly options?: Partial<HyParViewOptions>;
  readonly draws?: readonly number[];
}

/** A peer with these views; from here on its random choices are `draws`, then the first of each list. */
function member(setup: Setup = {}) {
  const effects = new RecordingEffects();
  const random = new ScriptedRandom();
  const options = { ...DEFAULTS.overlay.hyparview, ...setup.options };
  const view = new HyParView(self, GROUP, SESSION, options, random, new RecordingListener());
  view.start(setup.contacts ?? [], 0, effects);
  for (const peer of setup.active ?? []) view.onMessage(peer, neighbour('high'), 0, effects);
  for (const peer of setup.passive ?? []) view.onMessage(stranger, shuffleReply([peer]), 0, effects);
  effects.take();
  const script = new ScriptedRandom(setup.draws);
  random.below = (bound) => script.below(bound);
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    view,
    views: () => ({ active: [...view.neighbours], passive: [...view.passive] }),
    receive: (from: PeerRef, message: Message) => output(() => view.onMessage(from, message, 0, effects)),
    fire: (timer: Timer) => output(() => view.onTimer(timer, 0, effects)),
    linkDown: (peer: PeerRef) => output(() => view.onLinkDown(peer, 0, effects)),
    leave: () => output(() => view.leave(0, effects)),
  };
}

describe('HyParView section 4.2, joining', () => {
  test('a newcomer asks one of its contacts to let it in and shuffles first at a random moment', () => {
    const effects = new RecordingEffects();
    const view = new HyParView(self, GROUP, SESSION, DEFAULTS.overlay.hyparview, new ScriptedRandom([1, 640]), new RecordingListener());
    view.start([self, contact, left], 0, effects);
    expect(effects.take()).toEqual([sent(left, join), timerSet(shuffleTimer, 640)]);
  });

  test('the first member has nobody to ask', () => {
    const effects = new RecordingEffects();
    const view = new HyParView(self, GROUP, SESSION, DEFAULTS.overlay.hyparview, new ScriptedRandom([9]), new RecordingListener());
    view.start([self], 0, effects);
    expect(effects.take()).toEqual([timerSet(shuffleTimer, 9)]);
  });

  test('a contact takes the newcomer in, tells it so, and sends a walk to each other neighbour', () => {
    const { receive, views } = member({ active: [left, right] });
    expect(receive(newcomer, join)).toEqual([
      ...up(newcomer),
      sent(newcomer, neighbour('high')),
      sent(left, forwardJoin(6)),
      sent(right, forwardJoin(6)),
    ]);
    expect(views()).toEqual({ active: [left, right, newcomer], passive: [] });
  });

  test('a full contact makes room by dropping a random neighbour, which it remembers', () => {
    const { receive, views } = member({ active: [left, right], options: { activeViewSize: 2 }, draws: [1] });
    expect(receive(newcomer, join)).toEqual([
      sent(right, disconnect),
      ...down(right),
      ...up(newcomer),
      sent(newcomer, neighbour('high')),
      sent(left, forwardJoin(6)),
    ]);
    expect(views()).toEqual({ active: [left, newcomer], passive: [right] });
  });

  test('a newcomer that is known already is told again, and no place is lost', () => {
    const { receive, views } = member({ active: [left, newcomer] });
    expect(receive(newcomer, join)).toEqual([sent(newcomer, neighbour('high')), sent(left, forwardJoin(6))]);
    expect(views()).toEqual({ active: [left, newcomer], passive: [] });
  });

  test('a peer that is asked to let itself in does nothing', () => {
    const { receive, views } = member({ active: [left] });
    expect(receive(self, join)).toEqual([]);
    expect(views()).toEqual({ active: [left], passive: [] });
  });
});

describe('HyParView section 4.2, the walk of a ForwardJoin', () => {
  test('goes on to a random neighbour but neither back nor to the newcomer', () => {
    const { receive, views } = member({ active: [newcomer, left, right, third], draws: [1] });
    expect(receive(left, forwardJoin(5))).toEqual([sent(third, forwardJoin(4))]);
    expect(views()).toEqual({ active: [newcomer, left, right, third], passive: [] });
  });

  test('leaves the newcomer in the passive view where PRWL hops are left', () => {
    const { receive, views } = member({ active: [left, right] });
    expect(receive(left, forwardJoin(3))).toEqual([sent(right, forwardJoin(2))]);
    expect(views()).toEqual({ active: [left, right], passive: [newcomer] });
  });

  test('leaves no trace where more or fewer hops are left', () => {
    const { receive, views } = member({ active: [left, right] });
    receive(left, forwardJoin(4));
    receive(left, forwardJoin(2));
    expect(views()).toEqual({ active: [left, right], passive: [] });
  });

  test('ends in the active view when no hops are left, and tells the newcomer', () => {
    const { receive, views } = member({ active: [left, right] });
    expect(receive(left, forwardJoin(0))).toEqual([...up(newcomer), sent(newcomer, neighbour('high'))]);
    expect(views()).toEqual({ active: [left, right, newcomer], passive: [] });
  });

  test('ends early where there is nowhere to go on to', () => {
    const { receive, views } = member({ active: [left] });
    expect(receive(left, forwardJoin(3))).toEqual([...up(newcomer), sent(newcomer, neighbour('high'))]);
    expect(views()).toEqual({ active: [left, newcomer], passive: [] });
  });

  test('moves the newcomer out of the passive view at its end', () => {
    const { receive, views } = member({ active: [left], passive: [newcomer, third] });
    receive(left, forwardJoin(0));
    expect(views()).toEqual({ active: [left, newcomer], passive: [third] });
  });

  test('ends in a full view by dropping a random neighbour', () => {
    const { receive, views } = member({ active: [left, right], options: { activeViewSize: 2 } });
    expect(receive(left, forwardJoin(0))).toEqual([
      sent(left, disconnect),
      ...down(left),
      ...up(newcomer),
      sent(newcomer, neighbour('high')),
    ]);
    expect(views()).toEqual({ active: [right, newcomer], passive: [left] });
  });

  test('dies at a neighbour of the newcomer and at the newcomer', () => {
    const { receive } = member({ active: [left, newcomer] });
    expect([receive(left, forwardJoin(0)), receive(left, forwardJoin(4, self))]).toEqual([[], []]);
  });

  test('lives no longer than ARWL, whatever a peer claims', () => {
    const { receive } = member({ active: [left, right] });
    expect(receive(left, forwardJoin(1_000_000))).toEqual([sent(right, forwardJoin(5))]);
  });
});

describe('HyParView section 4.3, the active view', () => {
  test('has room for a low-priority request while it is not full', () => {
    const { receive, views } = member({ active: [left], passive: [third], options: { activeViewSize: 2 } });
    expect(receive(third, neighbour('low'))).toEqual([...up(third), sent(third, reply(true))]);
    expect(views()).toEqual({ active: [left, third], passive: [] });
  });

  test('refuses a low-priority request when full', () => {
    const { receive, views } = member({ active: [left, right], options: { activeViewSize: 2 } });
    expect(receive(third, neighbour('low'))).toEqual([sent(third, reply(false))]);
    expect(views()).toEqual({ active: [left, right], passive: [] });
  });

  test('makes room for a high-priority request', () => {
    const { receive, views } = member({ active: [left, right], options: { activeViewSize: 2 } });
    expect(receive(third, neighbour('high'))).toEqual([
      sent(left, disconnect),
      ...down(left),
      ...up(third),
      sent(third, reply(true)),
    ]);
    expect(views()).toEqual({ active: [right, third], passive: [left] });
  });

  test('confirms who is in it already, even when full', () => {
    const { receive } = member({ active: [left, right], options: { activeViewSize: 2 } });
    expect([receive(left, neighbour('low')), receive(left, neighbour('high'))]).toEqual([[sent(left, reply(true))], [sent(left, reply(true))]]);
  });

  test('replaces a failed neighbour by asking a random passive peer', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third, stranger], draws: [1] });
    expect(linkDown(left)).toEqual([...down(left), ...asked(stranger, 1)]);
    expect(receive(stranger, reply(true))).toEqual([...up(stranger), ...asked(third, 2)]);
    expect(views()).toEqual({ active: [right, stranger], passive: [third] });
  });

  test('asks with high priority when it is empty', () => {
    const { linkDown } = member({ active: [left], passive: [third] });
    expect(linkDown(left)).toEqual([...down(left), ...asked(third, 1, 'high')]);
  });

  test('is filled one request at a time until it is full', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third, stranger], options: { activeViewSize: 2 } });
    expect(linkDown(left)).toEqual([...down(left), ...asked(third, 1)]);
    expect(receive(third, reply(true))).toEqual(up(third));
    expect(views()).toEqual({ active: [right, third], passive: [stranger] });
  });

  test('asks nobody else while an answer is awaited', () => {
    const { linkDown } = member({ active: [left, right, contact], passive: [third, stranger] });
    expect(linkDown(left)).toEqual([...down(left), ...asked(third, 1)]);
    expect(linkDown(right)).toEqual(down(right));
  });

  test('stays short once as many were asked as there are passive peers, until the next shuffle', () => {
    const { linkDown, receive, fire, views } = member({ active: [left, right], passive: [third, stranger], draws: [0, 1] });
    expect(linkDown(left)).toEqual([...down(left), ...asked(third, 1)]);
    expect(receive(third, reply(false))).toEqual(asked(stranger, 2));
    expect(receive(stranger, reply(false))).toEqual([]);
    expect(views()).toEqual({ active: [right], passive: [third, stranger] });
    expect(fire(shuffleTimer)).toEqual([
      timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS),
      ...asked(third, 3),
      sent(right, shuffle(self, 6, [self, third, stranger])),
    ]);
  });

  test('forgets a passive peer that cannot be reached and asks the next', () => {
    const { linkDown, views } = member({ active: [left, right], passive: [third, stranger] });
    linkDown(left);
    expect(linkDown(third)).toEqual(asked(stranger, 2));
    expect(views()).toEqual({ active: [right], passive: [stranger] });
  });

  test('forgets a passive peer that does not answer in time and asks the next', () => {
    const { linkDown, fire, views } = member({ active: [left, right], passive: [third, stranger] });
    linkDown(left);
    expect(fire(neighbourTimer(1))).toEqual(asked(stranger, 2));
    expect(views()).toEqual({ active: [right], passive: [stranger] });
  });

  test('ignores the timer of a request that was answered', () => {
    const { linkDown, receive, fire, views } = member({ active: [left, right], passive: [third, stranger], draws: [0, 1] });
    linkDown(left);
    receive(third, reply(false));
    expect(fire(neighbourTimer(1))).toEqual([]);
    receive(stranger, reply(false));
    expect(fire(neighbourTimer(2))).toEqual([]);
    expect(views().passive).toEqual([third, stranger]);
  });

  test('gives back a place that came too late', () => {
    const { linkDown, receive, fire, views } = member({ active: [left, right], passive: [third] });
    linkDown(left);
    fire(neighbourTimer(1));
    expect(receive(third, reply(true))).toEqual([sent(third, disconnect)]);
    expect(views()).toEqual({ active: [right], passive: [] });
  });

  test('gives back a place when it has filled up meanwhile', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third], options: { activeViewSize: 2 } });
    linkDown(left);
    receive(newcomer, neighbour('high'));
    expect(receive(third, reply(true))).toEqual([sent(third, disconnect)]);
    expect(views()).toEqual({ active: [right, newcomer], passive: [third] });
  });

  test('takes two peers that ask each other once', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third] });
    linkDown(left);
    expect(receive(third, neighbour('low'))).toEqual([...up(third), sent(third, reply(true))]);
    expect(receive(third, reply(true))).toEqual([]);
    expect(views()).toEqual({ active: [right, third], passive: [] });
  });

  test('does not take back a peer that it dropped after both had asked', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third, stranger], options: { activeViewSize: 2 }, draws: [0, 1] });
    linkDown(left);
    receive(third, neighbour('low'));
    receive(newcomer, neighbour('high'));
    expect(views()).toEqual({ active: [right, newcomer], passive: [stranger, third] });
    expect(linkDown(right)).toEqual([...down(right), ...asked(stranger, 2)]);
    expect(receive(third, reply(true))).toEqual([sent(third, disconnect)]);
    expect(views()).toEqual({ active: [newcomer], passive: [stranger, third] });
  });

  test('moves a neighbour that disconnects to the passive view and asks somebody else first', () => {
    const { receive, views } = member({ active: [left, right], passive: [third] });
    expect(receive(left, disconnect)).toEqual([...down(left), ...asked(third, 1)]);
    expect(views()).toEqual({ active: [right], passive: [third, left] });
  });

  test('does not ask the neighbour that disconnected before the next shuffle', () => {
    const { receive, fire, views } = member({ active: [left] });
    expect(receive(left, disconnect)).toEqual(down(left));
    expect(views()).toEqual({ active: [], passive: [left] });
    expect(fire(shuffleTimer)).toEqual([timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS), ...asked(left, 1, 'high')]);
  });

  test('takes a Disconnect for a refusal when it was asking, and gives back an answer that comes after', () => {
    const { linkDown, receive, views } = member({ active: [left, right], passive: [third, stranger] });
    linkDown(left);
    expect(receive(third, disconnect)).toEqual(asked(stranger, 2));
    expect(views()).toEqual({ active: [right], passive: [stranger] });
    expect(receive(third, reply(true))).toEqual([sent(third, disconnect)]);
  });

  test('is not moved by a stranger that disconnects or refuses', () => {
    const { receive, views } = member({ active: [left], passive: [third] });
    expect([receive(stranger, disconnect), receive(third, disconnect), receive(stranger, reply(false))]).toEqual([[], [], []]);
    expect(views()).toEqual({ active: [left], passive: [third] });
  });

  test('says good-bye to every neighbour when the peer leaves', () => {
    const { leave, views } = member({ active: [left, right], passive: [third] });
    expect(leave()).toEqual([sent(left, disconnect), ...down(left), sent(right, disconnect), ...down(right)]);
    expect(views().active).toEqual([]);
  });
});

describe('HyParView section 4.4, the passive view', () => {
  const ka = 2;
  const kp = 2;
  const options = { shuffleActive: ka, shufflePassive: kp };

  test('is shuffled by sending the peer itself, ka active and kp passive peers to a random neighbour', () => {
    const { fire } = member({ active: [left, right, third], passive: peers(3, 20), options: { ...options, activeViewSize: 3 }, draws: [1] });
    expect(fire(shuffleTimer)).toEqual([
      timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS),
      sent(right, shuffle(self, 6, [self, left, third, peerRef(20), peerRef(21)])),
    ]);
  });

  test('lets a shuffle walk on while it has hops left and somewhere to go', () => {
    const { receive, views } = member({ active: [left, right, origin] });
    expect(receive(left, shuffle(origin, 2, [origin, stranger]))).toEqual([sent(right, shuffle(origin, 1, [origin, stranger]))]);
    expect(views().passive).toEqual([]);
  });

  test.each([['no hops are left', 1, [left, right]], ['there is nowhere to go', 5, [left]]])(
    'answers the origin of a shuffle with as many peers where %s',
    (_, timeToLive, active) => {
      const known = peers(3, 20);
      const { receive, views } = member({ active, passive: known });
      expect(receive(left, shuffle(origin, timeToLive, [origin, stranger]))).toEqual([sent(origin, shuffleReply(known.slice(0, 2)))]);
      expect(views().passive).toEqual([...known, origin, stranger]);
    },
  );

  test('fills the answer up with neighbours where its passive view is short, but for those that came', () => {
    const { receive } = member({ active: [left, right, origin, stranger], passive: [peerRef(20)] });
    expect(receive(left, shuffle(origin, 1, [origin, stranger, peerRef(30), peerRef(31)]))).toEqual([sent(origin, shuffleReply([peerRef(20), left, right]))]);
  });

  test('makes room by forgetting first what it sent in exchange', () => {
    const known = peers(4, 20);
    const { receive, views } = member({ active: [left], passive: known, options: { passiveViewSize: 4 }, draws: [2, 2] });
    expect(receive(left, shuffle(origin, 1, [origin, stranger]))).toEqual([sent(origin, shuffleReply([peerRef(22), peerRef(23)]))]);
    expect(views().passive).toEqual([peerRef(20), peerRef(21), origin, stranger]);
  });

  test('makes room for an answer by forgetting first what it asked with', () => {
    const known = peers(4, 20);
    const { fire, receive, views } = member({
      active: [left],
      passive: known,
      options: { ...options, activeViewSize: 1, passiveViewSize: 4 },
      draws: [0, 1, 1],
    });
    expect(fire(shuffleTimer)).toEqual([
      timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS),
      sent(left, shuffle(self, 6, [self, peerRef(21), peerRef(22)])),
    ]);
    expect(receive(stranger, shuffleReply([origin, stranger]))).toEqual([]);
    expect(views().passive).toEqual([peerRef(20), peerRef(23), origin, stranger]);
  });

  test('forgets random peers when nothing that was sent is left to forget', () => {
    const { receive, views } = member({ active: [left], passive: peers(3, 20), options: { passiveViewSize: 3 }, draws: [1] });
    receive(stranger, shuffleReply([origin]));
    expect(views().passive).toEqual([peerRef(20), peerRef(22), origin]);
  });

  test('never takes in the peer itself, a neighbour or a peer twice', () => {
    const { receive, views } = member({ active: [left], passive: [third] });
    receive(stranger, shuffleReply([self, left, third, origin, origin]));
    expect(views().passive).toEqual([third, origin]);
  });

  test('takes no more from one sample than a peer would send, and passes no more on', () => {
    const sample = peers(40, 20);
    const taking = member({ active: [left], options });
    taking.receive(left, shuffle(origin, 1, sample));
    expect(taking.views().passive).toEqual(sample.slice(0, 1 + ka + kp));
    const passing = member({ active: [left, right], options });
    expect(passing.receive(left, shuffle(origin, 3, sample))).toEqual([sent(right, shuffle(origin, 2, sample.slice(0, 1 + ka + kp)))]);
  });

  test('tells the origin of a shuffle that it is no neighbour, if it comes straight from there', () => {
    const { receive } = member({ active: [left, right] });
    expect(receive(origin, shuffle(origin, 6, [origin]))).toEqual([
      sent(origin, disconnect),
      sent(left, shuffle(origin, 5, [origin])),
    ]);
  });

  test('lets its own shuffle die when it comes back', () => {
    const { receive } = member({ active: [left, right] });
    expect(receive(left, shuffle(self, 4, [self]))).toEqual([]);
  });

  test('lets a shuffle live no longer than ARWL, whatever a peer claims', () => {
    const { receive } = member({ active: [left, right] });
    expect(receive(left, shuffle(origin, 1_000_000, [origin]))).toEqual([sent(right, shuffle(origin, 5, [origin]))]);
  });
});

describe('a HyParView peer that has lost everyone', () => {
  test('says so and joins again through a contact', () => {
    const { fire } = member({ contacts: [contact, left], draws: [1] });
    expect(fire(shuffleTimer)).toEqual([
      timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS),
      emitted({ kind: 'isolated', group: GROUP }),
      sent(left, join),
    ]);
  });

  test('waits to be found when it was given no contact', () => {
    const { fire } = member();
    expect(fire(shuffleTimer)).toEqual([timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS)]);
  });

  test('asks its passive peers before its contacts', () => {
    const { fire } = member({ contacts: [contact], passive: [third] });
    expect(fire(shuffleTimer)).toEqual([timerSet(shuffleTimer, SHUFFLE_INTERVAL_MS), ...asked(third, 1, 'high')]);
  });
});
