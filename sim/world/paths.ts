import type { Random } from '../../lib/core/random.ts';
import type { DelayOracle, RouterOracle } from '../measure/unicast.ts';
import type { PhysicalLink } from '../underlay/underlay.ts';

/**
 * What the network does to a packet from host `from` to host `to`: how long it takes
 * and how likely it is lost. A directed crossing of a link with limited bandwidth is
 * a queue of its own.
 */
export interface Paths {
  readonly hosts: number;
  /** Whether every packet takes its delay and nothing else: no loss, jitter or bandwidth on any link. */
  readonly plain: boolean;
  /** Propagation delay of the whole route, both access links included, in whole microseconds. */
  delayUs(from: number, to: number): number;
  /** Probability that the links of the route lose a packet. */
  loss(from: number, to: number): number;
  /** Extra delay drawn for one packet, in whole microseconds. */
  jitterUs(from: number, to: number, random: Random): number;
  /** The queues on the way, in order; empty when no link of the route limits bandwidth. */
  queues(from: number, to: number): readonly QueuedHop[];
}

/** A link with limited bandwidth on a route. */
export interface QueuedHop {
  /** The queue: twice the link's index, plus 1 from its end b to its end a. */
  readonly queue: number;
  readonly bandwidthMbps: number;
  /** Propagation delay from the sender to the entry of this queue, in microseconds. */
  readonly entryUs: number;
}

const NO_QUEUES: readonly QueuedHop[] = [];

/** Delays alone, as of a latency matrix, or of an underlay whose links have no loss, jitter or bandwidth. */
export class DelayPaths implements Paths {
  readonly plain = true;
  readonly hosts: number;
  private readonly oracle: DelayOracle;

  constructor(oracle: DelayOracle) {
    this.oracle = oracle;
    this.hosts = oracle.hosts;
  }

  delayUs(from: number, to: number): number {
    return Math.round(this.oracle.delayMs(from, to) * 1000);
  }

  loss(): number {
    return 0;
  }

  jitterUs(): number {
    return 0;
  }

  queues(): readonly QueuedHop[] {
    return NO_QUEUES;
  }
}

/** Every host as far from every other: the network of a paper that has none. */
export function equalPaths(hosts: number, delayMs: number): Paths {
  return new DelayPaths({ hosts, symmetric: true, delayMs: (from, to) => (from === to ? 0 : delayMs) });
}

/** Routes over links that lose, jitter or limit bandwidth: what matters of each route is walked anew for each packet. */
export class LinkPaths implements Paths {
  readonly plain = false;
  readonly hosts: number;
  private readonly oracle: RouterOracle;
  private readonly links: readonly PhysicalLink[];

  constructor(oracle: RouterOracle, links: readonly PhysicalLink[]) {
    this.oracle = oracle;
    this.links = links;
    this.hosts = oracle.hosts;
  }

  delayUs(from: number, to: number): number {
    return Math.round(this.oracle.delayMs(from, to) * 1000);
  }

  loss(from: number, to: number): number {
    let survival = 1;
    this.walk(from, to, (link) => {
      survival *= 1 - (link.loss ?? 0);
    });
    return 1 - survival;
  }

  jitterUs(from: number, to: number, random: Random): number {
    let sumUs = 0;
    this.walk(from, to, (link) => {
      if (link.jitterMs !== undefined && link.jitterMs > 0) sumUs += random.float() * link.jitterMs * 1000;
    });
    return Math.round(sumUs);
  }

  queues(from: number, to: number): readonly QueuedHop[] {
    const hops: QueuedHop[] = [];
    // Added up in another order than the route's delay, the last bit may differ: no entry lies behind the end.
    const delayUs = this.delayUs(from, to);
    let entryMs = this.oracle.accessDelayMs(from);
    this.walk(from, to, (link, index, fromRouter) => {
      const { bandwidthMbps } = link;
      const queue = index * 2 + (fromRouter === link.a ? 0 : 1);
      if (bandwidthMbps !== undefined) hops.push({ queue, bandwidthMbps, entryUs: Math.min(delayUs, Math.round(entryMs * 1000)) });
      entryMs += link.delayMs;
    });
    return hops;
  }

  private walk(from: number, to: number, visit: (link: PhysicalLink, index: number, fromRouter: number) => void): void {
    this.oracle.walk(from, to, (index, fromRouter) => {
      const link = this.links[index];
      if (link !== undefined) visit(link, index, fromRouter);
    });
  }
}

/** The paths of a router underlay, as simple as its links allow. */
export function routerPaths(oracle: RouterOracle, links: readonly PhysicalLink[]): Paths {
  const plain = links.every(({ loss = 0, jitterMs = 0, bandwidthMbps }) => loss === 0 && jitterMs === 0 && bandwidthMbps === undefined);
  return plain ? new DelayPaths(oracle) : new LinkPaths(oracle, links);
}
