import type { LinkStressResult, ProtocolResult, Report, Spread, StressResult } from '../../../sim/report/report.ts';

/** A report with numbers that are easy to find again; none of them was measured. */
export function fakeReport(): Report {
  return {
    format: 'overlay-sim-report/1',
    seed: 7,
    options: {
      topology: 'maps/toy.json',
      protocols: ['anti-entropy', 'unicast', 'plumtree', 'flood', 'mst'],
      source: 'first',
      hosts: 'all',
      accessDelayMs: 1,
      messages: 10,
      warmUpMessages: 5,
      payloadBytes: 1000,
      loss: 0,
      jitter: 0,
      wire: 'objects',
    },
    underlay: {
      name: 'toy', kind: 'routers', routers: 40, links: 61, hosts: 40,
      mergedLinks: 2, selfLoops: 0, defaultDelays: 1, coordinateDelays: 60, excludedRouters: 0,
    },
    results: [
      fakeResult('anti-entropy', { epidemic: { residue: 0, traffic: 0.975, tAveCycles: 3.5, tLastCycles: null }, overlayGraph: null, lastDeliveryMs: 12345.6 }),
      fakeResult('unicast', { linkStress: linkStress(39), rdp: spread(1, 1, 1, 1, 1), overlayGraph: null, relativeMessageRedundancy: -1e-17 }),
      fakeResult('plumtree:per-source', { reliability: 0.99999, residue: 0.00001, lastDeliveryHop: 6.5, controlOverhead: control(81.25) }),
      fakeResult('flood', { relativeMessageRedundancy: 3.0249, nodeStress: { max: 6, mean: 3.9 }, controlOverhead: control(35) }),
      fakeResult('mst', { treeCost: { value: 190.1388, ratioToMst: 1, ratioToIpMulticast: null } }),
    ],
    notes: [
      '2 parallel links merged into another, keeping the smallest delay.',
      'The delay of 1 link is 1 ms, since the file gives none and an end of it has no coordinates, which is what the rules say about it.',
    ],
  };
}

/** The report of a latency matrix, where there is little to say. */
export function fakeMatrixReport(): Report {
  const report = fakeReport();
  return {
    ...report,
    options: { ...report.options, source: 'random:3' },
    underlay: { ...report.underlay, name: 'pings', kind: 'matrix', routers: 0, links: 0, hosts: 1, mergedLinks: 0, defaultDelays: 0, coordinateDelays: 0 },
    results: [fakeResult('mst', {
      source: 'random:3', sources: ['a', 'b', 'c'],
      linkStress: null, rdp: null, rmd: null, rad: null, treeCost: { value: null, ratioToMst: null, ratioToIpMulticast: null },
      resourceUsage: null, normalizedResourceUsage: null, lastDeliveryHop: null, lastDeliveryMs: null, meanDeliveryMs: null,
      relativeMessageRedundancy: null, overlayGraph: null,
    })],
    notes: ['A latency matrix has no links.'],
  };
}

export function fakeResult(protocol: string, changes: Partial<ProtocolResult> = {}): ProtocolResult {
  return {
    protocol,
    source: 'n0',
    sources: ['n0'],
    messages: 10,
    linkStress: linkStress(4),
    rdp: spread(1, 2.4196, 2.2, 3.3, 12.3456),
    rmd: 2.5,
    rad: 2.25,
    treeCost: { value: 512.75, ratioToMst: 2.6967, ratioToIpMulticast: 1.5 },
    resourceUsage: 1025.5,
    normalizedResourceUsage: 2.125,
    reliability: 1,
    residue: 0,
    lastDeliveryHop: 6,
    lastDeliveryMs: 61.03,
    meanDeliveryMs: 30.5,
    relativeMessageRedundancy: 0,
    nodeStress: { max: 4, mean: 0.975 },
    controlMessages: 200,
    controlBytes: 4000,
    payloadBytes: 39000,
    controlOverhead: control(0),
    epidemic: null,
    overlayGraph: {
      degree: spread(2, 4.5, 5, 5, 5), inDegree: spread(2, 4.5, 5, 5, 5),
      clusteringCoefficient: 0.125, averageShortestPath: 2.75, diameter: 5, components: 1,
    },
    retransmissions: 0,
    queueDrops: 0,
    measuredMs: 20000,
    events: 4711,
    traceHash: 'c0ffee',
    ...changes,
  };
}

function control(bytesPerPeerPerSecond: number): ProtocolResult['controlOverhead'] {
  return { messagesPerPeerPerSecond: 0.25, bytesPerPeerPerSecond, shareOfBytes: 0.0625 };
}

function spread(min: number, mean: number, p50: number, p90: number, max: number): Spread {
  return { min, mean, p50, p90, max };
}

function linkStress(max: number): LinkStressResult {
  const all: StressResult = { max, mean: 1.481, meanAllLinks: 1.2, p50: 1, p90: 2, usedLinks: 80.5, sum: 119 };
  const routers: StressResult = { max: max - 1, mean: null, meanAllLinks: null, p50: null, p90: null, usedLinks: 0, sum: 0 };
  return { undirected: { all, routers }, directed: { all, routers } };
}
