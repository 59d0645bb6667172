import { groupConfig } from '../../../lib/core/config.ts';
import type { Invariant, Published } from '../invariant.ts';

/**
 * A rumor goes round. Whom it reaches is chance, and repair brings it to the rest, so that
 * a peer that tells nothing is not missed; but nobody loses interest in a rumor that it has
 * told to nobody.
 */
export const RUMORS_TOLD: Invariant = {
  name: 'rumors-told',
  claim: 'in the end whoever has published a rumor once all was good, or has got it as one, has told it, as long as there is room for all rumors',
  kind: 'liveness',
  watch(run, report) {
    const { dissemination } = groupConfig(run.scenario.group);
    if (dissemination.kind !== 'rumor') return undefined;
    const told = new Set<string>();
    /** By message: who should tell it. */
    const learnt = new Map<string, Set<number>>();
    return {
      onTransmission(from, _to, message) {
        if (message.kind === 'data' && !message.repair) told.add(`${from} ${idOf(message)}`);
      },
      onDelivery(peer, _from, message) {
        if (!message.repair) learnt.get(idOf(message))?.add(peer);
      },
      onProbe(published) {
        for (const probe of published) learnt.set(idOf(probe), new Set([probe.origin]));
      },
      atEnd() {
        if (run.allPublished.length > dissemination.hotMax) return;
        for (const [id, peers] of learnt) {
          for (const peer of peers) if (!told.has(`${peer} ${id}`)) report(`knows a rumor, message ${id} (publisher, epoch, number), and has told it to nobody`, peer);
        }
      },
    };
  },
};

function idOf({ origin, epoch, seq }: Pick<Published, 'origin' | 'epoch' | 'seq'>): string {
  return `${origin} ${epoch} ${seq}`;
}
