import { type OverlayOptions, groupConfig } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { HyParView } from '../../../lib/membership/hyparview.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import type { Invariant, RunView, StackView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';

/** Neighbours are others, each once, and no more than the overlay may have. */
export const VIEWS_SOUND: Invariant<StackView> = {
  name: 'views-sound',
  claim: 'no peer is its own neighbour, none stands twice in a view, and no view is larger than it may be',
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    const isGiven = overlay.kind === 'full' || overlay.kind === 'static';
    const most = neighboursMax(overlay);
    const mostPassive = 'passiveViewSize' in overlay ? overlay.passiveViewSize : 0;
    return {
      onTick() {
        for (const peer of run.up) {
          const neighbours = run.group(peer)?.overlay.neighbours ?? [];
          if (!isGiven && neighbours.some((other) => other === peer)) report('is its own neighbour', peer);
          if (new Set(neighbours).size < neighbours.length) report(`has a neighbour twice: ${neighbours.join(', ')}`, peer);
          if (neighbours.length > most) report(`has ${neighbours.length} neighbours, ${most} are allowed`, peer);
          const passive = passiveOf(run.group(peer)?.overlay);
          if (passive.some((other) => other === peer)) report('has itself in its passive view', peer);
          if (new Set([...neighbours, ...passive]).size < neighbours.length + passive.length) report(`knows a peer twice: neighbours ${neighbours.join(', ')}; passive ${passive.join(', ')}`, peer);
          if (passive.length > mostPassive) report(`has ${passive.length} passive peers, ${mostPassive} are allowed`, peer);
        }
      },
    };
  },
};

function neighboursMax(overlay: OverlayOptions): number {
  switch (overlay.kind) {
    case 'hyparview':
    case 'x-bot': return overlay.activeViewSize;
    case 'cyclon': return overlay.viewSize;
    case 'switch-tree': return overlay.childrenMax + 1;
    case 'narada': return 2 * overlay.degreeMax;
    default: return Infinity;
  }
}

function passiveOf(overlay: object | undefined): readonly PeerRef[] {
  return overlay instanceof HyParView || overlay instanceof XBot ? overlay.passive : NOBODY;
}

const NOBODY: readonly PeerRef[] = [];

/** Overlays whose links both ends know of. */
const SYMMETRIC: readonly OverlayOptions['kind'][] = ['hyparview', 'x-bot', 'switch-tree', 'nice', 'narada'];

/** Longer than a handshake between two peers takes, with what a lossy link adds, in ms. A guess. */
const HANDSHAKE_MS = 5000;

/** Both ends of a link know of it, once nothing goes wrong any more. */
export const VIEWS_SYMMETRIC: Invariant<StackView> = {
  name: 'views-symmetric',
  claim: `in the end no peer has had a neighbour for ${HANDSHAKE_MS} ms that does not have it`,
  kind: 'liveness',
  watch(run, report) {
    if (!SYMMETRIC.includes(groupConfig(run.scenario.group).overlay.kind)) return undefined;
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

/** Who is gone is forgotten. */
export const VIEWS_ALIVE: Invariant<StackView> = {
  name: 'views-alive',
  claim: 'in the end no peer has one that is gone in its view of Cyclon',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'cyclon') return undefined;
    return {
      atEnd() {
        const { up } = run;
        for (const peer of up) {
          const gone = run.group(peer)?.overlay.neighbours.find((other) => !up.includes(other));
          if (gone !== undefined) report(`has peer ${gone}, which is gone, in its view`, peer);
        }
      },
    };
  },
};

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

/** Shuffles tell everybody of everybody. */
export const ALL_KNOWN: Invariant = {
  name: 'all-known',
  claim: 'in the end every live peer has every other in one of its views, as long as all peers of the scenario fit into its passive view',
  kind: 'liveness',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'hyparview' || run.scenario.peers.length - 1 > overlay.passiveViewSize) return undefined;
    return {
      atEnd() {
        const { up } = run;
        for (const peer of up) {
          const known = new Set(viewsOf(run, peer));
          const unknown = up.filter((other) => other !== peer && !known.has(other));
          if (unknown.length > 0) report(`does not know ${unknown.length} of ${up.length - 1} others: ${unknown.join(', ')}`, peer);
        }
      },
    };
  },
};

/** HyParView keeps a passive view beside its neighbours. */
function viewsOf(run: RunView, peer: number): readonly unknown[] {
  const overlay = run.group(peer)?.overlay;
  if (overlay === undefined) return [];
  return 'passive' in overlay && Array.isArray(overlay.passive) ? [...overlay.neighbours, ...overlay.passive] : overlay.neighbours;
}
