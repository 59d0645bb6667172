import { beforeEach, describe, expect, test } from 'vitest';
import { DEFAULTS, type NiceOptions } from '../../../../lib/core/config.ts';
import type { NiceTimer } from '../../../../lib/core/effects.ts';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import type { Message, NiceCluster, NiceDistance } from '../../../../lib/core/messages.ts';
import { NICE_TOP_LAYER } from '../../../../lib/core/messages/nice.ts';
import { Nice } from '../../../../lib/overlay/nice/nice.ts';
import { Codec } from '../../../../lib/wire/codec.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom, peers, roles } from '../../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, linkClosed, linkOpened, sent, sentUnreliably, timerSet } from '../../../support/recording-effects.ts';
import { directoryOf } from '../../wire/table-directory.ts';

const { self, contact, leader, left, right, above, newcomer } = roles('self', 'contact', 'leader', 'left', 'right', 'above', 'newcomer');
const group = GROUP;
const { heartbeatIntervalMs, queryTimeoutMs } = DEFAULTS.overlay.nice;

/** Draws 0 where nothing else is scripted, in whatever fork. */
class EvenRandom extends ScriptedRandom {
  override fork(): EvenRandom {
    return this;
  }
}

class Bed {
  readonly effects = new RecordingEffects();
  readonly overlay: Nice;
  nowMs = 1000;

  constructor(options: Partial<NiceOptions> = {}) {
    const listener = new RecordingListener();
    this.overlay = new Nice(self, GROUP, SESSION, { ...DEFAULTS.overlay.nice, ...options }, new EvenRandom(), listener as never);
  }

  /** What the message makes the peer do. */
  on(from: PeerRef, message: Message): Effect[] {
    this.overlay.onMessage(from, message, this.nowMs, this.effects);
    return this.effects.take();
  }

  beat(): Effect[] {
    this.nowMs += heartbeatIntervalMs;
    return this.timer({ step: 'heartbeat', number: 0 });
  }

  timer(timer: Pick<NiceTimer, 'step' | 'number'>): Effect[] {
    this.overlay.onTimer(niceTimer(timer), this.nowMs, this.effects);
    return this.effects.take();
  }

  down(peer: PeerRef): Effect[] {
    this.overlay.onLinkDown(peer, this.nowMs, this.effects);
    return this.effects.take();
  }

  /** An ordinary member in layer 0 of a cluster with its leader, left and right; what comes out of that is dropped. */
  asMember(): this {
    this.overlay.start([contact], this.nowMs, this.effects);
    this.on(contact, { kind: 'niceReply', group, layer: NICE_TOP_LAYER, height: 0, root: leader, members: [] });
    this.on(leader, { kind: 'niceReply', group, layer: 0, height: 1, root: leader, members: [] });
    this.on(leader, list(0, [self, left, right], { supers: [above, leader] }));
    return this;
  }

  /** The root, which leads left and right in layer 0. */
  asRoot(): this {
    for (const peer of [left, right]) this.on(peer, { kind: 'niceJoin', group, layer: 0 });
    return this;
  }

  /** The peer itself has measured all distances. */
  measured(rttMs: (peer: PeerRef) => number = () => 10): this {
    for (const [seq, peer] of this.overlay.neighbours.entries()) {
      this.overlay.place.meter.probe(peer, this.nowMs - rttMs(peer), this.effects);
      const probes = this.effects.take().flatMap((effect) => (effect.effect === 'sendUnreliable' && effect.message.kind === 'rttProbe' ? [effect.message.seq] : []));
      this.on(peer, { kind: 'rttReply', group, seq: probes[0] ?? seq });
    }
    return this;
  }
}

function niceTimer(timer: Pick<NiceTimer, 'step' | 'number'>): NiceTimer {
  return { kind: 'nice', group, session: SESSION, ...timer };
}

function list(layer: number, members: readonly PeerRef[], more: Partial<NiceCluster> = {}): NiceCluster {
  return { kind: 'niceCluster', group, layer, root: leader, members: unmeasured(...members), supers: [], ...more };
}

function unmeasured(...members: readonly PeerRef[]): NiceDistance[] {
  return members.map((peer) => ({ peer, rttUs: 0 }));
}

function neighbourUp(peer: PeerRef): Effect[] {
  return [linkOpened(peer), emitted({ kind: 'neighbourUp', group, peer })];
}

function neighbourDown(peer: PeerRef): Effect[] {
  return [linkClosed(peer), emitted({ kind: 'neighbourDown', group, peer })];
}

describe('a newcomer', () => {
  test('asks its contact for the highest cluster (section 3.1)', () => {
    const bed = new Bed();
    bed.overlay.start([contact, self], 0, bed.effects);
    expect(bed.effects.take()).toEqual([
      sent(contact, { kind: 'niceQuery', group, layer: NICE_TOP_LAYER }),
      timerSet(niceTimer({ step: 'search', number: 1 }), queryTimeoutMs),
      timerSet(niceTimer({ step: 'heartbeat', number: 0 }), 0),
    ]);
  });

  test('is the root of itself when it knows nobody, and takes in who comes', () => {
    const bed = new Bed();
    bed.overlay.start([], 0, bed.effects);
    expect(bed.effects.take()).toEqual([timerSet(niceTimer({ step: 'heartbeat', number: 0 }), 0)]);
    expect(bed.on(newcomer, { kind: 'niceJoin', group, layer: 0 })).toEqual([
      sent(newcomer, list(0, [newcomer], { root: self })), ...neighbourUp(newcomer),
    ]);
  });

  test('becomes a member when the leader says so: measures the others and opens links to them', () => {
    const bed = new Bed();
    bed.overlay.start([leader], 0, bed.effects);
    bed.effects.take();
    expect(bed.on(leader, { kind: 'niceReply', group, layer: 0, height: 1, root: leader, members: [left] })).toEqual([
      sent(leader, { kind: 'niceJoin', group, layer: 0 }), timerSet(niceTimer({ step: 'search', number: 2 }), queryTimeoutMs),
    ]);
    expect(bed.on(leader, list(0, [left, self]))).toEqual([
      ...neighbourUp(leader), ...neighbourUp(left),
      sentUnreliably(leader, { kind: 'rttProbe', group, seq: 0 }), sentUnreliably(left, { kind: 'rttProbe', group, seq: 1 }),
    ]);
    expect([bed.overlay.neighbours, bed.overlay.place.layers.height]).toEqual([[leader, left], 0]);
  });

  test('tells its distances as soon as it knows them all', () => {
    const bed = new Bed();
    bed.overlay.start([leader], 0, bed.effects);
    bed.on(leader, { kind: 'niceReply', group, layer: 0, height: 1, root: leader, members: [left] });
    bed.on(leader, list(0, [left, self]));
    bed.nowMs += 20;
    expect(bed.on(leader, { kind: 'rttReply', group, seq: 0 })).toEqual([]);
    const distances = [{ peer: leader, rttUs: 20_000 }, { peer: left, rttUs: 20_000 }];
    expect(bed.on(left, { kind: 'rttReply', group, seq: 1 })).toEqual([
      sent(leader, { kind: 'niceHeartbeat', group, layer: 0, toLeader: true, distances }),
      sent(left, { kind: 'niceHeartbeat', group, layer: 0, toLeader: false, distances }),
    ]);
  });
});

describe('a member', () => {
  let bed: Bed;
  beforeEach(() => {
    bed = new Bed().asMember();
  });

  test('points to the root, and names some that it knows', () => {
    expect(bed.on(newcomer, { kind: 'niceQuery', group, layer: NICE_TOP_LAYER })).toEqual([
      sent(newcomer, { kind: 'niceReply', group, layer: NICE_TOP_LAYER, height: 0, root: leader, members: [leader, left, right] }),
    ]);
  });

  test('refuses who wants to join a cluster that it does not lead', () => {
    expect(bed.on(newcomer, { kind: 'niceJoin', group, layer: 0 })).toEqual([
      sent(newcomer, { kind: 'niceReply', group, layer: 0, height: 0, root: leader, members: [] }),
    ]);
  });

  test('takes the list of its leader, and parts from another that takes it for a member', () => {
    expect(bed.on(leader, list(0, [self, left]))).toEqual(neighbourDown(right));
    expect(bed.on(above, list(0, [self, newcomer]))).toEqual([sent(above, { kind: 'niceLeave', group, layer: 0 })]);
    expect(bed.overlay.neighbours).toEqual([leader, left]);
  });

  test('sends a heartbeat to everybody in its cluster (section 3.2)', () => {
    const beats = bed.beat().flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'niceHeartbeat' ? [[effect.to, effect.message.toLeader]] : []));
    expect(beats).toEqual([[leader, true], [left, false], [right, false]]);
  });

  test('goes where its leader sends it, and keeps its place until it is taken in', () => {
    expect(bed.on(leader, { kind: 'niceLeader', group, layer: 0, leader: above })).toEqual([
      sent(above, { kind: 'niceJoin', group, layer: 0 }), timerSet(niceTimer({ step: 'move', number: expect.any(Number) }), queryTimeoutMs),
    ]);
    expect(bed.overlay.neighbours).toEqual([leader, left, right]);
    bed.on(above, list(0, [self, newcomer]));
    expect(bed.overlay.neighbours).toEqual([above, newcomer]);
  });

  test.each([[20, [above]], [60, []]] as const)('goes over to a leader of the super-cluster that is nearer by more than %d %% (section 3.2)', (gainPercent, joined) => {
    const nearer = new Bed({ gainPercent }).asMember();
    for (let beats = 0; beats < 6; beats++) {
      nearer.beat();
      nearer.on(leader, list(0, [self, left, right], { supers: [above, leader] }));
    }
    nearer.measured();
    nearer.overlay.place.meter.probe(above, nearer.nowMs - 5, nearer.effects);
    const probe = nearer.effects.take()[0];
    nearer.on(above, { kind: 'rttReply', group, seq: probe?.effect === 'sendUnreliable' && probe.message.kind === 'rttProbe' ? probe.message.seq : NaN });
    expect(nearer.beat().flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'niceJoin' ? [effect.to] : []))).toEqual(joined);
  });

  test('obeys its leader alone', () => {
    expect(bed.on(left, { kind: 'niceLeader', group, layer: 0, leader: above })).toEqual([]);
    expect(bed.on(left, { kind: 'niceTransfer', group, height: 1, members: [] })).toEqual([]);
    expect(bed.on(left, { kind: 'niceMerge', group, layer: 0 })).toEqual([]);
    expect(bed.overlay.place.layers.parent).toBe(leader);
  });

  test('leads the new half of a split, and joins the layer above (section 3.2)', () => {
    expect(bed.on(leader, { kind: 'niceTransfer', group, height: 1, members: [{ layer: 0, peer: newcomer }], parent: above })).toEqual([
      ...neighbourDown(leader), ...neighbourDown(left), ...neighbourDown(right),
      sent(newcomer, list(0, [newcomer], { root: self })),
      sent(above, { kind: 'niceJoin', group, layer: 1 }), timerSet(niceTimer({ step: 'search', number: expect.any(Number) }), queryTimeoutMs),
      ...neighbourUp(newcomer),
    ]);
  });

  test('chooses the centre of those left when its leader fails, a moment later (section 3.3)', () => {
    bed.measured();
    bed.on(left, { kind: 'niceHeartbeat', group, layer: 0, toLeader: false, distances: [{ peer: right, rttUs: 5 }, { peer: self, rttUs: 5 }] });
    const effects = bed.down(leader);
    const timer = effects.find((effect) => effect.effect === 'setTimer');
    expect(effects.filter((effect) => effect !== timer)).toEqual([...neighbourDown(leader), ...neighbourDown(left), ...neighbourDown(right)]);
    const number = timer?.effect === 'setTimer' && timer.timer.kind === 'nice' ? timer.timer.number : NaN;
    expect(bed.timer({ step: 'elect', number: number - 1 })).toEqual([]);
    expect(bed.timer({ step: 'elect', number })[0]).toEqual(sent(left, { kind: 'niceJoin', group, layer: 0 }));
  });

  test('takes the place of a failed leader when it is the centre, and looks for the layer above', () => {
    bed.measured();
    bed.on(left, { kind: 'niceHeartbeat', group, layer: 0, toLeader: false, distances: [{ peer: right, rttUs: 50_000 }] });
    const timer = bed.down(leader).find((effect) => effect.effect === 'setTimer');
    const number = timer?.effect === 'setTimer' && timer.timer.kind === 'nice' ? timer.timer.number : NaN;
    expect(bed.timer({ step: 'elect', number })).toEqual([
      ...[left, right].map((to) => sent(to, list(0, [left, right], { root: self, members: expect.any(Array) }))),
      ...neighbourUp(left), ...neighbourUp(right),
      sent(above, { kind: 'niceQuery', group, layer: NICE_TOP_LAYER }), timerSet(niceTimer({ step: 'search', number: expect.any(Number) }), queryTimeoutMs),
    ]);
  });

  test('says so when it leaves', () => {
    bed.overlay.leave(0, bed.effects);
    expect(bed.effects.take()).toEqual([
      ...[leader, left, right].map((peer) => sent(peer, { kind: 'niceLeave', group, layer: 0 })),
      ...neighbourDown(leader), ...neighbourDown(left), ...neighbourDown(right),
    ]);
  });

  test('forwards to the others of its cluster nothing that came from there', () => {
    expect(bed.overlay.forwardTo(self, self)).toEqual([leader, left, right]);
    expect(bed.overlay.forwardTo(left, left)).toEqual([]);
  });
});

describe('a leader', () => {
  let bed: Bed;
  beforeEach(() => {
    bed = new Bed().asRoot();
  });

  test('shows its cluster to who asks, and takes in who joins, and tells all', () => {
    expect(bed.on(newcomer, { kind: 'niceQuery', group, layer: NICE_TOP_LAYER })).toEqual([
      sent(newcomer, { kind: 'niceReply', group, layer: 0, height: 1, root: self, members: [left, right] }),
    ]);
    const news = list(0, [left, right, newcomer], { root: self });
    expect(bed.on(newcomer, { kind: 'niceJoin', group, layer: 0 })).toEqual([sent(left, news), sent(right, news), sent(newcomer, news), ...neighbourUp(newcomer)]);
  });

  test('that is the root leads one layer more with another root of its height', () => {
    expect(bed.on(above, { kind: 'niceJoin', group, layer: 1 })).toEqual([sent(above, list(1, [above], { root: self })), ...neighbourUp(above)]);
    expect(bed.overlay.place.layers.height).toBe(2);
  });

  test('tells the others when a member leaves or fails', () => {
    expect(bed.on(left, { kind: 'niceLeave', group, layer: 0 })).toEqual([sent(right, list(0, [right], { root: self })), ...neighbourDown(left)]);
    expect(bed.down(right)).toEqual(neighbourDown(right));
  });

  test('tells who takes it for its leader and is no member to look elsewhere', () => {
    expect(bed.on(newcomer, { kind: 'niceHeartbeat', group, layer: 0, toLeader: true, distances: [] })).toEqual([sent(newcomer, { kind: 'niceLeave', group, layer: 0 })]);
    expect(bed.on(newcomer, { kind: 'niceHeartbeat', group, layer: 0, toLeader: false, distances: [] })).toEqual([]);
  });

  test.each([2, 5])('drops members that were silent for %d heartbeats', (heartbeatsMissedMax) => {
    const bed = new Bed({ heartbeatsMissedMax }).asRoot();
    for (let beats = 0; beats < heartbeatsMissedMax; beats++) {
      bed.beat();
      bed.on(left, { kind: 'niceHeartbeat', group, layer: 0, toLeader: true, distances: [] });
    }
    expect(bed.overlay.neighbours).toEqual([left, right]);
    expect(bed.beat()).toContainEqual(sent(right, { kind: 'niceLeave', group, layer: 0 }));
    expect(bed.overlay.neighbours).toEqual([left]);
  });

  test('parts a cluster of more than 3k - 1 when all distances are known (section 3.2)', () => {
    const others = peers(6, 20);
    for (const peer of others) bed.on(peer, { kind: 'niceJoin', group, layer: 0 });
    const near = [left, right, ...others.slice(0, 1)];
    bed.measured((peer) => (near.includes(peer) ? 10 : 90));
    const all = [left, right, ...others];
    const effects = all.flatMap((from) => {
      const distances = all.filter((peer) => peer !== from).map((peer) => ({ peer, rttUs: near.includes(peer) === near.includes(from) ? 10_000 : 90_000 }));
      return bed.on(from, { kind: 'niceHeartbeat', group, layer: 0, toLeader: true, distances });
    });
    const transfers = effects.flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'niceTransfer' ? [[effect.to, effect.message]] : []));
    expect(transfers).toEqual([[others[1], {
      kind: 'niceTransfer', group, height: 1, parent: self, members: others.slice(2).map((peer) => ({ layer: 0, peer })),
    }]]);
    // The root of the higher layer that this makes, and of its half.
    expect(bed.overlay.place.layers.led.map(({ members }) => members)).toEqual([near, [others[1]]]);
  });

  test('hands its place to the centre when it leaves (section 3.3)', () => {
    bed.measured();
    bed.overlay.leave(0, bed.effects);
    expect(bed.effects.take()).toEqual([
      sent(left, { kind: 'niceTransfer', group, height: 1, members: [{ layer: 0, peer: right }] }),
      sent(right, { kind: 'niceLeader', group, layer: 0, leader: left }),
      ...neighbourDown(left), ...neighbourDown(right),
    ]);
  });

  test('never lets a cluster grow past twice the largest size', () => {
    const small = new Bed({ clusterSizeMin: 2 });
    for (const peer of peers(200, 20)) {
      small.on(peer, { kind: 'niceJoin', group, layer: 0 });
      for (const cluster of small.overlay.place.layers.led) expect(cluster.size).toBeLessThanOrEqual(10);
    }
  });
});

test('a peer takes no more from its leader\'s list than its own messages can hold', () => {
  const bed = new Bed().asMember();
  bed.on(leader, list(0, peers(94, 100)));
  expect(bed.overlay.neighbours).toHaveLength(94);
  const codec = new Codec(directoryOf(256));
  for (const effect of bed.beat()) if (effect.effect === 'send') expect(codec.encode(effect.message).length).toBe(codec.size(effect.message));
});

test('nothing that a stranger says makes a peer throw or grow', () => {
  const bed = new Bed().asMember();
  const many = peers(90, 100);
  const messages: Message[] = [
    { kind: 'niceReply', group, layer: 3, height: 9, root: above, members: many }, { kind: 'niceJoin', group, layer: 255 }, list(0, many), list(7, many),
    { kind: 'niceHeartbeat', group, layer: 255, toLeader: true, distances: unmeasured(...many) }, { kind: 'niceLeave', group, layer: 255 },
    { kind: 'niceTransfer', group, height: 255, members: many.map((peer) => ({ layer: 3, peer })) }, { kind: 'niceLeader', group, layer: 1, leader: self },
    { kind: 'niceMerge', group, layer: 255 }, { kind: 'niceRoot', group, root: self }, { kind: 'niceRoot', group, root: above }, { kind: 'niceQuery', group, layer: 200 },
  ];
  for (const message of messages) for (const from of [above, self, left]) bed.on(from, message);
  expect(bed.overlay.neighbours).toEqual([leader, left, right]);
  const known = new Set<PeerRef>();
  bed.overlay.eachPeer((peer) => known.add(peer));
  expect(known.size).toBeLessThan(20);
});
