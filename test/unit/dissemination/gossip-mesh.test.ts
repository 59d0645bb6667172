import { describe, expect, test } from 'vitest';
import { DEFAULTS, type GossipMeshOptions } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { GossipMesh } from '../../../lib/dissemination/gossip-mesh.ts';
import { GROUP, SESSION, ScriptedRandom, data, logLimits, oneHopOn, peers, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, sent, timerSet } from '../../support/recording-effects.ts';

const { self, source } = roles('self', 'source');
const near = peers(20, 10);

const HEARTBEAT_MS = 1000;
const BACKOFF_MS = 60_000;
const timer = { kind: 'gossipMesh', group: GROUP, session: SESSION } as const;
const again = timerSet(timer, HEARTBEAT_MS);

const graft: Message = { kind: 'graft', group: GROUP };
const prune: Message = { kind: 'prune', group: GROUP };

function iHave(...messages: readonly DataMessage[]): Message {
  return { kind: 'iHave', group: GROUP, announcements: messages.map(({ origin, epoch, seq, hops }) => ({ origin, epoch, seq, hops })) };
}

function iWant(...messages: readonly DataMessage[]): Message {
  return { kind: 'iWant', group: GROUP, ids: messages.map(({ origin, epoch, seq }) => ({ origin, epoch, seq })) };
}

function ref(i: number): PeerRef {
  return near[i] as PeerRef;
}

/** A member with `neighbours` of `near`, the first `meshed` of which have grafted it. */
function member(neighbours: number, meshed: number, options: Partial<GossipMeshOptions> = {}, draws: readonly number[] = []) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits({ historyMessagesMax: 8 }));
  const list = near.slice(0, neighbours);
  const random = new ScriptedRandom(draws);
  const mesh = new GossipMesh(self, SESSION, { ...DEFAULTS.dissemination['gossip-mesh'], ...options }, log, list, random);
  for (const peer of list.slice(0, meshed)) mesh.onMessage(peer, graft, 0, effects);
  effects.take();
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    gossip: mesh,
    list,
    mesh: () => mesh.mesh.map((peer) => near.indexOf(peer)),
    start: () => output(() => mesh.start(0, effects)),
    receive: (from: PeerRef, message: Message, nowMs = 0) => output(() => mesh.onMessage(from, message, nowMs, effects)),
    publish: (message: DataMessage) => {
      log.accept(message, self, effects);
      effects.take();
      return output(() => mesh.publish(message, 0, effects));
    },
    fire: (nowMs = 0) => output(() => mesh.onTimer(timer, nowMs, effects)),
    up: (peer: PeerRef, nowMs = 0) => output(() => {
      list.push(peer);
      mesh.onNeighbourUp(peer, nowMs, effects);
    }),
    down: (peer: PeerRef) => output(() => {
      list.splice(list.indexOf(peer), 1);
      mesh.onNeighbourDown(peer);
    }),
  };
}

describe('gossipsub, mesh maintenance', () => {
  test('begins with what neighbours there are, and beats from a random moment on', () => {
    const { start, mesh } = member(8, 0, { d: 2, dLow: 1 }, [1, 0, 420]);
    expect(start()).toEqual([sent(ref(1), graft), sent(ref(0), graft), timerSet(timer, 420)]);
    expect(mesh()).toEqual([1, 0]);
  });

  test('below D_low grafts random neighbours up to D at the heartbeat; from D_low on none', () => {
    const { fire, mesh } = member(8, 3, {}, [4, 0, 0]);
    expect(fire()).toEqual([again, sent(ref(7), graft), sent(ref(4), graft), sent(ref(5), graft)]);
    expect(mesh()).toEqual([0, 1, 2, 7, 4, 5]);
    expect(member(8, 4).fire()).toEqual([again]);
  });

  test('takes grafts of neighbours below D_high, and prunes from there on', () => {
    const { receive, mesh, gossip } = member(14, 11);
    expect([receive(ref(11), graft), receive(ref(11), graft), receive(ref(12), graft)]).toEqual([[], [], [sent(ref(12), prune)]]);
    expect([mesh().length, gossip.counters.graftsRefused]).toEqual([12, 1]);
  });

  test('who was pruned grafts no more until the backoff is over, one to two heartbeats late', () => {
    const { receive, fire, mesh } = member(1, 1, {}, [700]);
    expect(receive(ref(0), prune, 5000)).toEqual([]);
    expect(mesh()).toEqual([]);
    const overMs = 5000 + BACKOFF_MS + HEARTBEAT_MS + 700;
    expect([fire(overMs - 1), fire(overMs)]).toEqual([[again], [again, sent(ref(0), graft)]]);
  });

  test('a graft within the backoff is refused, and begins it anew', () => {
    const { receive, mesh } = member(14, 12);
    receive(ref(12), graft, 0);
    receive(ref(0), prune, 1);
    expect(receive(ref(12), graft, BACKOFF_MS - 1)).toEqual([sent(ref(12), prune)]);
    expect(receive(ref(12), graft, BACKOFF_MS + 10)).toEqual([sent(ref(12), prune)]);
    expect(receive(ref(12), graft, 2 * BACKOFF_MS + 10)).toEqual([]);
    expect(mesh()).toContain(12);
  });

  test('who was pruned takes a graft of who has pruned it, though it grafts nobody itself yet', () => {
    const { receive, fire, mesh } = member(1, 1);
    receive(ref(0), prune, 0);
    expect([fire(BACKOFF_MS), mesh()]).toEqual([[again], []]);
    expect([receive(ref(0), graft, BACKOFF_MS), mesh()]).toEqual([[], [0]]);
  });

  test('where each has pruned the other, each refuses the other for its time', () => {
    const { receive } = member(14, 12);
    receive(ref(12), graft, 0);
    receive(ref(12), prune, 10);
    receive(ref(0), prune, 20);
    expect(receive(ref(12), graft, BACKOFF_MS - 1)).toEqual([sent(ref(12), prune)]);
    expect(receive(ref(12), graft, 2 * BACKOFF_MS)).toEqual([]);
  });

  test('every fifth heartbeat one of the mesh gets a graft again, all in turn', () => {
    const { fire } = member(4, 4);
    const to = Array.from({ length: 25 }, () => fire()).map((effects) => effects.slice(1));
    expect(to.filter((effects) => effects.length > 0)).toEqual([1, 2, 3, 0, 1].map((i) => [sent(ref(i), graft)]));
    expect(to[4]).not.toEqual([]);
  });

  test('a neighbour that comes below D_low is grafted at once, one that comes later is not', () => {
    const { up, mesh } = member(0, 0, { d: 2, dLow: 2 });
    expect([up(ref(0)), up(ref(1)), up(ref(2)), mesh()]).toEqual([[sent(ref(0), graft)], [sent(ref(1), graft)], [], [0, 1]]);
  });

  test('a graft that is here before the word that its sender is a neighbour waits for that until the heartbeat', () => {
    const { receive, up, mesh, fire } = member(0, 0);
    expect([receive(ref(0), graft), receive(ref(1), graft), mesh()]).toEqual([[], [], []]);
    expect([up(ref(0)), mesh()]).toEqual([[], [0]]);
    expect(fire()).toEqual([again, sent(ref(1), prune)]);
    expect(fire()).toEqual([again]);
  });

  test('a neighbour that goes leaves the mesh', () => {
    const { down, mesh } = member(5, 5);
    expect([down(ref(2)), mesh()]).toEqual([[], [0, 1, 3, 4]]);
  });

  test('grafts of this peer itself and of more strangers than it remembers are lost', () => {
    const { receive, fire } = member(0, 0);
    receive(self, graft);
    for (const peer of peers(100, 100)) receive(peer, graft);
    expect(fire().length).toBe(1 + 64);
  });
});

describe('gossipsub, message propagation', () => {
  test('a new payload goes to the mesh but not back, a known one nowhere', () => {
    const { receive } = member(6, 4);
    const message = data(source, 0);
    expect(receive(ref(1), message)).toEqual([delivered(message, ref(1)), ...[0, 2, 3].map((i) => sent(ref(i), oneHopOn(message)))]);
    expect(receive(ref(2), message)).toEqual([]);
  });

  test('one\'s own goes to the mesh, and below D_low to other neighbours up to D', () => {
    const own = data(self, 0, { hops: 0 });
    expect(member(9, 4).publish(own)).toEqual([0, 1, 2, 3].map((i) => sent(ref(i), oneHopOn(own))));
    expect(member(9, 2, { d: 4 }, [3, 0]).publish(own)).toEqual([0, 1, 5, 3].map((i) => sent(ref(i), oneHopOn(own))));
    expect(member(0, 0).publish(own)).toEqual([]);
  });

  test('a repair is delivered, neither passed on nor announced', () => {
    const { receive, fire } = member(9, 4);
    const message = data(source, 0, { repair: true });
    expect([receive(ref(1), message), fire()]).toEqual([[delivered(message, ref(1))], [again]]);
  });
});

describe('gossipsub, gossip', () => {
  test('announces what came in the last heartbeats to D_lazy random neighbours out of the mesh', () => {
    const { receive, fire } = member(8, 4, { dLazy: 2, gossipWindow: 2 }, [2, 0, 0, 0, 1, 1]);
    const [first, second] = [data(source, 0), data(source, 1)];
    receive(ref(0), first);
    expect(fire()).toEqual([again, sent(ref(6), iHave(first)), sent(ref(5), iHave(first))]);
    receive(ref(0), second);
    expect(fire()).toEqual([again, sent(ref(4), iHave(second, first)), sent(ref(5), iHave(second, first))]);
    expect(fire()).toEqual([again, sent(ref(5), iHave(second)), sent(ref(6), iHave(second))]);
    expect(fire()).toEqual([again]);
  });

  test('splits many announcements', () => {
    const { receive, fire } = member(5, 4, { iHaveBatchMax: 2 });
    const all = [0, 1, 2].map((seq) => data(source, seq));
    for (const message of all) receive(ref(0), message);
    expect(fire()).toEqual([again, sent(ref(4), iHave(all[0] as DataMessage, all[1] as DataMessage)), sent(ref(4), iHave(all[2] as DataMessage))]);
  });

  test('asks for what is announced and not here, once between two heartbeats', () => {
    const { receive, fire } = member(8, 4);
    const [here, missing, later] = [data(source, 0), data(source, 1), data(source, 2)];
    receive(ref(0), here);
    expect(receive(ref(4), iHave(here, missing))).toEqual([sent(ref(4), iWant(missing))]);
    expect(receive(ref(5), iHave(missing, later))).toEqual([sent(ref(5), iWant(later))]);
    fire();
    expect(receive(ref(6), iHave(missing))).toEqual([sent(ref(6), iWant(missing))]);
  });

  test('asks for no more than it may, counts the rest, and asks no stranger', () => {
    const { receive, gossip } = member(8, 4, { missingMax: 4 });
    const all = [0, 1, 2, 3].map((seq) => data(source, seq));
    expect(receive(ref(4), iHave(...all))).toEqual([sent(ref(4), iWant(...all.slice(0, 2)))]);
    expect(gossip.counters.missingDropped).toBe(2);
    expect([receive(ref(9), iHave(data(source, 9))), receive(ref(9), iWant(data(source, 0)))]).toEqual([[], []]);
  });

  test('a neighbour that announces what is nowhere leaves half of what may be asked for to the others, heartbeat by heartbeat', () => {
    const { receive, gossip, fire } = member(8, 4, { missingMax: 8 });
    for (const first of [0, 100]) {
      const invented = Array.from({ length: 20 }, (_, i) => data(source, 1000 + first + i));
      const [asked, more] = [invented.slice(0, 3), invented.slice(3)];
      const lost = data(source, first);
      expect(receive(ref(4), iHave(...asked))).toEqual([sent(ref(4), iWant(...asked))]);
      expect(receive(ref(4), iHave(...more))).toEqual([sent(ref(4), iWant(...more.slice(0, 1)))]);
      expect(receive(ref(5), iHave(lost))).toEqual([sent(ref(5), iWant(lost))]);
      fire();
    }
    expect(gossip.counters.missingDropped).toBe(2 * 16);
  });

  test('sends what is asked for while the history has it, and to each neighbour so many at most between heartbeats', () => {
    const { receive, fire, gossip } = member(6, 4, { batchMax: 3 });
    const all = Array.from({ length: 10 }, (_, seq) => data(source, seq));
    for (const message of all) receive(ref(0), message);
    const [lost, , kept, other] = all as [DataMessage, DataMessage, DataMessage, DataMessage];
    expect(receive(ref(4), iWant(lost, kept, other, data(source, 77)))).toEqual([sent(ref(4), oneHopOn(kept)), sent(ref(4), oneHopOn(other))]);
    expect(receive(ref(4), iWant(kept, other))).toEqual([sent(ref(4), oneHopOn(kept))]);
    expect([receive(ref(4), iWant(kept)), gossip.counters.requestsDropped]).toEqual([[], 2]);
    expect(receive(ref(5), iWant(kept))).toEqual([sent(ref(5), oneHopOn(kept))]);
    fire();
    expect(receive(ref(4), iWant(kept))).toEqual([sent(ref(4), oneHopOn(kept))]);
  });

  test('remembers so many announcements of one heartbeat at most', () => {
    const { publish, gossip } = member(5, 4);
    for (let seq = 0; seq < 4100; seq++) publish(data(self, seq, { hops: 0 }));
    expect(gossip.counters.announcementsDropped).toBe(4);
  });

  test('names the peers that it may still name', () => {
    const { receive, gossip } = member(5, 4);
    receive(ref(0), data(source, 0));
    receive(ref(9), graft);
    const named = new Set<PeerRef>();
    gossip.eachPeer((peer) => named.add(peer));
    expect([...named]).toEqual([ref(9), source]);
  });
});
