import { describe, expect, test } from 'vitest';
import { type AntiEntropyOptions, DEFAULTS } from '../../../lib/core/config.ts';
import type { MessageId, PeerRef } from '../../../lib/core/ids.ts';
import { numberedId } from '../../../lib/core/message-key.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { AntiEntropy } from '../../../lib/dissemination/anti-entropy.ts';
import { RangeReconciliation } from '../../../lib/dissemination/range-reconciliation.ts';
import { GROUP, SESSION, ScriptedRandom, data, logLimits, oneHopOn, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

const { self, source, partner } = roles('self', 'source', 'partner');
const timer = { kind: 'antiEntropy', group: GROUP, session: SESSION } as const;
const again = timerSet(timer, 1000);

function id(seq: number): MessageId {
  return { origin: source, epoch: 1, seq };
}

function member(seqs: readonly number[], options: Partial<AntiEntropyOptions> = {}, role: 'dissemination' | 'repair' = 'dissemination', since: 'any' | 'now' = 'any') {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits({ since }));
  const all = { ...DEFAULTS.dissemination['anti-entropy'], reconcile: 'ranges' as const, ...options };
  const random = new ScriptedRandom();
  const ranges = new RangeReconciliation(log, numberedId, all.batchMax, random);
  const antiEntropy = new AntiEntropy(self, SESSION, all, log, [partner], random, role, { ranges });
  for (const seq of seqs) log.accept(data(source, seq), source, effects);
  effects.take();
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    log,
    receive: (from: PeerRef, message: Message) => output(() => antiEntropy.onMessage(from, message, 0, effects)),
    fire: () => output(() => antiEntropy.onTimer(timer, 0, effects)),
  };
}

const want = (...seqs: readonly number[]): Message => ({ kind: 'rangeWant', group: GROUP, ids: seqs.map(id) });
const offer = (...seqs: readonly number[]): Message => ({ kind: 'rangeOffer', group: GROUP, ids: seqs.map(id) });
const empty: Message = { kind: 'ranges', group: GROUP, mode: 'pushPull', lower: '', ranges: [{ kind: 'fingerprint', upper: '', fingerprint: '\0'.repeat(8) }], ids: [] };

describe('anti-entropy by ranges', () => {
  test.each([['push', 'push'], ['pull', 'pull'], ['push-pull', 'pushPull']] as const)('begins an exchange with one partner in every cycle, with %s', (mode, word) => {
    expect(member([], { mode }).fire()).toEqual([again, sentUnreliably(partner, { ...empty, mode: word } as Message)]);
  });

  test('delivers what it asked for, and passes it to nobody', () => {
    const { receive } = member([0]);
    expect(receive(partner, offer(0, 1))).toEqual([sent(partner, want(1))]);
    const repair = data(source, 1, { repair: true });
    expect([receive(partner, repair), receive(partner, offer(0, 1))]).toEqual([[delivered(repair, partner)], []]);
  });

  test('asks again for what has not come in a cycle, also where nobody takes its contact', () => {
    const { fire, receive } = member([0], { connectionLimit: 1 });
    expect([receive(partner, offer(1)), receive(partner, offer(1))]).toEqual([[sent(partner, want(1))], []]);
    fire();
    expect(receive(partner, offer(1))).toEqual([sent(partner, want(1))]);
  });

  test('as a repair sends only what has been here for a whole cycle', () => {
    const { receive, fire } = member([0], {}, 'repair');
    const repaired = { ...oneHopOn(data(source, 0)), repair: true };
    expect(receive(partner, want(0))).toEqual([]);
    fire();
    expect(receive(partner, want(0))).toEqual([]);
    fire();
    expect(receive(partner, want(0))).toEqual([sent(partner, repaired)]);
  });

  test('a newcomer that does not know yet what it is owed asks for nothing, and answers others', () => {
    const { receive, fire, log } = member([0, 1], {}, 'repair', 'now');
    expect([fire(), receive(partner, offer(2))]).toEqual([[again], []]);
    expect(receive(partner, empty)).toEqual([sent(partner, { ...empty, ranges: [{ kind: 'ids', upper: '' }], ids: [id(0), id(1)] } as Message)]);
    log.startAt([], new RecordingEffects());
    expect(receive(partner, offer(2))).toEqual([sent(partner, want(2))]);
  });

  test('where digests are exchanged, messages of ranges say nothing', () => {
    const effects = new RecordingEffects();
    const log = new MessageLog(GROUP, SESSION, logLimits());
    const antiEntropy = new AntiEntropy(self, SESSION, DEFAULTS.dissemination['anti-entropy'], log, [partner], new ScriptedRandom(), 'repair');
    for (const message of [empty, offer(0), want(0)]) antiEntropy.onMessage(partner, message, 0, effects);
    expect(effects.take()).toEqual([]);
  });
});
