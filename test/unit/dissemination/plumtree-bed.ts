import { DEFAULTS, type PlumtreeOptions } from '../../../lib/core/config.ts';
import type { Timer } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { Announcement, DataMessage, Message } from '../../../lib/core/messages.ts';
import { Plumtree } from '../../../lib/dissemination/plumtree.ts';
import { GROUP, SESSION, logLimits, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects } from '../../support/recording-effects.ts';

export const { self, source, other, left, right, third, stranger } = roles('self', 'source', 'other', 'left', 'right', 'third', 'stranger');

export const I_HAVE_DELAY_MS = 50;
export const GRAFT_TIMEOUT_MS = 1000;
export const GRAFT_RETRY_MS = 500;

export const iHaveTimer: Timer = { kind: 'iHave', group: GROUP, session: SESSION };

export function graftTimer(origin: PeerRef, seq: number): Timer {
  return { kind: 'graft', group: GROUP, session: SESSION, origin, epoch: 1, seq };
}

export function announced(origin: PeerRef, seq: number, hops = 2): Announcement {
  return { origin, epoch: 1, seq, hops };
}

export function iHave(...announcements: Announcement[]): Message {
  return { kind: 'iHave', group: GROUP, announcements };
}

export function prune(tree?: PeerRef): Message {
  return { kind: 'prune', group: GROUP, ...(tree === undefined ? {} : { tree }) };
}

export function graft(id?: { origin: PeerRef; seq: number }, tree?: PeerRef): Message {
  return {
    kind: 'graft',
    group: GROUP,
    ...(tree === undefined ? {} : { tree }),
    ...(id === undefined ? {} : { id: { origin: id.origin, epoch: 1, seq: id.seq } }),
  };
}

export interface Setup {
  readonly neighbours?: readonly PeerRef[];
  readonly lazy?: readonly PeerRef[];
  readonly options?: Partial<PlumtreeOptions>;
  readonly historyMessagesMax?: number;
}

/** A peer with these neighbours, of which those in `lazy` have pruned the (shared) tree. */
export function member(setup: Setup = {}) {
  const effects = new RecordingEffects();
  const log = new MessageLog(GROUP, SESSION, logLimits({ historyMessagesMax: setup.historyMessagesMax ?? 16 }));
  const plumtree = new Plumtree(self, SESSION, { ...DEFAULTS.dissemination.plumtree, ...setup.options }, log);
  for (const peer of setup.neighbours ?? [left, right, third]) plumtree.onNeighbourUp(peer);
  for (const peer of setup.lazy ?? []) plumtree.onMessage(peer, prune(), 0, effects);
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    plumtree,
    links: (of: PeerRef = source) => ({ eager: [...plumtree.eager(of)], lazy: [...plumtree.lazy(of)] }),
    receive: (from: PeerRef, message: Message) => output(() => plumtree.onMessage(from, message, 0, effects)),
    fire: (timer: Timer, nowMs = 0) => output(() => plumtree.onTimer(timer, nowMs, effects)),
    publish(message: DataMessage): [number, Effect[]] {
      log.accept(message, self, effects);
      effects.take();
      const sentTo = plumtree.publish(message, 0, effects);
      return [sentTo, effects.take()];
    },
  };
}
