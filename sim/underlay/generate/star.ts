import { DELAY, routersParameter } from './parameters.ts';
import type { Generator } from './parameters.ts';

/** Router 0 in the middle, joined to all others. */
export const star: Generator = {
  name: 'star',
  summary: 'one router in the middle, joined to all others',
  parameters: [routersParameter(20, 1), DELAY],
  generate: (draft, values) => {
    const routers = values('routers');
    draft.addRouters(routers);
    for (let router = 1; router < routers; router++) draft.link(0, router, values('delay-ms'));
  },
};
