import { describe, expect, test } from 'vitest';
import { JoinedWorld, redundancy } from '../../../sim/experiments/joined-world.ts';
import { overlayGraph } from '../../../sim/measure/overlay-graph.ts';

const PEERS = 100;
const SEED = 3;

function world(dissemination: 'flooding' | 'plumtree', cycles = 5): JoinedWorld {
  const joined = new JoinedWorld({ peers: PEERS, seed: SEED, dissemination, settleMs: 3000 });
  for (let cycle = 0; cycle < cycles; cycle++) joined.cycle();
  return joined;
}

describe(`a joined world of ${PEERS} peers (seed ${SEED})`, () => {
  test('is connected, and each broadcast is counted alone', () => {
    const joined = world('flooding');
    const graph = overlayGraph(joined.views(), SEED);
    expect(graph.connectedComponents).toBe(1);
    const floods = [joined.broadcast(0), joined.broadcast(7), joined.broadcast()];
    // Every link carries two copies but those that brought a first one.
    for (const flood of floods) {
      expect(flood).toMatchObject({ payloads: 2 * graph.links - (PEERS - 1), reached: PEERS, announcements: 0 });
      expect(flood.lastDeliveryHop).toBeLessThanOrEqual(graph.diameter ?? 0);
      expect(joined.reliability(flood)).toBe(1);
    }
  });

  test('has trees that form: no payload is redundant once a flood has made one', () => {
    const joined = world('plumtree');
    const [flood, tree] = [joined.broadcast(0), joined.broadcast(0)];
    expect(redundancy(flood)).toBeGreaterThan(2.5);
    expect(tree).toMatchObject({ payloads: PEERS - 1, reached: PEERS, announcements: flood.payloads - (PEERS - 1) });
    expect(redundancy(tree)).toBe(0);
  });

  test('crashes a share of the peers: the others count, and find each other again', () => {
    const joined = world('flooding');
    joined.crash(0.6);
    expect(joined.views()).toHaveLength(40);
    const first = joined.broadcast();
    expect(joined.reliability(first)).toBe(first.reached / 40);
    joined.cycle();
    expect(overlayGraph(joined.views(), SEED).connectedComponents).toBe(1);
    expect(joined.reliability(joined.broadcast())).toBe(1);
  });

  test('counts the message of a peer that has nobody: it reaches itself', () => {
    const alone = new JoinedWorld({ peers: 1, seed: SEED, dissemination: 'flooding', settleMs: 100 });
    const nobody = alone.broadcast();
    expect(nobody).toEqual({ payloads: 0, reached: 1, lastDeliveryHop: 0, announcements: 0 });
    expect(redundancy(nobody)).toBe(0);
  });

  test('is a function of its seed', () => {
    const trace = (): string => {
      const joined = world('plumtree', 2);
      joined.broadcast();
      joined.crash(0.2);
      joined.broadcast();
      return joined.world.traceHash;
    };
    expect(trace()).toBe(trace());
  });
});
