import { type GroupOptions, groupConfig } from '../../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { counted } from '../../underlay/formats/text.ts';
import { SilentObserver } from '../../world/observer.ts';
import { equalPaths } from '../../world/paths.ts';
import { World } from '../../world/world.ts';
import { type Published, type Reproduction, type ReproductionOptions, type ReproductionRow, type Tolerance, row } from '../reproduction.ts';

const NODES = 25;
const DELAY_MS = 100;
const OPERATIONS_PER_S = 100;
const LOAD_MS = 20_000;
/** Of the same load, before anything is counted: trees form. */
const WARM_UP_MS = 30_000;
/** After the last operation, until the last value is everywhere. */
const DRAIN_MS = 15_000;
const SEEDS = 10;
const SEEDS_QUICK = 2;

/** Peers, how they are linked, and what is known of them. */
interface Setting {
  readonly title: string;
  readonly options: GroupOptions;
  /** The neighbours of each node in a given tree; absent where they find each other through the first. */
  readonly neighbours?: (node: number) => readonly PeerRef[];
  readonly messages: Bound;
  readonly medianMs: Bound;
  readonly maxMs: Bound;
}

type Bound = readonly [published: Published, tolerance: Tolerance];

const bound = (value: number): Bound => [{ kind: 'atMost', value }, { kind: 'absolute', by: 0 }];
/** What one run of somebody else's gave. */
const figure = (value: number): Bound => [{ kind: 'value', value }, { kind: 'relative', by: 0.05 }];

const SETTINGS: readonly Setting[] = [
  {
    title: 'tree4, the 4-ary tree of Maelstrom: tree multicast along it',
    options: { overlay: 'static', dissemination: 'tree' },
    neighbours: (node) => [...(node === 0 ? [] : [Math.floor((node - 1) / 4)]), ...[1, 2, 3, 4].map((child) => 4 * node + child)].filter((other) => other < NODES).map(peerRef),
    messages: figure(12),
    medianMs: figure(386),
    maxMs: figure(505),
  },
  {
    title: 'low latency (challenge 3d): Plumtree over HyParView, a tree per source, IHAVE every 100 ms',
    options: { overlay: 'hyparview', dissemination: { kind: 'plumtree', tree: 'per-source', iHaveDelayMs: 100 } },
    messages: bound(30),
    medianMs: bound(400),
    maxMs: bound(600),
  },
  {
    title: 'low traffic (challenge 3e): the same, IHAVE every 2 s',
    options: { overlay: 'hyparview', dissemination: { kind: 'plumtree', tree: 'per-source', iHaveDelayMs: 2000, graftTimeoutMs: 4000 } },
    messages: bound(20),
    medianMs: bound(1000),
    maxMs: bound(2000),
  },
];

/** The broadcast challenge that many know their first gossip protocol from. */
export const GLOMERS: Reproduction = {
  name: 'glomers',
  summary: 'Gossip Glomers broadcast challenge: messages per operation, stable latency',
  paper: 'Fly.io and K. Kingsbury: Gossip Glomers, challenges 3d and 3e (Efficient Broadcast), 2023; run on Maelstrom, with its checker\'s definitions.',
  method: (quick) => `${NODES} nodes, ${DELAY_MS} ms between any two; ${OPERATIONS_PER_S} operations a second for ${LOAD_MS / 1000} s at random nodes, half of them reads, half broadcasts of one value, after ${WARM_UP_MS / 1000} s of the same `
    + `that are not counted; ${counted(quick ? SEEDS_QUICK : SEEDS, 'seed')}. As in the challenge, messages between servers count and those of clients do not, and take no time; here these are payloads and all control messages, `
    + 'membership included, and links that deliver reliably need no acknowledgements of their own. Plumtree has a tree for each source: its shared tree does not settle while 25 nodes publish at once from the start '
    + '(seed 1: 50 messages per operation, some seconds of latency), since concurrent floods prune each other\'s trees. Stable latency as Maelstrom\'s checker has it: from a broadcast to the last read that misses its value; '
    + 'as reads are few, it is less than the time until all nodes have the value, which stands beside it without a verdict.',
  run: runGlomers,
};

function runGlomers({ seed, quick, onShare }: ReproductionOptions): readonly ReproductionRow[] {
  const seeds = quick ? SEEDS_QUICK : SEEDS;
  return SETTINGS.flatMap((setting, done) => {
    const runs = Array.from({ length: seeds }, (_, repetition) => {
      onShare((done + repetition / seeds) / SETTINGS.length);
      return runOnce(setting, seed * seeds + repetition);
    });
    return rowsOf(setting, runs);
  });
}

function rowsOf({ title, messages, medianMs, maxMs }: Setting, runs: readonly Measured[]): ReproductionRow[] {
  const finding = (what: string, [published, tolerance]: Bound, of: (measured: Measured) => number, unjudged = false): ReproductionRow => {
    return row({ what, where: title, published, tolerance, values: runs.map(of), unjudged, ...(unjudged ? { note: UNTIL_ALL } : {}) });
  };
  return [
    finding('server messages per operation', messages, (run) => run.messagesPerOperation),
    finding('stable latency, median, ms', medianMs, (run) => quantile(run.stableMs, 0.5)),
    finding('stable latency, largest, ms', maxMs, (run) => quantile(run.stableMs, 1)),
    finding('until all have it, median, ms', medianMs, (run) => quantile(run.everywhereMs, 0.5), true),
    finding('until all have it, largest, ms', maxMs, (run) => quantile(run.everywhereMs, 1), true),
  ];
}

const UNTIL_ALL = 'The published figure is of stable latency.';

/** What one run showed. */
interface Measured {
  readonly messagesPerOperation: number;
  /** By value broadcast: stable latency, and time until every node has it, or until the end; ascending. */
  readonly stableMs: readonly number[];
  readonly everywhereMs: readonly number[];
}

/** What a client asks of a node. */
interface Operation {
  readonly kind: 'read' | 'broadcast';
  readonly node: number;
  readonly atMs: number;
}

function runOnce({ options, neighbours }: Setting, seed: number): Measured {
  const watcher = new Watcher();
  const world = new World(equalPaths(NODES, DELAY_MS), { seed, observer: watcher });
  const config = groupConfig(options);
  for (let node = 0; node < NODES; node++) {
    world.join(node, config, neighbours?.(node) ?? (node === 0 ? [] : [peerRef(0)]));
    // Joins that find their neighbours by messages are done one after the other.
    if (neighbours === undefined) world.run(world.nowMs + JOIN_INTERVAL_MS);
  }
  const startMs = world.nowMs + WARM_UP_MS;
  const all = operations(new Random(seed).fork('clients'), world.nowMs, startMs + LOAD_MS);
  for (const { kind, node, atMs } of all) {
    if (kind === 'broadcast') world.at(atMs, () => world.publish(node, VALUE));
  }
  world.run(startMs);
  const sentBefore = watcher.sent;
  world.run(startMs + LOAD_MS);
  const { sent } = watcher;
  const endMs = world.nowMs + DRAIN_MS;
  world.run(endMs);

  const measured = all.filter(({ atMs }) => atMs >= startMs);
  const values = watcher.values.filter(({ publishedMs }) => publishedMs >= startMs);
  const reads = measured.filter(({ kind }) => kind === 'read');
  return {
    messagesPerOperation: (sent - sentBefore) / measured.length,
    stableMs: values.map((value) => stableLatencyMs(value, reads)).sort((x, y) => x - y),
    everywhereMs: values.map(({ publishedMs, hasSinceMs }) => Math.min(endMs, Math.max(...hasSinceMs)) - publishedMs).sort((x, y) => x - y),
  };
}

const JOIN_INTERVAL_MS = 3000;
const VALUE = new Uint8Array(8);

/** Clients act at random moments, at the rate on average, as Maelstrom's do. */
function operations(random: Random, fromMs: number, toMs: number): readonly Operation[] {
  const all: Operation[] = [];
  const meanMs = 1000 / OPERATIONS_PER_S;
  for (let atMs = fromMs; atMs < toMs; atMs += 2 * meanMs * random.float()) {
    all.push({ kind: random.chance(0.5) ? 'read' : 'broadcast', node: random.below(NODES), atMs });
  }
  return all;
}

/** From the broadcast to the last read that comes to a node which has not got the value; 0 without such a read. */
function stableLatencyMs({ publishedMs, hasSinceMs }: Value, reads: readonly Operation[]): number {
  let latencyMs = 0;
  for (const { atMs, node } of reads) {
    if (atMs > publishedMs && atMs < (hasSinceMs[node] as number)) latencyMs = Math.max(latencyMs, atMs - publishedMs);
  }
  return latencyMs;
}

/** The smallest value that so large a share does not exceed. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? NaN;
}

/** A value that was broadcast. */
interface Value {
  readonly publishedMs: number;
  /** By node: when it got the value; infinite where it did not. */
  readonly hasSinceMs: number[];
}

/** Sees when which node gets a value, and counts what servers send. */
class Watcher extends SilentObserver {
  sent = 0;
  readonly values: Value[] = [];
  private readonly byId = new Map<string, Value>();

  override onTransmission(_timeUs: number, _from: PeerRef, _to: PeerRef, _message: Message): void {
    this.sent++;
  }

  /** The first delivery of a message is its publisher's own. */
  override onDelivery(timeUs: number, peer: PeerRef, _from: PeerRef, { origin, seq }: DataMessage): void {
    const id = `${origin}:${seq}`;
    let value = this.byId.get(id);
    if (value === undefined) {
      value = { publishedMs: timeUs / 1000, hasSinceMs: new Array<number>(NODES).fill(Infinity) };
      this.byId.set(id, value);
      this.values.push(value);
    }
    value.hasSinceMs[peer] = timeUs / 1000;
  }
}
