import { invalidOption } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { GraphDraft } from './draft.ts';
import { count, DELAY_RANGE, delayRange, routersParameter } from './parameters.ts';
import type { Generator, Values } from './parameters.ts';

/** Swaps tried per link. Guess: 10 is usual for a chain to forget where it started. */
const SWAPS_PER_LINK = 10;

/**
 * A random graph in which all routers have the same degree: a circulant graph,
 * then swaps of the ends of two random links, which keep all degrees (the Markov
 * chain of Cooper, Dyer and Greenhill, "Sampling regular graphs and a peer-to-peer
 * network", 2007). It works for every degree, also near that of the complete
 * graph. From degree 3 on the graph is connected nearly always.
 */
export const randomRegular: Generator = {
  name: 'random-regular',
  summary: 'a random graph whose routers all have the same degree',
  parameters: [
    routersParameter(100, 3),
    count('degree', 'links of each router; routers x degree must be even', 4, 2, 100),
    ...DELAY_RANGE,
  ],
  generate,
};

function generate(draft: GraphDraft, values: Values, random: Random): void {
  const routers = values('routers');
  const degree = values('degree');
  if (degree >= routers || (routers * degree) % 2 !== 0) {
    invalidOption('random-regular --degree', `less than --routers, ${routers}, and even if that is odd`, degree);
  }
  const delayMs = delayRange('random-regular', values, random);
  draft.addRouters(routers);
  const links = circulant(routers, degree);
  swapEnds(links, new NeighbourTable(routers, degree, links), random.fork('links'));
  for (const [a, b] of links) draft.link(a, b, delayMs());
}

/** Each router joined to the degree / 2 next ones round a ring, and to the opposite one where the degree is odd. */
function circulant(routers: number, degree: number): [number, number][] {
  const links: [number, number][] = [];
  for (let step = 1; step <= Math.floor(degree / 2); step++) {
    for (let router = 0; router < routers; router++) links.push([router, (router + step) % routers]);
  }
  if (degree % 2 === 1) for (let router = 0; router < routers / 2; router++) links.push([router, router + routers / 2]);
  return links;
}

/** Makes links a-b and c-d into a-d and c-b, or a-c and d-b, wherever no self-loop or parallel link comes of it. */
function swapEnds(links: [number, number][], neighbours: NeighbourTable, random: Random): void {
  for (let swap = 0; swap < SWAPS_PER_LINK * links.length; swap++) {
    const first = links[random.below(links.length)] as [number, number];
    const second = links[random.below(links.length)] as [number, number];
    const [a, b] = first;
    const [c, d] = random.chance(0.5) ? second : [second[1], second[0]];
    if (a === d || c === b || neighbours.has(a, d) || neighbours.has(c, b)) continue;
    neighbours.replace(a, b, d);
    neighbours.replace(b, a, c);
    neighbours.replace(c, d, b);
    neighbours.replace(d, c, a);
    first[1] = d;
    second[0] = c;
    second[1] = b;
  }
}

/** The neighbours of each router, `degree` of them; searched one by one, which beats a hash at such degrees. */
class NeighbourTable {
  private readonly degree: number;
  private readonly table: Int32Array;

  constructor(routers: number, degree: number, links: readonly (readonly [number, number])[]) {
    this.degree = degree;
    this.table = new Int32Array(routers * degree).fill(NONE);
    for (const [a, b] of links) {
      this.replace(a, NONE, b);
      this.replace(b, NONE, a);
    }
  }

  has(router: number, other: number): boolean {
    return this.find(router, other) !== NONE;
  }

  replace(router: number, from: number, to: number): void {
    this.table[this.find(router, from)] = to;
  }

  private find(router: number, other: number): number {
    const end = (router + 1) * this.degree;
    for (let at = router * this.degree; at < end; at++) if (this.table[at] === other) return at;
    return NONE;
  }
}

const NONE = -1;
