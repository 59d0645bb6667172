import { OverlayError } from '../../lib/core/errors.ts';
import { Random } from '../../lib/core/random.ts';
import { type DelayOracle, MatrixOracle, RouterOracle } from '../measure/unicast.ts';
import { DEFAULT_ACCESS_DELAY_MS, attachHosts } from '../underlay/attachment.ts';
import { builtinUnderlay } from '../underlay/builtin.ts';
import { parseTopology } from '../underlay/formats/detect.ts';
import { generateTopology } from '../underlay/generate/generators.ts';
import { RouteCache } from '../underlay/route-cache.ts';
import { routerGraph } from '../underlay/router-graph.ts';
import type { RouterUnderlay, Underlay } from '../underlay/underlay.ts';
import { DelayPaths, type Paths, routerPaths } from '../world/paths.ts';
import type { UnderlaySpec } from './scenario.ts';

/** What fails of an underlay: links by the ids of their ends, and routers by theirs. */
export interface Outage {
  readonly links: readonly (readonly [string, string])[];
  readonly routers: readonly string[];
}

/** The network beneath a scenario. */
export interface Terrain {
  readonly paths: Paths;
  readonly hosts: number;
  /**
   * The paths while that is down.
   * @throws {OverlayError} `INVALID_SCENARIO` for a link or router that is not there.
   */
  without(outage: Outage): Paths;
}

/** @throws {OverlayError} for an underlay that cannot be made. */
export function terrainOf(spec: UnderlaySpec): Terrain {
  if (spec.kind === 'equal') return delayTerrain(equalOracle(spec.hosts, spec.delayMs));
  const underlay = underlayOf(spec);
  return underlay.kind === 'matrix' ? delayTerrain(new MatrixOracle(underlay)) : routerTerrain(underlay);
}

function underlayOf(spec: Exclude<UnderlaySpec, { kind: 'equal' }>): Underlay {
  switch (spec.kind) {
    case 'builtin': return builtinUnderlay(spec.name);
    case 'generated': return generateTopology(spec.name, spec.parameters, spec.seed);
    case 'topology': return parseTopology(JSON.stringify(spec.topology), 'underlay.topology');
  }
}

function equalOracle(hosts: number, delayMs: number): DelayOracle {
  return { hosts, symmetric: true, delayMs: (a, b) => (a === b ? 0 : delayMs) };
}

function delayTerrain(oracle: DelayOracle): Terrain {
  const paths = new DelayPaths(oracle);
  return {
    paths,
    hosts: oracle.hosts,
    without: ({ links: [link], routers: [router] }) => {
      if (link === undefined && router === undefined) return paths;
      throw new OverlayError('INVALID_SCENARIO', `faults: expected an underlay with routers for a failure of ${router ?? link?.join(' - ')}, got one with delays alone.`);
    },
  };
}

function routerTerrain(underlay: RouterUnderlay): Terrain {
  const attached = attachHosts(underlay, { hosts: { kind: 'all' }, accessDelayMs: DEFAULT_ACCESS_DELAY_MS }, new Random(0));
  const oracleOf = (links: RouterUnderlay['links']): RouterOracle => new RouterOracle(attached, new RouteCache(routerGraph({ routers: underlay.routers, links })));
  const indexOf = (id: string): number => {
    const index = underlay.routers.findIndex((router) => router.id === id);
    if (index < 0) throw new OverlayError('INVALID_SCENARIO', `faults: expected the id of a router of ${underlay.name}, got "${id}".`);
    return index;
  };
  const linkBetween = (a: number, b: number, from: string, to: string): readonly [number, number] => {
    if (underlay.links.some((link) => (link.a === a && link.b === b) || (link.a === b && link.b === a))) return [a, b];
    throw new OverlayError('INVALID_SCENARIO', `faults: expected the ends of a link of ${underlay.name}, got "${from}" and "${to}".`);
  };
  return {
    paths: routerPaths(oracleOf(underlay.links), underlay.links),
    hosts: attached.length,
    without: (outage) => {
      const routers = new Set(outage.routers.map(indexOf));
      const down = outage.links.map(([a, b]) => linkBetween(indexOf(a), indexOf(b), a, b));
      const isDown = (a: number, b: number): boolean => routers.has(a) || routers.has(b) || down.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
      const links = underlay.links.filter(({ a, b }) => !isDown(a, b));
      const oracle = oracleOf(links);
      const cut = attached.map(({ router }) => routers.has(router));
      return new CutPaths(routerPaths(oracle, links), cut);
    },
  };
}

/** Paths of which some hosts have none, since their router is down. */
class CutPaths implements Paths {
  readonly plain = false;
  readonly hosts: number;
  private readonly paths: Paths;
  private readonly cut: readonly boolean[];

  constructor(paths: Paths, cut: readonly boolean[]) {
    this.paths = paths;
    this.cut = cut;
    this.hosts = paths.hosts;
  }

  delayUs(from: number, to: number): number {
    return this.cut[from] === true || this.cut[to] === true ? Infinity : this.paths.delayUs(from, to);
  }

  loss(from: number, to: number): number {
    return this.delayUs(from, to) === Infinity ? 0 : this.paths.loss(from, to);
  }

  jitterUs(from: number, to: number, random: Random): number {
    return this.paths.jitterUs(from, to, random);
  }

  queues(from: number, to: number): ReturnType<Paths['queues']> {
    return this.paths.queues(from, to);
  }
}

/** How many ordered pairs of these hosts have another way, or none, along one paths than along the other. */
export function changedPairs(before: Paths, after: Paths, hosts: readonly number[]): number {
  let changed = 0;
  for (const a of hosts) {
    for (const b of hosts) if (a !== b && before.delayUs(a, b) !== after.delayUs(a, b)) changed++;
  }
  return changed;
}
