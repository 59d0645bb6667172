import { groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import type { Paths } from '../../sim/world/paths.ts';
import { World } from '../../sim/world/world.ts';

/** Delays from 5 to about 70 ms that are a function of the pair, so that they need no memory. */
export function pairDelayUs(from: number, to: number): number {
  const mixed = Math.imul(from ^ Math.imul(to, 0x9e3779b1), 0x85ebca77);
  return 5000 + ((mixed ^ (mixed >>> 15)) & 0xffff);
}

export class PairPaths implements Paths {
  readonly plain = true;
  readonly hosts: number;

  constructor(hosts: number) {
    this.hosts = hosts;
  }

  delayUs(from: number, to: number): number {
    return pairDelayUs(from, to);
  }

  loss(): number {
    return 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly [] {
    return [];
  }
}

/** A random 10-regular graph: the union of five random cycles over all peers. */
export function regularGraph(peers: number, seed: number): PeerRef[][] {
  const random = new Random(seed).fork('graph');
  const neighbours: PeerRef[][] = Array.from({ length: peers }, () => []);
  const order = Array.from({ length: peers }, (_, peer) => peerRef(peer));
  for (let cycle = 0; cycle < 5; cycle++) {
    random.shuffle(order);
    for (let i = 0; i < peers; i++) {
      const [a, b] = [order[i], order[(i + 1) % peers]];
      if (a === undefined || b === undefined) continue;
      neighbours[a]?.push(b);
      neighbours[b]?.push(a);
    }
  }
  // Exact-size copies: what push leaves to spare would be charged to the simulator.
  return neighbours.map((list) => list.slice());
}

class DeliveryCounter extends SilentObserver {
  delivered = 0;

  override onDelivery(): void {
    this.delivered++;
  }
}

export interface FloodResult {
  readonly events: number;
  readonly delivered: number;
  readonly cpuSeconds: number;
}

/** Floods `messages` messages of one publisher, one after the other, with the library's own protocol code. */
export function floodWorld(graph: readonly PeerRef[][], messages: number, seed: number): FloodResult {
  const observer = new DeliveryCounter();
  const world = new World(new PairPaths(graph.length), { seed, observer });
  const config = groupConfig({ overlay: 'static', dissemination: 'flooding', historyMessagesMax: 0 });
  graph.forEach((neighbours, peer) => world.join(peer, config, neighbours));
  const payload = new Uint8Array(100);
  const start = process.cpuUsage();
  for (let message = 0; message < messages; message++) {
    world.publish(0, payload);
    world.runUntilIdle();
  }
  return { events: world.events, delivered: observer.delivered, cpuSeconds: cpuSince(start) };
}

export function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
