import { type OverlayOptions, groupConfig } from '../../../lib/core/config.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';

/** So long two free places may be there before they find each other, in ms: several shuffles, at each of which all are asked. A guess. */
const FREE_MS = 5000;

/** Places are there to be filled. */
export const VIEWS_FILLED: Invariant = {
  name: 'views-filled',
  claim: `in the end no two peers of which one knows the other, and that are no neighbours, have had free places for ${FREE_MS} ms; a view of Cyclon that has room for all has all`,
  kind: 'liveness',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    const wrongNow = wrongOf(run, overlay);
    if (wrongNow === undefined) return undefined;
    const lasting = new Lasting(FREE_MS);
    let wrong: readonly string[] = [];
    return {
      onTick() {
        wrong = lasting.look(run.nowMs, wrongNow());
      },
      atEnd() {
        for (const what of wrong) report(what);
      },
    };
  },
};

function wrongOf(run: RunView, overlay: OverlayOptions): (() => string[]) | undefined {
  switch (overlay.kind) {
    case 'hyparview':
    case 'x-bot': return () => freePairs(run, overlay.activeViewSize);
    case 'cyclon': return run.scenario.peers.length - 1 > overlay.viewSize ? undefined : () => unknown(run);
    default: return undefined;
  }
}

function freePairs(run: RunView, viewSize: number): string[] {
  const free = run.up.flatMap((peer) => {
    const overlay = run.group(peer)?.overlay;
    if (!(overlay instanceof HyParView || overlay instanceof XBot) || overlay.neighbours.length >= viewSize) return [];
    return [{ peer, neighbours: new Set<number>(overlay.neighbours), passive: new Set<number>(overlay.passive) }];
  });
  return free.flatMap((one) => free.flatMap((other) => {
    if (one.peer === other.peer || !one.passive.has(other.peer) || one.neighbours.has(other.peer) || other.neighbours.has(one.peer)) return [];
    return [`peer ${one.peer} and peer ${other.peer} have free places, and the one knows the other`];
  }));
}

function unknown(run: RunView): string[] {
  const { up } = run;
  return up.flatMap((peer) => {
    const view = run.group(peer)?.overlay.neighbours ?? [];
    return up.filter((other) => other !== peer && !view.some((one) => one === other)).map((other) => `peer ${peer} has room for peer ${other} in its view, and does not have it`);
  });
}
