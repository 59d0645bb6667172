import { describe, expect, test } from 'vitest';
import { DEFAULTS, type XBotOptions } from '../../../lib/core/config.ts';
import type { Timer } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, linkClosed, linkOpened, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

const { self, dearest, dear, cheap, near, far, other } = roles('self', 'dearest', 'dear', 'cheap', 'near', 'far', 'other');

const { optimizationIntervalMs, swapTimeoutMs, neighbourTimeoutMs } = DEFAULTS.overlay['x-bot'];
const optimize: Timer = { kind: 'xBot', group: GROUP, session: SESSION, step: 'optimize', swap: 0 };

function swapTimer(swap: number): Timer {
  return { kind: 'xBot', group: GROUP, session: SESSION, step: 'swap', swap };
}

const disconnect: Message = { kind: 'disconnect', group: GROUP };
const disconnectWait: Message = { kind: 'disconnectWait', group: GROUP };

function optimization(old: PeerRef): Message {
  return { kind: 'optimization', group: GROUP, old };
}

function optimizationReply(accepted: boolean, swapped = accepted): Message {
  return { kind: 'optimizationReply', group: GROUP, accepted, swapped };
}

function replace(initiator: PeerRef, old: PeerRef): Message {
  return { kind: 'replace', group: GROUP, initiator, old };
}

function reply(kind: 'replaceReply' | 'switchReply', accepted: boolean): Message {
  return { kind, group: GROUP, accepted };
}

function switchTo(initiator: PeerRef): Message {
  return { kind: 'switch', group: GROUP, initiator };
}

function up(peer: PeerRef): Effect[] {
  return [linkOpened(peer), emitted({ kind: 'neighbourUp', group: GROUP, peer })];
}

function down(peer: PeerRef): Effect[] {
  return [linkClosed(peer), emitted({ kind: 'neighbourDown', group: GROUP, peer })];
}

interface Setup {
  readonly active?: readonly PeerRef[];
  readonly passive?: readonly PeerRef[];
  /** Round trips in ms. */
  readonly rtts?: ReadonlyMap<PeerRef, number>;
  readonly options?: Partial<XBotOptions>;
}

/** Three neighbours, the dearest first, and two passive peers, of which one is nearer than all. */
const RTTS: ReadonlyMap<PeerRef, number> = new Map([[dearest, 300], [dear, 200], [cheap, 30], [near, 10], [far, 400]]);

/** A peer with these views, which has measured these round trips: all random choices are the first of each list. */
function member(setup: Setup = {}) {
  const { active = [dearest, dear, cheap], passive = [near, far], rtts = RTTS } = setup;
  const effects = new RecordingEffects();
  const options = { ...DEFAULTS.overlay['x-bot'], activeViewSize: 3, ...setup.options };
  const random = new ScriptedRandom();
  const view = new HyParView(self, GROUP, SESSION, options, random, new RecordingListener());
  const overlay = new XBot(self, GROUP, SESSION, options, view, random);
  overlay.start([], 0, effects);
  for (const peer of active) overlay.onMessage(peer, { kind: 'neighbour', group: GROUP, priority: 'high' }, 0, effects);
  overlay.onMessage(other, { kind: 'shuffleReply', group: GROUP, peers: passive }, 0, effects);
  let seq = 0;
  for (const [peer, rttMs] of rtts) {
    overlay['meter'].probe(peer, 0, effects);
    overlay.onMessage(peer, { kind: 'rttReply', group: GROUP, seq: seq++ }, rttMs, effects);
  }
  effects.take();
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    overlay,
    views: () => ({ active: [...view.neighbours], passive: [...view.passive] }),
    receive: (from: PeerRef, message: Message, nowMs = 0) => output(() => overlay.onMessage(from, message, nowMs, effects)),
    fire: (timer: Timer, nowMs = 0) => output(() => overlay.onTimer(timer, nowMs, effects)),
    linkDown: (peer: PeerRef) => output(() => overlay.onLinkDown(peer, 0, effects)),
  };
}

type Member = ReturnType<typeof member>;

/** The peer has scanned its passive view and starts a swap of `dear` for `near`. */
function initiator(): Member {
  const peer = member();
  peer.fire(optimize);
  peer.fire(optimize);
  return peer;
}

describe('X-BOT, a round', () => {
  test('measures as many passive peers as it scans, neighbours that are not measured, and one neighbour again', () => {
    const peer = member({ rtts: new Map([[dearest, 300], [dear, 200]]) });
    expect(peer.fire(optimize)).toEqual([
      timerSet(optimize, optimizationIntervalMs),
      ...[near, far, dearest, cheap].map((to, index) => sentUnreliably(to, { kind: 'rttProbe', group: GROUP, seq: 2 + index })),
    ]);
  });

  test('asks a scanned peer that is nearer than the dearest neighbour that may be exchanged, which is not the dearest of all (mu)', () => {
    const peer = member();
    peer.fire(optimize);
    expect(peer.fire(optimize).slice(0, 3)).toEqual([timerSet(optimize, optimizationIntervalMs), timerSet(swapTimer(1), swapTimeoutMs), sent(near, optimization(dear))]);
  });

  test.each<[string, Setup]>([
    ['none is nearer by gainPercent', { rtts: new Map([...RTTS, [near, 191]]) }],
    ['all neighbours but one are unbiased', { options: { unbiasedNeighbours: 2 }, rtts: new Map([...RTTS, [near, 29]]) }],
    ['the view is not full', { options: { activeViewSize: 4 } }],
    ['the scanned are not measured', { rtts: new Map([[dearest, 300], [dear, 200], [cheap, 30]]) }],
  ])('asks nobody when %s', (_, setup) => {
    const peer = member(setup);
    peer.fire(optimize);
    expect(peer.fire(optimize).filter(({ effect }) => effect === 'send')).toEqual([]);
  });

  test('starts no swap beside another', () => {
    const peer = initiator();
    peer.receive(near, { kind: 'rttReply', group: GROUP, seq: 99 });
    expect(peer.fire(optimize).filter(({ effect }) => effect === 'send')).toEqual([]);
    expect(peer.overlay.counters.started).toBe(1);
  });
});

describe('X-BOT, step 1: the candidate', () => {
  test('with a free place takes the initiator at once', () => {
    const peer = member({ options: { activeViewSize: 4 } });
    expect(peer.receive(near, optimization(far))).toEqual([...up(near), sent(near, optimizationReply(true, false))]);
    expect(peer.views()).toEqual({ active: [dearest, dear, cheap, near], passive: [far] });
  });

  test('asks its dearest neighbour that is not unbiased to go', () => {
    const peer = member();
    expect(peer.receive(near, optimization(far))).toEqual([timerSet(swapTimer(1), swapTimeoutMs), sent(dear, replace(near, far))]);
    expect(peer.views().active).toEqual([dearest, dear, cheap]);
  });

  test('asks the next one when that is the old one itself', () => {
    expect(member().receive(near, optimization(dear))).toEqual([timerSet(swapTimer(1), swapTimeoutMs), sent(cheap, replace(near, dear))]);
  });

  test('refuses while it takes part in another swap', () => {
    const peer = initiator();
    expect(peer.receive(far, optimization(other))).toEqual([sent(far, optimizationReply(false))]);
  });
});

describe('X-BOT, step 2: the disconnected peer', () => {
  test('asks the old one when that is better for it than the candidate', () => {
    const peer = member();
    expect(peer.receive(dear, replace(other, near))).toEqual([timerSet(swapTimer(1), swapTimeoutMs), sent(near, switchTo(other))]);
  });

  test('refuses when it is not', () => {
    const peer = member();
    expect(peer.receive(dear, replace(other, far))).toEqual([timerSet(swapTimer(1), swapTimeoutMs), sent(dear, reply('replaceReply', false))]);
  });

  test('measures the old one first when it does not know it', () => {
    const peer = member({ rtts: new Map([[dear, 200]]) });
    expect(peer.receive(dear, replace(other, near), 1000)).toEqual([timerSet(swapTimer(1), swapTimeoutMs), sentUnreliably(near, { kind: 'rttProbe', group: GROUP, seq: 1 })]);
    expect(peer.receive(near, { kind: 'rttReply', group: GROUP, seq: 1 }, 1020)).toEqual([sent(near, switchTo(other))]);
  });

  test.each<[string, PeerRef, Message]>([
    ['from a peer that is no neighbour', far, replace(other, near)],
    ['for a peer that is a neighbour already', dear, replace(other, cheap)],
    ['for itself', dear, replace(other, self)],
    ['for three parties', dear, replace(near, near)],
  ])('refuses what comes %s', (_, from, message) => {
    expect(member().receive(from, message)).toEqual([sent(from, reply('replaceReply', false))]);
  });
});

describe('X-BOT, step 3: the old one', () => {
  test('gives up the initiator, tells it to wait, and takes the disconnected peer', () => {
    const peer = member();
    expect(peer.receive(near, switchTo(dear))).toEqual([...down(dear), sent(dear, disconnectWait), ...up(near), sent(near, reply('switchReply', true))]);
    expect(peer.views()).toEqual({ active: [dearest, cheap, near], passive: [far, dear] });
  });

  test.each<[string, PeerRef, PeerRef]>([
    ['the initiator is no neighbour', near, far],
    ['the disconnected peer is one already', cheap, dear],
  ])('refuses when %s', (_, from, who) => {
    const peer = member();
    expect(peer.receive(from, switchTo(who))).toEqual([sent(from, reply('switchReply', false))]);
    expect(peer.views().active).toEqual([dearest, dear, cheap]);
  });

  test('refuses while it takes part in a swap of its own', () => {
    expect(initiator().receive(far, switchTo(dear))).toEqual([sent(far, reply('switchReply', false))]);
  });
});

describe('X-BOT, step 4: the answers go back', () => {
  test('the disconnected peer gives up the candidate for the old one', () => {
    const peer = member();
    peer.receive(dear, replace(other, near));
    expect(peer.receive(near, reply('switchReply', true))).toEqual([...down(dear), ...up(near), sent(dear, reply('replaceReply', true))]);
    expect(peer.views()).toEqual({ active: [dearest, cheap, near], passive: [far, dear] });
  });

  test('or passes on that the old one refused', () => {
    const peer = member();
    peer.receive(dear, replace(other, near));
    expect(peer.receive(near, reply('switchReply', false))).toEqual([sent(dear, reply('replaceReply', false))]);
    expect(peer.views().active).toEqual([dearest, dear, cheap]);
  });

  test('the candidate gives up the disconnected peer for the initiator', () => {
    const peer = member();
    peer.receive(near, optimization(far));
    expect(peer.receive(dear, reply('replaceReply', true))).toEqual([...down(dear), ...up(near), sent(near, optimizationReply(true))]);
    expect(peer.views()).toEqual({ active: [dearest, cheap, near], passive: [far, dear] });
  });

  test('or tells it that nobody would go', () => {
    const peer = member();
    peer.receive(near, optimization(far));
    expect(peer.receive(dear, reply('replaceReply', false))).toEqual([sent(near, optimizationReply(false))]);
  });

  test('the initiator gives up the old one for the candidate', () => {
    const peer = initiator();
    expect(peer.receive(near, optimizationReply(true))).toEqual([...down(dear), sent(dear, disconnectWait), ...up(near)]);
    expect(peer.views()).toEqual({ active: [dearest, cheap, near], passive: [far, dear] });
  });

  test('when the candidate had a free place, the old one is to look for another neighbour', () => {
    const peer = initiator();
    expect(peer.receive(near, optimizationReply(true, false))).toEqual([...down(dear), sent(dear, disconnect), ...up(near)]);
  });

  test('the place that the old one leaves is kept free for the candidate', () => {
    const peer = initiator();
    expect(peer.receive(dear, disconnectWait)).toEqual([...down(dear)]);
    expect(peer.receive(near, optimizationReply(true))).toEqual(up(near));
    expect(peer.views().active).toEqual([dearest, cheap, near]);
  });

  test('a refusal leaves all as it was', () => {
    const peer = initiator();
    expect(peer.receive(near, optimizationReply(false))).toEqual([]);
    expect(peer.views().active).toEqual([dearest, dear, cheap]);
    expect(peer.overlay.counters).toEqual({ started: 1, accepted: 0, refused: 1, timedOut: 0, exchanged: 0 });
  });
});

describe('X-BOT, a swap that is broken off', () => {
  test('an initiator that waits in vain asks somebody else for the place that the old one left', () => {
    const peer = initiator();
    peer.receive(dear, disconnectWait);
    const [asked] = peer.views().passive;
    expect(peer.fire(swapTimer(1))).toEqual([
      sent(asked ?? self, { kind: 'neighbour', group: GROUP, priority: 'low' }),
      timerSet({ kind: 'neighbour', group: GROUP, session: SESSION, attempt: 1 }, neighbourTimeoutMs),
    ]);
    expect(peer.overlay.counters.timedOut).toBe(1);
  });

  test('the timer of a swap that is over does nothing', () => {
    const peer = initiator();
    peer.receive(near, optimizationReply(false));
    expect(peer.fire(swapTimer(1))).toEqual([]);
  });

  test('who is taken for a neighbour too late, and has no room, says so', () => {
    const peer = member();
    expect([
      peer.receive(near, optimizationReply(true)), peer.receive(near, reply('switchReply', true)),
      peer.receive(near, optimizationReply(false)), peer.receive(near, reply('switchReply', false)),
    ]).toEqual([[sent(near, disconnect)], [sent(near, disconnect)], [], []]);
  });

  test('a neighbour that has given this peer up is given up, however late it says so', () => {
    const peer = member();
    expect(peer.receive(dear, reply('replaceReply', true)).slice(0, 2)).toEqual(down(dear));
    expect(peer.views().active).toEqual([dearest, cheap]);
  });

  test('one that waits for no swap takes a wait for a plain disconnect', () => {
    const peer = member();
    expect(peer.receive(dear, disconnectWait).slice(0, 2)).toEqual(down(dear));
    expect(peer.views().active).toEqual([dearest, cheap]);
  });

  test('the disconnected peer answers for an old one that fails', () => {
    const peer = member();
    peer.receive(dear, replace(other, near));
    expect(peer.linkDown(near)).toEqual([sent(dear, reply('replaceReply', false))]);
    expect(peer.receive(near, reply('switchReply', true))).toEqual([sent(near, disconnect)]);
  });

  test('an initiator does not wait for a candidate that fails', () => {
    const peer = initiator();
    peer.linkDown(near);
    expect(peer.receive(far, switchTo(dear)).at(-1)).toEqual(sent(far, reply('switchReply', true)));
  });
});

test('every peer that a swap may send to is named', () => {
  const peer = member({ rtts: new Map([[dear, 200]]), passive: [] });
  peer.receive(dear, replace(other, near));
  const named = new Set<PeerRef>();
  peer.overlay.eachPeer((ref) => named.add(ref));
  expect([...named].sort()).toEqual([dearest, dear, cheap, near]);
});

test('says what a swap would change, and which question is open, for as long as it waits', () => {
  const peer = initiator();
  expect([peer.overlay.exchange, peer.overlay.questions, peer.overlay.holdsInVain]).toEqual([{ given: dear, wanted: near }, [{ name: 'swap 1, as initiator', timeoutMs: swapTimeoutMs }], false]);
  peer.receive(dear, disconnectWait);
  expect(peer.overlay.holdsInVain).toBe(false);
  peer.fire(swapTimer(1));
  const [asked] = peer.overlay.questions;
  expect([peer.overlay.exchange, asked?.timeoutMs, peer.overlay.holdsInVain]).toEqual([undefined, neighbourTimeoutMs, false]);
});
