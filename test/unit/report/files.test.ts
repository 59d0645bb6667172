import { describe, expect, test } from 'vitest';

import { renderCsv, RESULT_COLUMNS } from '../../../sim/report/csv.ts';
import { renderJson } from '../../../sim/report/json.ts';
import { fakeMatrixReport, fakeReport, fakeResult } from './fake-report.ts';

/** The paths of all fields that hold one value. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

describe('renderJson', () => {
  test('writes two blanks a level, keys in their order, and a newline at the end', () => {
    const report = { ...fakeReport(), results: [], notes: ['a "note"'] };
    expect(renderJson(report)).toBe(`{
  "format": "overlay-sim-report/1",
  "seed": 7,
  "options": {
    "topology": "maps/toy.json",
    "protocols": [
      "anti-entropy",
      "unicast",
      "plumtree",
      "flood",
      "mst"
    ],
    "source": "first",
    "hosts": "all",
    "accessDelayMs": 1,
    "messages": 10,
    "warmUpMessages": 5,
    "payloadBytes": 1000,
    "loss": 0,
    "jitter": 0,
    "wire": "objects"
  },
  "underlay": {
    "name": "toy",
    "kind": "routers",
    "routers": 40,
    "links": 61,
    "hosts": 40,
    "mergedLinks": 2,
    "selfLoops": 0,
    "defaultDelays": 1,
    "coordinateDelays": 60,
    "excludedRouters": 0
  },
  "results": [],
  "notes": [
    "a \\"note\\""
  ]
}
`);
  });

  test('reads back as the report that it was', () => {
    expect(JSON.parse(renderJson(fakeReport()))).toEqual(fakeReport());
    expect(JSON.parse(renderJson(fakeMatrixReport()))).toEqual(fakeMatrixReport());
  });

  test.each([NaN, Infinity, -Infinity])('stops at %d rather than write null for it', (value) => {
    const report = { ...fakeReport(), results: [fakeResult('mst', { rmd: value })] };
    expect(() => renderJson(report)).toThrow(`the report has a finite rmd, not ${value}`);
  });
});

describe('renderCsv', () => {
  test('writes a header and a row per protocol, with nothing for null', () => {
    const header = [
      'seed,underlay.name,underlay.kind,underlay.routers,underlay.links,underlay.hosts,options.topology,',
      'options.source,options.hosts,options.accessDelayMs,options.messages,options.warmUpMessages,',
      'options.payloadBytes,options.loss,options.jitter,options.wire,protocol,source,messages,',
      'linkStress.undirected.all.max,linkStress.undirected.all.mean,linkStress.undirected.all.meanAllLinks,',
      'linkStress.undirected.all.p50,linkStress.undirected.all.p90,linkStress.undirected.all.usedLinks,',
      'linkStress.undirected.all.sum,linkStress.undirected.routers.max,linkStress.undirected.routers.mean,',
      'linkStress.undirected.routers.meanAllLinks,linkStress.undirected.routers.p50,',
      'linkStress.undirected.routers.p90,linkStress.undirected.routers.usedLinks,linkStress.undirected.routers.sum,',
      'linkStress.directed.all.max,linkStress.directed.all.mean,linkStress.directed.all.meanAllLinks,',
      'linkStress.directed.all.p50,linkStress.directed.all.p90,linkStress.directed.all.usedLinks,',
      'linkStress.directed.all.sum,linkStress.directed.routers.max,linkStress.directed.routers.mean,',
      'linkStress.directed.routers.meanAllLinks,linkStress.directed.routers.p50,linkStress.directed.routers.p90,',
      'linkStress.directed.routers.usedLinks,linkStress.directed.routers.sum,rdp.min,rdp.mean,rdp.p50,rdp.p90,',
      'rdp.max,rmd,rad,treeCost.value,treeCost.ratioToMst,treeCost.ratioToIpMulticast,resourceUsage,',
      'normalizedResourceUsage,reliability,residue,lastDeliveryHop,lastDeliveryMs,meanDeliveryMs,',
      'relativeMessageRedundancy,nodeStress.max,nodeStress.mean,controlMessages,controlBytes,payloadBytes,',
      'controlOverhead.messagesPerPeerPerSecond,controlOverhead.bytesPerPeerPerSecond,controlOverhead.shareOfBytes,',
      'epidemic.residue,epidemic.traffic,epidemic.tAveCycles,epidemic.tLastCycles,overlayGraph.degree.min,',
      'overlayGraph.degree.mean,overlayGraph.degree.p50,overlayGraph.degree.p90,overlayGraph.degree.max,',
      'overlayGraph.inDegree.min,overlayGraph.inDegree.mean,overlayGraph.inDegree.p50,overlayGraph.inDegree.p90,',
      'overlayGraph.inDegree.max,overlayGraph.clusteringCoefficient,overlayGraph.averageShortestPath,',
      'overlayGraph.diameter,overlayGraph.components,retransmissions,queueDrops,measuredMs,events,traceHash',
    ].join('');
    const row = [
      '7,pings,matrix,0,0,1,maps/toy.json,random:3,all,1,10,5,1000,0,0,objects,mst,random:3,10,,,,,,,,,,,,,,,,,,,,,,,',
      ',,,,,,,,,,,,,,,,,,1,0,,,,,4,0.975,200,4000,39000,0.25,0,0.0625,,,,,,,,,,,,,,,,,,,0,0,20000,4711,c0ffee',
    ].join('');
    expect(renderCsv(fakeMatrixReport())).toBe(`${header}\n${row}\n`);
  });

  test('has a column for every value of a result, the list of sources and the links apart', () => {
    const whole = fakeResult('rumor', { epidemic: { residue: 0, traffic: 1, tAveCycles: 2, tLastCycles: 3 } });
    const paths = leaves(whole).filter((path) => !path.startsWith('sources.'));
    expect([...RESULT_COLUMNS].sort()).toEqual(paths.sort());
  });

  test('has as many cells in each row as in the header', () => {
    const [header = '', ...rows] = renderCsv(fakeReport()).trimEnd().split('\n');
    expect(rows.map((row) => row.split(',').length)).toEqual(Array.from({ length: 5 }, () => header.split(',').length));
  });

  test('quotes commas, quotes and line ends as RFC 4180 says', () => {
    const report = fakeReport();
    const underlay = { ...report.underlay, name: 'the "big", one\nmap' };
    expect(renderCsv({ ...report, underlay, results: [fakeResult('mst')] })).toContain('\n7,"the ""big"", one\nmap",routers,40,');
  });

  test('stops at a figure that is no number', () => {
    const report = { ...fakeReport(), results: [fakeResult('mst', { rmd: NaN })] };
    expect(() => renderCsv(report)).toThrow('the report has a finite rmd, not NaN');
  });
});
