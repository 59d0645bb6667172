import { describe, expect, test } from 'vitest';
import { row } from '../../../sim/experiments/reproduction.ts';
import { renderJson } from '../../../sim/report/json.ts';
import { renderReproductionCsv } from '../../../sim/report/reproduction-csv.ts';
import type { ReproductionReport } from '../../../sim/report/reproduction-report.ts';
import { renderReproduction } from '../../../sim/report/reproduction-table.ts';

const REPORT: ReproductionReport = {
  format: 'overlay-sim-reproduction/1',
  name: 'toy-1999',
  seed: 7,
  quick: false,
  summary: 'a toy: one figure of each kind',
  paper: 'A. Author, B. Author: Toys, "Proceedings of Play", 1999, section 3.',
  method: 'Ten toys are wound up and let go, over as many seeds as there are values; what they do is counted until the last of them stands still.',
  rows: [
    row({ what: 'clustering coefficient', where: 'table 1', published: { kind: 'value', value: 0.00092 }, values: [0.0008, 0.001, 0.00095], tolerance: { kind: 'relative', by: 0.2 } }),
    row({ what: 'payloads per broadcast', where: 'table 1', published: { kind: 'value', value: 39_984 }, values: [39_984], tolerance: { kind: 'absolute', by: 0 } }),
    row({ what: 'hops', where: 'figure 2', published: { kind: 'between', from: 50, to: 77 }, values: [14.25, 15.5], tolerance: { kind: 'relative', by: 0.15 }, note: 'Tried: more toys, longer strings.' }),
    row({ what: 'reliability', where: 'figure 2', published: { kind: 'atLeast', value: 0.99 }, values: [1, 1], tolerance: { kind: 'absolute', by: 0.005 } }),
    row({ what: 'cycles, as the curve shows', where: 'figure 3', published: { kind: 'atMost', value: 4 }, values: [1, 3], tolerance: { kind: 'absolute', by: 0 }, unjudged: true, note: 'A curve without numbers.' }),
    row({ what: 'cycles, at the end', where: 'figure 3', published: { kind: 'atMost', value: 4 }, values: [5, 5], tolerance: { kind: 'absolute', by: 0 }, unjudged: true, note: 'A curve without numbers.' }),
  ],
};

const TABLE = `figure                            published       mean    dev.  n  within  verdict
table 1
  clustering coefficient            0.00092  0.0009167  0.0001  3    20 %  reproduced
  payloads per broadcast              39984      39984       -  1   exact  reproduced
figure 2
  hops [1]                         50 to 77      14.88    0.88  2    15 %  not reproduced
  reliability                       >= 0.99          1       0  2   0.005  reproduced
figure 3
  cycles, as the curve shows [2]       <= 4          2     1.4  2       -  reported
  cycles, at the end [2]               <= 4          5       0  2       -  reported
`;

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

describe('renderReproduction', () => {
  test('prints the rows under their places in the paper, the count of verdicts, the paper, the method and each note once', () => {
    expect(renderReproduction(REPORT)).toBe(`toy-1999: a toy: one figure of each kind
seed 7, in full

${TABLE}
6 rows: 3 reproduced, 1 not reproduced, 2 reported without a verdict.

paper       A. Author, B. Author: Toys, "Proceedings of Play", 1999, section 3.
method      Ten toys are wound up and let go, over as many seeds as there are values; what they do
            is counted until the last of them stands still.
mean, dev.  of the n values measured, one for each run, and their standard deviation
within      how far the mean may be from what is published; of a bound, on its far side

[1]  Tried: more toys, longer strings.
[2]  A curve without numbers.
`);
  });

  test('without explanations prints what was run, the rows and the count of verdicts', () => {
    expect(renderReproduction({ ...REPORT, quick: true, rows: REPORT.rows.slice(0, 1) }, { explain: false })).toBe(`toy-1999: a toy: one figure of each kind
seed 7, the quick version

figure                    published       mean    dev.  n  within  verdict
table 1
  clustering coefficient    0.00092  0.0009167  0.0001  3    20 %  reproduced

1 row: 1 reproduced, 0 not reproduced.
`);
  });

  test('wraps what a row is of where the terminal is narrow', () => {
    expect(renderReproduction({ ...REPORT, rows: REPORT.rows.slice(4) }, { width: 72, explain: false })).toBe(`toy-1999: a toy: one figure of each kind
seed 7, in full

figure                        published  mean  dev.  n  within  verdict
figure 3
  cycles, as the curve shows       <= 4     2   1.4  2       -  reported
  cycles, at the end               <= 4     5     0  2       -  reported

2 rows: 0 reproduced, 0 not reproduced, 2 reported without a verdict.
`);
    const narrow = renderReproduction({ ...REPORT, rows: REPORT.rows.slice(4, 5) }, { width: 60, explain: false });
    expect(narrow.split('\n').slice(3, 7)).toEqual([
      'figure            published  mean  dev.  n  within  verdict',
      'figure 3',
      '  cycles, as the       <= 4     2   1.4  2       -  reported',
      '  curve shows',
    ]);
  });

  test('keeps within its width for long texts, and is never wider than 100', () => {
    const long = { ...REPORT, summary: 'word '.repeat(40), rows: REPORT.rows.map((each) => ({ ...each, what: 'a figure of many words '.repeat(6).trim(), where: 'figure '.repeat(30).trim(), note: 'y'.repeat(300) })) };
    for (const width of [80, 100, 200]) expect(longestLine(renderReproduction(long, { width }))).toBeLessThanOrEqual(Math.min(width, 100));
  });

  test('with colour prints the same characters, headings and what does not reproduce in bold', () => {
    const colored = renderReproduction(REPORT, { color: true });
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(renderReproduction(REPORT));
    expect(colored.split('\n').filter((line) => line.startsWith('\u001b[1m'))).toHaveLength(6);
    expect(colored).toContain('\u001b[1m  hops [1]');
  });
});

describe('the files of a reproduction', () => {
  test('JSON has the report as it is', () => {
    expect(JSON.parse(renderJson(REPORT))).toEqual(REPORT);
    expect(JSON.parse(renderJson([REPORT, REPORT]))).toEqual([REPORT, REPORT]);
  });

  test('CSV has a row for each figure, with what was run before it', () => {
    expect(renderReproductionCsv([{ ...REPORT, rows: REPORT.rows.slice(1, 3) }])).toBe(
      'name,seed,quick,what,where,published.kind,published.value,published.from,published.to,measured.count,measured.mean,measured.deviation,measured.min,measured.max,tolerance.kind,tolerance.by,verdict,note\n'
      + 'toy-1999,7,false,payloads per broadcast,table 1,value,39984,,,1,39984,0,39984,39984,absolute,0,reproduced,\n'
      + 'toy-1999,7,false,hops,figure 2,between,,50,77,2,14.875,0.8838834764831844,14.25,15.5,relative,0.15,not reproduced,"Tried: more toys, longer strings."\n',
    );
  });
});

test('a row of which nothing is published has a measured figure alone', () => {
  const only = row({ what: 'cycles', where: 'figure 3', published: { kind: 'none' }, values: [5, 5], tolerance: { kind: 'absolute', by: 0 }, note: 'A curve without numbers.' });
  const report = { ...REPORT, rows: [only] };
  expect(renderReproduction(report).split('\n').find((line) => line.startsWith('  cycles'))?.split(/ {2,}/)).toEqual(['', 'cycles [1]', '-', '5', '0', '2', '-', 'reported']);
  expect(renderReproductionCsv([report]).split('\n')[1]).toBe('toy-1999,7,false,cycles,figure 3,none,,,,2,5,0,5,5,absolute,0,reported,A curve without numbers.');
});
