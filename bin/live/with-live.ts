import { OverlayError } from '../../lib/core/errors.ts';
import type { TransportKind } from '../../lib/transport/address.ts';
import { type Comparison, type Progress, protocolResult } from '../../sim/experiments/comparison.ts';
import { PUBLISH_INTERVAL_MS, QUIET_MS, SETTLED_MS } from '../../sim/experiments/run.ts';
import { differenceOf } from '../../sim/report/differences.ts';
import type { ProtocolDifference, ProtocolResult, Report } from '../../sim/report/report.ts';
import { LIVE_HOSTS_MAX } from '../arguments.ts';
import { LIVE_QUIET_MS, LIVE_SETTLED_MS, type LiveResult, liveRun, publishIntervalMs } from './live-run.ts';

/**
 * Refuses a comparison that is too large to be run live, before it is simulated.
 * @throws {OverlayError} `LIMIT_EXCEEDED`.
 */
export function checkLive({ ground }: Comparison): void {
  const hosts = ground.hostIds.length;
  if (hosts <= LIVE_HOSTS_MAX) return;
  throw new OverlayError('LIMIT_EXCEEDED', `--live: expected at most ${LIVE_HOSTS_MAX} hosts, each of which is a peer of this process, got ${hosts}; choose some with --hosts random:${LIVE_HOSTS_MAX}.`);
}

/**
 * Runs the protocols of a simulated comparison again with real peers, one protocol after
 * the other, and puts the results and the differences into its report.
 * @throws {OverlayError} when peers cannot be started, or do not find each other.
 */
export async function withLive(chosen: Comparison, report: Report, transport: TransportKind, onProgress: (progress: Progress) => void = () => {}): Promise<Report> {
  const { ground, setups, options, seed, sources } = chosen;
  const live: ProtocolResult[] = [];
  const differences: ProtocolDifference[] = [];
  const runs: { readonly protocol: string; readonly ran: LiveResult }[] = [];
  for (const [done, setup] of setups.entries()) {
    if (setup.kind !== 'peers') continue;
    const onShare = (share: number): void => onProgress({ protocol: `${setup.name} live`, done, total: setups.length, share });
    onShare(0);
    const ran = await liveRun(ground, setup, transport, { ...options, seed, sources, onShare });
    const result = protocolResult(setup, ran, chosen);
    const simulated = report.results[done];
    runs.push({ protocol: setup.name, ran });
    live.push(result);
    if (simulated !== undefined) differences.push(differenceOf(result, simulated));
  }
  const { notes, ...rest } = report;
  return { ...rest, options: { ...report.options, live: transport }, live, differences, notes: [...notes, ...liveNotes(chosen, transport, runs)] };
}

/** What must be known to read the live rows, one sentence or two each. */
function liveNotes({ ground, setups }: Comparison, transport: TransportKind, runs: readonly { readonly protocol: string; readonly ran: LiveResult }[]): string[] {
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const notes = [
    `Live rows are of real peers on loopback over ${transport}, one per host. A frame is handed on once the delay of its route has passed since it was sent, or later by what the machine needs for it; handshakes and acknowledgements of links are not delayed.`,
    `Live, peers were given ${seconds(LIVE_SETTLED_MS)} without a new neighbour before the first message (simulated: ${seconds(SETTLED_MS)}), published every ${publishIntervalMs(ground)} ms (${PUBLISH_INTERVAL_MS} ms) and were measured until nothing was under way for ${seconds(LIVE_QUIET_MS)} or more (${seconds(QUIET_MS)}): control traffic per second is over a shorter time. What links sent again is not seen.`,
    'Along a given tree (unicast, mst) live and simulated differ in times alone; elsewhere peers live draw other random numbers, as with another seed.',
  ];
  if (setups.some(({ kind }) => kind === 'ip-multicast')) notes.push('IP multicast has no live form: it needs routers that copy.');
  if (!ground.paths.plain) notes.push('Loss, jitter and bandwidth of the links of the map are not applied live.');
  const unsettled = runs.filter(({ ran }) => !ran.settled).map(({ protocol }) => protocol);
  if (unsettled.length > 0) notes.push(`Live, payloads of ${unsettled.join(', ')} were still under way, or lost with a link, when the run was stopped.`);
  const dropped = runs.filter(({ ran }) => ran.framesDropped > 0).map(({ protocol, ran }) => `${protocol} (${ran.framesDropped})`);
  if (dropped.length > 0) notes.push(`Live, too many frames were held for the delay of their route, and some dropped, with ${dropped.join(', ')}.`);
  return notes;
}
