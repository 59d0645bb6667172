import type { Scenario } from '../../../sim/scenario/scenario.ts';

/** Three peers 10 ms apart that flood, and whatever is said of them. */
export function smallScenario(more: Partial<Scenario> = {}): Scenario {
  return {
    format: 'overlaycast-scenario/1',
    name: 'small',
    seed: 1,
    underlay: { kind: 'equal', hosts: 3, delayMs: 10 },
    group: { dissemination: 'flooding', repair: 'anti-entropy' },
    peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 100, contact: 0 }, { host: 2, joinMs: 200, contact: 1 }],
    publishes: [{ atMs: 2000, peer: 0, bytes: 8 }, { atMs: 3000, peer: 2, bytes: 8 }],
    faults: [],
    ...more,
  };
}
