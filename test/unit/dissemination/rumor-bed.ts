import { DEFAULTS, type RumorOptions } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import { RumorMongering } from '../../../lib/dissemination/rumor-mongering.ts';
import { GROUP, SESSION, ScriptedRandom, logLimits, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects } from '../../support/recording-effects.ts';

export const { self, source, partner, other } = roles('self', 'source', 'partner', 'other');

export const CYCLE_MS = 1000;
export const rumorTimer = { kind: 'rumor', group: GROUP, session: SESSION } as const;
export const rumorRequest: Message = { kind: 'rumorRequest', group: GROUP };

export function feedback(message: DataMessage, knew: boolean): Message {
  const { origin, epoch, seq } = message;
  return { kind: 'feedback', group: GROUP, origin, epoch, seq, knew };
}

/** A peer whose random partner is always `partner`, at a moment that the test sets. */
export function member(options: Partial<RumorOptions> = {}, neighbours: readonly PeerRef[] = [partner, other], floats: readonly number[] = []) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits());
  const all = { ...DEFAULTS.dissemination.rumor, ...options };
  const rumor = new RumorMongering(self, SESSION, all, log, neighbours, new ScriptedRandom([], floats));
  let nowMs = 0;
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    rumor,
    at(ms: number): void {
      nowMs = ms;
    },
    start: () => output(() => rumor.start(nowMs, effects)),
    receive: (from: PeerRef, message: Message) => output(() => rumor.onMessage(from, message, nowMs, effects)),
    publish(message: DataMessage): [number, Effect[]] {
      log.accept(message, self, effects);
      effects.take();
      const sentTo = rumor.publish(message, nowMs, effects);
      return [sentTo, effects.take()];
    },
    /** The cycle that begins at `ms`. */
    cycle(ms: number): Effect[] {
      nowMs = ms;
      return output(() => rumor.onTimer(rumorTimer, nowMs, effects));
    },
  };
}
