import { expect, test } from 'vitest';
import { OriginLog } from '../../../lib/core/origin-log.ts';
import { StartPoints } from '../../../lib/core/start-points.ts';
import { roles } from '../../support/builders.ts';

const { source } = roles('source');

test('what a neighbour had past a gap when this peer started is older than the start, too, and fetched for others', () => {
  const log = new OriginLog();
  log.origin = source;
  log.epoch = 1;
  for (const seq of [0, 3, 4]) log.add(seq);
  const points = new StartPoints();
  points.set(log, 1, [3, 4]);
  expect([0, 1, 2, 3, 4, 5].filter((seq) => points.isBefore({ origin: source, epoch: 1, seq }))).toEqual([0, 3, 4]);
  const [lacking] = points.lacking(log, { origin: source, epoch: 1, next: 2, beyond: [4, 4] }, () => false, 100);
  expect([lacking?.next, lacking?.beyond(8)]).toEqual([1, [4, 4]]);
});
