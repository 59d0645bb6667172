import { describe, expect, test } from 'vitest';
import { type CyclonOptions, DEFAULTS } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { CyclonEntry, Message } from '../../../lib/core/messages.ts';
import { Cyclon } from '../../../lib/membership/cyclon.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom, peers, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, sent, timerSet } from '../../support/recording-effects.ts';

const { self, partner, other, newcomer, contact, walker } = roles('self', 'partner', 'other', 'newcomer', 'contact', 'walker');
const strangers = peers(9, 20);

const INTERVAL_MS = 1000;
const timer = { kind: 'cyclon', group: GROUP, session: SESSION } as const;
const again = timerSet(timer, INTERVAL_MS);

function entry(peer: PeerRef, age = 0): CyclonEntry {
  return { peer, age };
}

function shuffle(seq: number, ...entries: readonly CyclonEntry[]): Message {
  return { kind: 'cyclonShuffle', group: GROUP, seq, entries };
}

function reply(seq: number, ...entries: readonly CyclonEntry[]): Message {
  return { kind: 'cyclonReply', group: GROUP, seq, entries };
}

function welcome(peer: PeerRef, age = 0): Message {
  return { kind: 'cyclonWelcome', group: GROUP, peer, age };
}

function forwardJoin(timeToLive: number): Message {
  return { kind: 'forwardJoin', group: GROUP, newcomer, timeToLive };
}

const join: Message = { kind: 'join', group: GROUP };

function up(peer: PeerRef): Effect {
  return emitted({ kind: 'neighbourUp', group: GROUP, peer });
}

function down(peer: PeerRef): Effect {
  return emitted({ kind: 'neighbourDown', group: GROUP, peer });
}

/** A member whose view was given by a shuffle of `partner`, so that ages are as given. */
function member(view: readonly CyclonEntry[], options: Partial<CyclonOptions> = {}, draws: readonly number[] = []) {
  const effects = new RecordingEffects();
  const random = new ScriptedRandom();
  const cyclon = new Cyclon(self, GROUP, SESSION, { ...DEFAULTS.overlay.cyclon, viewSize: 4, shuffleLength: 3, ...options }, random, new RecordingListener());
  cyclon.start([], 0, effects);
  for (const one of view) cyclon.onMessage(partner, shuffle(0, one), 0, effects);
  effects.take();
  random['draws'].push(...draws);
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    cyclon,
    receive: (from: PeerRef, message: Message) => output(() => cyclon.onMessage(from, message, 0, effects)),
    fire: () => output(() => cyclon.onTimer(timer, 0, effects)),
    linkDown: (peer: PeerRef) => output(() => cyclon.onLinkDown(peer, 0, effects)),
    addContact: (peer: PeerRef) => output(() => cyclon.addContact(peer, 0, effects)),
    leave: () => output(() => cyclon.leave(0, effects)),
    view: () => cyclon.neighbours.map((peer) => [peer, cyclon.ageOf(peer)]),
  };
}

describe('Voulgaris et al., enhanced shuffling', () => {
  test('numbers its shuffles anew after the largest number on the wire', () => {
    const { cyclon, fire } = member([entry(other, 3), entry(contact, 2)]);
    cyclon['seq'] = 2 ** 32 - 1;
    const numbers = [1, 2].flatMap(() => fire().flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'cyclonShuffle' ? [effect.message.seq] : [])));
    expect(numbers).toEqual([2 ** 32 - 1, 0]);
  });

  test('begins at a random moment of the first interval', () => {
    const effects = new RecordingEffects();
    const cyclon = new Cyclon(self, GROUP, SESSION, DEFAULTS.overlay.cyclon, new ScriptedRandom([0, 420]), new RecordingListener());
    cyclon.start([contact, self], 0, effects);
    expect(effects.take()).toEqual([sent(contact, join), timerSet(timer, 420)]);
  });

  test('steps 1 to 4: all grow older, and the oldest gets a new entry of this peer and l - 1 random others', () => {
    const { fire, view } = member([entry(other, 2), entry(partner, 5), entry(walker, 0), entry(contact, 4)], {}, [0, 2, 0]);
    expect(fire()).toEqual([again, sent(partner, shuffle(0, entry(self), entry(contact, 5), entry(walker, 1)))]);
    expect(view()).toEqual([[other, 3], [partner, 6], [walker, 1], [contact, 5]]);
  });

  test('among equally old ones draws the partner', () => {
    const { fire } = member([entry(other, 2), entry(partner, 2)], { shuffleLength: 1 }, [1]);
    expect(fire()).toEqual([again, sent(partner, shuffle(0, entry(self)))]);
  });

  test('steps 5 to 7: what comes takes empty places first, then those of what was sent, the partner\'s first', () => {
    const { fire, receive, view } = member([entry(other, 2), entry(partner, 5), entry(walker, 0), entry(contact, 4)], {}, [0, 2, 0]);
    fire();
    // This peer itself and what is known are left out.
    const [first, second] = strangers as [PeerRef, PeerRef];
    expect(receive(partner, reply(0, entry(first, 7), entry(self, 1), entry(second, 3)))).toEqual([down(partner), up(first), down(contact), up(second)]);
    expect(view()).toEqual([[other, 3], [walker, 1], [first, 7], [second, 3]]);
    const free = member([entry(partner, 5), entry(other, 1)], {}, [0, 0]);
    free.fire();
    expect(free.receive(partner, reply(0, entry(other, 0), entry(walker, 3)))).toEqual([up(walker)]);
    expect(free.view()).toEqual([[partner, 0], [other, 2], [walker, 3]]);
  });

  test('takes no more than l entries, and none without something to give for it', () => {
    const { receive, view } = member([entry(other), entry(partner), entry(walker), entry(contact)], { shuffleLength: 2 }, [0, 0]);
    expect(receive(newcomer, shuffle(9, entry(newcomer), ...strangers.map((peer) => entry(peer))))).toEqual([
      sent(newcomer, reply(9, entry(other), entry(partner))), down(other), up(newcomer), down(partner), up(strangers[0] as PeerRef),
    ]);
    expect(view().map(([peer]) => peer)).toEqual([walker, contact, newcomer, strangers[0]]);
  });

  test('the receiver answers with random entries and does not age its own', () => {
    const { receive, view } = member([entry(other, 2), entry(walker, 1)], {}, [1, 0]);
    expect(receive(partner, shuffle(258, entry(partner)))).toEqual([sent(partner, reply(258, entry(walker, 1), entry(other, 2))), up(partner)]);
    expect(view()).toEqual([[other, 2], [walker, 1], [partner, 0]]);
  });

  test('a partner that has answered and whose place nothing took is new again', () => {
    const { fire, receive, view } = member([entry(partner, 3)]);
    fire();
    expect(receive(partner, reply(0, entry(self, 1)))).toEqual([]);
    expect(view()).toEqual([[partner, 0]]);
  });

  test('answers of another shuffle, of another peer or to none are left alone', () => {
    const { fire, receive, view } = member([entry(partner, 3)]);
    expect(receive(partner, reply(0, entry(other)))).toEqual([]);
    fire();
    expect([receive(partner, reply(1, entry(other))), receive(other, reply(0, entry(other))), view()]).toEqual([[], [], [[partner, 4]]]);
    receive(partner, reply(0));
    expect(receive(partner, reply(0, entry(other)))).toEqual([]);
  });

  test('an age stays at what goes on the wire', () => {
    const { fire, view } = member([entry(partner, 65_535)]);
    fire();
    expect(view()).toEqual([[partner, 65_535]]);
  });
});

describe('Voulgaris et al., failures', () => {
  test('a partner that has not answered when the next shuffle begins goes', () => {
    const { cyclon, fire, view } = member([entry(partner, 3), entry(other, 0)], { shuffleLength: 1 });
    fire();
    expect(fire()).toEqual([again, down(partner), sent(other, shuffle(1, entry(self)))]);
    expect([view(), cyclon.unanswered]).toEqual([[[other, 2]], 1]);
  });

  test('joins through a lost peer at the tenth shuffle after, unless that was heard of, and tries again', () => {
    const asksOf = (receive: readonly (readonly [PeerRef, Message])[]): number[] => {
      const { cyclon, fire } = member([entry(partner, 3), entry(other, 0)], { shuffleLength: 1 });
      fire();
      const effects = new RecordingEffects();
      for (const [from, message] of receive) {
        fire();
        cyclon.onMessage(from, message, 0, effects);
      }
      return Array.from({ length: 30 }, (_, cycle) => {
        cyclon.onMessage(other, reply(cycle + receive.length, entry(other)), 0, effects);
        return fire().some((effect) => JSON.stringify(effect) === JSON.stringify(sent(partner, join))) ? cycle : -1;
      }).filter((cycle) => cycle >= 0);
    };
    expect(asksOf([])).toEqual([9, 19, 29]);
    expect(asksOf([[partner, shuffle(7)]])).toEqual([]);
  });

  test('an entry of a lost peer is taken again only if it was made since', () => {
    const { fire, receive, view } = member([entry(partner, 3), entry(other, 0)], { shuffleLength: 1 });
    fire();
    fire();
    receive(other, shuffle(4, entry(partner, 0)));
    expect(view()).toEqual([[other, 2]]);
    fire();
    receive(other, shuffle(5, entry(partner, 1)));
    expect(view()).toEqual([]);
    receive(other, shuffle(6, entry(partner, 0)));
    expect(view()).toEqual([[partner, 0]]);
  });

  test('a partner that no link leads to goes at once; the link to another one tells nothing', () => {
    const { fire, linkDown, view } = member([entry(partner, 3), entry(other, 0)]);
    fire();
    expect([linkDown(other), linkDown(partner), linkDown(partner)]).toEqual([[], [down(partner)], []]);
    expect(view()).toEqual([[other, 1]]);
  });

  test('who has lost everyone joins again through a contact, and tells the application', () => {
    const { fire, addContact } = member([]);
    expect([fire(), addContact(self)]).toEqual([[again], []]);
    expect(addContact(contact)).toEqual([sent(contact, join)]);
    expect(fire()).toEqual([again, emitted({ kind: 'isolated', group: GROUP }), sent(contact, join)]);
  });

  test('who leaves tells nobody', () => {
    const { leave, view } = member([entry(partner), entry(other)]);
    expect([leave(), view()]).toEqual([[down(partner), down(other)], []]);
  });
});

describe('Voulgaris et al., joining', () => {
  test('the contact starts as many walks as a view has places', () => {
    const { receive } = member([entry(other), entry(walker)], {}, [0, 1, 0, 1]);
    expect(receive(newcomer, join)).toEqual([other, walker, other, walker].map((peer) => sent(peer, forwardJoin(4))));
  });

  test('a walk goes on to a neighbour, neither back nor to the newcomer', () => {
    const { receive } = member([entry(walker), entry(newcomer), entry(other)]);
    expect(receive(walker, forwardJoin(3))).toEqual([sent(other, forwardJoin(2))]);
    // A walk that claims to be longer than walks are is cut.
    expect(receive(walker, forwardJoin(255))).toEqual([sent(other, forwardJoin(4))]);
  });

  test('where it ends the newcomer takes the place of a random entry, and gets that', () => {
    const { receive, view } = member([entry(other, 2), entry(partner, 5), entry(walker, 0), entry(contact, 4)], {}, [3]);
    expect(receive(walker, forwardJoin(0))).toEqual([down(contact), up(newcomer), sent(newcomer, welcome(contact, 4))]);
    expect(view()).toEqual([[other, 2], [partner, 5], [walker, 0], [newcomer, 0]]);
  });

  test('where there is room it gets an entry of that peer', () => {
    const { receive } = member([entry(walker)]);
    expect(receive(walker, forwardJoin(3))).toEqual([up(newcomer), sent(newcomer, welcome(self))]);
    expect(receive(walker, forwardJoin(3))).toEqual([]);
  });

  test('the founder takes the second member in', () => {
    const { receive, view } = member([]);
    expect(receive(newcomer, join)).toEqual([up(newcomer), sent(newcomer, welcome(self))]);
    expect(view()).toEqual([[newcomer, 0]]);
  });

  test('the newcomer fills its view with what the walks give it, and takes nothing that it has not asked for', () => {
    const { addContact, receive, view } = member([], { viewSize: 2, shuffleLength: 1 });
    expect(receive(walker, welcome(walker))).toEqual([]);
    addContact(contact);
    expect([receive(walker, welcome(other, 7)), receive(walker, welcome(self)), receive(walker, welcome(partner))]).toEqual([[up(other)], [], []]);
    expect(view()).toEqual([[other, 7]]);
  });

  test('a contact none of whose walks has ended after two intervals counts as lost', () => {
    const lostAfter = (answers: readonly Message[]): readonly PeerRef[] => {
      const { cyclon, addContact, receive, fire } = member([entry(other)]);
      addContact(contact);
      for (const answer of answers) receive(walker, answer);
      receive(other, reply(0));
      fire();
      receive(other, reply(0, entry(other)));
      expect(cyclon.lostPeers).toEqual([]);
      fire();
      receive(other, reply(1, entry(other)));
      return cyclon.lostPeers;
    };
    expect([lostAfter([]), lostAfter([welcome(walker)])]).toEqual([[contact], []]);
  });

  test('its own join and walk that come back to it are left alone', () => {
    const { receive } = member([]);
    expect([receive(self, join), receive(walker, { kind: 'forwardJoin', group: GROUP, newcomer: self, timeToLive: 2 }), receive(self, shuffle(0, entry(self)))]).toEqual([[], [], []]);
  });
});

describe('Cyclon', () => {
  test('names every peer that it may send to', () => {
    const { cyclon, addContact, fire } = member([entry(partner, 3), entry(other, 0)]);
    addContact(contact);
    fire();
    const named = new Set<PeerRef>();
    cyclon.eachPeer((peer) => named.add(peer));
    expect([...named].sort()).toEqual([partner, other, contact].sort());
  });

  test('leaves the timers and messages of others alone', () => {
    const { cyclon, receive } = member([entry(partner)]);
    const effects = new RecordingEffects();
    cyclon.onTimer({ kind: 'shuffle', group: GROUP, session: SESSION }, 0, effects);
    expect([effects.take(), receive(partner, { kind: 'disconnect', group: GROUP })]).toEqual([[], []]);
  });
});
