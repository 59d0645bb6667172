/**
 * The network beneath the overlay: routers joined by undirected physical links,
 * and the hosts that hang off them. See METRICS in the README for what is
 * computed from it.
 */

/** A router of an underlay. */
export interface Router {
  /** The id in the file, as text; unique. */
  readonly id: string;
  /** A human-readable name; the id when the file has none. */
  readonly label: string;
  /** Degrees, where the file gives geographic coordinates. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Plane coordinates for drawing, in km where BRITE or a generator gives them, else in the file's own unit; they give no delay. */
  readonly x?: number;
  readonly y?: number;
}

/** An undirected physical link between two routers, by index, `a < b`. */
export interface PhysicalLink {
  readonly a: number;
  readonly b: number;
  /** One-way propagation delay in ms, finite, at least 0. */
  readonly delayMs: number;
  /** Largest extra delay of a packet on this link, in ms, drawn uniformly; 0 when absent. */
  readonly jitterMs?: number;
  /** Probability that the link loses a packet, 0 <= loss < 1; 0 when absent. */
  readonly loss?: number;
  /** Capacity of each direction; unlimited when absent. */
  readonly bandwidthMbps?: number;
}

/** A host that a file declares itself (`kind: "host"`). */
export interface DeclaredHost {
  readonly id: string;
  /** Index of the router it hangs off. */
  readonly router: number;
  /** One-way delay of its access link in ms; absent where the file gives none (then `--access-delay` applies). */
  readonly accessDelayMs?: number;
}

/** Counts of what a reader had to do to the file, for the report; nothing is mended silently. */
export interface UnderlayCounts {
  /** Parallel links merged into one (a link listed once in each direction included). */
  readonly mergedLinks: number;
  readonly selfLoops: number;
  /** Links whose delay is the default of 1 ms because the file gives none and an end has no coordinates. */
  readonly defaultDelays: number;
  /** Links whose delay comes from coordinates. */
  readonly coordinateDelays: number;
  /** Routers outside the largest connected component, or hosts of a matrix without all measurements, which take no part. */
  readonly excludedRouters: number;
}

/** A router graph, connected, ready to be simulated. */
export interface RouterUnderlay {
  readonly kind: 'routers';
  readonly name: string;
  readonly routers: readonly Router[];
  readonly links: readonly PhysicalLink[];
  /** Empty unless the file declares hosts. */
  readonly hosts: readonly DeclaredHost[];
  readonly counts: UnderlayCounts;
  /** One sentence each: what was merged, dropped, defaulted, excluded or ignored. */
  readonly notes: readonly string[];
}

/** End-to-end one-way delays between hosts, without links (a measured latency matrix, RTTs halved). */
export interface MatrixUnderlay {
  readonly kind: 'matrix';
  readonly name: string;
  readonly hostIds: readonly string[];
  /** One-way delay in ms from host i to host j at `i * n + j`; the diagonal is 0. */
  readonly delaysMs: Float64Array;
  readonly counts: UnderlayCounts;
  readonly notes: readonly string[];
}

export type Underlay = RouterUnderlay | MatrixUnderlay;
