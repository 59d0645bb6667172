import type { Scenario } from '../../../sim/scenario/scenario.ts';

/** A scenario that a swarm found and a search made small. */
export interface Story {
  /** What must be true, and was not. */
  readonly moral: string;
  readonly scenario: Scenario;
}

/** Numbers from 0 up. */
function hosts(count: number): number[] {
  return Array.from({ length: count }, (_, host) => host);
}

const TWO_HOSTS = { kind: 'equal', hosts: 2, delayMs: 10 } as const;
const NARADA = {
  kind: 'narada', refreshIntervalMs: 1000, updateDelayMs: 200, memberTimeoutMs: 5000, repairIntervalMs: 1000, repairWaitMs: 5000, probeIntervalMs: 1000, transientMs: 2000,
} as const;

/** Made small of a seed; its sizes are part of it. */
const PAST_FOR_EACH_OTHER: Scenario = {
  format: 'overlaycast-scenario/1',
  name: 'past for each other',
  seed: 21_000_793,
  underlay: { kind: 'generated', name: 'waxman', parameters: { routers: 29 }, seed: 575 },
  group: { dissemination: { kind: 'plumtree', tree: 'per-source', missingMax: 2, treesMax: 2, iHaveBatchMax: 1 }, repair: { kind: 'anti-entropy', batchMax: 2 }, historyMessagesMax: 8, orderBufferMax: 2, digestRangesMax: 1, order: 'fifo', since: 'now' },
  peers: [{ host: 0, joinMs: 0 }, { host: 3, joinMs: 155 }, { host: 4, joinMs: 207 }, { host: 8, joinMs: 414 }, { host: 13, joinMs: 673 }, { host: 14, joinMs: 724 }, { host: 16, joinMs: 828 }, { host: 17, joinMs: 880 }],
  publishes: [{ atMs: 1367, peer: 4, bytes: 0 }, { atMs: 1632, peer: 4, bytes: 1000 }, { atMs: 1684, peer: 4, bytes: 100 }, { atMs: 1796, peer: 4, bytes: 0 }, { atMs: 1970, peer: 4, bytes: 1000 }, { atMs: 2315, peer: 4, bytes: 0 }, { atMs: 2386, peer: 4, bytes: 0 }, { atMs: 2468, peer: 4, bytes: 1000 }, { atMs: 2550, peer: 4, bytes: 0 }, { atMs: 2583, peer: 4, bytes: 1000 }, { atMs: 3020, peer: 4, bytes: 1000 }, { atMs: 3263, peer: 4, bytes: 8 }, { atMs: 3503, peer: 4, bytes: 5000 }, { atMs: 3605, peer: 4, bytes: 100 }, { atMs: 3733, peer: 4, bytes: 5000 }, { atMs: 3759, peer: 4, bytes: 100 }],
  faults: [{ kind: 'massFailure', share: 0.2, atMs: 1574 }, { kind: 'massFailure', share: 0.44, atMs: 4227, restartAfterMs: 1775 }],
  settleMs: 340_000,
};

/** In the order in which they were found; a story that was told stays. */
export const STORIES: readonly Story[] = [
  {
    moral: 'a peer that starts again does not deliver what it had published itself before, out of order',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'own past',
      seed: 7_000_825,
      underlay: TWO_HOSTS,
      group: { dissemination: 'flooding', repair: 'anti-entropy', order: 'causal', since: 'now' },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 0 }],
      publishes: [{ atMs: 1922, peer: 0, bytes: 1000 }, { atMs: 2065, peer: 1, bytes: 100 }, { atMs: 4958, peer: 1, bytes: 100 }],
      faults: [{ kind: 'massFailure', atMs: 2191, share: 0.5, restartAfterMs: 2666 }],
    },
  },
  {
    moral: 'peers whose contact fails before it has let them in find the others when it is back',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'contact gone at once',
      seed: 3_000_437,
      underlay: { kind: 'equal', hosts: 5, delayMs: 10 },
      group: { dissemination: 'rumor', repair: 'anti-entropy' },
      peers: [{ host: 1, joinMs: 1 }, { host: 2, joinMs: 1, contact: 1 }, { host: 3, joinMs: 1 }, { host: 4, joinMs: 1, contact: 3 }],
      publishes: [],
      faults: [{ kind: 'massFailure', share: 0.54, atMs: 1, restartAfterMs: 695 }],
      settleMs: 340_000,
    },
  },
  {
    moral: 'the first message of a peer that started again comes after what that releases',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'first after restart',
      seed: 1,
      underlay: { kind: 'equal', hosts: 3, delayMs: 10 },
      group: { overlay: 'full', dissemination: 'flooding', repair: 'anti-entropy', order: 'causal', historyBytesMax: 1000, messageBytesMax: 1000 },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 0 }, { host: 2, joinMs: 5990 }],
      publishes: [{ atMs: 1000, peer: 0, bytes: 600 }, { atMs: 1500, peer: 1, bytes: 8 }, { atMs: 2000, peer: 0, bytes: 800 }, { atMs: 6000, peer: 0, bytes: 8 }],
      faults: [{ kind: 'crash', peer: 0, atMs: 3000, restartAfterMs: 500 }],
    },
  },
  {
    moral: 'two halves over Cyclon that have forgotten each other in a long partition come together again',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'halves',
      seed: 1,
      underlay: { kind: 'equal', hosts: 32, delayMs: 20 },
      group: { overlay: 'cyclon', dissemination: 'anti-entropy' },
      peers: hosts(32).map((host) => ({ host, joinMs: host * 10 })),
      publishes: [],
      faults: [{ kind: 'partition', sides: [hosts(32).filter((host) => host % 2 === 0), hosts(32).filter((host) => host % 2 === 1)], atMs: 15_000, forMs: 60_000 }],
      settleMs: 30_000,
    },
  },
  {
    moral: 'who has lost and found a neighbour that noticed nothing gets into its mesh again at both ends',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'one-sided mesh',
      seed: 2_000_008,
      underlay: { kind: 'equal', hosts: 6, delayMs: 10 },
      group: { dissemination: 'gossip-mesh', order: 'causal', since: 'now' },
      peers: [{ host: 0, joinMs: 1400 }, { host: 1, joinMs: 1600 }, { host: 2, joinMs: 1800 }, { host: 3, joinMs: 2000 }, { host: 4, joinMs: 2600, contact: 3 }, { host: 5, joinMs: 2800 }],
      publishes: [{ atMs: 10_159, peer: 2, bytes: 5000 }],
      faults: [{ kind: 'massFailure', share: 0.26, atMs: 2697, restartAfterMs: 4104 }],
      settleMs: 100_000,
    },
  },
  {
    moral: 'two peers that keep each other out of their meshes after a prune do not do so for ever',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'backoffs by turns',
      seed: 1_000_060,
      underlay: TWO_HOSTS,
      group: { dissemination: 'gossip-mesh', order: 'causal', since: 'now' },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 2000 }],
      publishes: [],
      faults: [{ kind: 'partition', sides: [[1], [0]], atMs: 1975, forMs: 1685 }],
      settleMs: 100_000,
    },
  },
  {
    moral: 'a member of Narada that everybody joined through gives up links until it has no more than it may, though most members are reached by each',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'hub',
      seed: 1_001_214,
      underlay: { kind: 'generated', name: 'star', parameters: { routers: 10 }, seed: 1 },
      group: { overlay: NARADA, dissemination: 'tree', order: 'none', since: 'now' },
      peers: Array.from({ length: 9 }, (_, host) => ({ host, joinMs: 0 })),
      publishes: [],
      faults: [],
    },
  },
  {
    moral: 'a member of Narada that comes back when all others have as many links as they may gets its share',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'late comer',
      seed: 1119,
      underlay: { kind: 'equal', hosts: 9, delayMs: 4 },
      group: { overlay: NARADA, dissemination: 'tree', order: 'causal', since: 'now' },
      peers: Array.from({ length: 9 }, (_, host) => ({ host, joinMs: Math.round((1000 * host) / 3) })),
      publishes: [],
      faults: [{ kind: 'leave', peer: 5, atMs: 3752 }, { kind: 'leave', peer: 8, atMs: 9655, rejoinAfterMs: 4425 }],
    },
  },
  {
    moral: 'Narada loses no message on its way while a member turns to another next hop',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'change of route',
      seed: 3711,
      underlay: { kind: 'equal', hosts: 18, delayMs: 38 },
      group: { overlay: NARADA, dissemination: 'tree', order: 'none', since: 'any' },
      peers: Array.from({ length: 18 }, (_, host) => ({ host, joinMs: Math.round((500 * host) / 3) })),
      publishes: [{ atMs: 11_691, peer: 8, bytes: 100 }],
      faults: [{ kind: 'clog', atMs: 3770, forMs: 1867, between: { from: [0, 1, 2, 4, 5, 7, 9, 12, 13, 16, 17], to: [1, 2, 3, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17] } }],
    },
  },
  {
    moral: 'what comes after a message of an incarnation that is over, and was never heard of, does not wait for it for ever',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'past of the dead',
      seed: 3_003_473,
      underlay: { kind: 'equal', hosts: 4, delayMs: 10 },
      group: { overlay: { kind: 'switch-tree', refreshIntervalMs: 1000, switchIntervalMs: 1000 }, dissemination: 'tree', order: 'causal', since: 'any' },
      peers: Array.from({ length: 4 }, (_, host) => ({ host, joinMs: 0 })),
      publishes: [{ atMs: 90, peer: 2, bytes: 1000 }],
      faults: [{ kind: 'massFailure', share: 0.44, atMs: 302, restartAfterMs: 3008 }],
    },
  },
  {
    moral: 'a newcomer whose buffer was full before it was told where to start leaves nothing out after what it has delivered',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'started early',
      seed: 2_001_979,
      underlay: { kind: 'equal', hosts: 3, delayMs: 10 },
      group: {
        dissemination: { kind: 'gossip-mesh', d: 2, dLow: 1, dHigh: 3, missingMax: 2, batchMax: 1 }, repair: { kind: 'anti-entropy', batchMax: 2 },
        historyMessagesMax: 8, orderBufferMax: 2, digestRangesMax: 1, order: 'fifo', since: 'now',
      },
      peers: [{ host: 0, joinMs: 2118 }, { host: 1, joinMs: 2294 }, { host: 2, joinMs: 2471 }],
      publishes: [{ atMs: 4172, peer: 1, bytes: 100 }, { atMs: 4213, peer: 1, bytes: 0 }, { atMs: 4282, peer: 1, bytes: 1000 }, { atMs: 4875, peer: 1, bytes: 5000 }],
      faults: [{ kind: 'clog', atMs: 3137, forMs: 2500, between: { from: [0, 1, 2], to: [0, 2] } }, { kind: 'massFailure', share: 0.43, atMs: 3407, restartAfterMs: 311 }],
    },
  },
  {
    moral: 'a newcomer of Cyclon whose walks are lost makes no island with those who join through it',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'island',
      seed: 853,
      underlay: { kind: 'equal', hosts: 6, delayMs: 55 },
      group: { overlay: 'cyclon', dissemination: 'flooding', repair: 'anti-entropy', order: 'none', since: 'history' },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 250, contact: 0 }, { host: 4, joinMs: 1000, contact: 1 }, { host: 5, joinMs: 1250, contact: 4 }],
      publishes: [],
      faults: [{ kind: 'partition', sides: [[1, 4, 5], [0]], atMs: 1042, forMs: 678 }],
    },
  },
  {
    moral: 'four peers in a ring, none of which has anybody in its passive view, hear of those opposite',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'ring of four',
      seed: 2_002_932,
      underlay: { kind: 'equal', hosts: 4, delayMs: 28 },
      group: { dissemination: { kind: 'gossip-mesh', d: 2, dLow: 1, dHigh: 3, dLazy: 2 }, repair: 'anti-entropy', since: 'now' },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 188, contact: 0 }, { host: 2, joinMs: 375, contact: 0 }, { host: 3, joinMs: 563, contact: 1 }],
      publishes: [],
      faults: [{ kind: 'massFailure', share: 0.39, atMs: 930, restartAfterMs: 1033 }],
    },
  },
  {
    moral: 'newcomers with little room do not fetch what they have had again and again for each other',
    scenario: PAST_FOR_EACH_OTHER,
  },
  {
    moral: 'newcomers that compare by ranges do not stand between a message of the past and those who lack it',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'behind newcomers',
      seed: 15_000_084,
      underlay: { kind: 'equal', hosts: 12, delayMs: 10 },
      group: { overlay: 'hyparview', dissemination: { kind: 'anti-entropy', reconcile: 'ranges' }, since: 'now' },
      peers: Array.from({ length: 12 }, (_, host) => ({ host, joinMs: 0 })),
      publishes: [{ atMs: 11_180, peer: 2, bytes: 8 }],
      faults: [{ kind: 'massFailure', share: 0.64, atMs: 6635, restartAfterMs: 4603 }],
    },
  },
  {
    moral: 'a newcomer to Cyclon whose walks have all ended at a peer that had just failed joins again, though another has joined through it meanwhile',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'walks into nothing',
      seed: 1_010_588,
      underlay: { kind: 'equal', hosts: 6, delayMs: 10 },
      group: { overlay: 'cyclon', dissemination: 'anti-entropy', order: 'fifo', since: 'history' },
      peers: [{ host: 0, joinMs: 5 }, { host: 1, joinMs: 9, contact: 0 }, { host: 2, joinMs: 41 }, { host: 3, joinMs: 45, contact: 0 }, { host: 4, joinMs: 50, contact: 2 }, { host: 5, joinMs: 54, contact: 4 }],
      publishes: [],
      faults: [{ kind: 'massFailure', share: 0.51, atMs: 49 }],
      settleMs: 340_000,
    },
  },
  {
    moral: 'the entry of a peer that is gone does not go round for ever in a group that is smaller than a view of Cyclon',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'undead',
      seed: 1,
      underlay: { kind: 'equal', hosts: 12, delayMs: 10 },
      group: { overlay: 'cyclon', dissemination: 'anti-entropy' },
      peers: hosts(12).map((host) => ({ host, joinMs: 0 })),
      publishes: [],
      faults: [{ kind: 'massFailure', share: 0.4, atMs: 10_000 }],
      settleMs: 60_000,
    },
  },
  {
    moral: 'what a newcomer need not be told, past a gap of the neighbour that told it where to start, comes through it to who lacks it all the same',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'behind a newcomer',
      seed: 50_261,
      underlay: { kind: 'generated', name: 'waxman', parameters: { routers: 19 }, seed: 901 },
      group: { overlay: { kind: 'switch-tree', refreshIntervalMs: 1000, switchIntervalMs: 1000 }, dissemination: 'tree', repair: 'anti-entropy', order: 'none', since: 'now' },
      peers: [
        { host: 0, joinMs: 0 }, { host: 1, joinMs: 3875 }, { host: 2, joinMs: 316 }, { host: 3, joinMs: 7168 }, { host: 7, joinMs: 1105 }, { host: 8, joinMs: 6173 }, { host: 9, joinMs: 1421 },
        { host: 10, joinMs: 1579 }, { host: 11, joinMs: 1737 }, { host: 12, joinMs: 1895 }, { host: 16, joinMs: 1881 }, { host: 17, joinMs: 2684 }, { host: 18, joinMs: 2842 },
      ],
      publishes: [{ atMs: 8070, peer: 9, bytes: 8 }, { atMs: 9592, peer: 9, bytes: 1000 }],
      faults: [{ kind: 'massFailure', share: 0.38, atMs: 7640, restartAfterMs: 3019 }],
      settleMs: 120_000,
    },
  },
  {
    moral: 'a few peers of Cyclon do not tell each other for ever of one that is gone',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'dead and talked about',
      seed: 5_000_308,
      underlay: { kind: 'equal', hosts: 4, delayMs: 10 },
      group: { overlay: 'cyclon', dissemination: 'anti-entropy' },
      peers: [{ host: 0, joinMs: 35 }, { host: 1, joinMs: 69 }, { host: 2, joinMs: 103 }, { host: 3, joinMs: 137 }],
      publishes: [],
      faults: [{ kind: 'massFailure', share: 0.14, atMs: 370 }],
    },
  },
  {
    moral: 'a newcomer of Cyclon none of whose walks has come to an end asks its contact again',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'walks lost',
      seed: 3_000_162,
      underlay: { kind: 'equal', hosts: 4, delayMs: 10 },
      group: { overlay: 'cyclon', dissemination: { kind: 'rumor', k: 1 }, repair: { kind: 'anti-entropy', cycleMs: 500 }, order: 'causal', since: 'now' },
      peers: [{ host: 0, joinMs: 375 }, { host: 1, joinMs: 697 }, { host: 2, joinMs: 965, contact: 1 }, { host: 3, joinMs: 1447, contact: 2 }],
      publishes: [],
      faults: [
        { kind: 'clog', atMs: 932, forMs: 1208, between: { from: [0, 2], to: [0, 1, 2] } },
        { kind: 'partition', sides: [[1, 2, 3], [0]], oneWay: true, atMs: 1705, forMs: 1417 },
      ],
    },
  },
];
