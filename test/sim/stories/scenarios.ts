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
];
