import { describe, expect, test } from 'vitest';
import { type AntiEntropyOptions, DEFAULTS } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage, Digest, DigestEntry, Message } from '../../../lib/core/messages.ts';
import { AntiEntropy } from '../../../lib/dissemination/anti-entropy.ts';
import { GROUP, SESSION, ScriptedRandom, data, logLimits, oneHopOn, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

const { self, source, partner, other } = roles('self', 'source', 'partner', 'other');

const CYCLE_MS = 1000;
const cycleTimer = { kind: 'antiEntropy', group: GROUP, session: SESSION } as const;

function digest(mode: Digest['mode'], ...entries: DigestEntry[]): Message {
  return { kind: 'digest', group: GROUP, mode, entries };
}

function has(origin: PeerRef, next: number, beyond: readonly number[] = []): DigestEntry {
  return { origin, epoch: 1, next, beyond };
}

function repaired(message: DataMessage): DataMessage {
  return { ...oneHopOn(message), repair: true };
}

/** A peer that has these messages, and `partner` for every cycle. */
function member(seqs: readonly number[], options: Partial<AntiEntropyOptions> = {}, neighbours: readonly PeerRef[] = [partner, other], role: 'dissemination' | 'repair' = 'dissemination') {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits());
  const all = { ...DEFAULTS.dissemination['anti-entropy'], ...options };
  const antiEntropy = new AntiEntropy(self, SESSION, all, log, neighbours, new ScriptedRandom(), role);
  for (const seq of seqs) log.accept(data(source, seq), source, effects);
  effects.take();
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    antiEntropy,
    receive: (from: PeerRef, message: Message) => output(() => antiEntropy.onMessage(from, message, 0, effects)),
    fire: () => output(() => antiEntropy.onTimer(cycleTimer, 0, effects)),
  };
}

describe('Demers et al. section 1.3, anti-entropy', () => {
  test('begins at a random moment of the first cycle', () => {
    const effects = new RecordingEffects();
    const log = new MessageLog(GROUP, SESSION, logLimits());
    const antiEntropy = new AntiEntropy(self, SESSION, DEFAULTS.dissemination['anti-entropy'], log, [partner], new ScriptedRandom([420]), 'repair');
    antiEntropy.start(77, effects);
    expect(effects.take()).toEqual([timerSet(cycleTimer, 420)]);
  });

  test.each([['push', 'push'], ['pull', 'pull'], ['push-pull', 'pushPull']] as const)('sends one partner what this peer has in every cycle, with %s', (mode, word) => {
    const { fire } = member([0, 2], { mode });
    expect(fire()).toEqual([timerSet(cycleTimer, CYCLE_MS), sentUnreliably(partner, digest(word, has(source, 1, [2, 2])))]);
  });

  test('waits for a partner when there is none', () => {
    const { fire } = member([0], {}, [self]);
    expect(fire()).toEqual([timerSet(cycleTimer, CYCLE_MS)]);
  });

  test('sends a message of one\'s own to nobody at once', () => {
    const effects = new RecordingEffects();
    const { antiEntropy } = member([]);
    expect([antiEntropy.publish(data(self, 0), 0, effects), effects.take()]).toEqual([0, []]);
  });

  test('answers a pull with exactly the missing messages, oldest first', () => {
    const { receive } = member([0, 1, 2, 3, 4]);
    expect(receive(partner, digest('pull', has(source, 1, [3, 3])))).toEqual([
      sent(partner, repaired(data(source, 1))),
      sent(partner, repaired(data(source, 2))),
      sent(partner, repaired(data(source, 4))),
    ]);
  });

  test('answers a pull by one that has more with nothing', () => {
    const { receive } = member([0, 1]);
    expect(receive(partner, digest('pull', has(source, 9)))).toEqual([]);
  });

  test('answers an offer of something new by asking, with what is here already', () => {
    const { receive } = member([0, 2]);
    expect(receive(partner, digest('push', has(source, 2)))).toEqual([sentUnreliably(partner, digest('pull', has(source, 1, [2, 2])))]);
  });

  test('does not answer an offer of nothing new, nor send what the offerer lacks', () => {
    const { receive } = member([0, 1, 2]);
    expect(receive(partner, digest('push', has(source, 2)))).toEqual([]);
  });

  test('with push-pull does both', () => {
    const { receive } = member([0, 1]);
    expect(receive(partner, digest('pushPull', has(source, 1), has(other, 1)))).toEqual([
      sent(partner, repaired(data(source, 1))),
      sentUnreliably(partner, digest('pull', has(source, 2))),
    ]);
  });

  test('with push-pull between equals says nothing', () => {
    const { receive } = member([0, 1]);
    expect(receive(partner, digest('pushPull', has(source, 2)))).toEqual([]);
  });

  test('sends no more at a time than the batch limit', () => {
    const { receive } = member([0, 1, 2], { batchMax: 2 });
    expect(receive(partner, digest('pull'))).toEqual([sent(partner, repaired(data(source, 0))), sent(partner, repaired(data(source, 1)))]);
  });

  test('delivers what is sent to fill a gap once, and passes it to nobody', () => {
    const { receive } = member([]);
    const message = data(source, 0, { repair: true });
    expect([receive(partner, message), receive(other, message)]).toEqual([[delivered(message, partner)], []]);
  });

  test('as a repair sends only what has been here for a whole cycle, since the rest may be on its way', () => {
    const { receive, fire } = member([0], {}, [partner], 'repair');
    const pull = digest('pull');
    fire();
    receive(source, data(source, 1));
    expect(receive(partner, pull)).toEqual([]);
    fire();
    expect(receive(partner, pull)).toEqual([sent(partner, repaired(data(source, 0)))]);
    fire();
    expect(receive(partner, pull)).toEqual([sent(partner, repaired(data(source, 0))), sent(partner, repaired(data(source, 1)))]);
  });
});

describe('room for messages of its own', () => {
  /** A history of sixteen messages, and eight published. */
  const full = () => {
    const effects = new RecordingEffects();
    const log = new MessageLog(GROUP, SESSION, { ...logLimits(), historyMessagesMax: 16 });
    const antiEntropy = new AntiEntropy(self, SESSION, DEFAULTS.dissemination['anti-entropy'], log, [partner], new ScriptedRandom(), 'dissemination');
    for (let seq = 0; seq < 8; seq++) {
      expect(antiEntropy.hasRoom()).toBe(true);
      const own = data(self, seq, { hops: 0 });
      log.accept(own, self, effects);
      expect(antiEntropy.publish(own, 0, effects)).toBe(0);
    }
    return { antiEntropy, effects };
  };

  test('ends when half of the history is on its way, and is back when a neighbour has shown that it has some', () => {
    const { antiEntropy, effects } = full();
    expect(antiEntropy.hasRoom()).toBe(false);
    antiEntropy.onMessage(partner, digest('push', has(self, 3)), 0, effects);
    expect(antiEntropy.hasRoom()).toBe(true);
  });

  test('is not made by a stranger', () => {
    const { antiEntropy, effects } = full();
    antiEntropy.onMessage(other, digest('push', has(self, 8)), 0, effects);
    expect(antiEntropy.hasRoom()).toBe(false);
  });
});
