import { DELAY, routersParameter } from './parameters.ts';
import type { Generator } from './parameters.ts';

/** An open chain: router i is joined to i + 1. */
export const line: Generator = {
  name: 'line',
  summary: 'an open chain',
  parameters: [routersParameter(20, 1), DELAY],
  generate: (draft, values) => {
    const routers = values('routers');
    draft.addRouters(routers);
    for (let router = 1; router < routers; router++) draft.link(router - 1, router, values('delay-ms'));
  },
};
