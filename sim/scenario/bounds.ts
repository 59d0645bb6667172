import type { GroupOptions } from '../../lib/core/config.ts';

/** A way to put a group together whose promises are tested. */
export interface Contract {
  /** As `--protocol` of the swarm takes it. */
  readonly name: string;
  readonly group: GroupOptions;
  /**
   * The promise: so long after the last fault has healed, in ms, everything that the
   * invariants of kind `liveness` claim is true, with the default options, up to 32
   * peers and a network of Internet delays. Why it is so long stands beside it.
   */
  readonly settleMs: number;
}

/**
 * Each peer tries one of those it has lost every 10 s (HEAL_MS), all in turn, and it
 * takes one of another part to join two parts again; a Join's walks and a few cycles of
 * anti-entropy, a second each, then bring what was missed. Mostly it takes seconds.
 */
const HEALED_MS = 10_000 * 32 + 20_000;

/** Timers of a second, so that a swarm waits less; what is promised is a number of them. */
const SWITCH_TREE = { kind: 'switch-tree', refreshIntervalMs: 1000, switchIntervalMs: 1000 } as const;
const NICE = { kind: 'nice', heartbeatIntervalMs: 1000 } as const;
const NARADA = {
  kind: 'narada', refreshIntervalMs: 1000, updateDelayMs: 200, memberTimeoutMs: 5000, repairIntervalMs: 1000, repairWaitMs: 5000, probeIntervalMs: 1000, transientMs: 2000,
} as const;

/** Every combination that the library offers and makes a promise for. */
export const CONTRACTS: readonly Contract[] = [
  { name: 'plumtree', group: { dissemination: 'plumtree', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'plumtree:per-source', group: { dissemination: { kind: 'plumtree', tree: 'per-source' }, repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'plumtree:alone', group: { dissemination: 'plumtree' }, settleMs: HEALED_MS },
  { name: 'flood:alone', group: { dissemination: 'flooding' }, settleMs: HEALED_MS },
  { name: 'flood', group: { dissemination: 'flooding', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'rumor', group: { overlay: 'hyparview', dissemination: 'rumor', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'anti-entropy', group: { overlay: 'hyparview', dissemination: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'anti-entropy:full', group: { overlay: 'full', dissemination: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'rumor:full', group: { overlay: 'full', dissemination: 'rumor', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'switch-tree', group: { overlay: SWITCH_TREE, dissemination: 'tree', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'switch-tree:alone', group: { overlay: SWITCH_TREE, dissemination: 'tree' }, settleMs: HEALED_MS },
  { name: 'nice', group: { overlay: NICE, dissemination: 'tree', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'nice:alone', group: { overlay: NICE, dissemination: 'tree' }, settleMs: HEALED_MS },
  { name: 'narada', group: { overlay: NARADA, dissemination: 'tree', repair: 'anti-entropy' }, settleMs: HEALED_MS },
  { name: 'narada:alone', group: { overlay: NARADA, dissemination: 'tree' }, settleMs: HEALED_MS },
];
