import { groupConfig } from '../../../lib/core/config.ts';
import { peerRef } from '../../../lib/core/ids.ts';
import { Plumtree } from '../../../lib/dissemination/plumtree.ts';
import type { Invariant, Published, RunView } from '../invariant.ts';

/**
 * A message that went to everybody leaves a tree behind that the next one can follow.
 * Only of trees per source, since floods of several publishers that cross in a shared one
 * may prune different links of one cycle, as may two messages of one publisher of which
 * the first still travels; and without repair, which may bring a message
 * before the tree has been mended for it.
 */
export const TREES_SPAN: Invariant = {
  name: 'trees-span',
  claim: 'after a message that was published alone once all is good, and as long as no neighbours change, the eager links of Plumtree lead from a publisher to every live peer',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination } = groupConfig(run.scenario.group);
    if (dissemination.kind !== 'plumtree' || dissemination.tree !== 'per-source' || repair !== undefined) return undefined;
    let sent: readonly Published[] = [];
    return {
      onEvent(_peer, { kind }) {
        if (kind === 'neighbourUp' || kind === 'neighbourDown') sent = [];
      },
      onProbe(published) {
        const under = run.scenario.publishes.filter(({ atMs }) => atMs > run.nowMs - TRAVELS_MS).map(({ peer }) => peer);
        sent = published.filter(({ origin }) => !under.includes(origin));
      },
      atEnd() {
        for (const { origin } of sent) {
          const reached = reach(run, origin);
          const missing = run.up.filter((peer) => !reached.has(peer));
          if (missing.length > 0) report(`the eager links of peer ${origin}'s tree do not lead to ${missing.length} of ${run.up.length} peers, the first is peer ${missing[0]}`);
        }
      },
    };
  },
};

/** A message has come to all, grafts included, after this time, in ms. A guess: ten times what grafts wait for. */
const TRAVELS_MS = 10_000;

function reach(run: RunView, source: number): ReadonlySet<number> {
  const reached = new Set([source]);
  for (const peer of reached) {
    const dissemination = run.group(peer)?.dissemination;
    if (dissemination instanceof Plumtree) for (const next of dissemination.eager(peerRef(source))) reached.add(next);
  }
  return reached;
}
