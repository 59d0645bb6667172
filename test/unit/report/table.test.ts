import { describe, expect, test } from 'vitest';

import { renderTable } from '../../../sim/report/table.ts';
import { fakeMatrixReport, fakeReport, fakeResult } from './fake-report.ts';

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

describe('renderTable', () => {
  test('prints what was run, notes, rows by group in the order of the report, and what each column means', () => {
    expect(renderTable(fakeReport())).toBe(`toy: 40 routers, 61 links, 40 hosts (all)
seed 7, source first (host n0), 10 messages of 1000 bytes from each source after 5 for warm-up,
access delay 1 ms, loss 0, jitter 0
note: 2 parallel links merged into another, keeping the smallest delay.
note: The delay of 1 link is 1 ms, since the file gives none and an end of it has no coordinates,
      which is what the rules say about it.

                        stress             RDP  tree cost      relia-           last control
protocol              max mean mean  p90   max    ms /MST  NRU bility  RMR LDH    ms     B/s
bounds
  unicast              39 1.48 1.00 1.00  1.00 512.8 2.70 2.13 1.0000 0.00 6.0    61     0.0
  mst                   4 1.48 2.42 3.30 12.35 190.1 1.00 2.13 1.0000 0.00 6.0    61     0.0
meshes
  flood                 4 1.48 2.42 3.30 12.35 512.8 2.70 2.13 1.0000 3.02 6.0    61    35.0
trees
  plumtree:per-source   4 1.48 2.42 3.30 12.35 512.8 2.70 2.13 0.9999 0.00 6.5    61    81.3
epidemics
  anti-entropy          4 1.48 2.42 3.30 12.35 512.8 2.70 2.13 1.0000 0.00 6.0 12346     0.0

stress       link stress: copies of a message on one physical link; most, and mean over links used
RDP          relative delay penalty: delay along the overlay / delay of unicast, over the receivers
tree cost    sum of unicast delays over the delivery tree; /MST: / that of the minimum spanning tree
NRU          normalized resource usage: sum over links of delay x copies / the same for IP multicast
reliability  share of the receivers that got the message; 1.0000 only where all did
RMR          relative message redundancy: copies received / (peers that have the message - 1) - 1
LDH          last delivery hop: overlay hops to the receiver with the most
last         ms from publish to the last delivery
control      bytes of control messages that a peer sends in a second
max          the largest over all messages; every other figure is the mean over the messages
-            does not exist here, see the notes; rows are in no order of merit
`);
  });

  test('prints a dash for what does not exist', () => {
    expect(renderTable(fakeMatrixReport(), { explain: false })).toBe(`pings: latency matrix of 1 host
seed 7, source random:3 (3 hosts), 10 messages of 1000 bytes from each source after 5 for warm-up,
loss 0, jitter 0

             stress             RDP  tree cost       relia-            last  control
protocol  max  mean  mean  p90  max   ms  /MST  NRU  bility  RMR  LDH    ms      B/s
bounds
  mst       -     -     -    -    -    -     -    -  1.0000    -    -     -        0
`);
  });

  test('without explanations has neither notes nor meanings, but the seed and the rows', () => {
    const text = renderTable(fakeReport(), { explain: false });
    expect(text).not.toContain('note:');
    expect(text).not.toContain('relative delay penalty');
    expect(text).toContain('seed 7');
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^ {2}anti-entropy /);
  });

  test('splits the columns into blocks where the terminal is narrow', () => {
    expect(renderTable(fakeReport(), { explain: false, width: 60 })).toBe(`toy: 40 routers, 61 links, 40 hosts (all)
seed 7, source first (host n0), 10 messages of 1000 bytes
from each source after 5 for warm-up, access delay 1 ms,
loss 0, jitter 0

                         stress              RDP   tree cost
protocol               max mean  mean  p90   max     ms /MST
bounds
  unicast               39 1.48  1.00 1.00  1.00  512.8 2.70
  mst                    4 1.48  2.42 3.30 12.35  190.1 1.00
meshes
  flood                  4 1.48  2.42 3.30 12.35  512.8 2.70
trees
  plumtree:per-source    4 1.48  2.42 3.30 12.35  512.8 2.70
epidemics
  anti-entropy           4 1.48  2.42 3.30 12.35  512.8 2.70

                             relia-              last
protocol                NRU  bility   RMR  LDH     ms
bounds
  unicast              2.13  1.0000  0.00  6.0     61
  mst                  2.13  1.0000  0.00  6.0     61
meshes
  flood                2.13  1.0000  3.02  6.0     61
trees
  plumtree:per-source  2.13  0.9999  0.00  6.5     61
epidemics
  anti-entropy         2.13  1.0000  0.00  6.0  12346

                       control
protocol                   B/s
bounds
  unicast                  0.0
  mst                      0.0
meshes
  flood                   35.0
trees
  plumtree:per-source     81.3
epidemics
  anti-entropy             0.0
`);
  });

  test('keeps within its width for long names, large figures and long notes', () => {
    const report = fakeReport();
    const long = {
      ...report,
      underlay: { ...report.underlay, name: 'x'.repeat(250) },
      results: [fakeResult('rumor:push-pull:blind:coin:k=3', { lastDeliveryMs: 123456789, treeCost: { value: 98765432.1, ratioToMst: 12345.67, ratioToIpMulticast: 1 } })],
      notes: [`a ${'word '.repeat(60)}${'y'.repeat(300)}`],
    };
    expect(longestLine(renderTable(long))).toBeLessThanOrEqual(100);
    expect(longestLine(renderTable(long, { width: 72 }))).toBeLessThanOrEqual(72);
  });

  test('never shows a reliability below 1 as 1.0000', () => {
    const report = { ...fakeReport(), results: [fakeResult('flood', { reliability: 0.999999999 }), fakeResult('mst', { reliability: 0.9752 })] };
    const text = renderTable(report, { explain: false });
    expect(text).toContain('0.9999');
    expect(text).toContain('0.9752');
    expect(text).not.toContain('1.0000');
  });

  test('with colour prints the same characters with bold headings and dim notes', () => {
    const colored = renderTable(fakeReport(), { color: true });
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(renderTable(fakeReport()));
    expect(colored.split('\n')[0]).toBe('\u001b[1mtoy: 40 routers, 61 links, 40 hosts (all)\u001b[0m');
    expect(colored).toContain('\u001b[2mnote: 2 parallel links merged');
  });

  test('lets no control character of a file through to the terminal', () => {
    const report = fakeReport();
    const text = renderTable({ ...report, underlay: { ...report.underlay, name: 'a\u001b[2Jb\nc\u009b' }, notes: ['bell \u0007'] });
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text.split('\n')[0]).toMatch(/^a\?\[2Jb\?c\?: 40 routers/);
  });
});
