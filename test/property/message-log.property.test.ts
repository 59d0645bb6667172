import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peerRef } from '../../lib/core/ids.ts';
import type { LogLimits } from '../../lib/core/log-limits.ts';
import { MessageLog } from '../../lib/core/message-log.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { GROUP, SESSION, data, logLimits } from '../support/builders.ts';
import { RecordingEffects } from '../support/recording-effects.ts';

const SEED = 19_870_810;

const messages = fc.array(
  fc.record({ origin: fc.integer({ min: 1, max: 3 }), seq: fc.integer({ min: 0, max: 90 }) }).map(({ origin, seq }) => data(peerRef(origin), seq)),
  { maxLength: 80, size: 'max' },
);

function logOf(received: readonly DataMessage[], limits: Partial<LogLimits> = {}) {
  const log = new MessageLog(GROUP, SESSION, logLimits({ digestRangesMax: 1024, ...limits }));
  const effects = new RecordingEffects();
  const delivered: DataMessage[] = [];
  for (const message of received) {
    log.accept(message, message.origin, effects);
    for (const effect of effects.take()) if (effect.effect === 'deliver') delivered.push(effect.message);
  }
  return { log, delivered };
}

function keyOf({ origin, epoch, seq }: DataMessage): string {
  return `${origin}/${epoch}/${seq}`;
}

/** First arrivals, in order. */
function distinct(received: readonly DataMessage[]): DataMessage[] {
  return [...new Map(received.map((message) => [keyOf(message), message] as const)).values()];
}

test(`a log delivers each message exactly once, at its first arrival (seed ${SEED})`, () => {
  fc.assert(
    fc.property(messages, (received) => {
      const { log, delivered } = logOf(received);
      expect(delivered).toEqual(distinct(received));
      expect([log.accepted, log.duplicates, log.dropped]).toEqual([delivered.length, received.length - delivered.length, 0]);
      expect(delivered.every((message) => log.has(message))).toBe(true);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`a log with a digest of another gives exactly the difference, both ways (seed ${SEED})`, () => {
  fc.assert(
    fc.property(messages, messages, (ours, theirs) => {
      const [mine, other] = [logOf(ours), logOf(theirs)];
      const known = new Set(theirs.map(keyOf));
      const lacked = distinct(ours).filter((message) => !known.has(keyOf(message)));
      expect(mine.log.lackedBy(other.log.digest(), 1000)).toEqual(lacked);
      expect(mine.log.lackedBy(other.log.digest(), 3)).toEqual(lacked.slice(0, 3));
      expect(other.log.lacksFrom(mine.log.digest())).toBe(lacked.length > 0);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`a digest cut short may cost duplicates but hides nothing (seed ${SEED})`, () => {
  fc.assert(
    fc.property(messages, messages, (ours, theirs) => {
      const [mine, other] = [logOf(ours), logOf(theirs, { digestRangesMax: 1 })];
      const known = new Set(theirs.map(keyOf));
      const sent = new Set(mine.log.lackedBy(other.log.digest(), 1000).map(keyOf));
      expect(distinct(ours).filter((message) => !known.has(keyOf(message)) && !sent.has(keyOf(message)))).toEqual([]);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test(`in FIFO order each publisher's messages come in rising order and none is held once all have arrived (seed ${SEED})`, () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (received, cut) => {
      const complete = [...received, ...[1, 2, 3].flatMap((origin) => Array.from({ length: 91 }, (_, seq) => data(peerRef(origin), seq)))];
      const early = logOf(complete.slice(0, (cut[0] ?? 0) % complete.length), { order: 'fifo' });
      for (const origin of [1, 2, 3]) {
        const seqs = early.delivered.filter((message) => message.origin === origin).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, i) => i));
      }
      expect(logOf(complete, { order: 'fifo' }).delivered).toHaveLength(3 * 91);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
