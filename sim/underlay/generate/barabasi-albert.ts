import { invalidOption } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { GraphDraft } from './draft.ts';
import { count, DELAY_RANGE, delayRange, routersParameter } from './parameters.ts';
import type { Generator, Values } from './parameters.ts';

/**
 * Preferential attachment: each new router joins `m` earlier ones, chosen with
 * probability proportional to their degree (A.-L. Barabasi and R. Albert,
 * "Emergence of scaling in random networks", Science 286, 1999). The first m + 1
 * routers are a star.
 */
export const barabasiAlbert: Generator = {
  name: 'barabasi-albert',
  summary: 'preferential attachment: few routers with very many links (Barabasi and Albert 1999)',
  parameters: [
    routersParameter(100, 2),
    count('m', 'links each router brings along; below the number of routers', 2, 1, 100),
    ...DELAY_RANGE,
  ],
  generate,
};

function generate(draft: GraphDraft, values: Values, random: Random): void {
  const routers = values('routers');
  const m = values('m');
  if (m >= routers) invalidOption('barabasi-albert --m', `less than --routers, ${routers}`, m);
  const delayMs = delayRange('barabasi-albert', values, random);
  const links = random.fork('links');
  draft.addRouters(routers);
  // Each router stands here once per link it has, so that a uniform draw is a draw by degree.
  const ends: number[] = [];
  for (let router = 1; router <= m; router++) {
    draft.link(0, router, delayMs());
    ends.push(0, router);
  }
  for (let router = m + 1; router < routers; router++) {
    const chosen = new Set<number>();
    while (chosen.size < m) chosen.add(ends[links.below(ends.length)] as number);
    for (const other of chosen) {
      draft.link(other, router, delayMs());
      ends.push(other, router);
    }
  }
}
