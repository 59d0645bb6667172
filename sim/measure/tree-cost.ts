import type { Parents } from './trees.ts';
import type { DelayOracle } from './unicast.ts';

/** Sum of unicast delays over the edges of a delivery tree, in ms (METRICS: `treeCost`). */
export function treeCost(oracle: DelayOracle, parents: Parents): number {
  let costMs = 0;
  for (let host = 0; host < parents.length; host++) {
    const parent = parents[host] as number;
    if (parent !== -1) costMs += oracle.delayMs(parent, host);
  }
  return costMs;
}

/** What one message cost, in ms. `null` where links do not exist (a latency matrix). */
export interface Costs {
  readonly treeCostMs: number;
  /** Of the minimum spanning tree of the complete host-to-host delay graph. */
  readonly mstCostMs: number;
  /** Of the underlay's shortest-path tree, access links included. */
  readonly ipMulticastCostMs: number | null;
  /** Over all links, duplicates included. */
  readonly resourceUsageMs: number | null;
}

/** `null`: does not exist, or its denominator is 0. */
export interface CostRatios {
  readonly ratioToMst: number | null;
  readonly ratioToIpMulticast: number | null;
  readonly normalizedResourceUsage: number | null;
}

export function costRatios(costs: Costs): CostRatios {
  return {
    ratioToMst: ratio(costs.treeCostMs, costs.mstCostMs),
    ratioToIpMulticast: ratio(costs.treeCostMs, costs.ipMulticastCostMs),
    normalizedResourceUsage: ratio(costs.resourceUsageMs, costs.ipMulticastCostMs),
  };
}

function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : value / base;
}
