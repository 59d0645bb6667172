import { groupConfig } from '../../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { Narada } from '../../../lib/overlay/narada.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';
import { calmMs } from '../scenario.ts';

/** Longer than a message takes, and shorter than a link fades, in ms. */
const FADES_MS = 1000;

/** Peers that are gone are noticed by then, in ms. A guess. */
const HEALED_MS = 5000;

/** Everybody knows who is there, and who is not. */
export const MEMBERS_KNOWN: Invariant = {
  name: 'members-known',
  claim: 'in the end every peer of a Narada group has all live peers, and no other, for members',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'narada') return undefined;
    return {
      atEnd() {
        const meshes = meshesOf(run);
        for (const [peer, { members }] of meshes) {
          for (const other of meshes.keys()) if (other !== peer && !members.isAlive(peerRef(other))) report(`does not have peer ${other} for a member`, peer);
          for (const member of members.all()) if (member.status === 'alive' && !meshes.has(member.peer)) report(`has peer ${member.peer}, which is gone, for a member`, peer);
        }
      },
    };
  },
};

/** The mesh is neither too thin nor too thick. */
export const MESH_DEGREE: Invariant = {
  name: 'mesh-degree',
  claim: 'in the end every peer of a Narada group has degreeMin to degreeMax links, or links to all',
  kind: 'liveness',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'narada') return undefined;
    return {
      atEnd() {
        for (const [peer, { links }] of meshesOf(run)) {
          const least = Math.min(overlay.degreeMin, run.up.length - 1);
          if (links.degree < least || links.degree > overlay.degreeMax) report(`has ${links.degree} links, and should have ${least} to ${overlay.degreeMax}`, peer);
        }
      },
    };
  },
};

/** Who drops a link says so. */
export const LINKS_FADE_TOGETHER: Invariant = {
  name: 'links-fade-together',
  claim: `from ${HEALED_MS} ms after the last fault on no end of a link in a Narada group has been giving it up for ${FADES_MS} ms while the other means to keep it`,
  kind: 'safety',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'narada') return undefined;
    const fromMs = calmMs(run.scenario) + HEALED_MS;
    const lasting = new Lasting(FADES_MS);
    return {
      onTick() {
        if (run.nowMs >= fromMs) for (const what of lasting.look(run.nowMs, halfDropped(run))) report(what);
      },
    };
  },
};

function halfDropped(run: RunView): string[] {
  const meshes = meshesOf(run);
  return [...meshes].flatMap(([peer, { links }]) => links.all.flatMap((link) => {
    const back = meshes.get(link.peer)?.links.find(peerRef(peer));
    return link.fadingSinceMs !== undefined && back !== undefined && back.fadingSinceMs === undefined ? [`peer ${peer} gives up its link to peer ${link.peer}, which means to keep it`] : [];
  }));
}

/** Section 3.3 of the paper: routes to all, whose reverse is a tree for each source. */
export const TREES_FROM_ALL: Invariant = {
  name: 'trees-from-all',
  claim: 'in the end every peer of a Narada group has a route to every other, and what any of them publishes goes along a tree to all',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'narada') return undefined;
    return {
      atEnd() {
        const meshes = meshesOf(run);
        for (const [peer, { routes }] of meshes) {
          for (const other of meshes.keys()) if (other !== peer && routes.costUs(peerRef(other)) === undefined) report(`has no route to peer ${other}`, peer);
          checkTree(meshes, peerRef(peer), report);
        }
      },
    };
  },
};

type Meshes = ReadonlyMap<number, Narada>;

/** Follows a message of `origin`, as if nothing took time. */
function checkTree(meshes: Meshes, origin: PeerRef, report: (what: string, peer?: number) => void): void {
  const reached = new Set<PeerRef>([origin]);
  const steps: (readonly [at: PeerRef, from: PeerRef])[] = [[origin, origin]];
  for (const [at, from] of steps) {
    for (const next of meshes.get(at)?.forwardTo(origin, from) ?? []) {
      if (reached.has(next)) report(`gets what peer ${origin} publishes more than once, by peer ${at} too`, next);
      else steps.push([next, at]);
      reached.add(next);
    }
  }
  for (const peer of meshes.keys()) if (!reached.has(peerRef(peer))) report(`is not reached by what peer ${origin} publishes`, peer);
}

function meshesOf(run: RunView): Meshes {
  const meshes = new Map<number, Narada>();
  for (const peer of run.up) {
    const overlay = run.group(peer)?.overlay;
    if (overlay instanceof Narada) meshes.set(peer, overlay);
  }
  return meshes;
}
