import { type GroupConfig, type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { unreachable } from '../../lib/core/errors.ts';
import type { NaradaOptions } from '../../lib/core/options.ts';
import { HEAL_MS } from './rendezvous.ts';

/** A way to put a group together whose promises are tested. */
export interface Contract {
  /** As `--protocol` of the swarm takes it. */
  readonly name: string;
  readonly group: GroupOptions;
  /** So long after the last fault has healed all is good: see `settleMsOf`. */
  readonly settleMs: number;
}

/**
 * Each peer tries one of those it has lost every 10 s (HEAL_MS), all in turn, and it
 * takes one of another part to join two parts again; a Join's walks and a few cycles of
 * anti-entropy, a second each, then bring what was missed. Mostly it takes seconds.
 */
const HEALED_MS = HEAL_MS * 32 + 20_000;

/**
 * With every peer known to all nothing has to be found; only the cycles of anti-entropy
 * count, a second each, of which many may pick peers that are gone.
 */
const KNOWN_MS = 120_000;

/** By distance a peer rarely talks to far ones, and its near ones may all be gone. */
const SPATIAL_MS = 340_000;

/**
 * Who was refused for a mesh waits for a minute and two heartbeats; a link that one end
 * alone has in its mesh is found when all have been grafted again in turn, which is
 * another minute. Both come after the overlay has healed.
 */
const MESH_MS = 62_000 + 60_000;

/**
 * A parent that is silent is given up after 3 refreshes. Roots of several trees ask 4
 * remembered peers at each refresh, of at most 32, and every member asks one: mostly
 * they meet within 8, and within 64 for certain while one remembers another; each merge
 * takes a search of a few round trips. A tree along a ring may be a line of 31 hops, and
 * anti-entropy takes a second or two for each, in a row.
 */
const SWITCH_TREE_REFRESHES = 120;

/**
 * A silent leader is given up after 5 heartbeats; then, as its header says, there is
 * one hierarchy again within 20, and as many after a partition; merges and splits of
 * clusters wait 2 heartbeats each, layer by layer, and anti-entropy takes a few seconds.
 */
const NICE_HEARTBEATS = 60;

/**
 * A member that is gone is noticed after memberTimeoutMs (5 refreshes here), asked after
 * repairWaitMs (5) at the latest, and dead after 3 probes (6 to 9); those taken for dead
 * are asked again, 4 at each refresh in the whole group. Then a member with up to twice
 * the links that it may have drops one for each probe, each of which fades for
 * transientMs and may be taken up again.
 */
const NARADA_REFRESHES = 60;

/**
 * The promise: so long after the last fault has healed, in ms, everything that the
 * invariants of kind `liveness` claim is true, up to 32 peers and a network of Internet
 * delays. Trees that overlays make have timers of their own, and what is promised is a
 * number of them; the rest holds with the default timers of HyParView and anti-entropy.
 */
export function settleMsOf(config: GroupConfig): number {
  const { overlay, dissemination, repair } = config;
  switch (overlay.kind) {
    case 'static':
    case 'full': return usesDistance(dissemination) || usesDistance(repair) ? SPATIAL_MS : KNOWN_MS;
    case 'hyparview':
    case 'x-bot': return HEALED_MS + (dissemination.kind === 'gossip-mesh' ? MESH_MS : 0);
    // The view itself asks those that did not answer, one every 10 shuffles (LOST_EVERY), all in turn.
    case 'cyclon': return HEALED_MS;
    case 'switch-tree': return SWITCH_TREE_REFRESHES * Math.max(overlay.refreshIntervalMs, overlay.switchIntervalMs);
    case 'nice': return NICE_HEARTBEATS * overlay.heartbeatIntervalMs;
    case 'narada': return NARADA_REFRESHES * naradaRefreshMs(overlay);
    default: return unreachable(overlay);
  }
}

/** A refresh, or what else there are several of in its time, whatever takes longest. */
function naradaRefreshMs({ refreshIntervalMs, memberTimeoutMs, repairWaitMs, probeIntervalMs, transientMs }: NaradaOptions): number {
  return Math.max(refreshIntervalMs, memberTimeoutMs / 5, repairWaitMs / 5, probeIntervalMs, transientMs / 2);
}

function usesDistance(protocol: GroupConfig['dissemination'] | GroupConfig['repair']): boolean {
  return protocol !== undefined && 'partner' in protocol && protocol.partner === 'spatial';
}

/** Less room than the messages of a scenario need. */
const SMALL: GroupOptions = { historyMessagesMax: 8, orderBufferMax: 2, digestRangesMax: 1 };

/** Trees that overlays make, with timers of a second, so that a swarm waits less. */
const SWITCH_TREE = { kind: 'switch-tree', refreshIntervalMs: 1000, switchIntervalMs: 1000 } as const;
const NICE = { kind: 'nice', heartbeatIntervalMs: 1000 } as const;
const NARADA = {
  kind: 'narada', refreshIntervalMs: 1000, updateDelayMs: 200, memberTimeoutMs: 5000, repairIntervalMs: 1000, repairWaitMs: 5000, probeIntervalMs: 1000, transientMs: 2000,
} as const;

const GROUPS: readonly Omit<Contract, 'settleMs'>[] = [
  { name: 'plumtree', group: { dissemination: 'plumtree', repair: 'anti-entropy' } },
  { name: 'plumtree:per-source', group: { dissemination: { kind: 'plumtree', tree: 'per-source' }, repair: 'anti-entropy' } },
  { name: 'plumtree:alone', group: { dissemination: 'plumtree' } },
  { name: 'plumtree:per-source-alone', group: { dissemination: { kind: 'plumtree', tree: 'per-source' } } },
  { name: 'flood:alone', group: { dissemination: 'flooding' } },
  { name: 'flood', group: { dissemination: 'flooding', repair: 'anti-entropy' } },
  { name: 'rumor', group: { overlay: 'hyparview', dissemination: 'rumor', repair: 'anti-entropy' } },
  { name: 'anti-entropy', group: { overlay: 'hyparview', dissemination: 'anti-entropy' } },
  { name: 'anti-entropy:full', group: { overlay: 'full', dissemination: 'anti-entropy' } },
  { name: 'rumor:full', group: { overlay: 'full', dissemination: 'rumor', repair: 'anti-entropy' } },
  { name: 'x-bot', group: { overlay: 'x-bot', dissemination: 'plumtree', repair: 'anti-entropy' } },
  { name: 'x-bot:flood', group: { overlay: 'x-bot', dissemination: 'flooding' } },
  { name: 'gossip-mesh', group: { dissemination: 'gossip-mesh', repair: 'anti-entropy' } },
  { name: 'gossip-mesh:alone', group: { dissemination: 'gossip-mesh' } },
  { name: 'cyclon', group: { overlay: 'cyclon', dissemination: 'rumor', repair: 'anti-entropy' } },
  { name: 'cyclon:anti-entropy', group: { overlay: 'cyclon', dissemination: 'anti-entropy' } },
  { name: 'cyclon:flood', group: { overlay: 'cyclon', dissemination: 'flooding', repair: 'anti-entropy' } },
  { name: 'rumor:pull', group: { dissemination: { kind: 'rumor', mode: 'pull', interest: 'blind', stop: 'coin', k: 4 }, repair: 'anti-entropy' } },
  { name: 'rumor:push-pull', group: { dissemination: { kind: 'rumor', mode: 'push-pull', minimization: 'counters', connectionLimit: 1, huntLimit: 2 }, repair: 'anti-entropy' } },
  { name: 'rumor:spatial', group: { overlay: 'full', dissemination: { kind: 'rumor', partner: 'spatial' }, repair: { kind: 'anti-entropy', partner: 'spatial' } } },
  { name: 'anti-entropy:push', group: { dissemination: { kind: 'anti-entropy', mode: 'push' } } },
  { name: 'anti-entropy:pull', group: { dissemination: { kind: 'anti-entropy', mode: 'pull', connectionLimit: 1, huntLimit: 1 } } },
  { name: 'anti-entropy:recent', group: { dissemination: { kind: 'anti-entropy', exchange: 'recent' } } },
  { name: 'anti-entropy:ranges', group: { dissemination: { kind: 'anti-entropy', reconcile: 'ranges' } } },
  { name: 'plumtree:ranges', group: { dissemination: 'plumtree', repair: { kind: 'anti-entropy', reconcile: 'ranges' } } },
  { name: 'plumtree:recent', group: { dissemination: 'plumtree', repair: { kind: 'anti-entropy', exchange: 'recent', mode: 'pull' } } },
  // The same where room is short, so that what happens at the limits is seen.
  { name: 'plumtree:small', group: { dissemination: { kind: 'plumtree', tree: 'per-source', missingMax: 2, treesMax: 2, iHaveBatchMax: 1 }, repair: { kind: 'anti-entropy', batchMax: 2 }, ...SMALL } },
  { name: 'gossip-mesh:small', group: { dissemination: { kind: 'gossip-mesh', d: 2, dLow: 1, dHigh: 3, missingMax: 2, batchMax: 1 }, repair: { kind: 'anti-entropy', batchMax: 2 }, ...SMALL } },
  { name: 'rumor:small', group: { dissemination: { kind: 'rumor', hotMax: 2 }, repair: { kind: 'anti-entropy', exchange: 'recent', batchMax: 2 }, ...SMALL } },
  { name: 'anti-entropy:small', group: { dissemination: { kind: 'anti-entropy', reconcile: 'ranges', batchMax: 2 }, ...SMALL } },
  { name: 'switch-tree', group: { overlay: SWITCH_TREE, dissemination: 'tree', repair: 'anti-entropy' } },
  { name: 'switch-tree:alone', group: { overlay: SWITCH_TREE, dissemination: 'tree' } },
  { name: 'nice', group: { overlay: NICE, dissemination: 'tree', repair: 'anti-entropy' } },
  { name: 'nice:alone', group: { overlay: NICE, dissemination: 'tree' } },
  { name: 'narada', group: { overlay: NARADA, dissemination: 'tree', repair: 'anti-entropy' } },
  { name: 'narada:alone', group: { overlay: NARADA, dissemination: 'tree' } },
];

/** Every combination that the library offers and makes a promise for. */
export const CONTRACTS: readonly Contract[] = GROUPS.map((contract) => ({ ...contract, settleMs: settleMsOf(groupConfig(contract.group)) }));

/** Those after which every live peer has everything that was published: with repair, and with room for it. */
export const CONVERGING: readonly Contract[] = CONTRACTS.filter(({ name, group }) => {
  const { repair, dissemination, historyMessagesMax } = groupConfig(group);
  return (repair !== undefined || dissemination.kind === 'anti-entropy') && historyMessagesMax >= groupConfig().historyMessagesMax && !name.endsWith(':small');
});
