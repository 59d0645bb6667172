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
];
