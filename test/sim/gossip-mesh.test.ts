import { describe, expect, test } from 'vitest';
import { type GossipMeshOptions, type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { GossipMesh } from '../../lib/dissemination/gossip-mesh.ts';
import { overlayGraph } from '../../sim/measure/overlay-graph.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import type { Paths } from '../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../sim/world/world.ts';
import { equalPaths } from './equal-delays.ts';
import { SplitPaths } from './split-paths.ts';

const HOSTS = 150;
const SECOND_MS = 1000;

class Deliveries extends SilentObserver {
  private readonly counts = new Map<string, number>();

  override onDelivery(_timeUs: number, _peer: number, _from: number, { origin, seq }: DataMessage): void {
    const key = `${origin}:${seq}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  of(origin: number, seq: number): number {
    return this.counts.get(`${origin}:${seq}`) ?? 0;
  }
}

/** Peers that join one by one through the first. */
class Bed {
  readonly deliveries = new Deliveries();
  readonly world: World;
  private readonly config;

  constructor(paths: Paths, mesh: Partial<GossipMeshOptions> = {}, options: GroupOptions = {}, conditions: Partial<WorldOptions> = {}) {
    this.config = groupConfig({ dissemination: { kind: 'gossip-mesh', ...mesh }, ...options });
    this.world = new World(paths, { seed: 1, observer: this.deliveries, ...conditions });
    for (let peer = 0; peer < paths.hosts; peer++) {
      this.world.join(peer, this.config, peer === 0 ? [] : [peerRef(0)]);
      this.run(50);
    }
    this.run(30 * SECOND_MS);
  }

  run(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  publish(peer: number): void {
    this.world.publish(peer, new Uint8Array(8));
  }

  get up(): number[] {
    return Array.from({ length: this.world.peers }, (_, peer) => peer).filter((peer) => this.world.engine(peer) !== undefined);
  }

  mesh(peer: number): readonly PeerRef[] {
    const dissemination = this.world.engine(peer)?.group(GROUP)?.dissemination;
    return dissemination instanceof GossipMesh ? dissemination.mesh : [];
  }

  /** What must hold of every mesh once what was under way has arrived. */
  expectSound(): void {
    const { up } = this;
    for (const peer of up) {
      const mesh = this.mesh(peer);
      const neighbours = this.world.engine(peer)?.group(GROUP)?.overlay.neighbours ?? [];
      expect(mesh.length).toBeGreaterThanOrEqual(4);
      expect(mesh.length).toBeLessThanOrEqual(12);
      expect(mesh.every((other) => neighbours.includes(other) && this.mesh(other).includes(peerRef(peer)))).toBe(true);
    }
    const meshes = up.map((peer) => this.mesh(peer).map((other) => up.indexOf(other)));
    expect(overlayGraph(meshes, 1).connectedComponents).toBe(1);
  }
}

describe('a gossip mesh of 150 peers', () => {
  test('is mutual, of D_low to D_high links each and connected; after crashes, the first peer\'s among them, and leaves too', () => {
    const bed = new Bed(equalPaths(HOSTS));
    bed.expectSound();
    bed.publish(7);
    bed.run(SECOND_MS);
    expect(bed.deliveries.of(7, 0)).toBe(HOSTS);
    for (let peer = 0; peer < HOSTS; peer += 5) bed.world.crash(peer);
    for (let peer = 1; peer < HOSTS; peer += 5) bed.world.leave(peer);
    bed.run(90 * SECOND_MS);
    bed.expectSound();
    bed.publish(7);
    bed.run(SECOND_MS);
    expect(bed.deliveries.of(7, 1)).toBe((3 * HOSTS) / 5);
  });

  test('announces what the mesh does not bring: more get what is published right after half have crashed', () => {
    const missed = [6, 0].map((dLazy) => {
      const bed = new Bed(equalPaths(HOSTS), { dLazy, d: 3, dLow: 2, dHigh: 4 });
      for (let peer = 0; peer < HOSTS; peer++) if (peer % 5 > 1) bed.world.crash(peer);
      for (const source of [5, 6, 10, 11]) bed.publish(source);
      bed.run(60 * SECOND_MS);
      return [5, 6, 10, 11].reduce((sum, source) => sum + bed.up.length - bed.deliveries.of(source, 0), 0);
    });
    expect(missed[0]).toBe(0);
    expect(missed[1]).toBeGreaterThan(10);
  });

  test('with 5 % lost and repair by anti-entropy everyone gets everything', () => {
    const bed = new Bed(equalPaths(HOSTS), {}, { repair: 'anti-entropy' }, { loss: 0.05 });
    for (let seq = 0; seq < 10; seq++) {
      bed.publish(seq);
      bed.run(300);
    }
    bed.run(30 * SECOND_MS);
    expect(Array.from({ length: 10 }, (_, source) => bed.deliveries.of(source, 0))).toEqual(new Array(10).fill(HOSTS));
  });

  test('sends each payload about as often as a peer has links in the mesh', () => {
    const bed = new Bed(equalPaths(HOSTS));
    const links = bed.up.reduce((sum, peer) => sum + bed.mesh(peer).length, 0) / 2;
    expect((2 * links) / HOSTS).toBeGreaterThan(4);
    expect((2 * links) / HOSTS).toBeLessThan(8);
  });

  test('a partition that heals: a contact joins the halves, and the meshes grow together', () => {
    const paths = new SplitPaths(60, 30);
    const bed = new Bed(paths);
    paths.split = true;
    bed.run(400 * SECOND_MS);
    bed.publish(3);
    bed.run(10 * SECOND_MS);
    expect(bed.deliveries.of(3, 0)).toBe(30);
    paths.split = false;
    bed.world.engine(3)?.addContact(GROUP, peerRef(45), bed.world.nowMs, bed.world['as'](3));
    bed.run(120 * SECOND_MS);
    bed.publish(3);
    bed.run(10 * SECOND_MS);
    expect(bed.deliveries.of(3, 1)).toBe(60);
  });

  test('rests once it is made, and gives the same trace for the same seed, whether objects cross or their bytes', () => {
    const hash = (seed: number, wire: 'objects' | 'bytes'): string => {
      const bed = new Bed(equalPaths(30), {}, {}, { seed, wire, loss: 0.02 });
      bed.publish(3);
      const before = bed.up.map((peer) => [...bed.mesh(peer)]);
      bed.run(20 * SECOND_MS);
      expect(bed.up.map((peer) => [...bed.mesh(peer)])).toEqual(before);
      return bed.world.traceHash;
    };
    const first = hash(1, 'objects');
    expect([hash(1, 'objects'), hash(1, 'bytes')]).toEqual([first, first]);
    expect(hash(2, 'objects')).not.toBe(first);
  });
});
