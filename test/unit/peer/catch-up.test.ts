import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Digest, DigestEntry, Message } from '../../../lib/core/messages.ts';
import { PeerEngine } from '../../../lib/peer/engine.ts';
import { GROUP, ScriptedRandom, data, oneHopOn, peers, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, emitted, sent, timerSet } from '../../support/recording-effects.ts';

const { self, left, right, third, source, other } = roles('self', 'left', 'right', 'third', 'source', 'other');

const TIMEOUT_MS = 1000;
const caughtUp = emitted({ kind: 'caughtUp', group: GROUP });

function digest(mode: Digest['mode'], ...entries: DigestEntry[]): Message {
  return { kind: 'digest', group: GROUP, mode, entries };
}

function at(origin: PeerRef, next: number, beyond: readonly number[] = [], epoch = 1): DigestEntry {
  return { origin, epoch, next, beyond };
}

function asked(to: PeerRef, ...entries: DigestEntry[]): Effect {
  return sent(to, digest(entries.length === 0 ? 'state' : 'history', ...entries));
}

function waits(attempt: number, afterMs = TIMEOUT_MS): Effect {
  return timerSet({ kind: 'catchUp', group: GROUP, session: 0, attempt }, afterMs);
}

function again(message: DataMessage): DataMessage {
  return { ...oneHopOn(message), repair: true };
}

function lost(origin: PeerRef, fromSeq: number, toSeq: number): Effect {
  return emitted({ kind: 'lost', group: GROUP, origin, epoch: 1, fromSeq, toSeq });
}

/** What concerns catching up, and the application: not links, nor that neighbours come and go. */
function relevant(effects: readonly Effect[]): Effect[] {
  return effects.filter(({ effect, ...rest }) => effect !== 'openLink' && effect !== 'closeLink' && !('event' in rest && /^neighbour/.test(rest.event.kind)));
}

/** A peer that floods over neighbours that come up one by one. */
function member(options: GroupOptions = {}, given: readonly PeerRef[] = []) {
  const effects = new RecordingEffects();
  const engine = new PeerEngine(self, 5, new ScriptedRandom());
  const output = (act: () => void): Effect[] => {
    act();
    return relevant(effects.take());
  };
  const joining = output(() => engine.join(GROUP, groupConfig({ overlay: 'static', dissemination: 'flooding', ...options }), given, 0, effects));
  return {
    engine,
    joining,
    up: (peer: PeerRef) => output(() => engine.addContact(GROUP, peer, 0, effects)),
    down: (peer: PeerRef) => output(() => engine.onLinkDown(peer, 0, effects)),
    receive: (from: PeerRef, message: Message) => output(() => engine.onMessage(from, message, 0, effects)),
    timeout: (attempt: number) => output(() => engine.onTimer({ kind: 'catchUp', group: GROUP, session: 0, attempt }, 0, effects)),
    log: () => engine.group(GROUP)?.log,
  };
}

describe('since any', () => {
  test('asks nobody', () => {
    const { joining, up } = member({ since: 'any' });
    expect([joining, up(left)]).toEqual([[], []]);
  });
});

describe('a neighbour that is asked where to start', () => {
  test('says without an order what it has seen', () => {
    const { up, receive } = member();
    up(left);
    for (const seq of [0, 2]) receive(left, data(source, seq));
    expect(receive(left, digest('state'))).toEqual([sent(left, digest('stateReply', at(source, 1, [2, 2])))]);
  });

  test.each(['fifo', 'causal'] as const)('says in %s order how far its application is, and sends what waits for its turn', (order) => {
    const { up, receive } = member({ order });
    up(left);
    const waiting = data(source, 2);
    for (const message of [data(source, 0), waiting]) receive(left, message);
    expect(receive(left, digest('state'))).toEqual([sent(left, digest('stateReply', at(source, 1))), sent(left, again(waiting))]);
  });

  test('answers one that is not known as a neighbour yet', () => {
    expect(member().receive(right, digest('state'))).toEqual([sent(right, digest('stateReply'))]);
  });

  test('says nothing to answers that it did not ask for', () => {
    const { up, receive } = member();
    up(left);
    expect((['stateReply', 'historyPart', 'historyEnd'] as const).map((mode) => receive(left, digest(mode, at(source, 9))))).toEqual([[], [], []]);
    expect(receive(left, data(source, 0))).toEqual([delivered(data(source, 0), left)]);
  });
});

describe('since now', () => {
  test('asks the first neighbour, and what that one has seen is not delivered any more', () => {
    const { up, receive } = member({ since: 'now' });
    expect([up(left), up(right)]).toEqual([[asked(left), waits(1)], []]);
    expect(receive(left, digest('stateReply', at(source, 5, [6, 6])))).toEqual([caughtUp]);
    expect([4, 6].map((seq) => receive(right, data(source, seq, { repair: true })))).toEqual([[], []]);
    expect(receive(right, data(source, 5, { repair: true }))).toEqual([delivered(data(source, 5, { repair: true }), right)]);
  });

  test('asks neighbours that are given from the start', () => {
    expect(member({ since: 'now' }, [self, left, right]).joining).toEqual([asked(left), waits(1)]);
  });

  test('without an order delivers at once what comes before the answer', () => {
    const { up, receive } = member({ since: 'now' });
    up(left);
    expect(receive(left, data(source, 9))).toEqual([delivered(data(source, 9), left)]);
  });

  test.each(['fifo', 'causal'] as const)('in %s order holds back what comes before the answer, and starts there without losses', (order) => {
    const { up, receive } = member({ since: 'now', order });
    up(left);
    for (const seq of [3, 8, 9]) expect(receive(left, data(source, seq))).toEqual([]);
    expect(receive(left, digest('stateReply', at(source, 9)))).toEqual([delivered(data(source, 8), left), delivered(data(source, 9), left), caughtUp]);
    expect(receive(left, data(source, 10))).toEqual([delivered(data(source, 10), left)]);
  });

  test('loses nothing when the neighbour knows nothing', () => {
    const { up, receive } = member({ since: 'now', order: 'fifo' });
    up(left);
    expect(receive(left, digest('stateReply'))).toEqual([caughtUp]);
    expect(receive(left, data(source, 0))).toEqual([delivered(data(source, 0), left)]);
  });

  test('does not believe what it is told of itself', () => {
    const { engine, up, receive, log } = member({ since: 'now' });
    up(left);
    receive(left, digest('stateReply', at(self, 7, [], 4_000_000_000)));
    expect(engine.publish(GROUP, Uint8Array.of(1), 0, new RecordingEffects())).toMatchObject({ epoch: 5, seq: 0 });
    expect(log()?.digest()).toEqual([at(self, 1, [], 5)]);
  });

  test('asks for no repair and answers no offer before it knows', () => {
    const { up, receive, engine, log } = member({ since: 'now', repair: 'anti-entropy' });
    up(left);
    const cycle = (): Effect[] => {
      const effects = new RecordingEffects();
      engine.onTimer({ kind: 'antiEntropy', group: GROUP, session: 0 }, 0, effects);
      return effects.take().filter(({ effect }) => effect !== 'setTimer');
    };
    expect([receive(left, digest('push', at(source, 5))), cycle()]).toEqual([[], []]);
    receive(left, digest('stateReply', at(source, 5)));
    expect(cycle()).toHaveLength(1);
    expect(receive(left, digest('push', at(source, 5)))).toEqual([]);
    expect(log()?.catchingUp).toBe(false);
  });

  test('asks the next neighbour when there is no answer in time, believes the one before too, and only those that it asked', () => {
    const { up, receive, timeout } = member({ since: 'now' });
    for (const peer of [left, right, third]) up(peer);
    expect([timeout(1), timeout(1)]).toEqual([[asked(right), waits(2)], []]);
    expect(receive(third, digest('stateReply', at(source, 9)))).toEqual([]);
    expect(receive(left, digest('stateReply', at(source, 5)))).toEqual([caughtUp]);
    expect([receive(right, digest('stateReply', at(source, 9))), timeout(2)]).toEqual([[], []]);
    expect(receive(left, data(source, 5))).toContainEqual(delivered(data(source, 5), left));
  });

  test('asks another one when the neighbour asked goes, or waits for one to come', () => {
    const { up, down } = member({ since: 'now' });
    up(left);
    expect([down(left), up(right), up(third), down(right)]).toEqual([[], [asked(right), waits(2)], [], [asked(third), waits(3)]]);
  });

  test('after four tries starts with the lowest number that it holds', () => {
    const { up, receive, timeout } = member({ since: 'now', order: 'fifo' });
    up(left);
    up(right);
    for (const seq of [8, 7]) receive(left, data(source, seq));
    expect([timeout(1), timeout(2), timeout(3)]).toEqual([[asked(right), waits(2)], [asked(left), waits(3)], [asked(left), waits(4)]]);
    expect(timeout(4)).toEqual([delivered(data(source, 7), left), delivered(data(source, 8), left), caughtUp]);
  });

  test('asks back who asks while it waits, and answers when it knows', () => {
    const { up, receive } = member({ since: 'now' });
    up(left);
    up(right);
    expect([receive(right, digest('state')), receive(right, digest('state'))]).toEqual([[asked(right)], []]);
    expect(receive(left, digest('stateReply', at(source, 5)))).toEqual([caughtUp, sent(right, digest('stateReply', at(source, 5)))]);
    expect(receive(right, digest('state'))).toEqual([sent(right, digest('stateReply', at(source, 5)))]);
  });

  test('asks the next neighbour at once when the one asked turns out to be a newcomer', () => {
    const { up, receive } = member({ since: 'now' });
    up(left);
    up(right);
    expect(receive(left, digest('state'))).toEqual([asked(right), waits(2)]);
  });

  test('starts with nothing known after a short wait when all neighbours are newcomers, and tells them', () => {
    const { up, receive, timeout } = member({ since: 'now', order: 'fifo' });
    up(left);
    expect(receive(left, digest('state'))).toEqual([waits(2, TIMEOUT_MS / 4)]);
    receive(left, data(source, 0));
    expect(timeout(2)).toEqual([delivered(data(source, 0), left), caughtUp, sent(left, digest('stateReply', at(source, 1)))]);
  });

  test('asks a neighbour that comes during that wait', () => {
    const { up, receive } = member({ since: 'now' });
    up(left);
    receive(left, digest('state'));
    expect(up(right)).toEqual([asked(right), waits(3)]);
  });

  test('remembers only so many who ask while it waits', () => {
    const { up, receive } = member({ since: 'now' });
    const crowd = peers(70, 100);
    up(left);
    for (const peer of crowd) up(peer);
    for (const peer of crowd) receive(peer, digest('state'));
    expect(receive(left, digest('stateReply'))).toEqual([caughtUp, ...crowd.slice(0, 64).map((peer) => sent(peer, digest('stateReply')))]);
  });
});

describe('a neighbour that is asked for history', () => {
  test('sends the oldest of what is lacked, and then what it keeps', () => {
    const { up, receive } = member({ historyMessagesMax: 3 });
    up(left);
    for (const seq of [0, 1, 2, 3, 4]) receive(left, data(source, seq));
    expect(receive(left, digest('history', at(source, 0, [3, 3])))).toEqual([
      sent(left, again(data(source, 2))),
      sent(left, again(data(source, 4))),
      sent(left, digest('historyEnd', at(source, 2))),
    ]);
  });

  test('sends 256 messages at a time, and says when there are more', () => {
    const { up, receive } = member({ historyMessagesMax: 300 });
    up(left);
    for (let seq = 0; seq < 300; seq++) receive(left, data(source, seq));
    const first = receive(left, digest('history'));
    expect([first.length, first.at(-1)]).toEqual([257, sent(left, digest('historyPart', at(source, 0)))]);
    const second = receive(left, digest('history', at(source, 256)));
    expect([second.length, second.at(-1)]).toEqual([45, sent(left, digest('historyEnd', at(source, 0)))]);
  });
});

describe('since history', () => {
  const newcomer = (options: GroupOptions = {}) => member({ since: 'history', order: 'fifo', ...options });
  const askedForHistory = (to: PeerRef, ...entries: DigestEntry[]): Effect => sent(to, digest('history', ...entries));

  test('asks the first neighbour part by part, delivers what comes and gives it on to nobody', () => {
    const { up, receive } = newcomer();
    expect(up(left)).toEqual([askedForHistory(left), waits(1)]);
    const old = data(source, 0, { repair: true });
    expect(receive(left, old)).toEqual([delivered(old, left)]);
    expect(receive(left, digest('historyPart', at(source, 0)))).toEqual([askedForHistory(left, at(source, 1)), waits(2)]);
    expect(receive(left, digest('historyEnd', at(source, 0)))).toEqual([caughtUp]);
  });

  test('reports what is older than the histories of its neighbours once for each publisher, at once', () => {
    const { up, receive } = newcomer();
    up(left);
    for (const seq of [40, 41]) receive(left, data(source, seq, { repair: true }));
    expect(receive(left, digest('historyEnd', at(source, 40), at(other, 7)))).toEqual([
      lost(source, 0, 39),
      ...[40, 41].map((seq) => delivered(data(source, seq, { repair: true }), left)),
      lost(other, 0, 6),
      caughtUp,
    ]);
  });

  test('asks the neighbours that there are before it gives anything up, and goes by the longest history', () => {
    const { up, receive } = newcomer();
    up(left);
    up(right);
    expect(receive(left, digest('historyEnd', at(source, 40)))).toEqual([askedForHistory(right), waits(2)]);
    receive(right, data(source, 30, { repair: true }));
    expect(receive(right, digest('historyEnd', at(source, 30)))).toEqual([
      lost(source, 0, 29), delivered(data(source, 30, { repair: true }), right), caughtUp,
    ]);
  });

  test('without an order reports nothing', () => {
    const { up, receive } = newcomer({ order: 'none' });
    up(left);
    expect(receive(left, digest('historyEnd', at(source, 40)))).toEqual([caughtUp]);
    expect(receive(left, data(source, 3))).toEqual([delivered(data(source, 3), left)]);
  });

  test('asks those that come later too, four in all, whose histories give nothing up', () => {
    const { up, receive } = newcomer();
    const others = peers(4, 100);
    up(left);
    receive(left, digest('historyEnd'));
    expect(others.map((peer) => [up(peer), receive(peer, digest('historyEnd', at(source, 9)))])).toEqual([
      ...others.slice(0, 3).map((peer, i) => [[askedForHistory(peer), waits(i + 2)], []]),
      [[], []],
    ]);
  });

  test('asks the next when the one asked is silent or goes, and is done when nobody is left', () => {
    const { up, down, timeout, receive } = newcomer();
    for (const peer of [left, right, third]) up(peer);
    expect([timeout(1), timeout(1), down(right), timeout(3)]).toEqual([
      [askedForHistory(right), waits(2)], [], [askedForHistory(third), waits(3)], [caughtUp],
    ]);
    expect([receive(left, digest('historyEnd', at(source, 9))), receive(left, data(source, 0))]).toEqual([
      [], [delivered(data(source, 0), left), sent(third, oneHopOn(data(source, 0)))],
    ]);
  });

  test('asks a neighbour that never ends for so many parts only', () => {
    const { up, receive } = newcomer();
    up(left);
    const answers = Array.from({ length: 64 }, () => receive(left, digest('historyPart')));
    expect(answers.map((effects) => effects.length)).toEqual([...new Array(63).fill(2), 1]);
    expect(answers[63]).toEqual([caughtUp]);
  });

  test('answers others: with what it has at once, where to start when it knows', () => {
    const { up, receive } = newcomer();
    up(left);
    expect([receive(left, digest('history')), receive(left, digest('state'))]).toEqual([[sent(left, digest('historyEnd'))], []]);
    expect(receive(left, digest('historyEnd'))).toEqual([caughtUp, sent(left, digest('stateReply'))]);
    expect(receive(left, digest('state'))).toEqual([sent(left, digest('stateReply'))]);
  });
});
