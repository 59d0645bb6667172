import { count, DELAY, routersParameter } from './parameters.ts';
import type { Generator } from './parameters.ts';

/** A complete tree, filled level by level: the parent of router i is (i - 1) / arity, rounded down. */
export const tree: Generator = {
  name: 'tree',
  summary: 'a complete tree, filled level by level',
  parameters: [routersParameter(31, 1), count('arity', 'children of each router', 2, 1, 1000), DELAY],
  generate: (draft, values) => {
    const routers = values('routers');
    draft.addRouters(routers);
    for (let router = 1; router < routers; router++) {
      draft.link(Math.floor((router - 1) / values('arity')), router, values('delay-ms'));
    }
  },
};
