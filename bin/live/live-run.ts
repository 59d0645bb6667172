import type { TransportKind } from '../../lib/transport/address.ts';
import type { Field } from '../../sim/experiments/field.ts';
import type { PeersSetup, RunOptions, RunResult } from '../../sim/experiments/run.ts';
import { Collector } from '../../sim/measure/collector.ts';
import { overlayGraph } from '../../sim/measure/overlay-graph.ts';
import { LivePeers } from './live-peers.ts';
import { PRECISE_CLOCK } from './precise-clock.ts';
import { sleep } from './sleep.ts';

/** What a live run yielded. */
export interface LiveResult extends RunResult {
  /** Frames that were dropped because too many were held for the delay of their route. */
  readonly framesDropped: number;
}

export type LiveRunOptions = Pick<RunOptions, 'seed' | 'sources' | 'warmUpMessages' | 'messages' | 'payloadBytes' | 'onShare'>;

/** The first message is published when no peer has had a new neighbour for this long, in ms: three shuffles. A guess, as are all of these. */
export const LIVE_SETTLED_MS = 3000;
/** Or at the latest this long after the last join, in ms. */
const SETTLE_MAX_MS = 20_000;
/** Between two messages, in ms: so many crossings of the map, within bounds. */
const INTERVAL_CROSSINGS = 4;
const INTERVAL_MIN_MS = 200;
const INTERVAL_MAX_MS = 1000;
/** A run ends when everybody has everything and no payload has been under way for this long, in ms, ... */
export const LIVE_QUIET_MS = 1000;
/** ... when none has for this long, whoever lacks something: more than a graft takes, ... */
const INCOMPLETE_QUIET_MS = 5000;
/** ... or when none has for this long, although some should be; ... */
const LOST_QUIET_MS = 15_000;
/** ... or at the latest this long after the last publish, and 20 cycles of an epidemic. */
const DRAIN_MAX_MS = 60_000;
/** Between two looks at whether it is over, in ms. */
const LOOK_MS = 50;

/** Time between two messages of live peers on a field, in ms. */
export function publishIntervalMs({ delayBoundMs }: Field): number {
  return Math.round(Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, INTERVAL_CROSSINGS * delayBoundMs)));
}

/** Runs one protocol live on a field, from the joins to the last delivery: the counterpart of `run`, in real time. */
export async function liveRun(field: Field, setup: PeersSetup, transport: TransportKind, options: LiveRunOptions): Promise<LiveResult> {
  const collector = new Collector(field.hostIds.length);
  let events = 0;
  const onTrace: Collector['onTrace'] = (event) => {
    events++;
    collector.onTrace(event);
  };
  const { seed, sources, messages } = options;
  const peers = await LivePeers.start(field, setup, { transport, seed, sources, onTrace }, (share) => options.onShare(0.3 * share));
  try {
    const work: Work = { field, setup, options, peers, collector };
    if (setup.start === 'contact') await settleNeighbours(collector);
    await publishAll(work, options.warmUpMessages, (share) => options.onShare(0.4 + 0.3 * share));
    await drain(work);
    collector.measuring = true;
    const startUs = nowUs();
    await publishAll(work, messages, (share) => options.onShare(0.7 + 0.3 * share));
    const settled = await drain(work);
    collector.measuring = false;
    const { records, controlMessages, controlBytes, payloadBytes, retransmissions, queueDrops } = collector;
    return {
      records, controlMessages, controlBytes, payloadBytes, retransmissions, queueDrops, events, settled,
      measuredMs: (nowUs() - startUs) / 1000,
      traceHash: '',
      overlay: setup.start === 'members' ? undefined : overlayGraph(peers.views(), seed),
      framesDropped: peers.framesDropped,
    };
  } finally {
    await peers.close();
  }
}

interface Work {
  readonly field: Field;
  readonly setup: PeersSetup;
  readonly options: LiveRunOptions;
  readonly peers: LivePeers;
  readonly collector: Collector;
}

async function settleNeighbours(collector: Collector): Promise<void> {
  const endUs = nowUs() + SETTLE_MAX_MS * 1000;
  while (nowUs() < endUs && nowUs() - collector.lastNeighbourUs < LIVE_SETTLED_MS * 1000) await sleep(LOOK_MS);
}

/** Publishes `count` messages of every source, in turn, at even intervals. Once measuring, they are recorded. */
async function publishAll({ field, options, peers, collector }: Work, count: number, onShare: (share: number) => void): Promise<void> {
  const payload = new Uint8Array(options.payloadBytes);
  const intervalMs = publishIntervalMs(field);
  let nextMs = PRECISE_CLOCK.nowMs();
  for (let message = 0; message < count; message++) {
    for (const source of options.sources) {
      if (collector.measuring) collector.expect(source, peers.published(source), nowUs());
      await peers.publish(source, payload);
      nextMs = Math.max(nextMs + intervalMs, PRECISE_CLOCK.nowMs());
      await sleep(nextMs - PRECISE_CLOCK.nowMs());
    }
    onShare((message + 1) / count);
  }
}

/** Waits until what was published has arrived, or will not; false when it had to stop before that was certain. */
async function drain({ field, setup, collector }: Work): Promise<boolean> {
  const { dissemination } = setup.config;
  const cycleMs = 'cycleMs' in dissemination ? dissemination.cycleMs : 0;
  const slackMs = 2 * field.delayBoundMs;
  // Epidemics send nothing before their next cycle.
  const startUs = nowUs();
  const endUs = startUs + (DRAIN_MAX_MS + 20 * cycleMs) * 1000;
  while (nowUs() < endUs) {
    const complete = collector.records.every(({ delivered }) => delivered === field.hostIds.length - 1);
    const neededMs = complete ? Math.max(LIVE_QUIET_MS, 1.5 * cycleMs) : Math.max(INCOMPLETE_QUIET_MS, 5 * cycleMs);
    const quietMs = (nowUs() - Math.max(startUs, collector.lastPayloadUs)) / 1000 - slackMs;
    if (quietMs >= neededMs && collector.payloadsInFlight === 0) return true;
    // What is under way still was lost, with a link or as a datagram.
    if (quietMs >= LOST_QUIET_MS + 5 * cycleMs) return false;
    await sleep(LOOK_MS);
  }
  return false;
}

/** By the clock that trace events come with. */
function nowUs(): number {
  return PRECISE_CLOCK.nowMs() * 1000;
}
