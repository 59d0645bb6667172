import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { Message, RefreshEntry } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { Narada } from '../../lib/overlay/narada.ts';
import { GROUP, RecordingListener, SESSION } from '../support/builders.ts';
import { RecordingEffects } from '../support/recording-effects.ts';

const SEED = 20_260_103;
const MEMBERS_MAX = 6;
const DEGREE_MAX = 2;

const peer = fc.integer({ min: 0, max: 11 }).map(peerRef);
const group = fc.constant(GROUP);
const u32 = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(2 ** 32 - 1));
const entry: fc.Arbitrary<RefreshEntry> = fc.record(
  {
    member: peer,
    status: fc.constantFrom('alive' as const, 'failed' as const, 'left' as const),
    seq: u32,
    route: fc.record({ costUs: u32, path: fc.array(peer, { maxLength: 4 }) }),
  },
  { requiredKeys: ['member', 'status', 'seq'] },
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom('naradaJoin' as const, 'naradaDrop' as const, 'naradaAskCosts' as const), group }),
  fc.record({ kind: fc.constantFrom('naradaMembers' as const, 'naradaDescribe' as const), group, peers: fc.array(peer, { maxLength: 12 }) }),
  fc.record({ kind: fc.constant('naradaLink' as const), group, urgent: fc.boolean() }),
  fc.record({ kind: fc.constant('naradaLinkReply' as const), group, accepted: fc.boolean() }),
  fc.record({ kind: fc.constant('naradaLeave' as const), group, seq: u32 }),
  fc.record({ kind: fc.constant('naradaRefresh' as const), group, number: u32, degree: fc.nat(9), entries: fc.array(entry, { maxLength: 12 }) }),
  fc.record({ kind: fc.constant('naradaCosts' as const), group, degree: fc.nat(9), costs: fc.array(fc.record({ member: peer, costUs: u32 }), { maxLength: 12 }) }),
  fc.record({ kind: fc.constantFrom('rttProbe' as const, 'rttReply' as const), group, seq: fc.nat(20) }),
);
const step = fc.constantFrom('refresh' as const, 'update' as const, 'probe' as const, 'repair' as const, 'check' as const);
const input = fc.oneof(
  { weight: 5, arbitrary: fc.record({ from: peer, message }) },
  { weight: 2, arbitrary: fc.record({ step, afterMs: fc.constantFrom(0, 1000, 40_000) }) },
  { weight: 1, arbitrary: fc.record({ down: peer }) },
  { weight: 1, arbitrary: fc.record({ contact: peer }) },
);

/** Checks what must hold whatever comes in. */
function check(narada: Narada, links: ReadonlySet<PeerRef>): void {
  const { neighbours, members } = narada;
  expect(new Set(neighbours)).toEqual(links);
  expect(neighbours.length).toBe(links.size);
  expect(neighbours).not.toContain(narada.self);
  expect(neighbours.length).toBeLessThanOrEqual(2 * DEGREE_MAX);
  expect(members.size).toBeLessThanOrEqual(MEMBERS_MAX - 1);
  expect(members.get(narada.self)).toBeUndefined();
  expect([...members.all()].filter(({ status }) => status === 'alive')).toHaveLength(members.aliveCount);
  for (const { best, status } of members.all()) {
    if (best === undefined) continue;
    expect([status, best.path.includes(narada.self), best.path.length === 0 || links.has(best.path[0] as PeerRef)]).toEqual(['alive', false, true]);
  }
}

describe(`Narada (seed ${SEED})`, () => {
  test('keeps its invariants and bounds, and opens and closes links in turn, whatever comes in', () => {
    const config = groupConfig({ overlay: { kind: 'narada', degreeMin: 1, degreeMax: DEGREE_MAX, membersMax: MEMBERS_MAX }, dissemination: 'tree' });
    if (config.overlay.kind !== 'narada') throw new Error('it was chosen');
    const { overlay } = config;
    const prop = fc.property(fc.array(input, { maxLength: 120, size: 'max' }), (inputs) => {
      const effects = new RecordingEffects();
      const narada = new Narada(peerRef(0), GROUP, SESSION, overlay, new Random(SEED), new RecordingListener());
      const links = new Set<PeerRef>();
      let nowMs = 0;
      const settle = (): void => {
        for (const effect of effects.take()) {
          if (effect.effect === 'openLink') expect(links.has(effect.peer)).toBe(false);
          if (effect.effect === 'closeLink') expect(links.has(effect.peer)).toBe(true);
          if (effect.effect === 'openLink') links.add(effect.peer);
          if (effect.effect === 'closeLink') links.delete(effect.peer);
        }
        check(narada, links);
      };
      narada.start([peerRef(1)], nowMs, effects);
      settle();
      for (const one of inputs) {
        if ('message' in one) narada.onMessage(one.from, one.message, nowMs, effects);
        else if ('step' in one) narada.onTimer({ kind: 'narada', step: one.step, group: GROUP, session: SESSION }, (nowMs += one.afterMs), effects);
        else if ('down' in one) narada.onLinkDown(one.down, nowMs, effects);
        else narada.addContact(one.contact, nowMs, effects);
        settle();
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 150 });
  });
});
