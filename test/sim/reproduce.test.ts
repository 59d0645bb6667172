import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { REPRODUCTIONS } from '../../sim/experiments/reproductions.ts';
import { overlaySim, withFolder } from './run-cli.ts';

const NAMES = REPRODUCTIONS.map(({ name }) => name);

describe('overlay-sim reproduce', () => {
  test('without a name lists all, a line each', () => {
    const { status, stdout, stderr } = overlaySim(['reproduce']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe([
      'overlay-sim reproduce NAME, where NAME is one of:',
      ...[...REPRODUCTIONS, { name: 'all', summary: 'every one of them' }].map(({ name, summary }) => `  ${name.padEnd(Math.max(...NAMES.map((each) => each.length)))}  ${summary}`),
    ].map((line) => `${line}\n`).join(''));
  });

  test('with an unknown name ends with status 2, a suggestion and the list', () => {
    const { status, stdout, stderr } = overlaySim(['reproduce', 'texbook']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toBe('overlay-sim: reproduce: expected one of these names, got "texbook". Did you mean textbook?');
    for (const name of NAMES) expect(stderr).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  test('--help names every option and reproduction, says what the exit status is, and fits 100 columns', () => {
    const { status, stdout, stderr } = overlaySim(['reproduce', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const option of ['--quick', '--seed', '--json', '--csv', '--quiet', '--help']) expect(stdout).toMatch(new RegExp(`^ {2}${option} `, 'm'));
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout.replaceAll('\n', ' ')).toContain('A row that does not reproduce is a result like any other: it says so, and the exit status is 0 all the same.');
    expect(longestLine(stdout)).toBeLessThanOrEqual(100);
  });

  test('textbook prints a table that fits 100 columns', () => {
    const { status, stdout, stderr } = overlaySim(['reproduce', 'textbook']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'textbook: link stress, relative delay penalty and tree cost of five hosts, exact',
      'seed 1, in full',
      '',
      'figure                                   published   mean  dev.  n  within  verdict',
      'tree A-B, B-E, E-D, D-C, as drawn',
      '  tree cost, ms                                 82     82     -  1   exact  reproduced',
    ]);
    expect(lines).toContain('47 rows: 47 reproduced, 0 not reproduced.');
    expect(longestLine(stdout)).toBeLessThanOrEqual(100);
  });

  test('textbook writes JSON to standard output and CSV to a file, and the same again', () => {
    withFolder((folder) => {
      const csv = join(folder, 'rows.csv');
      const { status, stdout, stderr } = overlaySim(['reproduce', 'textbook', '--quick', '--seed', '4', '--json', '-', '--csv', csv]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const { rows, ...rest }: { readonly rows: readonly unknown[] } = JSON.parse(stdout);
      expect(rest).toEqual({ format: 'overlay-sim-reproduction/1', name: 'textbook', seed: 4, quick: true, summary: expect.any(String), paper: expect.any(String), method: expect.any(String) });
      expect(rows[0]).toEqual({
        what: 'tree cost, ms', where: 'tree A-B, B-E, E-D, D-C, as drawn', published: { kind: 'value', value: 82 },
        measured: { count: 1, mean: 82, deviation: 0, min: 82, max: 82 }, tolerance: { kind: 'absolute', by: 0 }, verdict: 'reproduced',
      });
      expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(1 + rows.length);
      expect(overlaySim(['reproduce', 'textbook', '--quick', '--seed', '4', '--json', '-']).stdout).toBe(stdout);
    });
  });

  test('says in one sentence, before it runs, that a file cannot be written', () => {
    expect(overlaySim(['reproduce', 'hyparview-2007', '--json', 'no-such-folder/a'])).toEqual({
      status: 2, stdout: '', stderr: 'overlay-sim: no-such-folder/a: cannot be written: no such folder.\n',
    });
    expect(existsSync('no-such-folder')).toBe(false);
  });
});

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
