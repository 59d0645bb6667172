import type { PeerRef } from '../../../lib/core/ids.ts';
import type { LogLimits } from '../../../lib/core/log-limits.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage } from '../../../lib/core/messages.ts';
import { GROUP, SESSION, logLimits, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted } from '../../support/recording-effects.ts';

export const { source, other, third, relay } = roles('source', 'other', 'third', 'relay');

export function logWith(limits: Partial<LogLimits> = {}) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits(limits));
  return {
    log,
    accept(message: DataMessage): [boolean, Effect[]] {
      const isNew = log.accept(message, relay, effects);
      return [isNew, effects.take()];
    },
    counters: () => ({ accepted: log.accepted, duplicates: log.duplicates, dropped: log.dropped }),
  };
}

export function dropped(origin: PeerRef, seq: number, reason: 'stale-epoch' | 'too-many-hops' | 'too-many-origins'): Effect {
  return emitted({ kind: 'dropped', group: GROUP, origin, seq, reason });
}

export function lost(origin: PeerRef, fromSeq: number, toSeq: number, epoch = 1): Effect {
  return emitted({ kind: 'lost', group: GROUP, origin, epoch, fromSeq, toSeq });
}
