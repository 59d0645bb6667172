import { delivery } from '../measure/delivery.ts';
import { infectionTimes, nodeStress, relativeMessageRedundancy, residue, traffic } from '../measure/epidemic.ts';
import { type LinkCopies, linkCopies, linkStress } from '../measure/link-stress.ts';
import type { MessageRecord } from '../measure/message-record.ts';
import { delayPenalty } from '../measure/rdp.ts';
import { resourceUsage } from '../measure/resource-usage.ts';
import { costRatios, treeCost } from '../measure/tree-cost.ts';
import { ipMulticast } from '../measure/trees.ts';
import type { EpidemicResult, LinkStressResult, Spread, TreeCostResult } from '../report/report.ts';
import type { Field } from './field.ts';

/** The figures of one message. Averaged over messages they are the result of a protocol. */
export interface MessageFigures {
  readonly linkStress: LinkStressResult | null;
  readonly rdp: Spread | null;
  readonly rmd: number | null;
  readonly rad: number | null;
  readonly treeCost: TreeCostResult;
  readonly resourceUsage: number | null;
  readonly normalizedResourceUsage: number | null;
  readonly reliability: number;
  readonly residue: number;
  readonly lastDeliveryHop: number | null;
  readonly lastDeliveryMs: number | null;
  readonly meanDeliveryMs: number | null;
  readonly relativeMessageRedundancy: number | null;
  readonly nodeStress: { readonly max: number; readonly mean: number };
  readonly epidemic: EpidemicResult | null;
}

/** The figures of one message for which no map is needed. */
export type DeliveryFigures = Pick<MessageFigures,
  'reliability' | 'residue' | 'lastDeliveryHop' | 'lastDeliveryMs' | 'meanDeliveryMs' | 'relativeMessageRedundancy' | 'nodeStress'>;

/** What the figures of a message are computed against. */
export interface Yardsticks {
  readonly field: Field;
  readonly mstCostMs: number;
  /** Cycle of an epidemic in ms; `undefined` for other protocols. */
  readonly cycleMs: number | undefined;
  /** IP multicast: the routers copy, so that the tree is the underlay's. */
  readonly routersCopy: boolean;
}

/** The figures of `record`, and the copies on each link (absent on a latency matrix). */
export function messageFigures(record: MessageRecord, yardsticks: Yardsticks): { figures: MessageFigures; copies: LinkCopies | undefined } {
  const { field, routersCopy } = yardsticks;
  const penalty = delayPenalty(field.oracle, record.parents, record.source);
  const copies = copiesOf(record, yardsticks);
  const usage = field.links === undefined || copies === undefined ? null : resourceUsage(field.links, copies).allMs;
  const spt = field.links === undefined ? null : resourceUsage(field.links, ipMulticast(field.links, record.source)).allMs;
  // On the routers' own tree each link carries one copy, so that its cost is what it uses.
  const treeCostMs = record.delivered === 0 ? null : routersCopy ? usage : treeCost(field.oracle, record.parents);
  const ratios = costRatios({ treeCostMs: treeCostMs ?? 0, mstCostMs: yardsticks.mstCostMs, ipMulticastCostMs: spt, resourceUsageMs: usage });
  const figures: MessageFigures = {
    linkStress: copies === undefined ? null : linkStress(copies),
    rdp: penalty.rdp === null ? null : spread(penalty.rdp),
    rmd: penalty.rmd,
    rad: penalty.rad,
    treeCost: {
      value: treeCostMs,
      ratioToMst: treeCostMs === null ? null : ratios.ratioToMst,
      ratioToIpMulticast: treeCostMs === null ? null : ratios.ratioToIpMulticast,
    },
    resourceUsage: usage,
    normalizedResourceUsage: record.delivered === 0 ? null : ratios.normalizedResourceUsage,
    ...deliveryFigures(record),
    epidemic: yardsticks.cycleMs === undefined ? null : epidemicResult(record, yardsticks.cycleMs),
  };
  return { figures, copies };
}

/** Who got a message, when, and at the cost of how many copies. */
export function deliveryFigures(record: MessageRecord): DeliveryFigures {
  const receivers = record.sent.length - 1;
  const arrived = delivery(deliveries(record), receivers);
  const sent = nodeStress(record.sent);
  return {
    reliability: arrived.reliability ?? 1,
    residue: residue(record.delivered + 1, receivers + 1) ?? 0,
    lastDeliveryHop: arrived.lastDeliveryHop,
    lastDeliveryMs: arrived.lastDeliveryMs,
    meanDeliveryMs: arrived.meanDeliveryMs,
    relativeMessageRedundancy: relativeMessageRedundancy(record.received, record.delivered + 1),
    nodeStress: { max: sent.max, mean: sent.mean ?? 0 },
  };
}

function copiesOf(record: MessageRecord, { field, routersCopy }: Yardsticks): LinkCopies | undefined {
  if (field.links === undefined) return undefined;
  return routersCopy ? ipMulticast(field.links, record.source) : linkCopies(field.links, record.transmissions());
}

function* deliveries(record: MessageRecord): Generator<{ hop: number; afterMs: number }> {
  for (let host = 0; host < record.deliveredUs.length; host++) {
    const timeUs = record.deliveredUs[host] as number;
    if (!Number.isNaN(timeUs)) yield { hop: record.hops[host] as number, afterMs: (timeUs - record.publishedUs) / 1000 };
  }
}

function epidemicResult(record: MessageRecord, cycleMs: number): EpidemicResult {
  const peers = record.sent.length;
  const published = Math.floor(record.publishedUs / 1000 / cycleMs);
  const cycles: number[] = [];
  record.deliveredUs.forEach((timeUs) => {
    if (!Number.isNaN(timeUs)) cycles.push(Math.floor(timeUs / 1000 / cycleMs) - published);
  });
  const { tAve, tLast } = infectionTimes(cycles);
  const updates = record.sent.reduce((sum, copies) => sum + copies, 0);
  return {
    residue: residue(record.delivered + 1, peers) ?? 0,
    traffic: traffic(updates, peers) ?? 0,
    tAveCycles: tAve,
    tLastCycles: tLast,
  };
}

/** The part of a distribution that a report shows. */
export function spread({ min, mean, p50, p90, max }: Spread): Spread {
  return { min, mean, p50, p90, max };
}
