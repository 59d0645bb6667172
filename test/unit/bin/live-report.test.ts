import { describe, expect, test } from 'vitest';
import { renderCsv, RESULT_COLUMNS, RUN_COLUMNS } from '../../../sim/report/csv.ts';
import { differenceOf } from '../../../sim/report/differences.ts';
import { renderJson } from '../../../sim/report/json.ts';
import type { Report } from '../../../sim/report/report.ts';
import { renderTable } from '../../../sim/report/table.ts';
import { fakeMatrixReport, fakeReport, fakeResult } from '../report/fake-report.ts';

/** A report with live rows of two of three protocols. */
function liveReport(): Report {
  const { notes: _, results: __, ...report } = fakeReport();
  const results = [fakeResult('mst'), fakeResult('ip-multicast'), fakeResult('flood', { rdp: null, queueDrops: 2 })];
  const live = [
    fakeResult('mst', { lastDeliveryMs: 63.5, traceHash: '' }),
    fakeResult('flood', { reliability: 0.5, residue: 0.5, relativeMessageRedundancy: 0.25, lastDeliveryHop: 4, traceHash: '', links: [] }),
  ];
  const differences = [[0, 0], [1, 2]].map(([at = 0, of = 0]) => differenceOf(live[at] ?? fakeResult('none'), results[of] ?? fakeResult('none')));
  return { ...report, options: { ...report.options, live: 'tcp' }, results, live, differences, notes: [] };
}

describe('the difference of a live result and the simulated one', () => {
  test('has the fields of both, live minus simulated', () => {
    const { lastDeliveryMs, rdp, linkStress, overlayGraph } = differenceOf(fakeResult('a', { lastDeliveryMs: 70.03 }), fakeResult('a'));
    expect([lastDeliveryMs, rdp?.p90, linkStress?.directed.routers.max, overlayGraph?.degree.mean]).toEqual([9, 0, 0, 0]);
  });

  test('does not exist where one of the two does not', () => {
    const [matrix] = fakeMatrixReport().results;
    if (matrix === undefined) throw new Error('there is a result');
    for (const [live, simulated] of [[fakeResult('a'), matrix], [matrix, fakeResult('a')]] as const) {
      expect(differenceOf(live, simulated)).toMatchObject({ linkStress: null, rdp: null, treeCost: { value: null }, overlayGraph: null, epidemic: null, reliability: 0 });
    }
  });

  test('leaves out what cannot be subtracted', () => {
    const difference = differenceOf(fakeResult('a', { links: [] }), fakeResult('a', { links: [] }));
    expect(Object.keys(difference).filter((name) => /^(source|sources|messages|measuredMs|events|traceHash|links)$/.test(name))).toEqual([]);
    expect(difference.protocol).toBe('a');
  });
});

describe('a report with live peers', () => {
  test('has their rows below those of the simulation, with the differences', () => {
    expect(renderTable(liveReport(), { explain: false })).toBe(`toy: 40 routers, 61 links, 40 hosts (all)
seed 7, source first (host n0), 10 messages of 1000 bytes from each source after 5 for warm-up,
access delay 1 ms, loss 0, jitter 0, live over tcp

                   stress                RDP    tree cost         relia-              last  control
protocol        max  mean  mean   p90    max     ms  /MST   NRU   bility    RMR  LDH    ms      B/s
bounds
  mst             4  1.48  2.42  3.30  12.35  512.8  2.70  2.13   1.0000   0.00    6  61.0        0
    live          4  1.48  2.42  3.30  12.35  512.8  2.70  2.13   1.0000   0.00    6  63.5        0
    difference    0  0.00  0.00  0.00   0.00    0.0  0.00  0.00   0.0000   0.00    0  +2.5        0
  ip-multicast    4  1.48  2.42  3.30  12.35  512.8  2.70  2.13   1.0000   0.00    6  61.0        0
    live          -     -     -     -      -      -     -     -        -      -    -     -        -
meshes
  flood           4  1.48     -     -      -  512.8  2.70  2.13   1.0000   0.00    6  61.0        0
    live          4  1.48  2.42  3.30  12.35  512.8  2.70  2.13   0.5000   0.25    4  61.0        0
    difference    0  0.00     -     -      -    0.0  0.00  0.00  -0.5000  +0.25   -2   0.0        0
`);
  });

  test('explains them where it explains', () => {
    expect(renderTable(liveReport())).toContain('\nlive         real peers on this machine; difference: live minus simulated\n');
    expect(renderTable(fakeReport())).not.toContain('\nlive ');
  });

  test('has them in CSV after those of the simulation, told apart by a column more', () => {
    const lines = renderCsv(liveReport()).split('\n').slice(0, -1).map((line) => line.split(','));
    expect(lines[0]).toEqual([...RUN_COLUMNS, ...RESULT_COLUMNS, 'live']);
    const protocol = RUN_COLUMNS.length;
    expect(lines.slice(1).map((line) => [line[protocol], line.at(-1)])).toEqual([['mst', ''], ['ip-multicast', ''], ['flood', ''], ['mst', 'tcp'], ['flood', 'tcp']]);
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([RUN_COLUMNS.length + RESULT_COLUMNS.length + 1]));
  });

  test('has them in JSON beside those of the simulation', () => {
    expect(JSON.parse(renderJson(liveReport()))).toEqual(liveReport());
    expect(Object.keys(JSON.parse(renderJson(liveReport())))).toEqual(['format', 'seed', 'options', 'underlay', 'results', 'live', 'differences', 'notes']);
  });
});
