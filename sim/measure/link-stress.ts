import type { RouteTree } from '../underlay/routes.ts';
import { distribution } from './distribution.ts';
import type { RouterOracle } from './unicast.ts';

/**
 * Copies of one message on every physical link, each direction apart. A mean over
 * several messages may stand here too, then in fractions.
 */
export interface LinkCopies {
  /** By router link: copies from its end `a` to its end `b`, and back. */
  readonly ab: Float64Array;
  readonly ba: Float64Array;
  /** By host: copies on its access link that the host sends, and that it receives. */
  readonly up: Float64Array;
  readonly down: Float64Array;
}

/** Copies sent from host a to host b. */
export type Transmission = readonly [a: number, b: number, copies: number];

/** No copies anywhere. */
export function emptyLinkCopies(oracle: RouterOracle): LinkCopies {
  return {
    ab: new Float64Array(oracle.graph.links),
    ba: new Float64Array(oracle.graph.links),
    up: new Float64Array(oracle.hosts),
    down: new Float64Array(oracle.hosts),
  };
}

/**
 * Spreads transmissions over the physical links of their routes. A host pair may
 * appear several times; a transmission of a host to itself crosses nothing.
 *
 * Copies are gathered by source router, put on the destination routers of its
 * route tree, and pushed up the tree from the farthest router to the source: one
 * pass over the routers per source, however many routes cross a link.
 */
export function linkCopies(oracle: RouterOracle, transmissions: Iterable<Transmission>): LinkCopies {
  const copies = emptyLinkCopies(oracle);
  const bySource = new Map<number, { to: number; copies: number }[]>();
  for (const [a, b, count] of transmissions) {
    if (a === b || count === 0) continue;
    copies.up[a] = (copies.up[a] as number) + count;
    copies.down[b] = (copies.down[b] as number) + count;
    const from = oracle.router(a);
    const to = oracle.router(b);
    if (from === to) continue;
    const known = bySource.get(from);
    if (known === undefined) bySource.set(from, [{ to, copies: count }]);
    else known.push({ to, copies: count });
  }
  const through = new Float64Array(oracle.graph.routers);
  for (const from of [...bySource.keys()].sort((x, y) => x - y)) {
    for (const { to, copies: count } of bySource.get(from) ?? []) through[to] = (through[to] as number) + count;
    pushToSource(oracle, oracle.routes.from(from), through, copies);
  }
  return copies;
}

/** Moves the copies on each router to its predecessor, over the link between; leaves `through` zeroed. */
function pushToSource(oracle: RouterOracle, tree: RouteTree, through: Float64Array, copies: LinkCopies): void {
  const { linkB } = oracle.graph;
  for (let at = tree.order.length - 1; at > 0; at--) {
    const router = tree.order[at] as number;
    const count = through[router] as number;
    if (count === 0) continue;
    const link = tree.linkTo[router] as number;
    const before = tree.predecessor[router] as number;
    const direction = linkB[link] === router ? copies.ab : copies.ba;
    direction[link] = (direction[link] as number) + count;
    through[before] = (through[before] as number) + count;
    through[router] = 0;
  }
  through[tree.source] = 0;
}

/** Stress in a few numbers (METRICS: `linkStress`). */
export interface StressSummary {
  readonly max: number;
  /** Over links that carry the message; `null` when none does. */
  readonly mean: number | null;
  /** Over all links; directed, each link counts twice. `null` when there are no links. */
  readonly meanAllLinks: number | null;
  /** Percentiles over links that carry the message, by nearest rank. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly usedLinks: number;
  readonly sum: number;
}

/** `all` includes the access links; `routers` has the links between routers alone. */
export interface StressScopes {
  readonly all: StressSummary;
  readonly routers: StressSummary;
}

export interface LinkStress {
  /** Both directions of a link added. */
  readonly undirected: StressScopes;
  /** Each direction a link of its own. */
  readonly directed: StressScopes;
}

export function linkStress(copies: LinkCopies): LinkStress {
  const between = added(copies.ab, copies.ba);
  const access = added(copies.up, copies.down);
  return {
    undirected: { all: summary([between, access]), routers: summary([between]) },
    directed: {
      all: summary([copies.ab, copies.ba, copies.up, copies.down]),
      routers: summary([copies.ab, copies.ba]),
    },
  };
}

function added(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, index) => value + (y[index] as number));
}

function summary(parts: readonly Float64Array[]): StressSummary {
  const used: number[] = [];
  let links = 0;
  for (const part of parts) {
    links += part.length;
    for (const stress of part) if (stress > 0) used.push(stress);
  }
  const spread = distribution(used);
  const sum = used.reduce((total, stress) => total + stress, 0);
  return {
    max: spread?.max ?? 0,
    mean: spread?.mean ?? null,
    meanAllLinks: links === 0 ? null : sum / links,
    p50: spread?.p50 ?? null,
    p90: spread?.p90 ?? null,
    usedLinks: used.length,
    sum,
  };
}
