import type { GroupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import type { Group } from '../../lib/peer/group.ts';
import { type Field, field } from '../../sim/experiments/field.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import type { Paths, QueuedHop } from '../../sim/world/paths.ts';
import { GROUP, World, type WorldOptions } from '../../sim/world/world.ts';

/** A network that can fall into two halves, between which everything is lost. */
export class SplitPaths implements Paths {
  readonly plain = false;
  readonly hosts: number;
  private readonly paths: Paths;
  /** Which half a host is in; `undefined` while the network is whole. */
  private halfOf: ((host: number) => boolean) | undefined = undefined;

  constructor(paths: Paths) {
    this.paths = paths;
    this.hosts = paths.hosts;
  }

  split(halfOf: (host: number) => boolean): void {
    this.halfOf = halfOf;
  }

  heal(): void {
    this.halfOf = undefined;
  }

  delayUs(from: number, to: number): number {
    return this.paths.delayUs(from, to);
  }

  loss(from: number, to: number): number {
    return this.halfOf !== undefined && this.halfOf(from) !== this.halfOf(to) ? 1 : 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly QueuedHop[] {
    return [];
  }
}

/** Counts who delivers, and when links last changed. */
class Watch extends SilentObserver {
  delivered = 0;
  lastChangeMs = 0;

  override onDelivery(): void {
    this.delivered++;
  }

  override onEvent(timeUs: number, _peer: number, event: { readonly kind: string }): void {
    if (event.kind === 'neighbourUp' || event.kind === 'neighbourDown') this.lastChangeMs = timeUs / 1000;
  }
}

/** One group on a Waxman map with a peer on every router; each joins through the first, 50 ms after the one before. */
export class Bed {
  readonly world: World;
  readonly ground: Field;
  readonly paths: SplitPaths;
  readonly watch = new Watch();
  private readonly config: GroupConfig;

  /** @param contactOf through whom a host joins; itself founds a group. */
  constructor(hosts: number, config: GroupConfig, options: WorldOptions, contactOf: (host: number) => number = () => 0) {
    this.ground = field(generateTopology('waxman', { routers: hosts }, 1), { kind: 'all' }, 1, new Random(1));
    this.paths = new SplitPaths(this.ground.paths);
    this.config = config;
    this.world = new World(this.paths, { observer: this.watch, ...options });
    for (let host = 0; host < hosts; host++) {
      this.join(host, contactOf(host));
      this.run(0.05);
    }
  }

  join(host: number, contact: number): void {
    this.world.join(host, this.config, contact === host ? [] : [peerRef(contact)]);
  }

  /** Runs until no link has changed for a second, so that no good-bye is on its way; at most a minute. */
  rest(): void {
    const endMs = this.world.nowMs + 60_000;
    while (this.world.nowMs - this.watch.lastChangeMs < 1000 && this.world.nowMs < endMs) this.run(0.2);
  }

  run(seconds: number): void {
    this.world.run(this.world.nowMs + 1000 * seconds);
  }

  get hosts(): number[] {
    return Array.from({ length: this.world.peers }, (_, host) => host).filter((host) => this.world.engine(host) !== undefined);
  }

  group(host: number): Group {
    const group = this.world.engine(host)?.group(GROUP);
    if (group === undefined) throw new Error(`nobody is up on host ${host}`);
    return group;
  }

  neighbours(host: number): readonly number[] {
    return this.group(host).overlay.neighbours;
  }

  /** Links of which one end does not know, or is down. */
  get oneSided(): string[] {
    const up = new Set(this.hosts);
    return this.hosts.flatMap((host) => this.neighbours(host).filter((to) => !up.has(to) || !this.neighbours(to).includes(host)).map((to) => `${host} -> ${to}`));
  }

  /** Hosts that can be reached from the first one that is up. */
  get reached(): number {
    const reached = new Set(this.hosts.slice(0, 1));
    for (const host of reached) for (const to of this.neighbours(host)) if (this.world.engine(to) !== undefined) reached.add(to);
    return reached.size;
  }

  /** Sum of the delays of all links, in ms. */
  get costMs(): number {
    return this.hosts.reduce((sum, host) => sum + this.neighbours(host).reduce((own, to) => own + this.ground.oracle.delayMs(host, to), 0), 0) / 2;
  }

  /** How many members deliver a message that `host` publishes. */
  deliveries(host: number, seconds = 5): number {
    this.watch.delivered = 0;
    this.world.publish(host, new Uint8Array(10));
    this.run(seconds);
    return this.watch.delivered;
  }
}
