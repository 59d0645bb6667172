import { Random } from '../../lib/core/random.ts';
import { routerGraphOf } from '../../sim/underlay/router-graph.ts';
import { Routes } from '../../sim/underlay/routes.ts';

/** What `benchRoutes` measured; CPU milliseconds per source, median over `rounds` rounds. */
export interface RoutesBenchResult {
  readonly routers: number;
  readonly links: number;
  readonly sources: number;
  readonly cpuMsPerSource: number;
  /** The same with whole-millisecond delays, where most routes are tied. */
  readonly cpuMsPerSourceTied: number;
}

const ROUTERS = 10_000;
const LINKS = 50_000;
const SOURCES = 60;
const ROUNDS = 5;

/** CPU time of the routes from one source on a random connected graph of 10 000 routers and 50 000 links. */
export function benchRoutes(seed = 1): RoutesBenchResult {
  const random = new Random(seed);
  return {
    routers: ROUTERS,
    links: LINKS,
    sources: SOURCES,
    cpuMsPerSource: measure(randomLinks(random, () => 1 + 29 * random.float())),
    cpuMsPerSourceTied: measure(randomLinks(random, () => 1 + random.below(30))),
  };
}

function randomLinks(random: Random, delayMs: () => number): { a: number; b: number; delayMs: number }[] {
  const links = [];
  const seen = new Set<number>();
  for (let router = 1; router < ROUTERS; router++) {
    const other = random.below(router);
    seen.add(other * ROUTERS + router);
    links.push({ a: other, b: router, delayMs: delayMs() });
  }
  while (links.length < LINKS) {
    const x = random.below(ROUTERS);
    const y = random.below(ROUTERS);
    const a = Math.min(x, y);
    const b = Math.max(x, y);
    if (a === b || seen.has(a * ROUTERS + b)) continue;
    seen.add(a * ROUTERS + b);
    links.push({ a, b, delayMs: delayMs() });
  }
  return links;
}

function measure(links: { a: number; b: number; delayMs: number }[]): number {
  const routes = new Routes(routerGraphOf(ROUTERS, links));
  for (let source = 0; source < 10; source++) routes.from(source);
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let source = 0; source < SOURCES; source++) routes.from((source * 163 + round) % ROUTERS);
    const used = process.cpuUsage(before);
    samples.push((used.user + used.system) / 1000 / SOURCES);
  }
  samples.sort((x, y) => x - y);
  return samples[ROUNDS >> 1] as number;
}
