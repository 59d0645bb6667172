import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { OverlayError } from '../../lib/core/errors.ts';
import { Random } from '../../lib/core/random.ts';
import type { TraceEvent } from '../../lib/core/trace-event.ts';
import { openPeer } from '../../lib/node/create-peer.ts';
import { type Environment, MACHINE } from '../../lib/node/environment.ts';
import type { Group } from '../../lib/node/group.ts';
import type { JoinOptions } from '../../lib/node/options.ts';
import type { Peer } from '../../lib/node/peer.ts';
import type { PeerId } from '../../lib/node/peer-table.ts';
import { TRACE_CHANNEL } from '../../lib/node/tracer.ts';
import type { TransportKind } from '../../lib/transport/address.ts';
import type { Field } from '../../sim/experiments/field.ts';
import { JOIN_INTERVAL_MS, type PeersSetup, treeNeighbours } from '../../sim/experiments/run.ts';
import { renamed } from '../../sim/measure/trace.ts';
import { DelayLine } from './delay-line.ts';
import { DelayedTransport, STAMP_BYTES } from './delayed-transport.ts';
import { PRECISE_CLOCK } from './precise-clock.ts';
import { sleep } from './sleep.ts';

const GROUP_NAME = 'overlay-sim';

/** How long a peer may take to get its neighbours, in ms. */
const READY_TIMEOUT_MS = 10_000;

/** Links stay while the run lasts: who hears nothing of a protocol for long is no less a neighbour. */
const LINK_IDLE_MS = 86_400_000;

/** What live peers are started for. */
export interface LivePeersOptions {
  readonly transport: TransportKind;
  readonly seed: number;
  /** Hosts that publish. */
  readonly sources: readonly number[];
  /** Is handed what the peers do, as it happens: peers by host, times by the clock of `PRECISE_CLOCK`. */
  readonly onTrace: (event: TraceEvent<number>) => void;
}

/** Real peers on loopback, one on each host of a field, in one group. */
export class LivePeers {
  private readonly field: Field;
  private readonly setup: PeersSetup;
  private readonly options: LivePeersOptions;
  private readonly line = new DelayLine(PRECISE_CLOCK);
  /** Ids of this run begin alike: others of the process may run at the same time. */
  private readonly idPrefix = randomBytes(12).toString('hex');
  private readonly hosts = new Map<PeerId, number>();
  private readonly peers: Peer[] = [];
  private readonly groups: Group[] = [];

  private constructor(field: Field, setup: PeersSetup, options: LivePeersOptions) {
    this.field = field;
    this.setup = setup;
    this.options = options;
    field.hostIds.forEach((_, host) => this.hosts.set(this.idOf(host), host));
  }

  /**
   * Starts a peer for each host, joins all to the group and waits until they have the
   * neighbours that the setup gives them.
   * @throws {OverlayError} when one cannot listen, or has not got its neighbours in time.
   */
  static async start(field: Field, setup: PeersSetup, options: LivePeersOptions, onShare: (share: number) => void): Promise<LivePeers> {
    const live = new LivePeers(field, setup, options);
    channel(TRACE_CHANNEL).subscribe(live.onMessage);
    try {
      for (let host = 0; host < field.hostIds.length; host++) live.peers.push(await live.open(host));
      await (setup.start === 'contact' ? live.joinByContact(onShare) : live.joinGiven(onShare));
    } catch (error) {
      await live.close();
      throw error;
    }
    return live;
  }

  /** Frames that were dropped because too many were held for the delay of their route. */
  get framesDropped(): number {
    return this.line.dropped;
  }

  /** How many messages a host has published. */
  published(host: number): number {
    return this.groups[host]?.stats().published ?? 0;
  }

  /** A peer that has lost all its neighbours, or whose queues stay full, tells nobody. */
  async publish(host: number, payload: Uint8Array): Promise<void> {
    try {
      await this.groups[host]?.publish(payload);
    } catch (error) {
      if (!(error instanceof OverlayError && (error.code === 'NO_NEIGHBOURS' || error.code === 'QUEUE_FULL'))) throw error;
    }
  }

  /** By host: the hosts of the neighbours. */
  views(): (readonly number[])[] {
    return this.groups.map((group) => group.neighbours.flatMap((id) => this.hosts.get(id) ?? []));
  }

  /** Closes all peers and their sockets. What they say of it is not traced any more. */
  async close(): Promise<void> {
    channel(TRACE_CHANNEL).unsubscribe(this.onMessage);
    this.line.close();
    await Promise.all(this.peers.map((peer) => peer.close()));
  }

  private readonly onMessage = (event: unknown): void => {
    const own = renamed(event as TraceEvent<PeerId>, (id) => this.hosts.get(id));
    // By the same clock as the cycles of epidemics.
    if (own !== undefined) this.options.onTrace({ ...own, timeUs: own.timeUs - performance.timeOrigin * 1000 });
  };

  private open(host: number): Promise<Peer> {
    const { transport } = this.options;
    const [contact] = this.peers;
    return openPeer({
      listen: `${transport}://127.0.0.1:0`,
      prefer: transport,
      id: this.idOf(host),
      preset: 'local',
      // The simulator has none; the links themselves find out when a peer is gone.
      failureDetector: 'none',
      idleLinkMs: LINK_IDLE_MS,
      bootstrap: this.setup.start === 'contact' && contact !== undefined ? contact.addresses : [],
    }, this.environment(host));
  }

  private environment(host: number): Environment {
    const { field: { oracle }, line, options: { seed } } = this;
    const place = { host, line, delayMs: (from: number, to: number) => oracle.delayMs(from, to) };
    return {
      ...MACHINE,
      randomSeed: () => new Random(seed).fork('live peer', host).uint32(),
      makeTransport: (kind, parts) => new DelayedTransport(place, parts.handlers, (handlers) =>
        MACHINE.makeTransport(kind, { ...parts, handlers, limits: { ...parts.limits, frameBytesMax: parts.limits.frameBytesMax + STAMP_BYTES } })),
    };
  }

  /** One after the other through the peer on host 0, as in the simulation. */
  private async joinByContact(onShare: (share: number) => void): Promise<void> {
    for (const [host, peer] of this.peers.entries()) {
      const joined = PRECISE_CLOCK.nowMs();
      const group = this.join(peer, []);
      if (host > 0) await group.ready({ timeoutMs: READY_TIMEOUT_MS });
      await sleep(joined + JOIN_INTERVAL_MS - PRECISE_CLOCK.nowMs());
      onShare((host + 1) / this.peers.length);
    }
  }

  /** One after the other, so that those that joined later find links that are open already. */
  private async joinGiven(onShare: (share: number) => void): Promise<void> {
    for (const [host, peer] of this.peers.entries()) {
      const neighbours = this.given(host);
      await this.join(peer, neighbours).ready({ neighbours: neighbours.length, timeoutMs: READY_TIMEOUT_MS });
      onShare((host + 1) / this.peers.length);
    }
  }

  /** The neighbours that a host is given. Of a star, those who do not publish need to know nobody. */
  private given(host: number): readonly number[] {
    const { setup, field, options } = this;
    if (setup.start === 'mst') return treeNeighbours(field)[host] ?? [];
    if (setup.config.dissemination.kind === 'unicast' && !options.sources.includes(host)) return [];
    return field.hostIds.flatMap((_, other) => (other === host ? [] : [other]));
  }

  private join(peer: Peer, neighbours: readonly number[]): Group {
    const { start, config } = this.setup;
    const { historyMessagesMax, historyBytesMax, messageBytesMax: _, repair, ...rest } = config;
    const options: JoinOptions = { ...rest, repair: repair ?? 'none', history: { messagesMax: historyMessagesMax, bytesMax: historyBytesMax } };
    const members = neighbours.flatMap((host) => this.peers[host]?.addresses ?? []);
    const group = peer.join(GROUP_NAME, start === 'contact' ? options : { ...options, members });
    // Messages that nobody listens to would be kept to be read.
    group.on('message', () => {});
    this.groups.push(group);
    return group;
  }

  private idOf(host: number): PeerId {
    return this.idPrefix + host.toString(16).padStart(8, '0');
  }
}
