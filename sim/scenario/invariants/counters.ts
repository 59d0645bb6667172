import type { Audited } from '../../../lib/core/audit.ts';
import type { Group } from '../../../lib/peer/group.ts';
import type { Invariant } from '../invariant.ts';

/** Looks from one count to the next: to count anew is work, and a count that is wrong stays so. */
const EVERY = 8;

/** Bounds on memory rest on counts. */
export const COUNTS_TRUE: Invariant = {
  name: 'counts-true',
  claim: 'what history, order buffer, index, awaited and asked-for messages are counted to be is what is there when counted anew',
  kind: 'safety',
  watch(run, report) {
    let looks = 0;
    const look = (): void => {
      for (const peer of run.up) {
        const group = run.group(peer);
        for (const { what, counted, there } of group === undefined ? [] : auditOf(group)) {
          if (counted !== there) report(`${what}: counts ${counted}, ${there} are there`, peer);
        }
      }
    };
    return {
      onTick() {
        if (++looks % EVERY === 0) look();
      },
      atEnd: look,
    };
  },
};

function auditOf({ log, dissemination, repair }: Group): readonly Audited[] {
  return [...log.audit, ...(dissemination.audit ?? []), ...(repair?.audit ?? [])];
}
