import { type GroupConfig, groupConfig } from '../../../lib/core/config.ts';
import { CAUSAL_ENTRY_BYTES } from '../../../lib/core/messages.ts';
import { GossipMesh } from '../../../lib/dissemination/gossip-mesh.ts';
import { Plumtree } from '../../../lib/dissemination/plumtree.ts';
import { RumorMongering } from '../../../lib/dissemination/rumor-mongering.ts';
import type { Group } from '../../../lib/peer/group.ts';
import type { Invariant } from '../invariant.ts';

/** Nothing that a group keeps grows past its option. */
export const LIMITS_KEPT: Invariant = {
  name: 'limits-kept',
  claim: 'history, order buffer, digest, awaited messages, trees, hot rumors, announced heartbeats and mesh are never larger than the options of the group allow',
  kind: 'safety',
  watch(run, report) {
    const config = groupConfig(run.scenario.group);
    return {
      onTick() {
        for (const peer of run.up) {
          const group = run.group(peer);
          for (const { what, size, most } of group === undefined ? [] : sizesOf(group, config)) {
            if (size > most) report(`${what}: ${size}, at most ${most} are allowed`, peer);
          }
        }
      },
    };
  },
};

interface Size {
  readonly what: string;
  readonly size: number;
  readonly most: number;
}

function sizesOf({ log, dissemination }: Group, config: GroupConfig): Size[] {
  const { historyMessagesMax, historyBytesMax, orderBufferMax, originsMax, digestRangesMax } = config;
  const kept = log.lackedBy([], historyMessagesMax + 1);
  const bytes = kept.reduce((sum, { payload, after }) => sum + payload.length + (after?.length ?? 0) * CAUSAL_ENTRY_BYTES, 0);
  const digest = log.digest();
  const sizes = [
    { what: 'messages in the history', size: kept.length, most: historyMessagesMax },
    // A message is kept if its payload alone is no larger.
    { what: 'bytes in the history', size: kept.length > 1 ? bytes : 0, most: historyBytesMax },
    { what: 'messages held back', size: log.heldBack(orderBufferMax + 1).length, most: orderBufferMax },
    { what: 'origins in the digest', size: digest.length, most: originsMax },
    { what: 'ranges of an origin in the digest', size: Math.max(0, ...digest.map(({ beyond }) => beyond.length / 2)), most: digestRangesMax },
  ];
  const options = config.dissemination;
  if (options.kind === 'plumtree' && dissemination instanceof Plumtree) {
    sizes.push({ what: 'messages awaited', size: dissemination.awaited, most: options.missingMax }, { what: 'trees', size: dissemination.sourceTrees, most: options.treesMax });
  }
  if (options.kind === 'rumor' && dissemination instanceof RumorMongering) sizes.push({ what: 'hot rumors', size: dissemination.hotRumors, most: options.hotMax });
  if (options.kind === 'gossip-mesh' && dissemination instanceof GossipMesh) {
    sizes.push({ what: 'links in the mesh', size: dissemination.mesh.length, most: options.dHigh }, { what: 'heartbeats announced', size: dissemination.announcedHeartbeats, most: Math.max(1, options.gossipWindow) });
  }
  return sizes;
}
