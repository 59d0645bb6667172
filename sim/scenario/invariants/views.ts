import { groupConfig } from '../../../lib/core/config.ts';
import type { Invariant, StackView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';

/** Neighbours are others, each once, and no more than the overlay may have. */
export const VIEWS_SOUND: Invariant<StackView> = {
  name: 'views-sound',
  claim: 'no peer is its own neighbour, none stands twice in a view, and no view is larger than it may be',
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    const isGiven = overlay.kind === 'full' || overlay.kind === 'static';
    const most = overlay.kind === 'hyparview' ? overlay.activeViewSize : Infinity;
    return {
      onTick() {
        for (const peer of run.up) {
          const neighbours = run.group(peer)?.overlay.neighbours ?? [];
          if (!isGiven && neighbours.some((other) => other === peer)) report('is its own neighbour', peer);
          if (new Set(neighbours).size < neighbours.length) report(`has a neighbour twice: ${neighbours.join(', ')}`, peer);
          if (neighbours.length > most) report(`has ${neighbours.length} neighbours, ${most} are allowed`, peer);
        }
      },
    };
  },
};

/** Longer than a handshake between two peers takes, with what a lossy link adds, in ms. A guess. */
const HANDSHAKE_MS = 5000;

/** Both ends of a link know of it, once nothing goes wrong any more. */
export const VIEWS_SYMMETRIC: Invariant<StackView> = {
  name: 'views-symmetric',
  claim: `in the end no peer has had a neighbour for ${HANDSHAKE_MS} ms that does not have it`,
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'hyparview') return undefined;
    const lasting = new Lasting(HANDSHAKE_MS);
    let wrong: readonly string[] = [];
    return {
      onTick() {
        wrong = lasting.look(run.nowMs, asymmetries(run));
      },
      atEnd() {
        for (const what of wrong) report(what);
      },
    };
  },
};

function asymmetries(run: StackView): string[] {
  return run.up.flatMap((peer) => (run.group(peer)?.overlay.neighbours ?? []).flatMap((other) => {
    const back = run.group(other)?.overlay.neighbours;
    if (back === undefined) return [`peer ${peer} has peer ${other}, which is gone, for a neighbour`];
    return back.some((one) => one === peer) ? [] : [`peer ${peer} has peer ${other} for a neighbour, which does not have it`];
  }));
}

/** The overlay is one piece. */
export const CONNECTED: Invariant<StackView> = {
  name: 'connected',
  claim: 'in the end every live peer can be reached over neighbours from every other',
  kind: 'liveness',
  watch(run, report) {
    return {
      atEnd() {
        const { up } = run;
        const [first] = up;
        if (first === undefined) return;
        const links = new Map(up.map((peer) => [peer, new Set<number>()]));
        for (const peer of up) {
          for (const other of run.group(peer)?.overlay.neighbours ?? []) {
            links.get(peer)?.add(other);
            links.get(other)?.add(peer);
          }
        }
        const reached = new Set([first]);
        for (const peer of reached) for (const other of links.get(peer) ?? []) if (links.has(other)) reached.add(other);
        if (reached.size < up.length) report(`${up.length - reached.size} of ${up.length} live peers cannot be reached from peer ${first}: ${up.filter((peer) => !reached.has(peer)).join(', ')}`);
      },
    };
  },
};
