import { OverlayError, invalidOption } from '../../lib/core/errors.ts';
import { Random } from '../../lib/core/random.ts';
import { closest } from '../../lib/core/suggest.ts';
import type { TraceEvent } from '../../lib/core/trace-event.ts';
import type { LinkCopies } from '../measure/link-stress.ts';
import { treeCost } from '../measure/tree-cost.ts';
import { type ProtocolResult, REPORT_FORMAT, type Report, type ReportOptions } from '../report/report.ts';
import { DEFAULT_ACCESS_DELAY_MS, type HostChoice } from '../underlay/attachment.ts';
import type { Underlay } from '../underlay/underlay.ts';
import { average } from './average.ts';
import { type Field, field } from './field.ts';
import { type MessageFigures, messageFigures, spread } from './figures.ts';
import { ipMulticastRun } from './ip-multicast-run.ts';
import { addCopies, linkResults } from './link-results.ts';
import { resultNotes } from './notes.ts';
import { PROTOCOLS, type ProtocolSetup, protocolSetup } from './protocols.ts';
import { type RunOptions, type RunResult, run } from './run.ts';

/** How far a comparison has come, for a progress line. */
export interface Progress {
  readonly protocol: string;
  /** Protocols finished and in all. */
  readonly done: number;
  readonly total: number;
  /** Share of the current protocol's simulated time that has passed, 0 to 1. */
  readonly share: number;
}

/** What to compare; everything has a default. See `ReportOptions` for meanings. */
export interface ComparisonOptions extends Partial<Omit<ReportOptions, 'topology' | 'live'>> {
  readonly seed?: number;
  /** Add each link's stress to the results. */
  readonly links?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Is handed all that peers do in a run, at some cost in speed. Hosts stand for peers; IP multicast has none. */
  readonly onTrace?: (event: TraceEvent<number>, protocol: string) => void;
}

/** Messages before the measured ones, over all sources, unless told. Guess: a Plumtree has settled after two or three. */
const WARM_UP_MESSAGES = 10;

/** Largest number of measured messages, over all sources, times hosts: a flood takes 300 bytes for each until it is put into figures. */
const RECORDS_MAX = 4_000_000;

/** A comparison that is ready to run: everything chosen and checked. */
export interface Comparison {
  readonly underlay: Underlay;
  readonly seed: number;
  readonly options: ReportOptions;
  readonly ground: Field;
  /** Hosts that publish. */
  readonly sources: readonly number[];
  readonly setups: readonly ProtocolSetup[];
  readonly mstCostMs: number;
  readonly links: boolean;
}

/**
 * Runs every protocol on the underlay and measures it. Every protocol has the same
 * hosts, sources, conditions and seed, so that rows can be compared.
 * @throws {OverlayError} for options that make no sense, naming them as the command line does.
 */
export function compare(underlay: Underlay, topology: string, given: ComparisonOptions = {}): Report {
  return simulate(comparison(underlay, topology, given), given);
}

/** Chooses hosts and sources for a comparison, and fills in defaults. @throws {OverlayError} as `compare` does. */
export function comparison(underlay: Underlay, topology: string, given: ComparisonOptions): Comparison {
  const seed = wholeNumber('--seed', given.seed ?? 1, 0, Number.MAX_SAFE_INTEGER);
  const random = new Random(seed).fork('comparison');
  const hosts = given.hosts ?? 'all';
  const accessDelayMs = given.accessDelayMs ?? DEFAULT_ACCESS_DELAY_MS;
  const ground = field(underlay, hostChoice(hosts), accessDelayMs, random.fork('hosts'));
  const source = given.source ?? 'first';
  const sources = chooseSources(source, ground, random.fork('sources'));
  const options = reportOptions(topology, given, { hosts, accessDelayMs, source, sources: sources.length });
  checkRecords(options.messages * sources.length, ground.hostIds.length);
  const setups = options.protocols.map(protocolSetup);
  return { underlay, seed, options, ground, sources, setups, mstCostMs: treeCost(ground.oracle, ground.mst), links: given.links === true };
}

/** Runs what was chosen in the simulator. */
export function simulate(chosen: Comparison, { onProgress, onTrace }: Pick<ComparisonOptions, 'onProgress' | 'onTrace'> = {}): Report {
  const { underlay, seed, options, ground, sources, setups } = chosen;
  const unsettled: string[] = [];
  const results = setups.map((setup, done) => {
    const onShare = (share: number): void => onProgress?.({ protocol: setup.name, done, total: setups.length, share });
    onShare(0);
    const { warmUpMessages, messages, payloadBytes, loss, jitter, wire } = options;
    const watched = onTrace === undefined ? {} : { onTrace: (event: TraceEvent<number>) => onTrace(event, setup.name) };
    const runOptions: RunOptions = { seed, sources, warmUpMessages, messages, payloadBytes, loss, jitter, wire, onShare, ...watched };
    const ran = setup.kind === 'ip-multicast' ? ipMulticastRun(ground, runOptions) : run(ground, setup, runOptions);
    if (!ran.settled) unsettled.push(setup.name);
    return protocolResult(setup, ran, chosen);
  });
  return {
    format: REPORT_FORMAT,
    seed,
    options,
    underlay: { name: underlay.name, kind: underlay.kind, ...sizes(underlay), hosts: ground.hostIds.length, ...underlay.counts },
    results,
    notes: [...underlay.notes, ...resultNotes(ground, options, results, unsettled)],
  };
}

/** The figures of a run, simulated or live. */
export function protocolResult(setup: ProtocolSetup, ran: RunResult, chosen: Comparison): ProtocolResult {
  const { ground, mstCostMs, sources } = chosen;
  const hosts = ground.hostIds.length;
  const dissemination = setup.kind === 'peers' ? setup.config.dissemination : undefined;
  const cycleMs = dissemination?.kind === 'rumor' || dissemination?.kind === 'anti-entropy' ? dissemination.cycleMs : undefined;
  const yardsticks = { field: ground, mstCostMs, cycleMs, routersCopy: setup.kind === 'ip-multicast' };
  const measured: MessageFigures[] = [];
  let total: LinkCopies | undefined;
  for (const record of ran.records) {
    const { figures, copies } = messageFigures(record, yardsticks);
    measured.push(figures);
    if (chosen.links && copies !== undefined) total = addCopies(total, copies);
  }
  const ids = sources.map((host) => ground.hostIds[host] ?? '');
  const { controlMessages, controlBytes, payloadBytes, retransmissions, queueDrops, measuredMs, events, traceHash } = ran;
  const perPeerSecond = (hosts * measuredMs) / 1000;
  return {
    protocol: setup.name,
    source: ids.length === 1 ? (ids[0] ?? '') : chosen.options.source,
    sources: ids,
    messages: ran.records.length,
    ...average(measured),
    controlMessages,
    controlBytes,
    payloadBytes,
    controlOverhead: {
      messagesPerPeerPerSecond: controlMessages / perPeerSecond,
      bytesPerPeerPerSecond: controlBytes / perPeerSecond,
      shareOfBytes: controlBytes === 0 ? 0 : controlBytes / (controlBytes + payloadBytes),
    },
    overlayGraph: overlayResult(ran),
    retransmissions,
    queueDrops,
    measuredMs,
    events,
    traceHash,
    ...(total === undefined || ground.links === undefined ? {} : { links: linkResults(ground, ground.links, total, ran.records.length) }),
  };
}

function overlayResult({ overlay }: RunResult): ProtocolResult['overlayGraph'] {
  if (overlay === undefined || overlay.degree === null || overlay.inDegree === null) return null;
  const { clusteringCoefficient, averageShortestPath, diameter } = overlay;
  const components = overlay.connectedComponents;
  return { degree: spread(overlay.degree), inDegree: spread(overlay.inDegree), clusteringCoefficient, averageShortestPath, diameter, components };
}

function sizes(underlay: Underlay): { readonly routers: number; readonly links: number } {
  return underlay.kind === 'matrix' ? { routers: 0, links: 0 } : { routers: underlay.routers.length, links: underlay.links.length };
}

function reportOptions(
  topology: string,
  given: ComparisonOptions,
  chosen: { readonly hosts: string; readonly accessDelayMs: number; readonly source: string; readonly sources: number },
): ReportOptions {
  const protocols = given.protocols ?? PROTOCOLS.map(({ name }) => name);
  if (protocols.length === 0) invalidOption('--protocol', 'at least one protocol', 'none');
  const repeated = protocols.find((name, index) => protocols.indexOf(name) !== index);
  if (repeated !== undefined) invalidOption('--protocol', 'each protocol once', repeated);
  return {
    topology,
    protocols,
    source: chosen.source,
    hosts: chosen.hosts,
    accessDelayMs: chosen.accessDelayMs,
    messages: wholeNumber('--messages', given.messages ?? 1, 1, 100_000),
    warmUpMessages: wholeNumber('--warm-up', given.warmUpMessages ?? Math.ceil(WARM_UP_MESSAGES / chosen.sources), 0, 100_000),
    payloadBytes: wholeNumber('--payload', given.payloadBytes ?? 1000, 0, 1024 * 1024),
    loss: share('--loss', given.loss ?? 0, 1),
    jitter: share('--jitter', given.jitter ?? 0, 100),
    wire: given.wire ?? 'objects',
  };
}

function hostChoice(text: string): HostChoice {
  if (text === 'all') return { kind: 'all' };
  const match = /^(every|random):([0-9]{1,9})$/.exec(text);
  if (match === null) invalidOption('--hosts', 'all, every:K or random:N', text);
  const count = Number(match[2]);
  return match[1] === 'every' ? { kind: 'every', k: count } : { kind: 'random', count };
}

function chooseSources(text: string, ground: Field, random: Random): number[] {
  const all = ground.hostIds.map((_, host) => host);
  if (text === 'first') return [ground.firstHost];
  if (text === 'all') return all;
  const match = /^random:([0-9]{1,9})$/.exec(text);
  if (match !== null) {
    const count = wholeNumber('--source random', Number(match[1]), 1, all.length);
    return random.sample(all, count).sort((x, y) => x - y);
  }
  const host = ground.hostIds.indexOf(text);
  if (host >= 0) return [host];
  const guess = closest(text, ground.hostIds);
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  throw new OverlayError('INVALID_OPTION', `--source: expected first, all, random:N or the id of a host, got "${text}".${hint}`);
}

function checkRecords(messages: number, hosts: number): void {
  if (messages * hosts <= RECORDS_MAX) return;
  const most = Math.floor(RECORDS_MAX / hosts);
  throw new OverlayError('LIMIT_EXCEEDED', `--messages: expected at most ${most} messages over all sources with ${hosts} hosts, got ${messages}.`);
}

function wholeNumber(option: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) invalidOption(option, `a whole number from ${min} to ${max}`, value);
  return value;
}

function share(option: string, value: number, below: number): number {
  if (!(value >= 0 && value < below)) invalidOption(option, `a number from 0 to less than ${below}`, value);
  return value;
}
