import type { Host } from '../underlay/attachment.ts';
import type { RouteCache } from '../underlay/route-cache.ts';
import type { RouterGraph } from '../underlay/router-graph.ts';
import type { MatrixUnderlay } from '../underlay/underlay.ts';

/** Unicast delays between hosts `0 .. hosts - 1` (METRICS: "The underlay"). */
export interface DelayOracle {
  readonly hosts: number;
  /** Whether d(a,b) = d(b,a) for all hosts, but for rounding. */
  readonly symmetric: boolean;
  /** d(a,b) in ms, one way; 0 when a is b. */
  delayMs(a: number, b: number): number;
}

/** Bytes of delays between hosts that are kept. Guess: enough for all pairs of 11 000 hosts. */
const DELAY_ROWS_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Delays along the canonical routes of a router graph, which can also be walked link
 * by link. The delays from a host to all others are computed together and kept, up to
 * `DELAY_ROWS_BYTES_MAX`; then all are dropped and computed again when asked for.
 */
export class RouterOracle implements DelayOracle {
  readonly symmetric = true;
  readonly hosts: number;
  readonly graph: RouterGraph;
  readonly attached: readonly Host[];
  readonly routes: RouteCache;
  private readonly routerOf: Int32Array;
  private readonly accessMs: Float64Array;
  /** By host: the delays to all hosts, once asked for. */
  private readonly rows: (Float64Array | undefined)[];
  private readonly rowsMax: number;
  private rowsKept = 0;

  constructor(attached: readonly Host[], routes: RouteCache) {
    this.hosts = attached.length;
    this.graph = routes.graph;
    this.attached = attached;
    this.routes = routes;
    this.routerOf = Int32Array.from(attached, (host) => host.router);
    this.accessMs = Float64Array.from(attached, (host) => host.accessDelayMs);
    this.rows = new Array<Float64Array | undefined>(this.hosts).fill(undefined);
    this.rowsMax = Math.max(1, Math.floor(DELAY_ROWS_BYTES_MAX / (8 * this.hosts)));
  }

  /** Access of a, route, access of b; both access links also where a and b hang off one router. */
  delayMs(a: number, b: number): number {
    return (this.rows[a] ?? this.rowOf(a))[b] as number;
  }

  private rowOf(a: number): Float64Array {
    if (this.rowsKept === this.rowsMax) {
      this.rows.fill(undefined);
      this.rowsKept = 0;
    }
    const { delayMs } = this.routes.from(this.router(a));
    const row = new Float64Array(this.hosts);
    for (let b = 0; b < this.hosts; b++) {
      row[b] = b === a ? 0 : (this.accessMs[a] as number) + (delayMs[this.routerOf[b] as number] as number) + (this.accessMs[b] as number);
    }
    this.rows[a] = row;
    this.rowsKept++;
    return row;
  }

  router(host: number): number {
    return this.routerOf[host] as number;
  }

  accessDelayMs(host: number): number {
    return this.accessMs[host] as number;
  }

  /**
   * Walks the router links of the route from host a to host b, in the order in
   * which a packet crosses them: `visit(link, from, to)`, routers by index.
   */
  walk(a: number, b: number, visit: (link: number, from: number, to: number) => void): void {
    const tree = this.routes.from(this.router(a));
    const path: number[] = [];
    for (let router = this.router(b); router !== tree.source; router = tree.predecessor[router] as number) path.push(router);
    for (let at = path.length - 1; at >= 0; at--) {
      const router = path[at] as number;
      visit(tree.linkTo[router] as number, tree.predecessor[router] as number, router);
    }
  }
}

/** Delays of a latency matrix; there are no links to walk. */
export class MatrixOracle implements DelayOracle {
  readonly hosts: number;
  readonly symmetric: boolean;
  private readonly delaysMs: Float64Array;
  private readonly positions: Int32Array;
  private readonly width: number;

  /** @param positions the hosts of the matrix that take part; all by default. */
  constructor(matrix: Pick<MatrixUnderlay, 'hostIds' | 'delaysMs'>, positions?: readonly number[]) {
    this.width = matrix.hostIds.length;
    this.delaysMs = matrix.delaysMs;
    this.positions = Int32Array.from(positions ?? matrix.hostIds.keys());
    this.hosts = this.positions.length;
    this.symmetric = this.isSymmetric();
  }

  delayMs(a: number, b: number): number {
    if (a === b) return 0;
    return this.delaysMs[(this.positions[a] as number) * this.width + (this.positions[b] as number)] as number;
  }

  private isSymmetric(): boolean {
    for (let a = 0; a < this.hosts; a++) {
      for (let b = 0; b < a; b++) if (this.delayMs(a, b) !== this.delayMs(b, a)) return false;
    }
    return true;
  }
}
