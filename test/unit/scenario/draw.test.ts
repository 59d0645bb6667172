import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { FAULT_KINDS, drawFault, drawScenario, drawUnderlay } from '../../../sim/scenario/draw.ts';
import { lastMs } from '../../../sim/scenario/scenario.ts';
import type { UnderlaySpec } from '../../../sim/scenario/scenario.ts';
import { terrainOf } from '../../../sim/scenario/underlay-spec.ts';

const SEEDS = Array.from({ length: 1000 }, (_, seed) => seed);
const RING: UnderlaySpec = { kind: 'generated', name: 'ring', parameters: { routers: 5 }, seed: 1 };

describe('drawScenario', () => {
  test('is the same for the same seed', () => {
    expect(drawScenario(7)).toEqual(drawScenario(7));
    expect(drawScenario(8)).not.toEqual(drawScenario(7));
  });

  test('draws everything: every contract, order, kind of network and fault, and scenarios without each kind', () => {
    const all = SEEDS.map((seed) => drawScenario(seed));
    const seen = (of: (scenario: (typeof all)[number]) => readonly unknown[]): unknown[] => [...new Set(all.flatMap(of))].sort();
    expect(seen(({ name }) => [name])).toEqual(CONTRACTS.map(({ name }) => name).sort());
    expect(seen(({ group }) => [group.order])).toEqual(['causal', 'fifo', 'none']);
    expect(seen(({ group }) => [group.since])).toEqual(['any', 'history', 'now']);
    expect(seen(({ underlay }) => ['name' in underlay ? underlay.name : underlay.kind])).toEqual(['equal', 'ring', 'star', 'waxman']);
    expect(seen(({ faults }) => faults.map(({ kind }) => kind))).toEqual([...FAULT_KINDS].sort());
    expect(all.some(({ faults }) => faults.length === 0)).toBe(true);
    expect(all.some(({ publishes }) => publishes.length === 0)).toBe(true);
    for (const kind of FAULT_KINDS) expect(all.filter(({ faults }) => faults.some((fault) => fault.kind === kind)).length).toBeLessThan(SEEDS.length / 2);
  });

  test('stays within what is asked for', () => {
    const contracts = CONTRACTS.filter(({ name }) => name === 'rumor');
    for (const seed of SEEDS) {
      const { name, peers, faults, settleMs, publishes } = drawScenario(seed, { contracts, peersMax: 5, activeMs: 1000, kinds: ['loss', 'crash'] });
      expect([name, settleMs]).toEqual(['rumor', contracts[0]?.settleMs]);
      expect(peers.length >= 2 && peers.length <= 5).toBe(true);
      expect(faults.every(({ kind }) => kind === 'loss' || kind === 'crash')).toBe(true);
      expect(publishes.every(({ atMs }) => atMs <= 1000)).toBe(true);
    }
  });

  test('all is over soon after the active time', () => {
    for (const seed of SEEDS) expect(lastMs(drawScenario(seed))).toBeLessThanOrEqual(12_000 + 5001);
  });
});

describe('drawUnderlay', () => {
  test('has a host for every peer', () => {
    for (const seed of SEEDS.slice(0, 60)) expect(terrainOf(drawUnderlay(new Random(seed), 7)).hosts).toBeGreaterThanOrEqual(7);
  });
});

describe('drawFault', () => {
  test.each(FAULT_KINDS)('%s is of that kind, after half of the joins and healed in time', (kind) => {
    for (const seed of SEEDS.slice(0, 40)) {
      const fault = drawFault(new Random(seed), kind, [0, 1, 2, 3, 4], RING, 8000);
      expect(fault?.kind).toBe(kind);
      expect(fault?.atMs).toBeGreaterThanOrEqual(1000);
      if (fault !== undefined && 'forMs' in fault) expect(fault.atMs + fault.forMs).toBeLessThanOrEqual(8001);
    }
  });

  test('links and routers fail only where there are some', () => {
    const equal: UnderlaySpec = { kind: 'equal', hosts: 5, delayMs: 1 };
    const waxman: UnderlaySpec = { kind: 'generated', name: 'waxman', parameters: { routers: 5 }, seed: 1 };
    expect([equal, waxman].map((underlay) => drawFault(new Random(1), 'linkFailure', [0, 1], underlay, 1000))).toEqual([undefined, undefined]);
    expect(drawFault(new Random(1), 'routerFailure', [0, 1], equal, 1000)).toBeUndefined();
    expect(drawFault(new Random(1), 'routerFailure', [0, 1], waxman, 1000)?.kind).toBe('routerFailure');
  });
});
