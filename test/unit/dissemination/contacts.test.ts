import { describe, expect, test } from 'vitest';
import { type ContactOptions, DEFAULTS } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { Contacts } from '../../../lib/dissemination/contacts.ts';
import { UniformPartners } from '../../../lib/dissemination/partner.ts';
import { GROUP, ScriptedRandom, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, sentUnreliably } from '../../support/recording-effects.ts';

const { self, first, second, third } = roles('self', 'first', 'second', 'third');

function connect(seq: number, protocol: 'rumor' | 'antiEntropy' = 'rumor'): Extract<Message, { kind: 'connect' }> {
  return { kind: 'connect', group: GROUP, protocol, seq };
}

function reply(seq: number, accepted: boolean): Extract<Message, { kind: 'connectReply' }> {
  return { kind: 'connectReply', group: GROUP, protocol: 'rumor', seq, accepted };
}

/** Partners are drawn in the order of the list, without those that refused. */
function contacts(options: Partial<ContactOptions>, neighbours: readonly PeerRef[] = [first, second, third]) {
  const effects = new RecordingEffects();
  const partners = new UniformPartners(neighbours, self, new ScriptedRandom());
  const made = new Contacts({ group: GROUP, protocol: 'rumor', options: { ...DEFAULTS.dissemination.rumor, ...options }, partners });
  const outcome = <T>(act: () => T): [T, Effect[]] => [act(), effects.take()];
  return {
    contacts: made,
    open: (nowMs = 0) => outcome(() => made.open(nowMs, effects)),
    connected: (from: PeerRef, seq: number, nowMs: number) => outcome(() => made.onConnect(from, connect(seq), nowMs, effects))[1],
    replied: (from: PeerRef, seq: number, accepted: boolean) => outcome(() => made.onConnectReply(from, reply(seq, accepted), effects)),
  };
}

describe('Demers et al. section 1.4, connection limit', () => {
  test('without a limit a partner is talked to at once, and everybody is accepted', () => {
    const { open, connected } = contacts({});
    expect(open()).toEqual([first, []]);
    expect([1, 2, 3].map((seq) => connected(second, seq, 0))).toEqual([1, 2, 3].map((seq) => [sentUnreliably(second, reply(seq, true))]));
  });

  test('with a limit the partner is asked, and talked to when it accepts', () => {
    const { open, replied } = contacts({ connectionLimit: 1 });
    expect(open()).toEqual([undefined, [sentUnreliably(first, connect(0))]]);
    expect(replied(first, 0, true)).toEqual([first, []]);
  });

  test('so many others are accepted in a cycle and the rest refused, and in the next cycle again', () => {
    const { contacts: made, connected } = contacts({ connectionLimit: 2 });
    const answers = [0, 999, 500, 1000, 1001, 1002].map((nowMs, seq) => connected(second, seq, nowMs));
    expect(answers).toEqual([true, true, false, true, true, false].map((accepted, seq) => [sentUnreliably(second, reply(seq, accepted))]));
    expect(made.counters).toEqual({ refused: 2, givenUp: 0, strays: 0 });
  });

  test('who is refused gives up in this cycle without a hunt limit', () => {
    const { contacts: made, open, replied } = contacts({ connectionLimit: 1 });
    open();
    expect(replied(first, 0, false)).toEqual([undefined, []]);
    expect(made.counters.givenUp).toBe(1);
  });

  test('an answer that nobody waits for is counted: of another peer, of an old number, of another cycle, twice', () => {
    const { contacts: made, open, replied } = contacts({ connectionLimit: 1 });
    expect(replied(first, 0, true)).toEqual([undefined, []]);
    open();
    expect([replied(second, 0, true), replied(first, 7, true)]).toEqual([[undefined, []], [undefined, []]]);
    open();
    expect(replied(first, 0, true)).toEqual([undefined, []]);
    expect([replied(first, 1, true), replied(first, 1, true)]).toEqual([[first, []], [undefined, []]]);
    expect(made.counters.strays).toBe(5);
  });

  test('a question of another epidemic is none of its business', () => {
    const { contacts: made } = contacts({ connectionLimit: 1 });
    const effects = new RecordingEffects();
    made.onConnect(second, connect(1, 'antiEntropy'), 0, effects);
    expect(effects.take()).toEqual([]);
  });

  test('a peer alone asks nobody', () => {
    expect(contacts({ connectionLimit: 1 }, [self]).open()).toEqual([undefined, []]);
  });
});

describe('Demers et al. section 1.4, hunting', () => {
  test('who is refused tries others, none of them twice, as often as the limit says', () => {
    const { contacts: made, open, replied } = contacts({ connectionLimit: 1, huntLimit: 1 });
    open();
    expect(replied(first, 0, false)).toEqual([undefined, [sentUnreliably(second, connect(1))]]);
    expect(replied(second, 1, false)).toEqual([undefined, []]);
    expect(made.counters.givenUp).toBe(1);
    // The next cycle begins anew.
    expect(open(1000)).toEqual([undefined, [sentUnreliably(first, connect(2))]]);
  });

  test('ends when everybody has refused, and names them until the next cycle', () => {
    const { contacts: made, open, replied } = contacts({ connectionLimit: 1, huntLimit: 9 }, [first, second]);
    open();
    replied(first, 0, false);
    expect(replied(second, 1, false)).toEqual([undefined, []]);
    const named: PeerRef[] = [];
    made.eachPeer((peer) => named.push(peer));
    expect(named).toEqual([first, second]);
  });
});
