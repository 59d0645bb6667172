import type { Effects } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { Digest } from '../../../lib/core/messages.ts';
import { FetchHistory } from '../../../lib/peer/fetch-history.ts';
import { StartNow } from '../../../lib/peer/start-now.ts';
import { type Canary, nothing, replaced } from './canary.ts';

/** Without repair, which would bring what is not fetched. */
const ALONE = ['plumtree:alone', 'flood:alone', 'gossip-mesh:alone'] as const;

/** Broken in how a newcomer comes to what it is owed. */
export const NEWCOMER_CANARIES: readonly Canary[] = [
  {
    name: 'a newcomer asks nobody for history',
    contracts: ALONE,
    hatch: () => replaced(FetchHistory, 'ask', () => nothing),
  },
  {
    name: 'a newcomer says at once that it has fetched all history',
    contracts: ALONE,
    hatch: () => replaced<{ finish(effects: Effects): void; readonly tried: Set<PeerRef>; readonly context: { readonly self: PeerRef } }, [Effects], void>(FetchHistory, 'askNext', () => (self, effects) => {
      self.tried.add(self.context.self);
      self.finish(effects);
    }),
  },
  {
    name: 'who is asked for history sends nothing of it',
    contracts: ALONE,
    hatch: () => replaced<object, [PeerRef, Digest, Effects], void>(FetchHistory, 'onDigest', (original) => (self, from, digest, effects) => {
      if (digest.mode !== 'history') return original(self, from, digest, effects);
      effects.send(from, { kind: 'digest', group: digest.group, mode: 'historyEnd', entries: [] });
    }),
  },
  {
    name: 'a newcomer that is told where to start waits on',
    contracts: ALONE,
    hatch: () => replaced(StartNow, 'finish', () => nothing),
  },
];
