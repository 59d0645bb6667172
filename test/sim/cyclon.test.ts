import { describe, expect, test } from 'vitest';
import { DEFAULTS, type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { type OverlayGraph, overlayGraph } from '../../sim/measure/overlay-graph.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import type { Paths } from '../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../sim/world/world.ts';
import { equalPaths } from './equal-delays.ts';
import { SplitPaths } from './split-paths.ts';

const CYCLE_MS = 1000;
const VIEW_SIZE = DEFAULTS.overlay.cyclon.viewSize;

class Deliveries extends SilentObserver {
  private readonly byMessage = new Map<string, number>();

  override onDelivery(_timeUs: number, _peer: number, _from: number, { origin, seq }: DataMessage): void {
    const key = `${origin}:${seq}`;
    this.byMessage.set(key, (this.byMessage.get(key) ?? 0) + 1);
  }

  of(origin: number, seq: number): number {
    return this.byMessage.get(`${origin}:${seq}`) ?? 0;
  }
}

/** Peers that join one by one through the first, and what each has in its view. */
class Bed {
  readonly deliveries = new Deliveries();
  readonly world: World;
  private readonly config;

  constructor(paths: Paths, options: GroupOptions = {}, conditions: Partial<WorldOptions> = {}) {
    this.config = groupConfig({ overlay: 'cyclon', dissemination: 'anti-entropy', ...options });
    this.world = new World(paths, { seed: 1, observer: this.deliveries, ...conditions });
    for (let peer = 0; peer < paths.hosts; peer++) {
      this.join(peer, peer === 0 ? [] : [peerRef(0)]);
      this.run(20);
    }
  }

  join(peer: number, contacts: readonly PeerRef[]): void {
    this.world.join(peer, this.config, contacts);
  }

  run(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  view(peer: number): readonly PeerRef[] {
    return this.world.engine(peer)?.group(GROUP)?.overlay.neighbours ?? [];
  }

  get views(): (readonly PeerRef[])[] {
    return Array.from({ length: this.world.peers }, (_, peer) => this.view(peer));
  }

  get graph(): OverlayGraph {
    return overlayGraph(this.views, 1);
  }

  /** Entries that point to peers for which `gone` is true. */
  entriesOf(gone: (peer: number) => boolean): number {
    return this.views.reduce((sum, view) => sum + view.filter(gone).length, 0);
  }
}

function spread({ views }: Bed): { readonly mean: number; readonly deviation: number; readonly min: number; readonly max: number } {
  const inDegrees = new Array<number>(views.length).fill(0);
  for (const view of views) for (const peer of view) inDegrees[peer] = (inDegrees[peer] ?? 0) + 1;
  const mean = inDegrees.reduce((sum, degree) => sum + degree, 0) / views.length;
  const variance = inDegrees.reduce((sum, degree) => sum + (degree - mean) ** 2, 0) / views.length;
  return { mean, deviation: Math.sqrt(variance), min: Math.min(...inDegrees), max: Math.max(...inDegrees) };
}

describe('the overlay of 600 peers that joined one by one (Voulgaris et al., basic properties; seed 1)', () => {
  const bed = new Bed(equalPaths(600));

  test('has full views, one component, and in-degrees much closer to the size of a view than those of random views', () => {
    bed.run(100 * CYCLE_MS);
    expect(bed.views.every((view, peer) => view.length === VIEW_SIZE && new Set(view).size === VIEW_SIZE && !view.includes(peerRef(peer)))).toBe(true);
    const { mean, deviation, min, max } = spread(bed);
    expect(mean).toBe(VIEW_SIZE);
    // Views drawn at random: the square root of their size, 4.5, and 7 to 36. The seven steps in synchronous cycles: 2.4, and 14 to 29.
    expect(deviation).toBeLessThan(3);
    expect(min).toBeGreaterThanOrEqual(11);
    expect(max).toBeLessThanOrEqual(31);
    const { connectedComponents, clusteringCoefficient, averageShortestPath } = bed.graph;
    expect(connectedComponents).toBe(1);
    // A random graph of degree 40 among 600: 0.07 and 2.0.
    expect(clusteringCoefficient).toBeLessThan(0.09);
    expect(averageShortestPath).toBeLessThan(2.3);
  });

  test('forgets peers that crash within about twice as many cycles as a view has places, and stays one component', () => {
    const gone = (peer: number): boolean => peer % 2 === 1;
    for (let peer = 1; peer < 600; peer += 2) bed.world.crash(peer);
    bed.run(100);
    expect(bed.entriesOf(gone)).toBeGreaterThan(2500);
    // The seven steps in synchronous cycles: a fifth after 20, none after 40.
    bed.run(VIEW_SIZE * CYCLE_MS);
    expect(bed.entriesOf(gone)).toBeLessThan(1800);
    bed.run(1.5 * VIEW_SIZE * CYCLE_MS);
    expect(bed.entriesOf(gone)).toBe(0);
    const left = bed.views.filter((_, peer) => !gone(peer)).map((view) => view.map((peer) => peer / 2));
    expect(overlayGraph(left, 1).connectedComponents).toBe(1);
    expect(left.every((view) => view.length > VIEW_SIZE / 2)).toBe(true);
  });
});

describe('joins keep the in-degrees of others', () => {
  test('a newcomer in a settled group gets nearly a whole view, and as many entries of itself in other views', () => {
    const bed = new Bed(equalPaths(501));
    bed.world.crash(500);
    bed.run(60 * CYCLE_MS);
    const links = bed.entriesOf(() => true);
    bed.join(500, [peerRef(17)]);
    bed.run(200);
    const inDegree = bed.entriesOf((peer) => peer === 500);
    expect(bed.view(500).length).toBeGreaterThanOrEqual(VIEW_SIZE - 4);
    expect(inDegree).toBeGreaterThanOrEqual(VIEW_SIZE - 4);
    // Each walk gave away an entry in exchange for one of the newcomer; the same entry may have come twice.
    expect(bed.entriesOf(() => true) - links).toBeLessThanOrEqual(VIEW_SIZE);
  });

  test.each([2, 3, 5, 21])('%d peers all know each other', (count) => {
    const bed = new Bed(equalPaths(count));
    bed.run(60 * CYCLE_MS);
    expect(bed.views.map((view) => view.length)).toEqual(new Array(count).fill(count - 1));
  });

  test('the first peer may go, and those that come later join through another one', () => {
    const bed = new Bed(equalPaths(60));
    bed.run(30 * CYCLE_MS);
    bed.world.crash(0);
    bed.run(60 * CYCLE_MS);
    bed.join(0, [peerRef(9)]);
    bed.run(30 * CYCLE_MS);
    expect(bed.graph.connectedComponents).toBe(1);
    expect(bed.entriesOf((peer) => peer === 0)).toBeGreaterThan(10);
  });
});

describe('a partition', () => {
  const HOSTS = 200;
  const other = (peer: number): boolean => peer >= HOSTS / 2;

  function split(cycles: number): { readonly bed: Bed; readonly crossing: number } {
    const paths = new SplitPaths(HOSTS, HOSTS / 2);
    const bed = new Bed(paths);
    bed.run(40 * CYCLE_MS);
    paths.split = true;
    bed.run(cycles * CYCLE_MS);
    const crossing = bed.views.reduce((sum, view, peer) => sum + view.filter((to) => other(to) !== other(peer)).length, 0);
    paths.split = false;
    return { bed, crossing };
  }

  test('shorter than a view has places heals by the entries that are left', () => {
    const { bed, crossing } = split(10);
    expect(crossing).toBeGreaterThan(0);
    bed.run(60 * CYCLE_MS);
    expect(bed.graph.connectedComponents).toBe(1);
    // Fully mixed again: half of all entries cross.
    const { views } = bed;
    const mixed = views.reduce((sum, view, peer) => sum + view.filter((to) => other(to) !== other(peer)).length, 0);
    expect(mixed / (HOSTS * VIEW_SIZE)).toBeGreaterThan(0.4);
  });

  /** Links try for 205 s to bring what was sent before they give up. */
  test('that lasts is mended by peers that were lost, which somebody asks every 10 cycles', () => {
    const { bed, crossing } = split(300);
    expect(crossing).toBe(0);
    expect(bed.graph.connectedComponents).toBe(2);
    bed.run(10 * CYCLE_MS);
    expect(bed.graph.connectedComponents).toBe(1);
  });
});

describe('epidemics over Cyclon', () => {
  const HOSTS = 150;

  test.each([
    ['anti-entropy', { dissemination: 'anti-entropy' }, 0],
    ['anti-entropy, 5 % lost', { dissemination: 'anti-entropy' }, 0.05],
    ['rumor mongering with repair, 5 % lost', { dissemination: 'rumor', repair: 'anti-entropy' }, 0.05],
    ['flooding', { dissemination: 'flooding' }, 0],
  ] as const)('%s: every peer delivers every message, also after crashes', (_, options, loss) => {
    const bed = new Bed(equalPaths(HOSTS), options, { loss });
    bed.run(30 * CYCLE_MS);
    for (const source of [0, 77]) bed.world.publish(source, new Uint8Array(8));
    bed.run(40 * CYCLE_MS);
    expect([bed.deliveries.of(0, 0), bed.deliveries.of(77, 0)]).toEqual([HOSTS, HOSTS]);
    for (let peer = 0; peer < HOSTS; peer += 3) bed.world.crash(peer);
    bed.run((options.dissemination === 'flooding' ? 40 : 1) * CYCLE_MS);
    bed.world.publish(77, new Uint8Array(8));
    bed.run(60 * CYCLE_MS);
    expect(bed.deliveries.of(77, 1)).toBe(100);
  });

  test('rumors alone reach about as many as over full membership (Demers et al., k = 2: 96 %)', () => {
    const bed = new Bed(equalPaths(300), { dissemination: 'rumor' });
    bed.run(40 * CYCLE_MS);
    for (let seq = 0; seq < 20; seq++) {
      bed.world.publish(seq, new Uint8Array(8));
      bed.run(CYCLE_MS);
    }
    bed.run(60 * CYCLE_MS);
    const reached = Array.from({ length: 20 }, (_, source) => bed.deliveries.of(source, 0)).reduce((sum, count) => sum + count, 0);
    expect(reached / (20 * 300)).toBeGreaterThan(0.93);
  });

  test('same seed, same trace, whether objects cross or their bytes', () => {
    const hash = (seed: number, wire: 'objects' | 'bytes'): string => {
      const bed = new Bed(equalPaths(40), { dissemination: 'rumor', repair: 'anti-entropy' }, { seed, wire, loss: 0.05 });
      bed.world.publish(3, new Uint8Array(8));
      bed.run(20 * CYCLE_MS);
      return bed.world.traceHash;
    };
    const first = hash(1, 'objects');
    expect([hash(1, 'objects'), hash(1, 'bytes')]).toEqual([first, first]);
    expect(hash(2, 'objects')).not.toBe(first);
  });
});
