import { describe, expect, test } from 'vitest';
import { DEFAULTS, type NaradaOptions } from '../../../../lib/core/config.ts';
import type { Effects } from '../../../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../../../lib/core/ids.ts';
import type { MemberCost, NaradaCosts } from '../../../../lib/core/messages.ts';
import { MemberList } from '../../../../lib/overlay/narada/member-list.ts';
import { type MeshLink, MeshLinks, measured } from '../../../../lib/overlay/narada/mesh-links.ts';
import { type Mesh, MeshUpkeep } from '../../../../lib/overlay/narada/mesh-upkeep.ts';
import { RouteTable } from '../../../../lib/overlay/narada/route-table.ts';
import { RttMeter } from '../../../../lib/overlay/rtt-meter.ts';
import { GROUP, ScriptedRandom } from '../../../support/builders.ts';
import { RecordingEffects, sent, sentUnreliably } from '../../../support/recording-effects.ts';

const self = peerRef(0);
const askCosts = { kind: 'naradaAskCosts', group: GROUP } as const;
const probe = (seq: number) => ({ kind: 'rttProbe', group: GROUP, seq }) as const;

/**
 * A member of a group of twenty. Its neighbours are 1, 2, ...; all others it reaches over
 * neighbour 1, at 100 ms and more. Requests and drops are noted.
 */
class Bed implements Mesh {
  readonly self = self;
  readonly group = GROUP;
  readonly options: NaradaOptions;
  readonly random = new ScriptedRandom();
  readonly members = new MemberList(100, 12);
  readonly links = new MeshLinks(12);
  readonly routes = new RouteTable(self, this.members, this.links);
  readonly meter = new RttMeter(GROUP, 100);
  readonly upkeep: MeshUpkeep;
  readonly effects = new RecordingEffects();
  readonly asked: PeerRef[] = [];
  /** Of those asked: with urgency. */
  readonly urged: PeerRef[] = [];
  readonly dropped: PeerRef[] = [];
  nowMs = 0;

  constructor(degree: number, options: Partial<NaradaOptions> = {}) {
    this.options = { ...DEFAULTS.overlay.narada, ...options };
    for (let peer = 1; peer < 20; peer++) this.members.admit(peerRef(peer), 0);
    for (let peer = 1; peer <= degree; peer++) {
      const link = this.links.add(peerRef(peer), 0);
      link.degree = 6;
      measured(link, 100);
    }
    for (let peer = degree + 1; peer < 20; peer++) this.tell(peerRef(1), peerRef(peer), 50_000);
    this.routes.chooseAll();
    this.upkeep = new MeshUpkeep(this);
  }

  tell(neighbour: PeerRef, peer: PeerRef, costUs: number): void {
    const link = this.links.find(neighbour);
    const member = this.members.get(peer);
    if (link !== undefined && member !== undefined) this.routes.learn(link, member, { costUs, path: [] });
  }

  requestLink(peer: PeerRef, urgent: boolean): void {
    this.asked.push(peer);
    if (urgent) this.urged.push(peer);
  }

  dropLink(link: MeshLink): void {
    this.dropped.push(link.peer);
  }

  /** A probe interval has passed; the member measured answers after `rttMs`. */
  probed(peer: PeerRef, rttMs: number): ReturnType<RecordingEffects['take']> {
    this.upkeep.onProbeTimer(this.nowMs, this.effects);
    const seq = this.meter.counters.probes - 1;
    this.nowMs += rttMs;
    this.meter.onMessage(peer, { kind: 'rttReply', group: GROUP, seq }, this.nowMs, this.effects);
    this.upkeep.onMeasured(peer, this.nowMs, this.effects);
    return this.effects.take();
  }

  costs(from: PeerRef, degree: number, gains: number): void {
    const costs: MemberCost[] = [{ member: from, costUs: 0 }];
    for (let peer = 19; costs.length < gains; peer--) if (peerRef(peer) !== from) costs.push({ member: peerRef(peer), costUs: 0 });
    const message: NaradaCosts = { kind: 'naradaCosts', group: GROUP, degree, costs };
    this.upkeep.onCosts(from, message, this.nowMs, this.effects as Effects);
  }
}

describe('the upkeep of the mesh, adding links (section 3.2.1)', () => {
  test('measures a random member that is no neighbour, and asks for its costs where it is nearer than over the mesh', () => {
    expect(new Bed(4).probed(peerRef(5), 50)).toEqual([sentUnreliably(peerRef(5), probe(0)), sent(peerRef(5), askCosts)]);
    expect(new Bed(4).probed(peerRef(5), 300)).toEqual([sentUnreliably(peerRef(5), probe(0))]);
  });

  test('asks for a link at once while there are fewer than degreeMin', () => {
    const bed = new Bed(2);
    expect([bed.probed(peerRef(3), 300), bed.asked]).toEqual([[sentUnreliably(peerRef(3), probe(0))], [peerRef(3)]]);
  });

  test('asks the next with urgency when one was refused', () => {
    const bed = new Bed(2);
    bed.probed(peerRef(3), 300);
    bed.upkeep.onRefused();
    bed.probed(peerRef(3), 300);
    bed.probed(peerRef(3), 300);
    expect([bed.asked, bed.urged]).toEqual([[3, 3, 3], [3]]);
  });

  test('measures nobody at degreeMax', () => {
    expect(new Bed(6).probed(peerRef(7), 50)).toEqual([]);
  });

  test.each([
    // Each of the members gains 100 to 25 ms, three quarters; 20 members, degree 4: more than 0.8 is needed.
    ['a link that gains less than the threshold is not asked for', 4, 1, []],
    ['one that gains more is', 4, 2, [5]],
    ['the degree of the other end counts too: at 5 more than 1.2', 5, 2, [5]],
    ['and at degreeMax none is asked for', 6, 15, []],
  ])('%s', (_, degree, gains, asked) => {
    const bed = new Bed(4);
    bed.probed(peerRef(5), 50);
    bed.costs(peerRef(5), degree, gains);
    expect(bed.asked).toEqual(asked);
  });

  test('a very near member that is far over the mesh gets a link whatever it gains', () => {
    const bed = new Bed(4);
    bed.probed(peerRef(5), 10);
    bed.costs(peerRef(5), 4, 1);
    expect(bed.asked).toEqual([peerRef(5)]);
  });

  test('costs that come late, or from somebody else, are of no use', () => {
    const bed = new Bed(4);
    bed.probed(peerRef(5), 50);
    bed.costs(peerRef(6), 4, 10);
    bed.nowMs += 10_000;
    bed.upkeep.onProbeTimer(bed.nowMs, bed.effects);
    bed.upkeep.onProbeTimer(bed.nowMs, bed.effects);
    bed.costs(peerRef(5), 4, 10);
    expect(bed.asked).toEqual([]);
  });

  test('the threshold rises with each link added, until the group changes', () => {
    const bed = new Bed(4);
    /** Whether a member that lets `gains` members gain three quarters is asked for a link. */
    const isAsked = (gains: number): boolean => {
      const before = bed.asked.length;
      const { probes } = bed.meter.counters;
      while (bed.meter.counters.probes === probes) bed.upkeep.onProbeTimer(bed.nowMs, bed.effects);
      bed.nowMs += 50;
      bed.meter.onMessage(peerRef(5), { kind: 'rttReply', group: GROUP, seq: probes }, bed.nowMs, bed.effects);
      bed.upkeep.onMeasured(peerRef(5), bed.nowMs, bed.effects);
      bed.costs(peerRef(5), 4, gains);
      return bed.asked.length > before;
    };
    // 0.8 is needed at first, a sixth of that more after each; two members gain 1.5.
    expect(Array.from({ length: 8 }, () => isAsked(2))).toEqual([true, true, true, true, true, true, false, false]);
    expect(isAsked(3)).toBe(true);
    bed.members.admit(peerRef(40), 0);
    expect(isAsked(2)).toBe(true);
  });

  test('measurements that come to nothing grow rare, until a link or a member comes or goes', () => {
    const bed = new Bed(4);
    const measures = (): string => Array.from({ length: 40 }, () => {
      bed.upkeep.onProbeTimer(bed.nowMs, bed.effects);
      return bed.effects.take().length;
    }).join('');
    // After 1, 2, 2, 3, 5, 8, 11 intervals, and 16 in the end.
    const RARE = '1101010010000100000001000000000010000000';
    expect(measures()).toBe(RARE);
    bed.members.admit(peerRef(40), 0);
    expect(measures()).toBe(RARE);
  });
});

describe('the upkeep of the mesh, dropping links (section 3.2.2)', () => {
  const OLD_MS = 30_000;

  /** Neighbour 1 leads to most, neighbours 2 to 5 to themselves alone. */
  function bed(): Bed {
    const made = new Bed(5, { degreeMax: 8 });
    made.nowMs = OLD_MS;
    for (const link of made.links.all) link.degree = 8;
    return made;
  }

  test('a link goes when the one of its ends that needs it most needs it for few members', () => {
    // Of 20 members, at degree 5: the threshold is half of what adding would take at 4, 20 x (0.02 + 0.2 x 0.06) / 2 = 0.32.
    const made = bed();
    made.upkeep.onProbeTimer(made.nowMs, made.effects);
    expect(made.dropped).toEqual([]);
    // Neighbour 3 is reached over neighbour 1 from now on: nobody needs the link to it.
    made.tell(peerRef(1), peerRef(3), 0);
    const link = made.links.find(peerRef(3));
    if (link !== undefined) measured(link, 1000);
    made.routes.chooseAll();
    made.upkeep.onProbeTimer(made.nowMs, made.effects);
    expect(made.dropped).toEqual([peerRef(3)]);
  });

  test.each([
    ['one that is young', (_link: MeshLink, made: Bed) => { made.nowMs = OLD_MS - 1; }],
    ['one that goes already', (link: MeshLink) => { link.fadingSinceMs = 0; }],
    ['one whose other end has few', (link: MeshLink) => { link.degree = 3; }],
  ])('%s stays', (_, change) => {
    const made = bed();
    made.tell(peerRef(1), peerRef(3), 0);
    const link = made.links.find(peerRef(3));
    if (link === undefined) throw new Error('there is a link');
    measured(link, 1000);
    change(link, made);
    made.routes.chooseAll();
    made.upkeep.onProbeTimer(made.nowMs, made.effects);
    expect(made.dropped).toEqual([]);
  });

  test('beyond degreeMax the link of least use goes', () => {
    const made = new Bed(7);
    made.nowMs = OLD_MS;
    made.upkeep.onProbeTimer(made.nowMs, made.effects);
    expect(made.dropped).toEqual([peerRef(2)]);
  });

  test('beyond degreeMax a link goes though half of the group is reached by it, but first one whose other end has enough', () => {
    const made = new Bed(7);
    made.nowMs = OLD_MS;
    for (const link of made.links.all) if (link.peer !== 1) link.degree = 3;
    made.upkeep.onProbeTimer(made.nowMs, made.effects);
    expect(made.dropped).toEqual([peerRef(1)]);
  });
});
