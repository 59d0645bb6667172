import { describe, expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../../lib/core/ids.ts';
import type { NaradaRefresh, RefreshEntry } from '../../../../lib/core/messages.ts';
import { DESCRIBED_MAX, NARADA_MEMBERS_MAX, PATH_HOPS_MAX } from '../../../../lib/core/messages/narada.ts';
import { MemberList } from '../../../../lib/overlay/narada/member-list.ts';
import { MeshLinks } from '../../../../lib/overlay/narada/mesh-links.ts';
import { Refreshes } from '../../../../lib/overlay/narada/refreshes.ts';
import { RouteTable } from '../../../../lib/overlay/narada/route-table.ts';
import { Codec } from '../../../../lib/wire/codec.ts';
import { CONTROL_BYTES_MAX } from '../../../../lib/wire/limits.ts';
import { SimulatedDirectory } from '../../../../sim/world/simulated-directory.ts';
import { GROUP, peers, roles } from '../../../support/builders.ts';
import { RecordingEffects } from '../../../support/recording-effects.ts';

const self = peerRef(0);
const { neighbour, near, far, stranger } = roles('neighbour', 'near', 'far', 'stranger');

function bed(membersMax = 100) {
  const members = new MemberList(membersMax, 12);
  const links = new MeshLinks(12);
  const routes = new RouteTable(self, members, links);
  return { members, links, routes, refreshes: new Refreshes(self, GROUP, members, links, routes), effects: new RecordingEffects() };
}

/** The refreshes that went out, by receiver. */
function sentBy(effects: RecordingEffects): (readonly [PeerRef, NaradaRefresh])[] {
  return effects.take().flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'naradaRefresh' ? [[effect.to, effect.message] as const] : []));
}

describe('refreshes', () => {
  test.each([
    ['as many members as there may be, each over the longest path', PATH_HOPS_MAX],
    ['as many members as there may be, all near', 1],
  ])('of %s go in messages that can be encoded', (_, hops) => {
    const { members, links, refreshes, effects } = bed(NARADA_MEMBERS_MAX - 1);
    links.add(peerRef(1), 0);
    for (let peer = 1; peer < NARADA_MEMBERS_MAX; peer++) {
      const member = members.admit(peerRef(peer), 0);
      if (member === undefined) throw new Error('there is room');
      member.seq = 2 ** 32 - 1;
      member.best = { costUs: 2 ** 32 - 1, path: Array.from({ length: hops }, (_, hop) => peerRef(1 + ((peer * 17 + hop * 31) % (NARADA_MEMBERS_MAX - 1)))) };
    }
    refreshes.sendFull(effects);
    const codec = new Codec(new SimulatedDirectory(NARADA_MEMBERS_MAX));
    const messages = sentBy(effects).map(([, message]) => message);
    for (const message of messages) {
      const bytes = codec.encode(message);
      expect(bytes.length).toBeLessThanOrEqual(CONTROL_BYTES_MAX);
      expect(codec.decode(bytes)).toEqual(message);
    }
    expect(messages.flatMap(({ entries }) => entries.map(({ member }) => member))).toEqual([self, ...peers(NARADA_MEMBERS_MAX - 1)]);
    expect(messages.map(({ number }) => number)).toEqual(messages.map((_, index) => index));
  });

  test('of members that were asked about name those too whose routes lead over them', () => {
    const { members, links, routes, refreshes, effects } = bed();
    for (const peer of [neighbour, near, far]) members.admit(peer, 0);
    const link = links.add(neighbour, 0);
    link.delayUs = 10;
    for (const [peer, path] of [[near, []], [far, [near]]] as const) {
      const member = members.get(peer);
      if (member !== undefined) routes.learn(link, member, { costUs: 5, path });
    }
    refreshes.sendOf(new Set([near]), neighbour, effects);
    expect(sentBy(effects).map(([to, { entries }]) => [to, entries.map(({ member }) => member)])).toEqual([[neighbour, [near, far]]]);
  });

  test('that name strangers lead to one question at a time, about so many at most', () => {
    const { members, links, refreshes, effects } = bed(250);
    const link = links.add(neighbour, 0);
    const name = (number: number, named: readonly PeerRef[]): void => {
      const entries = named.map((member) => ({ member, status: 'alive', seq: 1 }) as const);
      refreshes.apply(link, { kind: 'naradaRefresh', group: GROUP, number, degree: 1, entries }, 0);
    };
    const asked = (nowMs: number): readonly PeerRef[] => {
      refreshes.askWhoTheyAre(link, 1000, nowMs, effects);
      return effects.take().flatMap((effect) => (effect.effect === 'send' && effect.message.kind === 'naradaDescribe' ? effect.message.peers : []));
    };
    name(0, [near, stranger]);
    members.admit(near, 0);
    expect(asked(0)).toEqual([stranger]);
    name(1, peers(400, 10));
    expect([asked(999), asked(1000), asked(2000)]).toEqual([[], peers(DESCRIBED_MAX, 10), []]);
  });

  test('are not asked about where the list is full', () => {
    const { members, links, refreshes, effects } = bed(1);
    members.admit(near, 0);
    const link = links.add(neighbour, 0);
    refreshes.apply(link, { kind: 'naradaRefresh', group: GROUP, number: 0, degree: 1, entries: [{ member: stranger, status: 'alive', seq: 1 }] }, 0);
    refreshes.askWhoTheyAre(link, 1000, 0, effects);
    expect([effects.take(), refreshes.counters.unknown]).toEqual([[], 1]);
  });

  test.each([5, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('a member answers its death, with whatever number (%d) it was declared, so that who believed that believes the answer', (seq) => {
    const [victim, believer] = [bed(), bed()];
    const hear = ({ links, refreshes }: typeof victim, number: number, entry: RefreshEntry): void =>
      refreshes.apply(links.find(neighbour) ?? links.add(neighbour, 0), { kind: 'naradaRefresh', group: GROUP, number, degree: 1, entries: [entry] }, 0);
    const member = believer.members.admit(far, 0);
    hear(believer, 0, { member: far, status: 'alive', seq: 1 });
    hear(believer, 1, { member: far, status: 'failed', seq });
    // What the believer has not taken for news needs no answer.
    hear(victim, 0, { member: self, status: member?.status ?? 'failed', seq: member?.seq ?? 0 });
    victim.refreshes.sendFull(victim.effects);
    const said = sentBy(victim.effects)[0]?.[1].entries[0];
    hear(believer, 2, { member: far, status: 'alive', seq: said?.seq ?? 0 });
    expect([member?.status, member?.seq]).toEqual(['alive', victim.refreshes.seq]);
  });

  test('are numbered anew after the largest number', () => {
    const { links, refreshes } = bed();
    const link = links.add(neighbour, 0);
    for (const number of [2 ** 32 - 2, 2 ** 32 - 1, 0, 2 ** 32 - 1, 1]) refreshes.apply(link, { kind: 'naradaRefresh', group: GROUP, number, degree: 1, entries: [] }, 0);
    expect([link.lastNumber, refreshes.counters.late]).toEqual([1, 1]);
  });
});
