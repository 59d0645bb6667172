import { groupConfig } from '../../../lib/core/config.ts';
import type { MessageId } from '../../../lib/core/ids.ts';
import type { Invariant } from '../invariant.ts';

/** Every live peer has got what some live peer can still give. */
export const CONVERGED: Invariant = {
  name: 'converged',
  claim: 'in the end every live peer has every message that is in the history of some live peer',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination } = groupConfig(run.scenario.group);
    if (repair === undefined && dissemination.kind !== 'anti-entropy') return undefined;
    return {
      atEnd() {
        const kept = new Map<string, MessageId>();
        for (const peer of run.up) {
          for (const { origin, epoch, seq } of run.group(peer)?.log.lackedBy([], Infinity) ?? []) kept.set(`${origin} ${epoch} ${seq}`, { origin, epoch, seq });
        }
        for (const peer of run.up) {
          const log = run.group(peer)?.log;
          const missing = [...kept.values()].filter((id) => log?.has(id) === false);
          const [first] = missing;
          if (first !== undefined) report(`lacks ${missing.length} of ${kept.size} messages that others keep, the first is message ${first.seq} of peer ${first.origin} (epoch ${first.epoch})`, peer);
        }
      },
    };
  },
};

