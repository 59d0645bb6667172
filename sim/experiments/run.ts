import { OverlayError } from '../../lib/core/errors.ts';
import { peerRef } from '../../lib/core/ids.ts';
import type { TraceEvent } from '../../lib/core/trace-event.ts';
import { Collector } from '../measure/collector.ts';
import type { MessageRecord } from '../measure/message-record.ts';
import { type OverlayGraph, overlayGraph } from '../measure/overlay-graph.ts';
import { TraceObserver } from '../measure/trace.ts';
import { GROUP, World } from '../world/world.ts';
import type { Field } from './field.ts';
import type { ProtocolSetup } from './protocols.ts';

/** The conditions and the work of one run. */
export interface RunOptions {
  readonly seed: number;
  /** Hosts that publish. */
  readonly sources: readonly number[];
  /** Of each source. */
  readonly warmUpMessages: number;
  readonly messages: number;
  readonly payloadBytes: number;
  readonly loss: number;
  readonly jitter: number;
  readonly wire: 'objects' | 'bytes';
  /** Called now and then with the share of the run that is done. */
  readonly onShare: (share: number) => void;
  /** Watches the run; the figures are then computed from what it is handed. */
  readonly onTrace?: (event: TraceEvent<number>) => void;
}

/** What is run with peers, simulated or live. */
export type PeersSetup = Extract<ProtocolSetup, { kind: 'peers' }>;

/** What a run yielded, before it is put into figures. */
export interface RunResult {
  readonly records: readonly MessageRecord[];
  readonly controlMessages: number;
  readonly controlBytes: number;
  readonly payloadBytes: number;
  readonly retransmissions: number;
  /** Packets that full queues of links dropped. */
  readonly queueDrops: number;
  readonly measuredMs: number;
  readonly events: number;
  /** False when payloads were still under way when the run was stopped. */
  readonly settled: boolean;
  readonly traceHash: string;
  /** The neighbours at the end; `undefined` where everybody knows everybody. */
  readonly overlay: OverlayGraph | undefined;
}

/** Between two joins, in ms. Guess: longer than most random walks take. */
export const JOIN_INTERVAL_MS = 50;
/** The first message is published when no peer has had a new neighbour for this long, in ms: sixty shuffles ... */
export const SETTLED_MS = 60_000;
/** ... or at the latest this long after the last join. */
const SETTLE_MAX_MS = 600_000;
/** Between two messages, in ms, so that each travels alone or nearly so. */
export const PUBLISH_INTERVAL_MS = 1000;
/** A run ends when no payload is under way and none was for this long, in ms: far more than a graft or a cycle takes ... */
export const QUIET_MS = 20_000;
/** ... or at the latest this long after the last publish, or the time of this many crossings of the map, whichever is longer. */
const DRAIN_MAX_MS = 300_000;
const DRAIN_CROSSINGS = 40;

/** Simulates one protocol on a field, from the joins to the last delivery. Deterministic in its arguments. */
export function run(field: Field, setup: PeersSetup, options: RunOptions): RunResult {
  const { seed, loss, jitter, wire, onTrace } = options;
  const collector = new Collector(field.hostIds.length);
  const traced = onTrace === undefined ? collector : new TraceObserver((event) => {
    onTrace(event);
    collector.onTrace(event);
  });
  const world = new World(field.paths, { seed, loss, jitter, wire, observer: traced });
  const publishing = options.sources.length * (options.warmUpMessages + options.messages) * PUBLISH_INTERVAL_MS;
  const joining = setup.start === 'contact' ? field.hostIds.length * JOIN_INTERVAL_MS + SETTLED_MS : 0;
  const report = (): void => options.onShare(Math.min(1, world.nowMs / (joining + publishing)));

  joinAll(world, field, setup, collector, report);
  publishAll(world, collector, options, options.warmUpMessages, report);
  settle(world, field, collector, 0);
  collector.measuring = true;
  const startMs = world.nowMs;
  publishAll(world, collector, options, options.messages, report);
  const settled = settle(world, field, collector, world.nowMs - PUBLISH_INTERVAL_MS);
  return {
    records: collector.records,
    controlMessages: collector.controlMessages,
    controlBytes: collector.controlBytes,
    payloadBytes: collector.payloadBytes,
    retransmissions: collector.retransmissions,
    queueDrops: collector.queueDrops,
    measuredMs: world.nowMs - startMs,
    events: world.events,
    settled,
    traceHash: world.traceHash,
    overlay: setup.start === 'members' ? undefined : overlayGraph(viewsOf(world), seed),
  };
}

function joinAll(world: World, field: Field, setup: PeersSetup, collector: Collector, report: () => void): void {
  const hosts = field.hostIds.length;
  if (setup.start === 'contact') {
    for (let host = 0; host < hosts; host++) {
      world.join(host, setup.config, host === 0 ? [] : [peerRef(0)]);
      world.run(world.nowMs + JOIN_INTERVAL_MS);
      report();
    }
    // Views that are exchanged all the time never rest.
    const endMs = world.nowMs + (setup.config.overlay.kind === 'cyclon' ? SETTLED_MS : SETTLE_MAX_MS);
    while (world.nowMs < endMs && world.nowMs - collector.lastNeighbourUs / 1000 < SETTLED_MS) world.run(world.nowMs + PUBLISH_INTERVAL_MS);
    return;
  }
  const peers = setup.start === 'mst' ? treeNeighbours(field).map((neighbours) => neighbours.map(peerRef)) : undefined;
  const all = Array.from({ length: hosts }, (_, host) => peerRef(host));
  for (let host = 0; host < hosts; host++) world.join(host, setup.config, peers === undefined ? all : (peers[host] ?? []));
}

/** Publishes `count` messages of every source, in turn. Once measuring, they are recorded. */
function publishAll(world: World, collector: Collector, options: RunOptions, count: number, report: () => void): void {
  const payload = new Uint8Array(options.payloadBytes);
  for (let message = 0; message < count; message++) {
    for (const source of options.sources) {
      if (collector.measuring) collector.expect(source, world.engine(source)?.group(GROUP)?.published ?? 0, world.nowUs);
      publish(world, source, payload);
      world.run(world.nowMs + PUBLISH_INTERVAL_MS);
      report();
    }
  }
}

/** A source that has lost all its neighbours tells nobody: its message counts, and reaches no one. */
function publish(world: World, source: number, payload: Uint8Array): void {
  try {
    world.publish(source, payload);
  } catch (error) {
    if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
  }
}

/** Runs until what was published, at `publishedMs` the last, has arrived, or will not; false when it had to stop before that was certain. */
function settle(world: World, field: Field, collector: Collector, publishedMs: number): boolean {
  const endMs = world.nowMs + Math.max(DRAIN_MAX_MS, DRAIN_CROSSINGS * field.delayBoundMs);
  while (world.nowMs < endMs) {
    // Nobody may have asked for it yet: a message that has not set out is not one that has arrived.
    const quietMs = world.nowMs - Math.max(collector.lastPayloadUs / 1000, publishedMs);
    if (collector.payloadsInFlight === 0 && quietMs >= QUIET_MS) return true;
    world.run(world.nowMs + PUBLISH_INTERVAL_MS);
  }
  return false;
}

/** Each host's neighbours in the minimum spanning tree. */
export function treeNeighbours(field: Field): number[][] {
  const neighbours: number[][] = field.hostIds.map(() => []);
  field.mst.forEach((parent, host) => {
    if (parent === -1) return;
    neighbours[parent]?.push(host);
    neighbours[host]?.push(parent);
  });
  return neighbours;
}

function viewsOf(world: World): (readonly number[])[] {
  return Array.from({ length: world.peers }, (_, host) => world.engine(host)?.group(GROUP)?.overlay.neighbours ?? []);
}
