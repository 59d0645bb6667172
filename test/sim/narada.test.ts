import { describe, expect, test } from 'vitest';
import { type Choice, type GroupOptions, type NaradaOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { Narada } from '../../lib/overlay/narada.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import { DelayPaths, type Paths } from '../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../sim/world/world.ts';

const SEED = 4;
const HOSTS = 30;
/** Everything six times as fast as by default, so that a test does not wait. */
const FAST: Choice<NaradaOptions> = {
  kind: 'narada', refreshIntervalMs: 5000, memberTimeoutMs: 20_000, repairIntervalMs: 1000, repairWaitMs: 10_000, probeIntervalMs: 2000, deadMemberMs: 200_000, transientMs: 3000,
};

/** Hosts at random places of a square, 1 to 100 ms from each other; from `cut` on two halves that hear nothing of each other, until that is undone. */
class Plane implements Paths {
  readonly hosts: number;
  readonly plain: boolean;
  private readonly delays: DelayPaths;
  cut = false;

  constructor(hosts: number, canBeCut = false) {
    const random = new Random(SEED);
    const places = Array.from({ length: hosts }, () => [70 * random.float(), 70 * random.float()] as const);
    this.hosts = hosts;
    this.delays = new DelayPaths({
      hosts,
      symmetric: true,
      delayMs: (a, b) => {
        const [[ax, ay], [bx, by]] = [places[a] ?? [0, 0], places[b] ?? [0, 0]];
        return a === b ? 0 : 1 + Math.round(Math.hypot(ax - bx, ay - by) * 1000) / 1000;
      },
    });
    this.plain = !canBeCut;
  }

  delayUs(from: number, to: number): number {
    return this.delays.delayUs(from, to);
  }

  loss(from: number, to: number): number {
    return this.cut && (from < this.hosts / 2) !== (to < this.hosts / 2) ? 1 : 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly [] {
    return [];
  }
}

/** Who got how many copies of what. */
class Copies extends SilentObserver {
  readonly deliveries = new Map<string, number[]>();
  payloads = 0;

  override onTransmission(_timeUs: number, _from: PeerRef, _to: PeerRef, message: Message): void {
    if (message.kind === 'data') this.payloads++;
  }

  override onDelivery(_timeUs: number, peer: PeerRef, _from: PeerRef, { origin, seq }: DataMessage): void {
    const key = `${origin} ${seq}`;
    this.deliveries.set(key, [...(this.deliveries.get(key) ?? []), peer]);
  }
}

class Members {
  readonly copies = new Copies();
  readonly world: World;
  private readonly config;
  private contact = 0;

  constructor(paths: Paths, overlay: Choice<NaradaOptions> = FAST, options: Partial<WorldOptions> = {}, more: GroupOptions = {}) {
    this.world = new World(paths, { seed: SEED, observer: this.copies, ...options });
    this.config = groupConfig({ overlay, dissemination: 'tree', ...more });
  }

  joinAll(): this {
    for (let host = 0; host < this.world.peers; host++) {
      this.join(host);
      this.run(50);
    }
    return this;
  }

  join(host: number): void {
    const alive = this.alive.find((other) => other === this.contact) ?? this.alive[0];
    this.world.join(host, this.config, alive === undefined ? [] : [peerRef(alive)]);
  }

  run(ms: number): this {
    this.world.run(this.world.nowMs + ms);
    return this;
  }

  get alive(): number[] {
    return Array.from({ length: this.world.peers }, (_, host) => host).filter((host) => this.world.engine(host) !== undefined);
  }

  of(host: number): Narada {
    const overlay = this.world.engine(host)?.group(GROUP)?.overlay;
    if (!(overlay instanceof Narada)) throw new Error(`${host} is a member`);
    return overlay;
  }

  /** Every member publishes; who has not got what, and copies sent beyond one for each receiver. */
  publishAll(): { missing: string[]; redundant: number } {
    const { alive, copies, world } = this;
    copies.deliveries.clear();
    copies.payloads = 0;
    for (const host of alive) world.publish(host, new Uint8Array(10));
    this.run(1500);
    const missing: string[] = [];
    for (const [message, receivers] of copies.deliveries) {
      for (const host of alive) if (receivers.filter((peer) => peer === host).length !== 1) missing.push(`${message} at ${host}`);
    }
    return { missing, redundant: copies.payloads - alive.length * (alive.length - 1) };
  }

  /** Members that each member believes to be alive beyond or below those that are. */
  mistaken(): string[] {
    const { alive } = this;
    return alive.flatMap((host) => {
      const believed = [...this.of(host).members.all()].filter(({ status }) => status === 'alive').map(({ peer }) => Number(peer));
      const others = alive.filter((other) => other !== host);
      return believed.sort((x, y) => x - y).join() === others.join() ? [] : [`${host} believes in ${believed.join()}`];
    });
  }

  /** Links that only one end has, and members with more links than they may have. */
  wrongLinks(degreeMax = 6): string[] {
    return this.alive.flatMap((host) => {
      const { neighbours } = this.of(host);
      const oneSided = neighbours.filter((peer) => this.world.engine(peer) === undefined || !this.of(peer).neighbours.includes(peerRef(host)));
      return [...oneSided.map((peer) => `${host}-${peer}`), ...(neighbours.length > degreeMax ? [`${host} has ${neighbours.length}`] : [])];
    });
  }

  check(): object {
    return { ...this.publishAll(), mistaken: this.mistaken(), wrongLinks: this.wrongLinks() };
  }
}

/** Members of even and of odd numbers that know nothing of each other, and then one of the one group of one of the other. */
function twoGroups(overlay: Choice<NaradaOptions>): Members {
  const members = new Members(new Plane(HOSTS), overlay);
  const config = groupConfig({ overlay, dissemination: 'tree' });
  for (let host = 0; host < HOSTS; host++) {
    members.world.join(host, config, host < 2 ? [] : [peerRef(host % 2)]);
    members.run(50);
  }
  members.run(30_000);
  members.world.engine(4)?.addContact(GROUP, peerRef(5), members.world.nowMs, members.world['as'](4));
  return members;
}

const WELL = { missing: [], redundant: 0, mistaken: [], wrongLinks: [] };

describe(`Narada (seed ${SEED})`, () => {
  test('joins one by one: everybody knows everybody, and each source has a tree on which each message goes once to each member', () => {
    const members = new Members(new Plane(HOSTS)).joinAll().run(120_000);
    expect(members.check()).toEqual(WELL);
    const degrees = members.alive.map((host) => members.of(host).neighbours.length);
    expect(Math.min(...degrees)).toBeGreaterThanOrEqual(3);
  });

  test('has two members, and three', () => {
    for (const hosts of [2, 3]) expect(new Members(new Plane(hosts)).joinAll().run(60_000).check()).toEqual(WELL);
  });

  test('comes to rest: no link comes or goes for a minute, within ten', () => {
    const members = new Members(new Plane(HOSTS), { kind: 'narada' }).joinAll();
    const links = (): string => members.alive.map((host) => members.of(host).neighbours.join()).join(' ');
    const states = Array.from({ length: 10 }, () => {
      members.run(60_000);
      return links();
    });
    expect(states.some((state, minute) => state === states[minute + 1])).toBe(true);
  });

  test.each([0, 3, 17])('survives the crash of member %d, be it the contact of all or any other', (victim) => {
    const members = new Members(new Plane(HOSTS)).joinAll().run(60_000);
    members.world.crash(victim);
    expect(members.run(60_000).check()).toEqual(WELL);
    members.join(victim);
    expect(members.run(60_000).check()).toEqual(WELL);
  });

  test('survives the crash of a third of the members at once, and forgets them', () => {
    const members = new Members(new Plane(HOSTS)).joinAll().run(60_000);
    for (let host = 0; host < HOSTS; host += 3) members.world.crash(host);
    expect(members.run(90_000).check()).toEqual(WELL);
    members.run(200_000);
    expect(members.alive.map((host) => members.of(host).members.size)).toEqual(members.alive.map(() => HOSTS - 11));
  });

  test('knows of a leave as soon as updates have spread, and takes the member in again', () => {
    const members = new Members(new Plane(HOSTS)).joinAll().run(60_000);
    for (const host of [0, 5, 6]) members.world.leave(host);
    expect(members.run(10_000).mistaken()).toEqual([]);
    expect(members.run(30_000).check()).toEqual(WELL);
    members.join(5);
    expect(members.run(60_000).check()).toEqual(WELL);
  });

  test('a contact that becomes known joins two groups into one', () => {
    expect(twoGroups(FAST).run(60_000).check()).toEqual(WELL);
  });

  test('a link that was dropped and joins two parts is taken up again', () => {
    const members = twoGroups({ ...FAST, probeIntervalMs: 600_000 }).run(20_000);
    const bridged = members.of(4);
    const bridges = (): boolean[] => bridged.links.all.filter(({ peer }) => peer % 2 === 1).map(({ fadingSinceMs }) => fadingSinceMs === undefined);
    for (const link of [...bridged.links.all]) if (link.peer % 2 === 1) bridged.dropLink(link, members.world.nowMs, members.world['as'](4));
    expect(bridges()).toEqual([false]);
    expect({ ...members.run(15_000).check(), wrongLinks: [] }).toEqual(WELL);
    expect(bridges()).toEqual([true]);
  });

  test('section 3.1.3: mends a mesh that has come apart, by few links', () => {
    // Two groups that one link has joined, and nobody looks for better ones.
    const members = twoGroups({ ...FAST, probeIntervalMs: 600_000 }).run(20_000);
    const bridges = (): number => members.alive.reduce((sum, host) => sum + members.of(host).neighbours.filter((peer) => host % 2 === 0 && peer % 2 === 1).length, 0);
    expect([bridges(), members.mistaken()]).toEqual([1, []]);
    const bridged = members.of(4);
    for (const link of [...bridged.links.all]) {
      if (link.peer % 2 === 0) continue;
      const other = members.of(link.peer);
      for (const end of other.links.all) if (end.peer === 4) other['removeLink'](end, members.world.nowMs, members.world['as'](link.peer));
      bridged['removeLink'](link, members.world.nowMs, members.world['as'](4));
    }
    members.run(15_000);
    // Nothing was heard of the other half, but not yet for memberTimeoutMs.
    expect([bridges(), members.mistaken()]).toEqual([0, []]);
    members.run(30_000);
    expect(bridges()).toBeGreaterThan(0);
    expect(bridges()).toBeLessThan(HOSTS / 2);
    expect({ ...members.run(30_000).check(), wrongLinks: [] }).toEqual(WELL);
  });

  test('two halves of a network go on alone, and meet again when it has healed', () => {
    const paths = new Plane(HOSTS, true);
    const members = new Members(paths).joinAll().run(60_000);
    paths.cut = true;
    members.run(60_000);
    const half = members.alive.map((host) => members.of(host).members.aliveCount);
    expect(half).toEqual(members.alive.map(() => HOSTS / 2 - 1));
    paths.cut = false;
    expect(members.run(120_000).check()).toEqual(WELL);
  });

  test('at loss 0.05 with anti-entropy every message arrives', () => {
    const members = new Members(new Plane(HOSTS), FAST, { loss: 0.05 }, { repair: 'anti-entropy' }).joinAll().run(60_000);
    const { copies, world, alive } = members;
    for (const host of alive) world.publish(host, new Uint8Array(10));
    members.run(60_000);
    expect([...copies.deliveries.values()].map((receivers) => new Set(receivers).size)).toEqual(alive.map(() => HOSTS));
    expect(members.mistaken()).toEqual([]);
  });

  test('the same seed makes the same trace, as objects and as bytes', () => {
    const hashes = [['objects', SEED], ['objects', SEED], ['bytes', SEED], ['objects', SEED + 1]].map(([wire, seed]) => {
      const members = new Members(new Plane(HOSTS), FAST, { wire: wire as 'objects' | 'bytes', seed: Number(seed) }).joinAll().run(20_000);
      members.publishAll();
      members.world.crash(7);
      return members.run(20_000).world.traceHash;
    });
    expect(hashes.map((hash) => hash === hashes[0])).toEqual([true, true, true, false]);
  });

  test('keeps what it holds within its bounds', () => {
    const members = new Members(new Plane(HOSTS), { ...FAST, membersMax: 20, degreeMax: 4 }).joinAll();
    for (let step = 0; step < 60; step++) {
      members.run(1000);
      for (const host of members.alive) {
        const { members: known, neighbours } = members.of(host);
        expect(known.size).toBeLessThanOrEqual(19);
        expect(neighbours.length).toBeLessThanOrEqual(8);
      }
    }
    const refused = members.alive.map((host) => members.of(host).members.counters.refused);
    expect(Math.max(...refused)).toBeGreaterThan(0);
  });
});
