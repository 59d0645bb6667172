import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readScenario } from '../../../bin/run-scenario.ts';
import { parseRun, parseSwarm } from '../../../bin/scenario-arguments.ts';
import { withFolder } from '../../sim/run-cli.ts';

describe('arguments of run', () => {
  test('a file alone has the defaults', () => {
    expect(parseRun(['scenario.json'])).toEqual({ kind: 'run', file: 'scenario.json', seed: undefined, wire: 'objects', twice: false, json: undefined, quiet: false });
  });

  test('all of them', () => {
    expect(parseRun(['-', '--seed', '7', '--wire', 'bytes', '--twice', '--json', 'x.json', '--quiet'])).toEqual({ kind: 'run', file: '-', seed: 7, wire: 'bytes', twice: true, json: 'x.json', quiet: true });
    expect(parseRun(['--help'])).toEqual({ kind: 'help', topic: 'run' });
  });

  test.each([
    [[], 'run: expected a scenario: a file or -, got nothing.'],
    [['x.json', 'y.json'], 'run: expected one scenario, got "x.json" and "y.json".'],
    [['x.json', '--wire', 'paper'], '--wire: expected objects, bytes or datagrams, got "paper".'],
    [['x.json', '--seeds', '2'], 'unknown option "--seeds". Did you mean --seed?'],
  ])('%j is refused', (args, sentence) => {
    expect(() => parseRun(args)).toThrow(sentence);
  });
});

describe('arguments of swarm', () => {
  test('none has the defaults: a thread for each core', () => {
    expect(parseSwarm([])).toEqual({
      kind: 'swarm', from: 1, seeds: 1000, minutes: undefined, protocols: [], peersMax: 32, wire: undefined, workers: Math.min(64, availableParallelism()), save: '.', json: undefined, quiet: false,
    });
  });

  test('all of them', () => {
    expect(parseSwarm(['--from', '5', '--seeds', '6', '--protocol', 'flood, rumor', '--peers', '8', '--wire', 'datagrams', '--workers', '2', '--save', 'kept', '--json', '-', '--quiet'])).toEqual({
      kind: 'swarm', from: 5, seeds: 6, minutes: undefined, protocols: ['flood', 'rumor'], peersMax: 8, wire: 'datagrams', workers: 2, save: 'kept', json: '-', quiet: true,
    });
    expect(parseSwarm(['--minutes', '1.5'])).toMatchObject({ minutes: 1.5 });
    expect(parseSwarm(['--help'])).toEqual({ kind: 'help', topic: 'swarm' });
  });

  test.each([
    [['--protocol', 'flod'], /^--protocol: expected some of .*, got "flod"\. Did you mean flood\?$/],
    [['--seeds', '0'], /^--seeds: expected a whole number from 1 to 1000000000, got "?0"?\.$/],
    [['--peers', '1'], /^--peers: expected a whole number from 2 to 1000, got "?1"?\.$/],
    [['--workers', '65'], /^--workers: expected a whole number from 1 to 64, got "?65"?\.$/],
    [['--minutes', '1', '--seeds', '5'], /^--minutes: expected no --seeds beside it\.$/],
    [['--wire', 'bytes'], /^--wire: expected objects or datagrams, got "bytes"\.$/],
    [['waxman'], /^swarm: expected options, got "waxman"\.$/],
  ])('%j is refused', (args, sentence) => {
    expect(() => parseSwarm(args)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(sentence) }));
  });
});

describe('a scenario in a file', () => {
  test.each([
    ['{', 'INVALID_SCENARIO', /: expected JSON: .*\.$/],
    ['[]', 'INVALID_SCENARIO', /: the document: expected an object, got an array of 0\.$/],
    ['{}', 'INVALID_SCENARIO', /: format: expected one of overlaycast-scenario\/1, got nothing\.$/],
  ])('%s is refused by the name of the file', (text, code, sentence) => {
    withFolder((folder) => {
      const file = join(folder, 'scenario.json');
      writeFileSync(file, text);
      expect(() => readScenario(file)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(sentence) }));
      expect(() => readScenario(file)).toThrow(file);
    });
  });

  test('one that is not there cannot be read', () => {
    expect(() => readScenario('no-such.json')).toThrow(expect.objectContaining({ code: 'UNREADABLE_FILE', message: expect.stringMatching(/^no-such\.json: cannot be read: /) }));
  });
});
