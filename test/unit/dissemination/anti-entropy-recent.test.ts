import { describe, expect, test } from 'vitest';
import { type AntiEntropyOptions, DEFAULTS } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { Checksum, DataMessage, Digest, DigestEntry, Message, Recent } from '../../../lib/core/messages.ts';
import { AntiEntropy } from '../../../lib/dissemination/anti-entropy.ts';
import { RecentUpdates } from '../../../lib/dissemination/recent-updates.ts';
import { GROUP, SESSION, ScriptedRandom, data, logLimits, oneHopOn, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

const { self, source, partner, other, third } = roles('self', 'source', 'partner', 'other', 'third');

const CYCLE_MS = 1000;
const TAU_MS = 5000;
const cycleTimer = { kind: 'antiEntropy', group: GROUP, session: SESSION } as const;
const NO_CHECKSUM = { high: 0, low: 0 };

function has(origin: PeerRef, next: number): DigestEntry {
  return { origin, epoch: 1, next, beyond: [] };
}

function digest(mode: Digest['mode'], ...entries: DigestEntry[]): Message {
  return { kind: 'digest', group: GROUP, mode, entries };
}

function recent(step: Recent['step'], checksum: Checksum, entries: readonly DigestEntry[], mode: Recent['mode'] = 'pushPull'): Message {
  return { kind: 'recent', group: GROUP, step, mode, checksum, entries };
}

/** The checksum of a peer that has exactly these. */
function checksumOf(...entries: DigestEntry[]): Checksum {
  const updates = new RecentUpdates(TAU_MS, (peer) => peer);
  updates.note(entries, 0);
  return updates.checksum;
}

function repaired(message: DataMessage): DataMessage {
  return { ...oneHopOn(message), repair: true };
}

/** A peer that has two old messages of `other`, three of `third`, and one of `source` that came later. */
function member(options: Partial<AntiEntropyOptions> = {}) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits());
  const all = { ...DEFAULTS.dissemination['anti-entropy'], exchange: 'recent' as const, recentMs: TAU_MS, ...options };
  const antiEntropy = new AntiEntropy(self, SESSION, all, log, [partner], new ScriptedRandom(), 'dissemination');
  let nowMs = 0;
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  const accept = (origin: PeerRef, count: number): void => {
    for (let seq = 0; seq < count; seq++) log.accept(data(origin, seq), origin, effects);
    effects.take();
  };
  const cycle = (ms: number): Effect[] => {
    nowMs = ms;
    return output(() => antiEntropy.onTimer(cycleTimer, nowMs, effects));
  };
  accept(other, 2);
  accept(third, 3);
  cycle(1000);
  accept(source, 1);
  return { cycle, receive: (from: PeerRef, message: Message) => output(() => antiEntropy.onMessage(from, message, nowMs, effects)) };
}

const ALL = [has(other, 2), has(third, 3), has(source, 1)];

describe('Demers et al. section 1.3, recent updates and checksums first', () => {
  test('a cycle begins with what came within tau, and the checksum of all', () => {
    const { cycle } = member();
    expect(cycle(6000)).toEqual([timerSet(cycleTimer, CYCLE_MS), sentUnreliably(partner, recent('ask', checksumOf(...ALL), [has(source, 1)]))]);
    expect(cycle(11_000)).toEqual([timerSet(cycleTimer, CYCLE_MS), sentUnreliably(partner, recent('ask', checksumOf(...ALL), []))]);
  });

  test('a question is answered with what is here of the publishers listed, and what came lately', () => {
    const { cycle, receive } = member();
    cycle(6000);
    expect(receive(partner, recent('ask', NO_CHECKSUM, [has(other, 4), has(self, 1)]))).toEqual([
      sentUnreliably(partner, recent('answer', checksumOf(...ALL), [has(source, 1), has(other, 2), has(self, 0)])),
    ]);
  });

  test('where the rest agrees, what either lacks of the recent is sent and fetched, and nothing else', () => {
    const { cycle, receive } = member();
    cycle(6000);
    const theirs = [has(other, 4), has(third, 3), has(source, 0)];
    expect(receive(partner, recent('answer', checksumOf(...theirs), [has(source, 0), has(other, 4)]))).toEqual([
      sent(partner, repaired(data(source, 0))),
      sentUnreliably(partner, recent('fetch', NO_CHECKSUM, [has(other, 2)])),
    ]);
  });

  test('push sends and does not fetch, pull fetches and does not send', () => {
    const answers = (['push', 'pull'] as const).map((mode) => {
      const { cycle, receive } = member({ mode });
      cycle(6000);
      return receive(partner, recent('answer', checksumOf(has(other, 4), has(third, 3)), [has(source, 0), has(other, 4)], mode));
    });
    expect(answers).toEqual([[sent(partner, repaired(data(source, 0)))], [sentUnreliably(partner, recent('fetch', NO_CHECKSUM, [has(other, 2)], 'pull'))]]);
  });

  test('between equals nothing more is said', () => {
    const { cycle, receive } = member();
    cycle(6000);
    expect(receive(partner, recent('answer', checksumOf(...ALL), [has(source, 1)]))).toEqual([]);
  });

  test('only where the checksums of the rest differ, all is compared', () => {
    const { cycle, receive } = member();
    cycle(6000);
    const theirs = [has(other, 2), has(third, 2), has(source, 1)];
    expect(receive(partner, recent('answer', checksumOf(...theirs), [has(source, 1)]))).toEqual([sentUnreliably(partner, digest('pushPull', ...ALL))]);
  });

  test('a fetch is answered with what is lacked of the publishers listed, and of no others', () => {
    const { receive } = member();
    expect(receive(partner, recent('fetch', NO_CHECKSUM, [has(third, 1), has(source, 1)]))).toEqual([
      sent(partner, repaired(data(third, 1))), sent(partner, repaired(data(third, 2))),
    ]);
  });

  test('a peer that compares all at once answers a question by its digest', () => {
    const { receive } = member({ exchange: 'full' });
    expect(receive(partner, recent('ask', NO_CHECKSUM, []))).toEqual([sentUnreliably(partner, digest('pushPull', ...ALL))]);
    expect(receive(partner, recent('answer', NO_CHECKSUM, []))).toEqual([]);
  });
});

describe('Demers et al. section 1.4, connection limit of anti-entropy', () => {
  test('a cycle begins with a question, and goes on when it is accepted', () => {
    const { cycle, receive } = member({ exchange: 'full', connectionLimit: 1 });
    const connect = (seq: number): Message => ({ kind: 'connect', group: GROUP, protocol: 'antiEntropy', seq });
    expect(cycle(2000)).toEqual([timerSet(cycleTimer, CYCLE_MS), sentUnreliably(partner, connect(1))]);
    const reply = (accepted: boolean): Message => ({ kind: 'connectReply', group: GROUP, protocol: 'antiEntropy', seq: 1, accepted });
    expect(receive(partner, reply(true))).toEqual([sentUnreliably(partner, digest('pushPull', ...ALL))]);
    expect([receive(other, connect(4)), receive(third, connect(4))].flat()).toEqual([
      sentUnreliably(other, { ...reply(true), seq: 4 } as Message), sentUnreliably(third, { ...reply(false), seq: 4 } as Message),
    ]);
  });
});
