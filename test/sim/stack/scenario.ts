import type { Fault, Scenario } from '../../../sim/scenario/scenario.ts';

const PEERS = 6;

/** Six peers on a ring of routers, some messages of which every third fills several datagrams, and these faults. */
export function ringScenario(seed: number, faults: readonly Fault[], group: Scenario['group'] = { repair: 'anti-entropy', order: 'fifo' }): Scenario {
  return {
    format: 'overlaycast-scenario/1',
    name: 'ring',
    seed,
    underlay: { kind: 'generated', name: 'ring', parameters: { routers: PEERS }, seed: 1 },
    group,
    peers: Array.from({ length: PEERS }, (_, host) => ({ host, joinMs: host * 100 })),
    publishes: Array.from({ length: 20 }, (_, index) => ({ atMs: 2000 + index * 200, peer: (index * 5) % PEERS, bytes: index % 3 === 0 ? 4000 : 50 })),
    faults,
    settleMs: 120_000,
  };
}
