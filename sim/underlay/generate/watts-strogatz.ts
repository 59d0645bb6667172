import { invalidOption } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { GraphDraft } from './draft.ts';
import { count, DELAY_RANGE, delayRange, real, routersParameter } from './parameters.ts';
import type { Generator, Values } from './parameters.ts';

/** Tries to find a new end for a link before it stays as it is; enough unless nearly all routers are joined. Guess. */
const REWIRE_TRIES_MAX = 100;

/**
 * A small world: a ring where each router is joined to its `k` nearest, each link
 * of which is then moved to a random router with probability `beta` (D. Watts and
 * S. Strogatz, "Collective dynamics of small-world networks", Nature 393, 1998).
 */
export const wattsStrogatz: Generator = {
  name: 'watts-strogatz',
  summary: 'a ring of near neighbours with some links moved at random (Watts and Strogatz 1998)',
  parameters: [
    routersParameter(100, 3),
    count('k', 'nearest routers each is joined to; even, below the number of routers', 4, 2, 100),
    real('beta', 'probability that a link is moved', '', 0.1, 0, 1),
    ...DELAY_RANGE,
  ],
  generate,
};

function generate(draft: GraphDraft, values: Values, random: Random): void {
  const routers = values('routers');
  const k = values('k');
  if (k % 2 !== 0 || k >= routers) invalidOption('watts-strogatz --k', `an even number less than --routers, ${routers}`, k);
  const delayMs = delayRange('watts-strogatz', values, random);
  draft.addRouters(routers);
  for (const [a, b] of rewired(routers, k, values('beta'), random.fork('links'))) draft.link(a, b, delayMs());
}

/** The links, nearest neighbours first round the ring, as the paper visits them. */
function rewired(routers: number, k: number, beta: number, random: Random): [number, number][] {
  const links: [number, number][] = [];
  const joined = new Set<number>();
  const key = (a: number, b: number): number => Math.min(a, b) * routers + Math.max(a, b);
  for (let step = 1; step <= k / 2; step++) {
    for (let router = 0; router < routers; router++) {
      const neighbour = (router + step) % routers;
      links.push([router, neighbour]);
      joined.add(key(router, neighbour));
    }
  }
  for (const link of links) {
    if (!random.chance(beta)) continue;
    for (let tries = 0; tries < REWIRE_TRIES_MAX; tries++) {
      const other = random.below(routers);
      if (other === link[0] || joined.has(key(link[0], other))) continue;
      joined.delete(key(link[0], link[1]));
      joined.add(key(link[0], other));
      link[1] = other;
      break;
    }
  }
  return links;
}
