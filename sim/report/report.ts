/**
 * The report of a comparison, as written by `--json`. Stable within a major
 * version: fields are added, never renamed or given another meaning.
 *
 * How several messages are put together: every figure is computed for each message
 * alone. `min` and `max` are then the smallest and largest over all messages; every
 * other figure is the mean over them. A figure that does not exist is `null`, and
 * `notes` says why.
 */
export const REPORT_FORMAT = 'overlay-sim-report/1';

export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly seed: number;
  /** Every option of the run, defaults included, in the words of the command line. */
  readonly options: ReportOptions;
  readonly underlay: ReportUnderlay;
  readonly results: readonly ProtocolResult[];
  /** With `--live`: the same of real peers, for each protocol that has a live form, in the order of `results`. */
  readonly live?: readonly ProtocolResult[];
  /** With `--live`: figures of `live` minus those of `results`, `null` where one of the two is. */
  readonly differences?: readonly ProtocolDifference[];
  /** What must be known to read the figures, one sentence each; what a reader of the file did to it comes first. */
  readonly notes: readonly string[];
}

export interface ReportOptions {
  /** The file's path or the name of a built-in map, as given. */
  readonly topology: string;
  readonly protocols: readonly string[];
  readonly source: string;
  readonly hosts: string;
  readonly accessDelayMs: number;
  /** Measured messages of each source. */
  readonly messages: number;
  /** Messages of each source before those, which are not measured: trees form on them. */
  readonly warmUpMessages: number;
  readonly payloadBytes: number;
  readonly loss: number;
  readonly jitter: number;
  readonly wire: 'objects' | 'bytes';
  /** What live peers were linked by; absent where none ran. */
  readonly live?: 'udp' | 'tcp';
}

export interface ReportUnderlay {
  readonly name: string;
  readonly kind: 'routers' | 'matrix';
  readonly routers: number;
  readonly links: number;
  readonly hosts: number;
  readonly mergedLinks: number;
  readonly selfLoops: number;
  readonly defaultDelays: number;
  readonly coordinateDelays: number;
  readonly excludedRouters: number;
}

export interface ProtocolResult {
  readonly protocol: string;
  /** The host id of the source; with several sources the choice as given (`all`, `random:5`). */
  readonly source: string;
  readonly sources: readonly string[];
  /** Measured messages, over all sources. */
  readonly messages: number;
  /** `null` on a latency matrix, which has no links. */
  readonly linkStress: LinkStressResult | null;
  /** `null` when no receiver has a ratio. */
  readonly rdp: Spread | null;
  readonly rmd: number | null;
  readonly rad: number | null;
  readonly treeCost: TreeCostResult;
  /** ms; `null` on a latency matrix. */
  readonly resourceUsage: number | null;
  readonly normalizedResourceUsage: number | null;
  readonly reliability: number;
  /** Share of receivers never reached: 1 - reliability. */
  readonly residue: number;
  readonly lastDeliveryHop: number | null;
  readonly lastDeliveryMs: number | null;
  readonly meanDeliveryMs: number | null;
  readonly relativeMessageRedundancy: number | null;
  readonly nodeStress: { readonly max: number; readonly mean: number };
  /** Over the measured part of the run, all peers. */
  readonly controlMessages: number;
  readonly controlBytes: number;
  /** Bytes of data messages, headers included, over the measured part of the run. */
  readonly payloadBytes: number;
  readonly controlOverhead: ControlOverhead;
  /** Epidemics only: `traffic` is payload transmissions / peers; times are in cycles. */
  readonly epidemic: EpidemicResult | null;
  /** The graph of the neighbours at the end of the run; `null` where every peer knows every other. */
  readonly overlayGraph: OverlayGraphResult | null;
  /** Copies sent again by links because a packet was lost; part of the stress. Live, what links repeat is not seen: 0. */
  readonly retransmissions: number;
  /** Packets that did not fit into the queue of a link: of limited bandwidth; live, of any. */
  readonly queueDrops: number;
  /** Time from the first measured publish to the end, in ms: simulated, or live. */
  readonly measuredMs: number;
  /** Events of the whole run, warm-up included; live, trace events. */
  readonly events: number;
  /** Live the empty text: no two runs are the same. */
  readonly traceHash: string;
  /** With `--links`: each link's copies, summed over all measured messages divided by their number. */
  readonly links?: readonly LinkResult[];
}

/** How far a live result is from the simulated one: the same fields, of what can be subtracted. */
export type ProtocolDifference = Omit<ProtocolResult, 'source' | 'sources' | 'messages' | 'measuredMs' | 'events' | 'traceHash' | 'links'>;

export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

export interface StressResult {
  readonly max: number;
  /** Over links that carry the message. */
  readonly mean: number | null;
  readonly meanAllLinks: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly usedLinks: number;
  readonly sum: number;
}

export interface StressScopesResult {
  /** Access links included. */
  readonly all: StressResult;
  /** Links between routers alone. */
  readonly routers: StressResult;
}

export interface LinkStressResult {
  readonly undirected: StressScopesResult;
  readonly directed: StressScopesResult;
}

export interface TreeCostResult {
  /** ms. */
  readonly value: number | null;
  readonly ratioToMst: number | null;
  readonly ratioToIpMulticast: number | null;
}

export interface ControlOverhead {
  readonly messagesPerPeerPerSecond: number;
  readonly bytesPerPeerPerSecond: number;
  /** Control bytes / all bytes; 0 when nothing was sent. */
  readonly shareOfBytes: number;
}

export interface EpidemicResult {
  readonly residue: number;
  readonly traffic: number;
  readonly tAveCycles: number | null;
  readonly tLastCycles: number | null;
}

export interface OverlayGraphResult {
  readonly degree: Spread;
  readonly inDegree: Spread;
  readonly clusteringCoefficient: number | null;
  readonly averageShortestPath: number | null;
  readonly diameter: number | null;
  readonly components: number;
}

export interface LinkResult {
  /** Router ids; an access link has the host's id as `a`. */
  readonly a: string;
  readonly b: string;
  readonly delayMs: number;
  readonly copies: number;
  readonly copiesAB: number;
  readonly copiesBA: number;
}
