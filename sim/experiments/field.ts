import { OverlayError } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import { minimumSpanningTree, type Parents } from '../measure/trees.ts';
import { type DelayOracle, MatrixOracle, RouterOracle } from '../measure/unicast.ts';
import { type HostChoice, attachHosts, chosenPositions } from '../underlay/attachment.ts';
import { RouteCache } from '../underlay/route-cache.ts';
import { routerGraph } from '../underlay/router-graph.ts';
import type { Underlay } from '../underlay/underlay.ts';
import { DelayPaths, type Paths, routerPaths } from '../world/paths.ts';

/** Largest number of hosts in a comparison: its measures hold a few numbers for each host and message. */
export const HOSTS_MAX = 10_000;

/** An underlay with hosts on it, ready for any number of runs. */
export interface Field {
  readonly underlay: Underlay;
  readonly hostIds: readonly string[];
  readonly oracle: DelayOracle;
  /** The same oracle where there are links to walk; absent on a latency matrix. */
  readonly links: RouterOracle | undefined;
  readonly paths: Paths;
  /** The minimum spanning tree of the hosts, directed away from host 0. */
  readonly mst: Parents;
  /** The host of the first kept router. */
  readonly firstHost: number;
  /** No less than the largest unicast delay where delays keep the triangle inequality: twice the largest from host 0, in ms. */
  readonly delayBoundMs: number;
}

/**
 * Puts hosts on the underlay.
 * @throws {OverlayError} `INVALID_OPTION` for a choice of hosts that cannot be met, or that leaves fewer than two.
 */
export function field(underlay: Underlay, hosts: HostChoice, accessDelayMs: number, random: Random): Field {
  const made = underlay.kind === 'matrix' ? matrixField(underlay, hosts, random) : routerField(underlay, hosts, accessDelayMs, random);
  const count = made.hostIds.length;
  if (count < 2) throw new OverlayError('INVALID_OPTION', `--hosts: expected at least 2 hosts, so that there is a receiver, got ${count} on ${underlay.name}.`);
  if (count > HOSTS_MAX) throw new OverlayError('LIMIT_EXCEEDED', `--hosts: expected at most ${HOSTS_MAX} hosts, got ${count}; choose some with --hosts random:N.`);
  let farthestMs = 0;
  for (let host = 1; host < count; host++) farthestMs = Math.max(farthestMs, made.oracle.delayMs(0, host));
  return { underlay, ...made, mst: minimumSpanningTree(made.oracle, 0), delayBoundMs: 2 * farthestMs };
}

type Made = Omit<Field, 'underlay' | 'mst' | 'delayBoundMs'>;

function matrixField(underlay: Extract<Underlay, { kind: 'matrix' }>, hosts: HostChoice, random: Random): Made {
  const positions = chosenPositions(hosts, underlay.hostIds.length, 'hosts', random);
  const oracle = new MatrixOracle(underlay, positions);
  const hostIds = positions.map((position) => underlay.hostIds[position] ?? '');
  return { hostIds, oracle, links: undefined, paths: new DelayPaths(oracle), firstHost: 0 };
}

function routerField(underlay: Extract<Underlay, { kind: 'routers' }>, hosts: HostChoice, accessDelayMs: number, random: Random): Made {
  const attached = attachHosts(underlay, { hosts, accessDelayMs }, random);
  const oracle = new RouterOracle(attached, new RouteCache(routerGraph(underlay)));
  let firstHost = 0;
  attached.forEach((host, index) => {
    if (host.router < (attached[firstHost]?.router ?? Infinity)) firstHost = index;
  });
  const hostIds = attached.map(({ id }) => id);
  return { hostIds, oracle, links: oracle, paths: routerPaths(oracle, underlay.links), firstHost };
}
