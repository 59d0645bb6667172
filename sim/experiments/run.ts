import type { PeerRef } from '../../lib/core/ids.ts';
import { peerRef } from '../../lib/core/ids.ts';
import { Collector } from '../measure/collector.ts';
import type { MessageRecord } from '../measure/message-record.ts';
import { type OverlayGraph, overlayGraph } from '../measure/overlay-graph.ts';
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
}

/** What a run yielded, before it is put into figures. */
export interface RunResult {
  readonly records: readonly MessageRecord[];
  readonly controlMessages: number;
  readonly controlBytes: number;
  readonly payloadBytes: number;
  readonly retransmissions: number;
  readonly measuredMs: number;
  readonly events: number;
  readonly traceHash: string;
  /** The neighbours at the end; `undefined` where everybody knows everybody. */
  readonly overlay: OverlayGraph | undefined;
}

/** Between two joins, in ms. Guess: longer than most random walks take. */
const JOIN_INTERVAL_MS = 50;
/** From the last join to the first message, in ms: ten shuffles. */
const SETTLE_MS = 10_000;
/** Between two messages, in ms, so that each travels alone or nearly so. */
const PUBLISH_INTERVAL_MS = 1000;
/** A run ends when every message has arrived everywhere and no payload was sent for this long, in ms ... */
const QUIET_COMPLETE_MS = 3000;
/** ... or when some have not, and no payload was sent for this long ... */
const QUIET_INCOMPLETE_MS = 20_000;
/** ... or at the latest this long after the last publish. */
const DRAIN_MAX_MS = 300_000;

/** Simulates one protocol on a field, from the joins to the last delivery. Deterministic in its arguments. */
export function run(field: Field, setup: Extract<ProtocolSetup, { kind: 'peers' }>, options: RunOptions): RunResult {
  const { seed, loss, jitter, wire } = options;
  const collector = new Collector(field.hostIds.length);
  const world = new World(field.paths, { seed, loss, jitter, wire, observer: collector });
  const publishing = options.sources.length * (options.warmUpMessages + options.messages) * PUBLISH_INTERVAL_MS;
  const joining = setup.start === 'contact' ? field.hostIds.length * JOIN_INTERVAL_MS + SETTLE_MS : 0;
  const report = (): void => options.onShare(Math.min(1, world.nowMs / (joining + publishing)));

  joinAll(world, field, setup, report);
  publishAll(world, collector, options, 0, options.warmUpMessages, report);
  settle(world, collector);
  collector.measuring = true;
  const startMs = world.nowMs;
  publishAll(world, collector, options, options.warmUpMessages, options.messages, report);
  settle(world, collector);
  return {
    records: collector.records,
    controlMessages: collector.controlMessages,
    controlBytes: collector.controlBytes,
    payloadBytes: collector.payloadBytes,
    retransmissions: collector.retransmissions,
    measuredMs: world.nowMs - startMs,
    events: world.events,
    traceHash: world.traceHash,
    overlay: setup.start === 'members' ? undefined : overlayGraph(viewsOf(world), seed),
  };
}

function joinAll(world: World, field: Field, setup: Extract<ProtocolSetup, { kind: 'peers' }>, report: () => void): void {
  const hosts = field.hostIds.length;
  if (setup.start === 'contact') {
    for (let host = 0; host < hosts; host++) {
      world.join(host, setup.config, host === 0 ? [] : [peerRef(0)]);
      world.run(world.nowMs + JOIN_INTERVAL_MS);
      report();
    }
    world.run(world.nowMs + SETTLE_MS);
    return;
  }
  const peers = setup.start === 'mst' ? treeNeighbours(field) : undefined;
  const all = Array.from({ length: hosts }, (_, host) => peerRef(host));
  for (let host = 0; host < hosts; host++) world.join(host, setup.config, peers === undefined ? all : (peers[host] ?? []));
}

/** Publishes messages number `first` to `first + count - 1` of every source, in turn. Once measuring, they are recorded. */
function publishAll(world: World, collector: Collector, options: RunOptions, first: number, count: number, report: () => void): void {
  const payload = new Uint8Array(options.payloadBytes);
  for (let seq = first; seq < first + count; seq++) {
    for (const source of options.sources) {
      if (collector.measuring) collector.expect(source, seq, world.nowUs);
      world.publish(source, payload);
      world.run(world.nowMs + PUBLISH_INTERVAL_MS);
      report();
    }
  }
}

/** Runs until what was published has arrived, or will not. */
function settle(world: World, collector: Collector): void {
  const endMs = world.nowMs + DRAIN_MAX_MS;
  for (;;) {
    const quietMs = world.nowMs - collector.lastPayloadUs / 1000;
    if (quietMs >= (collector.complete ? QUIET_COMPLETE_MS : QUIET_INCOMPLETE_MS) || world.nowMs >= endMs) return;
    world.run(world.nowMs + PUBLISH_INTERVAL_MS);
  }
}

function treeNeighbours(field: Field): PeerRef[][] {
  const neighbours: PeerRef[][] = field.hostIds.map(() => []);
  field.mst.forEach((parent, host) => {
    if (parent === -1) return;
    neighbours[parent]?.push(peerRef(host));
    neighbours[host]?.push(peerRef(parent));
  });
  return neighbours;
}

function viewsOf(world: World): (readonly number[])[] {
  return Array.from({ length: world.peers }, (_, host) => world.engine(host)?.group(GROUP)?.overlay.neighbours ?? []);
}
