import { describe, expect, test } from 'vitest';
import { DEFAULTS, type NaradaOptions } from '../../../lib/core/config.ts';
import type { NaradaTimer } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { MeshRoute, Message, RefreshEntry } from '../../../lib/core/messages.ts';
import { Narada } from '../../../lib/overlay/narada.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, linkClosed, linkOpened, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

const { self, left, right, far, contact, newcomer, stranger } = roles('self', 'left', 'right', 'far', 'contact', 'newcomer', 'stranger');

const OPTIONS = DEFAULTS.overlay.narada;
const group = GROUP;
const join: Message = { kind: 'naradaJoin', group };
const drop: Message = { kind: 'naradaDrop', group };
const members = (...peers: PeerRef[]): Message => ({ kind: 'naradaMembers', group, peers });
const describeThem = (...peers: PeerRef[]): Message => ({ kind: 'naradaDescribe', group, peers });
const link = (urgent: boolean): Message => ({ kind: 'naradaLink', group, urgent });
const reply = (accepted: boolean): Message => ({ kind: 'naradaLinkReply', group, accepted });
const leave = (seq: number): Message => ({ kind: 'naradaLeave', group, seq });
const probe = (seq: number): Message => ({ kind: 'rttProbe', group, seq });
const answer = (seq: number): Message => ({ kind: 'rttReply', group, seq });
const timer = (step: NaradaTimer['step']): NaradaTimer => ({ kind: 'narada', step, group, session: SESSION });
const alive = (member: PeerRef, seq: number, route?: MeshRoute): RefreshEntry => ({ member, status: 'alive', seq, ...(route === undefined ? {} : { route }) });
const route = (costUs: number, ...path: PeerRef[]): MeshRoute => ({ costUs, path });
const refresh = (number: number, degree: number, ...entries: RefreshEntry[]): Message => ({ kind: 'naradaRefresh', group, number, degree, entries });
const updateSoon = timerSet(timer('update'), OPTIONS.updateDelayMs);

/** A random source whose forks draw the first of everything too. */
class FirstOfAll extends ScriptedRandom {
  override fork(): ScriptedRandom {
    return new FirstOfAll([], new Array<number>(1000).fill(0.999_999));
  }
}

class Bed {
  readonly effects = new RecordingEffects();
  readonly narada: Narada;
  nowMs = 0;

  constructor(options: Partial<NaradaOptions> = {}) {
    this.narada = new Narada(self, GROUP, SESSION, { ...OPTIONS, ...options }, new FirstOfAll(), new RecordingListener());
  }

  receive(from: PeerRef, message: Message): Effect[] {
    this.narada.onMessage(from, message, this.nowMs, this.effects);
    return this.effects.take();
  }

  /** The step comes; its own timer, that comes again, is left out. */
  step(step: NaradaTimer['step']): Effect[] {
    this.narada.onTimer(timer(step), this.nowMs, this.effects);
    return this.effects.take().filter((effect) => effect.effect !== 'setTimer' || effect.timer.kind !== 'narada' || effect.timer.step !== step);
  }

  /** Links to these peers, `rttMs` away, and all that this puts out is past. */
  linked(...peers: (readonly [peer: PeerRef, rttMs: number])[]): this {
    for (const [peer, rttMs] of peers) {
      const probes = this.narada.meter.counters.probes;
      this.receive(peer, link(true));
      this.nowMs += rttMs;
      this.receive(peer, answer(probes));
    }
    this.step('update');
    return this;
  }
}

describe('Narada, joining (section 3.1.1)', () => {
  test('asks a contact for the members, and sets out on its steps', () => {
    const bed = new Bed();
    bed.narada.start([contact], 0, bed.effects);
    expect(bed.effects.take()).toEqual([
      sent(contact, join), timerSet(timer('refresh'), 0), timerSet(timer('probe'), 0), timerSet(timer('repair'), 0), timerSet(timer('check'), 0),
    ]);
  });

  test('the founder has nobody to ask', () => {
    const bed = new Bed();
    bed.narada.start([], 0, bed.effects);
    expect(bed.effects.take().filter(({ effect }) => effect !== 'setTimer')).toEqual([]);
  });

  test('tells a newcomer who is in the group', () => {
    expect(new Bed().linked([left, 10], [newcomer, 10]).receive(newcomer, join)).toEqual([sent(newcomer, members(self, left))]);
  });

  test('asks a few of the members for links, and others after a while when all refuse', () => {
    const bed = new Bed({ degreeMin: 2 });
    bed.narada.start([contact], 0, bed.effects);
    bed.effects.take();
    expect(bed.receive(contact, members(contact, self, left, right))).toEqual([sent(contact, link(true)), sent(left, link(true))]);
    expect([bed.receive(left, reply(false)), bed.step('check'), bed.receive(contact, reply(false))]).toEqual([[], [], []]);
    expect(bed.step('check')).toEqual([sent(contact, link(true)), sent(left, link(true))]);
  });

  test('takes no members from a peer that was not asked', () => {
    const bed = new Bed().linked([left, 10]);
    expect([bed.receive(stranger, members(stranger, far)), bed.narada.members.size]).toEqual([[], 1]);
  });

  test('asks a contact again while nobody answers', () => {
    const bed = new Bed();
    bed.narada.start([contact], 0, bed.effects);
    bed.effects.take();
    bed.nowMs = OPTIONS.probeTimeoutMs - 1;
    expect(bed.step('check')).toEqual([]);
    bed.nowMs++;
    expect(bed.step('check')).toEqual([emitted({ kind: 'isolated', group }), sent(contact, join)]);
  });
});

describe('Narada, links', () => {
  test('takes a link while it has room, measures it and tells all it knows', () => {
    const bed = new Bed().linked([left, 10]);
    expect(bed.receive(right, link(false))).toEqual([
      sent(right, reply(true)), linkOpened(right), emitted({ kind: 'neighbourUp', group, peer: right }), sentUnreliably(right, probe(1)),
      sent(right, refresh(2, 2, alive(self, 1, route(0)), alive(left, 0, route(5000)), alive(right, 0))),
    ]);
    expect(bed.narada.neighbours).toEqual([left, right]);
    // Its answer makes a route of the link, and that is news.
    bed.nowMs += 40;
    expect([bed.receive(right, answer(1)), bed.step('update')]).toEqual([
      [updateSoon],
      [sent(left, refresh(3, 2, alive(right, 0, route(20_000)))), sent(right, refresh(3, 2, alive(right, 0, route(20_000))))],
    ]);
  });

  test('refuses at degreeMax, an urgent request only at twice that', () => {
    const bed = new Bed({ degreeMin: 1, degreeMax: 2 }).linked([left, 10], [right, 10]);
    expect(bed.receive(far, link(false))).toEqual([sent(far, reply(false))]);
    bed.linked([far, 10], [contact, 10]);
    expect([bed.receive(newcomer, link(true)), bed.narada.neighbours]).toEqual([[sent(newcomer, reply(false))], [left, right, far, contact]]);
  });

  test('gives back a link that it no longer wants', () => {
    expect(new Bed().receive(far, reply(true))).toEqual([sent(far, drop)]);
  });

  test('a refresh of a peer that is no neighbour tells it so', () => {
    const bed = new Bed();
    expect([bed.receive(stranger, refresh(0, 1)), bed.narada.counters.strangers]).toEqual([[sent(stranger, drop)], 1]);
  });

  test('section 3.3: a dropped link goes when routes have had time to leave it', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.receive(right, refresh(0, 1, alive(left, 1, route(5000))));
    expect(bed.receive(left, drop)).toEqual([updateSoon]);
    expect(bed.narada.neighbours).toEqual([left, right]);
    bed.nowMs += OPTIONS.transientMs - 1;
    expect(bed.step('check')).toEqual([]);
    bed.nowMs++;
    expect(bed.step('check')).toEqual([linkClosed(left), emitted({ kind: 'neighbourDown', group, peer: left })]);
    expect(bed.narada.neighbours).toEqual([right]);
  });

  test('a dropped link that is the only way to the neighbour is taken up again', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.receive(left, drop);
    bed.nowMs += OPTIONS.transientMs;
    expect(bed.step('check')).toEqual([sent(left, { kind: 'naradaLink', group, urgent: true })]);
    bed.receive(left, { kind: 'naradaLinkReply', group, accepted: true });
    expect(bed.narada.links.find(left)).toMatchObject({ sinceMs: bed.nowMs, fadingSinceMs: undefined });
  });
});

describe('Narada, refreshes (sections 3.1 and 3.3)', () => {
  test('come at their interval with a higher number of its own, and measure the links again', () => {
    const bed = new Bed().linked([left, 10]);
    expect(bed.step('refresh')).toEqual([
      sent(left, refresh(2, 1, alive(self, 2, route(0)), alive(left, 0, route(5000)))), sentUnreliably(left, probe(1)),
    ]);
  });

  test('bring routes, and ask how those are reached whom nobody has described', () => {
    const bed = new Bed().linked([left, 10]);
    const news = refresh(0, 1, alive(left, 4, route(0)), alive(far, 9, route(7000)));
    expect(bed.receive(left, news)).toEqual([sent(left, describeThem(far))]);
    expect(bed.receive(left, members(far))).toEqual([]);
    expect(bed.receive(left, refresh(1, 1, alive(far, 9, route(7000))))).toEqual([updateSoon]);
    expect([bed.narada.routes.costUs(far), bed.narada.members.get(far)?.seq]).toEqual([12_000, 9]);
  });

  test('describe on request whom they name, and name them again', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    expect(bed.receive(left, describeThem(right, stranger))).toEqual([sent(left, members(right)), sent(left, refresh(3, 2, alive(right, 0, route(5000))))]);
    expect(bed.receive(stranger, describeThem(right))).toEqual([]);
  });

  test('that were overtaken change nothing', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.receive(left, refresh(5, 1, alive(right, 3, route(1))));
    expect([bed.receive(left, refresh(4, 1, { member: right, status: 'failed', seq: 9 })), bed.narada.members.isAlive(right)]).toEqual([[], true]);
  });

  test('that take this member for dead are answered by a higher number', () => {
    const bed = new Bed().linked([left, 10]);
    expect(bed.receive(left, refresh(0, 1, { member: self, status: 'failed', seq: 30 }))).toEqual([updateSoon]);
    expect(bed.step('update')).toEqual([sent(left, refresh(2, 1, alive(self, 31, route(0))))]);
  });

  test('of a member that has died take its routes, and the news goes on', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.receive(left, refresh(0, 2, { member: right, status: 'failed', seq: 0 }));
    const dead = refresh(3, 2, { member: right, status: 'failed', seq: 0 });
    expect(bed.step('update')).toEqual([sent(left, dead), sent(right, dead)]);
    expect(bed.narada.routes.costUs(right)).toBeUndefined();
  });
});

describe('Narada, data (section 3.3)', () => {
  test('go to the neighbours that use this member as their next hop to the source', () => {
    const bed = new Bed().linked([left, 10], [right, 10], [far, 10]);
    bed.receive(left, refresh(0, 1, alive(left, 1, route(0)), alive(self, 1, route(5000))));
    bed.receive(right, refresh(0, 2, alive(right, 1, route(0)), alive(self, 1, route(5000)), alive(left, 1, route(10_000, self))));
    bed.receive(far, refresh(0, 2, alive(far, 1, route(0)), alive(self, 1, route(9000, right)), alive(left, 1, route(2000))));
    expect(bed.narada.forwardTo(self, self)).toEqual([left, right]);
    expect(bed.narada.forwardTo(left, left)).toEqual([right]);
    expect(bed.narada.forwardTo(left, right)).toEqual([]);
    expect(bed.narada.forwardTo(stranger, left)).toEqual([]);
  });
});

describe('Narada, leaving and failing (sections 3.1.2 and 3.1.3)', () => {
  test('says good-bye to its neighbours', () => {
    const bed = new Bed().linked([left, 10]);
    bed.narada.leave(bed.nowMs, bed.effects);
    expect(bed.effects.take()).toEqual([sent(left, leave(1)), linkClosed(left), emitted({ kind: 'neighbourDown', group, peer: left }), updateSoon]);
  });

  test('tells the others of a neighbour that leaves', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    expect(bed.receive(left, leave(8))).toEqual([linkClosed(left), emitted({ kind: 'neighbourDown', group, peer: left }), updateSoon]);
    expect(bed.step('update')).toEqual([sent(right, refresh(3, 1, { member: left, status: 'left', seq: 8 }))]);
  });

  test('asks a neighbour whose link has failed three times whether it is alive, and then tells that it is not', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.narada.onLinkDown(left, bed.nowMs, bed.effects);
    expect(bed.effects.take()).toEqual([linkClosed(left), emitted({ kind: 'neighbourDown', group, peer: left }), updateSoon, sentUnreliably(left, probe(2))]);
    bed.step('update');
    for (const seq of [3, 4]) {
      bed.nowMs += OPTIONS.probeTimeoutMs;
      expect(bed.step('check')).toEqual([sentUnreliably(left, probe(seq))]);
    }
    bed.nowMs += OPTIONS.probeTimeoutMs;
    expect([bed.step('check'), bed.narada.members.get(left)?.status]).toEqual([[updateSoon], 'failed']);
  });

  test('makes a link to a lost member that answers', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.narada.onLinkDown(left, bed.nowMs, bed.effects);
    bed.effects.take();
    expect(bed.receive(left, answer(2))).toEqual([sent(left, link(true))]);
  });

  test('takes a neighbour that has missed three refreshes for lost', () => {
    const bed = new Bed().linked([left, 10], [right, 10]);
    bed.nowMs += 3 * OPTIONS.refreshIntervalMs;
    bed.receive(right, refresh(0, 1));
    bed.nowMs += 11;
    expect(bed.step('check')).toEqual([linkClosed(left), emitted({ kind: 'neighbourDown', group, peer: left }), updateSoon, sentUnreliably(left, probe(2))]);
  });

  test('asks members of which nothing was heard, one after the other', () => {
    const bed = new Bed({ repairWaitMs: 1000 }).linked([left, 10]);
    bed.receive(left, refresh(0, 1, alive(far, 1, route(1))));
    bed.receive(left, members(far));
    bed.nowMs += OPTIONS.memberTimeoutMs + 1;
    bed.receive(left, refresh(1, 1, alive(left, 1, route(0))));
    expect(bed.step('repair')).toEqual([]);
    bed.nowMs += 1000;
    expect(bed.step('repair')).toEqual([sentUnreliably(far, probe(1))]);
    expect(bed.receive(far, answer(1))).toEqual([sent(far, link(true))]);
  });
});
