import { DELAY, routersParameter } from './parameters.ts';
import type { Generator } from './parameters.ts';

/** A closed circle: router i is joined to i + 1, the last one to router 0. */
export const ring: Generator = {
  name: 'ring',
  summary: 'a closed circle',
  parameters: [routersParameter(20, 3), DELAY],
  generate: (draft, values) => {
    const routers = values('routers');
    draft.addRouters(routers);
    for (let router = 0; router < routers; router++) draft.link(router, (router + 1) % routers, values('delay-ms'));
  },
};
