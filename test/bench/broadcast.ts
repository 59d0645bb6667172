import { groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import { GROUP, World } from '../../sim/world/world.ts';
import { cpuSince, PairPaths } from './flood.ts';

/** Virtual ms between two joins: all peers join within 100 s, whatever their number. */
const JOINING_MS = 100_000;

export interface BroadcastResult {
  readonly events: number;
  readonly cpuSeconds: number;
  /** Copies of payloads that arrived, by broadcast. */
  readonly arrivals: readonly number[];
  /** Peers that each broadcast was delivered to, its publisher included. */
  readonly deliveries: readonly number[];
  /** Heap in use after a collection, less what it was before the first peer, by peer. */
  readonly heapBytesPerPeer: number;
  readonly rssBytesPerPeer: number;
}

class PayloadCounter extends SilentObserver {
  arrivals: number[] = [];
  deliveries: number[] = [];

  override onArrival(_timeUs: number, _from: number, _to: number, message: { readonly kind: string; readonly seq?: number }): void {
    if (message.kind === 'data' && message.seq !== undefined) this.arrivals[message.seq] = (this.arrivals[message.seq] ?? 0) + 1;
  }

  override onDelivery(_timeUs: number, _peer: number, _from: number, message: { readonly seq: number }): void {
    this.deliveries[message.seq] = (this.deliveries[message.seq] ?? 0) + 1;
  }
}

/** HyParView, each peer joining through a random earlier one, then `broadcasts` messages of one publisher by Plumtree. */
export function broadcastWorld(peers: number, broadcasts: number, seed: number): BroadcastResult {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const observer = new PayloadCounter();
  const world = new World(new PairPaths(peers), { seed, observer });
  const config = groupConfig({
    overlay: { kind: 'hyparview', shuffleIntervalMs: 10_000 },
    dissemination: 'plumtree',
    historyMessagesMax: 16,
  });
  const random = new Random(seed).fork('contacts');
  const start = process.cpuUsage();
  for (let peer = 0; peer < peers; peer++) {
    world.join(peer, config, peer === 0 ? [] : [peerRef(random.below(peer))]);
    world.run(((peer + 1) * JOINING_MS) / peers);
  }
  world.run(JOINING_MS + 5000);
  const payload = new Uint8Array(100);
  for (let broadcast = 0; broadcast < broadcasts; broadcast++) {
    world.publish(0, payload);
    world.run(world.nowMs + 3000);
  }
  const cpuSeconds = cpuSince(start);
  globalThis.gc?.();
  const after = process.memoryUsage();
  // The world must still be there when its memory is measured.
  const { events } = world.engine(0)?.group(GROUP) === undefined ? { events: 0 } : world;
  const perPeer = (bytes: number): number => Math.round(bytes / peers);
  return {
    events,
    cpuSeconds,
    arrivals: observer.arrivals,
    deliveries: observer.deliveries,
    heapBytesPerPeer: perPeer(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers),
    rssBytesPerPeer: perPeer(after.rss - before.rss),
  };
}
