import { groupConfig } from '../../../lib/core/config.ts';
import type { MessageId } from '../../../lib/core/ids.ts';
import { CAUSAL_ENTRY_BYTES } from '../../../lib/core/messages.ts';
import type { Invariant, Published, RunView } from '../invariant.ts';

/**
 * Every live peer has got what others can still give. Peers compare with neighbours alone:
 * where histories have dropped something, what a peer further away still keeps does not
 * come through neighbours that had it and keep it no more.
 */
export const CONVERGED: Invariant = {
  name: 'converged',
  claim: 'in the end every live peer has every message that is in the history of a neighbour, and of any live peer while histories have room for all that was published',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination, historyMessagesMax, historyBytesMax } = groupConfig(run.scenario.group);
    if (repair === undefined && dissemination.kind !== 'anti-entropy') return undefined;
    return {
      atEnd() {
        const published = run.allPublished;
        const bytes = published.reduce((sum, { payload }) => sum + payload.length + published.length * CAUSAL_ENTRY_BYTES, 0);
        const keepsAll = published.length <= historyMessagesMax && bytes <= historyBytesMax;
        const everything = keepsAll ? keptBy(run, run.up) : undefined;
        for (const peer of run.up) {
          const log = run.group(peer)?.log;
          const kept = everything ?? keptBy(run, run.group(peer)?.overlay.neighbours ?? []);
          const missing = [...kept.values()].filter((id) => log?.has(id) === false);
          const [first] = missing;
          if (first !== undefined) report(`lacks ${missing.length} of ${kept.size} messages that others keep, the first is message ${first.seq} of peer ${first.origin} (epoch ${first.epoch})`, peer);
        }
      },
    };
  },
};


function keptBy(run: RunView, peers: readonly number[]): ReadonlyMap<string, MessageId> {
  const kept = new Map<string, MessageId>();
  for (const peer of peers) {
    for (const { origin, epoch, seq } of run.group(peer)?.log.lackedBy([], Infinity) ?? []) kept.set(`${origin} ${epoch} ${seq}`, { origin, epoch, seq });
  }
  return kept;
}

/**
 * What is published when all is good comes to everybody. Protocols without repair are
 * held to this alone, and only while nobody's neighbours change: what is published while
 * things go wrong they may lose.
 */
export const REACHES_ALL: Invariant = {
  name: 'reaches-all',
  claim: 'what is published once all is good is delivered at every live peer, without repair as long as no neighbours change',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination } = groupConfig(run.scenario.group);
    const isRepaired = repair !== undefined || dissemination.kind === 'anti-entropy';
    const delivered = new Map<string, Set<number>>();
    let owed: readonly Published[] = [];
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = `${origin} ${epoch} ${seq}`;
        const at = delivered.get(key) ?? new Set();
        delivered.set(key, at);
        at.add(peer);
      },
      onEvent(_peer, { kind }) {
        if (!isRepaired && (kind === 'neighbourUp' || kind === 'neighbourDown')) owed = [];
      },
      onProbe(published) {
        owed = published;
      },
      atEnd() {
        for (const { origin, epoch, seq } of owed) {
          const at = delivered.get(`${origin} ${epoch} ${seq}`);
          const missing = run.up.filter((peer) => at?.has(peer) !== true);
          if (missing.length > 0) report(`message ${seq} of peer ${origin}, published when all was good, was not delivered at ${missing.length} of ${run.up.length} peers, the first is peer ${missing[0]}`);
        }
      },
    };
  },
};
