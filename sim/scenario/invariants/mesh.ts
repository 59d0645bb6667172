import { groupConfig } from '../../../lib/core/config.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { GossipMesh } from '../../../lib/dissemination/gossip-mesh.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';

/** Longer than a GRAFT and its answer take on a lossy link, with the heartbeat at which a GRAFT that came early is looked at, in ms. A guess. */
const GRAFT_MS = 5000;

/** Who has enough neighbours has enough of them in its mesh. */
export const MESH_DEGREES: Invariant = {
  name: 'mesh-degrees',
  claim: 'in the end every mesh has dLow peers, or all neighbours where those are fewer',
  kind: 'liveness',
  watch(run, report) {
    const { dissemination } = groupConfig(run.scenario.group);
    if (dissemination.kind !== 'gossip-mesh') return undefined;
    return {
      atEnd() {
        for (const peer of run.up) {
          const neighbours = run.group(peer)?.overlay.neighbours ?? [];
          const least = Math.min(dissemination.dLow, neighbours.filter((other) => other !== peer).length);
          const mesh = meshOf(run, peer);
          if (mesh.length < least) report(`has ${mesh.length} peers in its mesh and ${neighbours.length} neighbours: at least ${least} are promised`, peer);
        }
      },
    };
  },
};

/** Payloads go both ways over a link of the mesh. */
export const MESH_MUTUAL: Invariant = {
  name: 'mesh-mutual',
  claim: `in the end no peer has had another in its mesh for ${GRAFT_MS} ms that is no neighbour of it, or does not have it`,
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).dissemination.kind !== 'gossip-mesh') return undefined;
    const lasting = new Lasting(GRAFT_MS);
    let wrong: readonly string[] = [];
    return {
      onTick() {
        wrong = lasting.look(run.nowMs, oneSided(run));
      },
      atEnd() {
        for (const what of wrong) report(what);
      },
    };
  },
};

function oneSided(run: RunView): string[] {
  return run.up.flatMap((peer) => meshOf(run, peer).flatMap((other) => {
    if (run.group(peer)?.overlay.neighbours.includes(other) === false) return [`peer ${peer} has peer ${other}, which is no neighbour, in its mesh`];
    return meshOf(run, other).some((one) => one === peer) ? [] : [`peer ${peer} has peer ${other} in its mesh, which does not have it`];
  }));
}

function meshOf(run: RunView, peer: number): readonly PeerRef[] {
  const dissemination = run.group(peer)?.dissemination;
  return dissemination instanceof GossipMesh ? dissemination.mesh : [];
}
