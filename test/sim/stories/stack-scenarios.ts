import type { Story } from './scenarios.ts';

/** Found in runs of the whole stack, and told with it, in the order in which they were found; a story that was told stays. */
export const STACK_STORIES: readonly Story[] = [
  {
    moral: 'a peer whose contact answers late asks it to let it in, though others have joined through itself meanwhile',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'late contact',
      seed: 176,
      underlay: { kind: 'equal', hosts: 4, delayMs: 10 },
      group: { dissemination: 'plumtree', repair: 'anti-entropy' },
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 16 }, { host: 2, joinMs: 71, contact: 1 }, { host: 3, joinMs: 86, contact: 2 }],
      publishes: [],
      faults: [{ kind: 'pause', peer: 1, atMs: 48, forMs: 65 }],
    },
  },
  {
    moral: 'a member of Narada that is alone asks its contact to let it in, though it has just asked somebody who is alone, too',
    scenario: {
      format: 'overlaycast-scenario/1',
      name: 'two alone',
      seed: 8,
      underlay: { kind: 'generated', name: 'ring', parameters: { routers: 10 }, seed: 299 },
      group: {
        orderBufferMax: 4,
        overlay: { kind: 'narada', refreshIntervalMs: 1000, updateDelayMs: 200, memberTimeoutMs: 5000, repairIntervalMs: 1000, repairWaitMs: 5000, probeIntervalMs: 1000, transientMs: 2000 },
        dissemination: 'tree', order: 'none', since: 'any',
      },
      peers: [
        { host: 0, joinMs: 0 }, { host: 1, joinMs: 300, contact: 0 }, { host: 2, joinMs: 600, contact: 0 }, { host: 4, joinMs: 1200, contact: 2 }, { host: 5, joinMs: 1500 },
        { host: 6, joinMs: 1800, contact: 5 }, { host: 8, joinMs: 2400, contact: 6 },
      ],
      publishes: [],
      faults: [{ kind: 'bandwidth', kbps: 42, queueMs: 463, atMs: 1671, forMs: 1174, between: { from: [0, 1, 2, 4, 5, 6, 8] } }],
      settleMs: 60_000,
    },
  },
];
