import { describe, expect, test } from 'vitest';
import { MessageLog } from '../../../lib/core/message-log.ts';
import { RangeIndex } from '../../../lib/core/range-index.ts';
import { GROUP, SESSION, data, logLimits, roles } from '../../support/builders.ts';
import { RecordingEffects } from '../../support/recording-effects.ts';

const { source, relay } = roles('source', 'relay');

describe('what is counted step by step is what counting anew gives', () => {
  test.each(['fifo', 'causal'] as const)('in a log with %s order, before and after a gap is filled', (order) => {
    const effects = new RecordingEffects();
    const log = new MessageLog(GROUP, SESSION, logLimits({ order, historyMessagesMax: 2 }));
    const counts: (readonly number[])[] = [];
    for (const seq of [2, 1, 3, 0]) {
      log.accept(data(source, seq), relay, effects);
      for (const { counted, there } of log.audit) expect(counted).toBe(there);
      counts.push(log.audit.filter(({ what }) => what.startsWith('messages')).map(({ counted }) => counted));
    }
    expect(counts).toEqual([[1, 1], [2, 2], [2, 3], [2, 0]]);
  });

  test('in an index of a history', () => {
    const index = new RangeIndex((peer) => new Uint8Array(16).fill(peer));
    for (const seq of [0, 1, 1, 2]) index.onKept({ origin: source, epoch: 1, seq });
    index.onDropped({ origin: source, epoch: 1, seq: 0 });
    expect(index.audit(3).map(({ counted, there }) => counted - there)).toEqual([0, 0, 0]);
    expect(index.audit(4).map(({ counted, there }) => counted - there)).toEqual([0, -1, 0]);
  });
});
