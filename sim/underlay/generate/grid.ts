import { invalidOption } from '../../../lib/core/errors.ts';
import { count, DELAY, GENERATED_ROUTERS_MAX } from './parameters.ts';
import type { Generator } from './parameters.ts';

/** Rows and columns; router `row * columns + column` is joined to its right and lower neighbours. */
export const grid: Generator = {
  name: 'grid',
  summary: 'rows and columns, each router joined to its up to four neighbours',
  parameters: [count('rows', 'number of rows', 10, 1, 10_000), count('columns', 'number of columns', 10, 1, 10_000), DELAY],
  generate: (draft, values) => {
    const rows = values('rows');
    const columns = values('columns');
    if (rows * columns > GENERATED_ROUTERS_MAX) {
      invalidOption('grid --rows', `rows x columns of at most ${GENERATED_ROUTERS_MAX}`, rows * columns);
    }
    draft.addRouters(rows * columns);
    for (let router = 0; router < rows * columns; router++) {
      if (router % columns !== columns - 1) draft.link(router, router + 1, values('delay-ms'));
      if (router + columns < rows * columns) draft.link(router, router + columns, values('delay-ms'));
    }
  },
};
