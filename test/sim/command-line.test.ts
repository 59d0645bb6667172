import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PROTOCOLS } from '../../sim/experiments/protocols.ts';
import { overlaySim, ROOT, shell, withFolder } from './run-cli.ts';

const TEXTBOOK = ['builtin:textbook', '--messages', '2', '--warm-up', '2'];

describe('overlay-sim', () => {
  test('--help fits 100 columns and names every option and protocol', () => {
    const { status, stdout, stderr } = overlaySim(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const option of ['--protocol', '--source', '--hosts', '--access-delay', '--messages', '--warm-up', '--payload', '--loss',
      '--jitter', '--wire', '--seed', '--json', '--csv', '--links', '--quiet', '--help', '--version']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${option} `, 'm'));
    }
    for (const { name } of PROTOCOLS) expect(stdout).toMatch(new RegExp(`^ {4}${name} `, 'm'));
  });

  test('--version prints the version of the package', () => {
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(overlaySim(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['--mesages', '3'], 'unknown option "--mesages". Did you mean --messages?'],
    [['--loss', '2'], '--loss: expected a number from 0 to less than 1, got "2".'],
    [['--protocol', 'plumtre'], '--protocol: expected some of unicast, ip-multicast, mst, flood, gossip-mesh, narada, x-bot, plumtree, switch-tree, nice, rumor, anti-entropy, got "plumtre". Did you mean plumtree?'],
    [['no-such.json'], 'no-such.json: no such file.'],
    [['textbook'], 'textbook: no such file. Did you mean builtin:textbook?'],
    [['lib'], 'lib: is a directory, expected a file.'],
    [['builtin:texbook'], 'builtin: expected one of textbook, transit-stub, got "texbook". Did you mean textbook?'],
    [['--links', '--quiet'], '--links: adds to the JSON alone; give --json FILE or --json - too.'],
    [['generate', 'waxman', '--routers', '0'], 'waxman --routers: expected a whole number from 1 to 20000, got 0.'],
    [['convert', 'test/fixtures/matrix.csv', '--format', 'dot'], '--format: expected json, since matrix is a latency matrix and has no links, got "dot".'],
  ])('%j ends with status 2 and one sentence', (args, sentence) => {
    expect(overlaySim(args)).toEqual({ status: 2, stdout: '', stderr: `overlay-sim: ${sentence}\n` });
  });

  test('prints a table of every protocol that fits 100 columns', () => {
    const { status, stdout, stderr } = overlaySim(TEXTBOOK);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe('builtin:textbook: 5 routers, 5 links, 5 hosts (all)');
    for (const { name } of PROTOCOLS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('writes JSON alone to standard output, the same bytes for the same seed and another trace for another', () => {
    const once = overlaySim([...TEXTBOOK, '--json', '-', '--links']);
    expect({ status: once.status, stderr: once.stderr }).toEqual({ status: 0, stderr: '' });
    const report: { readonly seed: number; readonly results: readonly { readonly protocol: string; readonly links: readonly unknown[] }[] } = JSON.parse(once.stdout);
    expect(report.results.map(({ protocol }) => protocol)).toEqual(PROTOCOLS.map(({ name }) => name));
    expect(report.results.map(({ links }) => links.length)).toEqual(PROTOCOLS.map(() => 10));
    expect(overlaySim([...TEXTBOOK, '--json', '-', '--links']).stdout).toBe(once.stdout);
    const other = overlaySim([...TEXTBOOK, '--json', '-', '--seed', String(report.seed + 1)]);
    expect(hashOf(other.stdout, 'flood')).not.toBe(hashOf(once.stdout, 'flood'));
  });

  test('writes CSV to standard output and JSON to a file in one run, notes to standard error', () => {
    withFolder((folder) => {
      const json = join(folder, 'report.json');
      const { status, stdout, stderr } = overlaySim(['test/fixtures/zoo.graphml', '--protocol', 'mst,unicast', '--messages', '1', '--csv', '-', '--json', json]);
      const report: { readonly notes: readonly string[] } = JSON.parse(readFileSync(json, 'utf8'));
      expect(status).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(3);
      expect(report.notes.length).toBeGreaterThan(0);
      expect(stderr).toBe(report.notes.map((note) => `overlay-sim: test/fixtures/zoo.graphml: ${note}\n`).join(''));
    });
  });

  test.each(['--json', '--csv'])('says in one sentence, before it runs, that the file of %s cannot be written', (option) => {
    expect(overlaySim([...TEXTBOOK, '--protocol', 'mst', '--quiet', option, 'no-such-folder/a'])).toEqual({
      status: 2, stdout: '', stderr: 'overlay-sim: no-such-folder/a: cannot be written: no such folder.\n',
    });
  });

  test('leaves no file behind, and an old report as it was, when it cannot run', () => {
    withFolder((folder) => {
      const [json, csv] = [join(folder, 'new.json'), join(folder, 'old.csv')];
      writeFileSync(csv, 'old');
      expect(overlaySim(['no-such.json', '--json', json, '--csv', csv]).status).toBe(2);
      expect(existsSync(json)).toBe(false);
      expect(readFileSync(csv, 'utf8')).toBe('old');
    });
  });

  test('reads a generated map from a pipe, and converts between formats without loss', () => {
    withFolder((folder) => {
      const { status, stdout, stderr } = shell([
        'overlay-sim generate waxman --routers 12 --seed 3 > a.json',
        'overlay-sim convert a.json --format graphml | overlay-sim convert - > b.json',
        'cmp a.json b.json',
        'overlay-sim generate waxman --routers 12 --seed 3 | overlay-sim - --protocol mst --messages 1 --quiet',
      ].join('\n'), folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^generated:waxman: 12 routers, \d+ links, 12 hosts \(all\)\n/);
    });
  });

  test('ends quietly when its reader has seen enough', () => {
    withFolder((folder) => {
      writeFileSync(join(folder, 'status'), '');
      const script = '{ overlay-sim generate grid --rows 300 --columns 100; echo $? > status; } | head -n 1';
      expect(shell(script, folder)).toEqual({ status: 0, stdout: '{\n', stderr: '' });
      expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('0\n');
    });
  });

  test.skipIf(!existsSync('/dev/full'))('says that standard output is full', () => {
    withFolder((folder) => {
      expect(shell('overlay-sim generate ring > /dev/full', folder)).toEqual({
        status: 2, stdout: '', stderr: 'overlay-sim: standard output: cannot be written: no space left.\n',
      });
    });
  });
});

function hashOf(json: string, protocol: string): string | undefined {
  const { results }: { readonly results: readonly { readonly protocol: string; readonly traceHash: string }[] } = JSON.parse(json);
  return results.find((result) => result.protocol === protocol)?.traceHash;
}
