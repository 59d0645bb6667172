import type { Invariant } from '../invariant.ts';
import { groupConfig } from '../../../lib/core/config.ts';

/** Neighbours are others, each once, and no more than the overlay may have. */
export const VIEWS_SOUND: Invariant = {
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

/** Both ends of a link know of it, once nothing goes wrong any more. */
export const VIEWS_SYMMETRIC: Invariant = {
  name: 'views-symmetric',
  claim: 'in the end a neighbour has this peer for a neighbour, too',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'hyparview') return undefined;
    return {
      atEnd() {
        for (const peer of run.up) {
          for (const other of run.group(peer)?.overlay.neighbours ?? []) {
            const back = run.group(other)?.overlay.neighbours;
            if (back === undefined) report(`has peer ${other}, which is gone, for a neighbour`, peer);
            else if (!back.some((one) => one === peer)) report(`has peer ${other} for a neighbour, which does not have it`, peer);
          }
        }
      },
    };
  },
};

/** The overlay is one piece. */
export const CONNECTED: Invariant = {
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
