import { type PeerRef, groupRef, peerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { Codec } from '../../../lib/wire/codec.ts';
import { RouterOracle } from '../../../sim/measure/unicast.ts';
import { attachHosts } from '../../../sim/underlay/attachment.ts';
import { buildRouterUnderlay } from '../../../sim/underlay/build.ts';
import { RouteCache } from '../../../sim/underlay/route-cache.ts';
import { routerGraph } from '../../../sim/underlay/router-graph.ts';
import type { PhysicalLink } from '../../../sim/underlay/underlay.ts';
import { EventQueue } from '../../../sim/world/event-queue.ts';
import { ACTION, ARRIVAL, type Action, NETWORK_DEFAULTS, Network, type NetworkOptions } from '../../../sim/world/network.ts';
import { SilentObserver } from '../../../sim/world/observer.ts';
import { type Paths, routerPaths } from '../../../sim/world/paths.ts';
import { PacketFaults } from '../../../sim/world/packet-faults.ts';
import { SimulatedDirectory } from '../../../sim/world/simulated-directory.ts';
import { Slab } from '../../../sim/world/slab.ts';

/** A link of a map under test, between routers by name. */
export type TestLink = readonly [a: string, b: string, link: Partial<Omit<PhysicalLink, 'a' | 'b'>> & { readonly delayMs: number }];

export interface TestMap {
  readonly oracle: RouterOracle;
  readonly paths: Paths;
  /** The same delays without loss, jitter and bandwidth. */
  readonly plainPaths: Paths;
  /** The host on a router. */
  readonly host: (router: string) => PeerRef;
}

/** A host on every router, at the end of an access link of `accessDelayMs`. */
export function mapOf(links: readonly TestLink[], accessDelayMs = 1): TestMap {
  const nodes = [...new Set(links.flatMap(([a, b]) => [a, b]))];
  const underlay = buildRouterUnderlay({
    name: 'test',
    nodes: nodes.map((id) => ({ id })),
    links: links.map(([source, target, link]) => ({ source, target, ...link })),
  });
  const hosts = attachHosts(underlay, { hosts: { kind: 'all' }, accessDelayMs }, new Random(1));
  const oracle = new RouterOracle(hosts, new RouteCache(routerGraph(underlay)));
  const plain = underlay.links.map(({ a, b, delayMs }) => ({ a, b, delayMs }));
  return {
    oracle,
    paths: routerPaths(oracle, underlay.links),
    plainPaths: routerPaths(oracle, plain),
    host: (router) => peerRef(hosts.findIndex(({ id }) => id === router)),
  };
}

/** A message of exactly `bytes` bytes on the wire, 34 of them header; each call makes a message of its own. */
export function messageOf(bytes: number, seq = 0): Message {
  return {
    kind: 'data', group: groupRef(1), origin: peerRef(0), epoch: 1, seq, hops: 1, repair: false, payload: new Uint8Array(bytes - 34),
  };
}

/** What happened in a network under test, in order. Times in microseconds. */
export type Happening = readonly [timeUs: number, what: string, from: number, to: number, detail: number | string];

/** A network alone: no peers, only what is sent and what becomes of it. */
export class NetworkBed extends SilentObserver {
  readonly happenings: Happening[] = [];
  /** Of each loss: whether the link said that it would send again. */
  readonly again: boolean[] = [];
  /** By host: 0 while its peer is down. */
  readonly incarnations: number[];
  readonly slab = new Slab<unknown>();
  readonly faults = new PacketFaults(new Random(99));
  readonly network: Network;
  private readonly queue = new EventQueue();

  constructor(paths: Paths, options: Partial<NetworkOptions> = {}, seed = 1) {
    super();
    this.incarnations = new Array<number>(paths.hosts).fill(1);
    this.network = new Network({
      queue: this.queue,
      slab: this.slab,
      paths,
      codec: new Codec(new SimulatedDirectory(paths.hosts)),
      options: { ...NETWORK_DEFAULTS, ...options },
      random: new Random(seed),
      observer: this,
      onLinkFailed: (owner, peer, afterUs) => this.note(this.queue.timeUs + afterUs, 'link failed', owner, peer, ''),
      incarnationOf: (peer) => this.incarnations[peer] ?? 0,
      faults: this.faults,
    });
  }

  get nowUs(): number {
    return this.queue.timeUs;
  }

  send(from: PeerRef, to: PeerRef, message: Message, reliable = true): void {
    this.network.send(this.queue.timeUs, from, to, message, reliable);
  }

  /** Runs `action` when the time has come. */
  at(timeUs: number, action: () => void): void {
    this.queue.push(timeUs, ACTION, 0, 0, this.slab.add({ run: action }));
  }

  /** Handles everything; answers what arrived, and when. */
  run(): readonly Happening[] {
    while (this.queue.pop(Infinity)) {
      const { kind, source, target, handle, timeUs } = this.queue;
      if (kind === ACTION) {
        const action = this.slab.get(handle) as Action;
        this.slab.release(handle);
        action.run(timeUs);
      } else {
        const message = this.network.open(handle);
        this.network.release(handle);
        this.note(timeUs, kind === ARRIVAL ? 'arrived' : 'arrived unreliably', source, target, seqOf(message));
      }
    }
    return this.happened('arrived', 'arrived unreliably');
  }

  happened(...what: readonly string[]): readonly Happening[] {
    return this.happenings.filter((happening) => what.includes(happening[1]));
  }

  /** Slots of the slab that are in use. */
  get held(): number {
    const { items } = this.slab as unknown as { readonly items: readonly unknown[] };
    return items.filter((item) => item !== undefined).length;
  }

  override onTransmission(timeUs: number, from: PeerRef, to: PeerRef, _message: Message, bytes: number, attempt: number): void {
    this.note(timeUs, `sent ${attempt}`, from, to, bytes);
  }

  override onLoss(timeUs: number, from: PeerRef, to: PeerRef, message: Message, why: string, again: boolean): void {
    this.again.push(again);
    this.note(timeUs, why, from, to, seqOf(message));
  }

  private note(...happening: Happening): void {
    this.happenings.push(happening);
  }
}

function seqOf(message: Message | undefined): number {
  if (message?.kind !== 'data') throw new Error('only data is sent here');
  return message.seq;
}
