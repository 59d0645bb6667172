import { beforeEach, describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { TreeMulticast } from '../../lib/dissemination/tree-multicast.ts';
import { field } from '../../sim/experiments/field.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import type { Paths } from '../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../sim/world/world.ts';
import { flaws, placesOf } from './hierarchy.ts';

const PEERS = 60;
const SEED = 4;
const HEARTBEAT_MS = 5000;
/** What the header of the protocol promises, in heartbeats. */
const HEALED_AFTER = 20;

const GROUND = field(generateTopology('waxman', { routers: 120 }, SEED), { kind: 'random', count: PEERS }, 1, new Random(SEED));

class Deliveries extends SilentObserver {
  private readonly got = new Map<number, number>();

  override onDelivery(_timeUs: number, peer: PeerRef, _from: PeerRef, _message: DataMessage): void {
    this.got.set(peer, (this.got.get(peer) ?? 0) + 1);
  }

  take(): Map<number, number> {
    const taken = new Map(this.got);
    this.got.clear();
    return taken;
  }
}

/** Two halves of the hosts that cannot reach each other while `cut`. */
class TornPaths implements Paths {
  readonly plain = false;
  readonly hosts = GROUND.paths.hosts;
  cut = false;

  delayUs(from: number, to: number): number {
    return GROUND.paths.delayUs(from, to);
  }

  loss(from: number, to: number): number {
    return this.cut && from % 2 !== to % 2 ? 1 : 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly [] {
    return [];
  }
}

class Bed {
  readonly deliveries = new Deliveries();
  readonly world: World;

  constructor(options: Partial<WorldOptions> = {}, group: Partial<GroupOptions> = {}, paths: Paths = GROUND.paths) {
    this.world = new World(paths, { seed: SEED, observer: this.deliveries, ...options });
    const config = groupConfig({ overlay: 'nice', dissemination: 'tree', ...group });
    for (let host = 0; host < PEERS; host++) {
      this.world.join(host, config, host === 0 ? [] : [peerRef(0)]);
      this.world.run(this.world.nowMs + 50);
    }
    this.beats(12);
  }

  get live(): PeerRef[] {
    return [...placesOf(this.world).keys()];
  }

  get root(): PeerRef {
    return this.live.find((peer) => placesOf(this.world).get(peer)?.place.layers.isRoot === true) ?? peerRef(-1);
  }

  beats(count: number): void {
    this.world.run(this.world.nowMs + count * HEARTBEAT_MS);
  }

  /** Heartbeats until the hierarchy is without flaw, as many as are allowed at most. */
  healed(): readonly string[] {
    for (let beat = 0; beat < HEALED_AFTER; beat++) {
      this.beats(1);
      if (flaws(this.world).length === 0) return [];
    }
    return flaws(this.world);
  }

  /** Who did not get a message of `source` exactly once. */
  missedFrom(source: PeerRef): PeerRef[] {
    this.deliveries.take();
    this.world.publish(source, Uint8Array.of(1));
    this.world.run(this.world.nowMs + 2000);
    const got = this.deliveries.take();
    return this.live.filter((peer) => got.get(peer) !== 1);
  }

  /** Copies that came again, or from strangers. */
  get astray(): number {
    return this.live.reduce((sum, host) => {
      const dissemination = this.world.engine(host)?.group(GROUP)?.dissemination;
      return sum + (dissemination instanceof TreeMulticast ? dissemination.cycles + dissemination.strangers : NaN);
    }, 0);
  }
}

describe(`${PEERS} peers of a NICE group (seed ${SEED})`, () => {
  let bed: Bed;
  beforeEach(() => {
    bed = new Bed();
  });

  test('join one by one and are one hierarchy in which every message of everybody reaches each peer once', () => {
    expect(flaws(bed.world)).toEqual([]);
    expect(bed.live.flatMap((source) => bed.missedFrom(source))).toEqual([]);
    expect(bed.astray).toBe(0);
    const heights = [...placesOf(bed.world).values()].map(({ place: { layers } }) => layers.height);
    // With 3 to 8 in a cluster.
    expect(Math.max(...heights)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...heights)).toBeLessThanOrEqual(4);
  });

  test.each([
    ['the root', (on: Bed) => [on.root]],
    ['the rendezvous', () => [peerRef(0)]],
    ['a leader', (on: Bed) => on.live.filter((peer) => peer !== on.root && (placesOf(on.world).get(peer)?.place.layers.height ?? 0) > 0).slice(0, 1)],
    ['a member', (on: Bed) => on.live.filter((peer) => placesOf(on.world).get(peer)?.place.layers.height === 0).slice(0, 1)],
    ['all leaders', (on: Bed) => on.live.filter((peer) => (placesOf(on.world).get(peer)?.place.layers.height ?? 0) > 0)],
    ['a third', () => new Random(SEED).sample(Array.from({ length: PEERS }, (_, host) => peerRef(host)), PEERS / 3)],
  ])('are one hierarchy again after a crash of %s', (_, choose) => {
    for (const peer of choose(bed)) bed.world.crash(peer);
    expect(bed.healed()).toEqual([]);
    bed.beats(2);
    for (const source of bed.live.slice(0, 5)) expect(bed.missedFrom(source)).toEqual([]);
  });

  test('stay one hierarchy while a third leaves one after the other, the root again and again', () => {
    for (let left = 0; left < PEERS / 3; left++) {
      bed.world.leave(left % 2 === 0 ? bed.root : (bed.live[left] ?? bed.root));
      bed.beats(1);
      expect(placesOf(bed.world).size).toBe(PEERS - 1 - left);
    }
    expect(bed.healed()).toEqual([]);
    for (const source of bed.live.slice(0, 5)) expect(bed.missedFrom(source)).toEqual([]);
  });

  test('are one hierarchy again after two thirds have left at once', () => {
    for (const peer of bed.live.slice(0, (2 * PEERS) / 3)) bed.world.leave(peer);
    expect(bed.healed()).toEqual([]);
    expect(bed.missedFrom(bed.root)).toEqual([]);
  });
});

describe('a NICE group', () => {
  test('is one hierarchy again after a partition of three minutes', () => {
    const torn = new TornPaths();
    const bed = new Bed({}, {}, torn);
    torn.cut = true;
    bed.beats(36);
    const roots = bed.live.filter((peer) => placesOf(bed.world).get(peer)?.place.layers.isRoot === true);
    expect(new Set(roots.map((root) => root % 2))).toEqual(new Set([0, 1]));
    torn.cut = false;
    expect(bed.healed()).toEqual([]);
    for (const source of bed.live.slice(0, 5)) expect(bed.missedFrom(source)).toEqual([]);
  });

  test('delivers everything at loss 0.05, with repair what was missed during a crash, too', () => {
    const bed = new Bed({ loss: 0.05 }, { repair: 'anti-entropy' });
    bed.world.crash(bed.root);
    for (const source of bed.live.slice(0, 3)) bed.world.publish(source, Uint8Array.of(1));
    bed.beats(HEALED_AFTER);
    const got = bed.deliveries.take();
    expect(bed.live.filter((peer) => got.get(peer) !== 3)).toEqual([]);
  });

  test('has the same trace as objects and as bytes, with the same seed, and another one with another', () => {
    const hashes = [{}, {}, { wire: 'bytes' as const }, { seed: SEED + 1 }].map((options) => {
      const { world } = new Bed({ loss: 0.02, ...options });
      world.crash(0);
      world.run(world.nowMs + 4 * HEARTBEAT_MS);
      return world.traceHash;
    });
    expect(new Set(hashes.slice(0, 3)).size).toBe(1);
    expect(hashes[3]).not.toBe(hashes[0]);
  });

  test('settles: after a while nobody has a new neighbour', () => {
    const bed = new Bed();
    bed.beats(60);
    const before = bed.live.map((peer) => [...(placesOf(bed.world).get(peer)?.neighbours ?? [])]);
    bed.beats(24);
    expect(bed.live.map((peer) => placesOf(bed.world).get(peer)?.neighbours)).toEqual(before);
  });
});
