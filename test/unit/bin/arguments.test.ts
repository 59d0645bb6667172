import { describe, expect, test } from 'vitest';

import { parseArguments } from '../../../bin/arguments.ts';
import { compare } from '../../../sim/experiments/comparison.ts';
import { REPRODUCTIONS } from '../../../sim/experiments/reproductions.ts';
import { builtinUnderlay } from '../../../sim/underlay/builtin.ts';

const COMPARE = { kind: 'compare', topology: 'builtin:transit-stub', options: {}, json: undefined, csv: undefined, quiet: false };

function parse(line: string): unknown {
  return parseArguments(line === '' ? [] : line.split(' '));
}

/** The error of a command line that is refused. */
function refusal(...argv: string[]): string {
  try {
    parseArguments(argv);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return 'accepted';
}

describe('a comparison', () => {
  test('without arguments runs on a built-in map with the defaults of the simulator', () => {
    expect(parse('')).toEqual(COMPARE);
  });

  test('takes a file, a built-in map or standard input', () => {
    expect(parse('topo.json')).toEqual({ ...COMPARE, topology: 'topo.json' });
    expect(parse('builtin:textbook')).toEqual({ ...COMPARE, topology: 'builtin:textbook' });
    expect(parse('-')).toEqual({ ...COMPARE, topology: '-' });
    expect(parse('-- --odd-name')).toEqual({ ...COMPARE, topology: '--odd-name' });
  });

  test('takes every option', () => {
    const line = 'a.gml --protocol flood,rumor:pull:k=3 --source random:3 --hosts every:2 --access-delay 0.5 --messages 20 --warm-up 0'
      + ' --payload 64 --loss 0.05 --jitter=.1 --wire bytes --seed 42 --json - --csv out.csv --links --quiet';
    expect(parse(line)).toEqual({
      kind: 'compare',
      topology: 'a.gml',
      options: {
        protocols: ['flood', 'rumor:pull:k=3'],
        source: 'random:3',
        hosts: 'every:2',
        accessDelayMs: 0.5,
        messages: 20,
        warmUpMessages: 0,
        payloadBytes: 64,
        loss: 0.05,
        jitter: 0.1,
        wire: 'bytes',
        seed: 42,
        links: true,
      },
      json: '-',
      csv: 'out.csv',
      quiet: true,
    });
  });

  test('takes a host id as source, even one that looks like a choice', () => {
    for (const source of ['7', 'all', 'first', 'Amsterdam', 'a:b']) {
      expect(parseArguments(['--source', source])).toEqual({ ...COMPARE, options: { source } });
    }
  });

  test.each([
    [['--loss', '2'], '--loss: expected a number from 0 to less than 1, got "2".'],
    [['--loss', '1'], '--loss: expected a number from 0 to less than 1, got "1".'],
    [['--loss', ''], '--loss: expected a number from 0 to less than 1, got "".'],
    [['--loss', 'NaN'], '--loss: expected a number from 0 to less than 1, got "NaN".'],
    [['--jitter', '-1'], '--jitter: expected a number from 0 to less than 100, got "-1".'],
    [['--access-delay', 'Infinity'], '--access-delay: expected a number of ms from 0 to 1000000, got "Infinity".'],
    [['--access-delay', '1ms'], '--access-delay: expected a number of ms from 0 to 1000000, got "1ms".'],
    [['--messages', '0'], '--messages: expected a whole number from 1 to 100000, got "0".'],
    [['--messages', '2.5'], '--messages: expected a whole number from 1 to 100000, got "2.5".'],
    [['--warm-up=-1'], '--warm-up: expected a whole number from 0 to 100000, got "-1".'],
    [['--payload', '1e9'], '--payload: expected a whole number from 0 to 1048576, got "1e9".'],
    [['--seed', '0x10'], '--seed: expected a whole number from 0 to 9007199254740991, got "0x10".'],
    [['--wire', 'xml'], '--wire: expected objects or bytes, got "xml".'],
    [['--hosts', 'some'], '--hosts: expected all, every:K or random:N, got "some".'],
    [['--hosts', 'a:b'], '--hosts: expected all, every:K or random:N, got "a:b".'],
    [['--hosts', 'every:0'], '--hosts: expected every:K with a whole number K of at least 1, got "0".'],
    [['--hosts', 'random:1.5'], '--hosts: expected random:N with a whole number N of at least 1, got "1.5".'],
    [['--source', 'random:0'], '--source: expected random:N with a whole number N of at least 1, got "0".'],
    [['--source', 'random:x'], '--source: expected random:N with a whole number N of at least 1, got "x".'],
    [['--source', 'random:1e9'], '--source: expected random:N with a whole number N of at most 999999999, got "1e9".'],
    [['--protocol', 'flood,,mst'], '--protocol: expected names with commas between, got "flood,,mst".'],
    [['--protocol', 'flod'], '--protocol: expected some of unicast, ip-multicast, mst, flood, gossip-mesh, narada, x-bot, plumtree, switch-tree, nice, rumor, anti-entropy, got "flod". Did you mean flood?'],
    [['--mesages', '3'], 'unknown option "--mesages". Did you mean --messages?'],
    [['--frobnicate'], 'unknown option "--frobnicate".'],
    [['-q'], 'unknown option "-q".'],
    [['--messages'], '--messages: expected a value, N, got nothing.'],
    [['--json', '--quiet'], '--json: expected a value, FILE, got "--quiet".'],
    [['--seed', '1', '--seed=2'], '--seed: given twice.'],
    [['--quiet=yes'], '--quiet: takes no value, got "yes".'],
    [['a.json', 'b.json'], 'expected one topology, got "a.json" and "b.json".'],
    [['genrate', 'waxman'], 'expected one topology, got "genrate" and "waxman". Did you mean generate?'],
    [['--json', '-', '--csv', '-'], '--csv: expected another place than --json, got "-" for both.'],
    [['--json', 'out', '--csv', './out'], '--csv: expected another place than --json, got "./out" for both.'],
    [['topo.json', '--json', './topo.json'], '--json: expected another file than the topology, got "./topo.json".'],
    [['--csv='], '--csv: expected a file or -, got "".'],
    [['--links'], '--links: adds to the JSON alone; give --json FILE or --json - too.'],
    [['--links', '--csv', '-'], '--links: adds to the JSON alone; give --json FILE or --json - too.'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('the bounds of options', () => {
  test.each([
    ['--messages', 0, { messages: 0 }],
    ['--messages', 100_001, { messages: 100_001 }],
    ['--warm-up', -1, { warmUpMessages: -1 }],
    ['--warm-up', 100_001, { warmUpMessages: 100_001 }],
    ['--payload', -1, { payloadBytes: -1 }],
    ['--payload', 1_048_577, { payloadBytes: 1_048_577 }],
    ['--loss', 1, { loss: 1 }],
    ['--jitter', 100, { jitter: 100 }],
    ['--seed', -1, { seed: -1 }],
  ])('%s %d is refused in the words of the simulator', (option, value, options) => {
    const sentence = refusal(`${option}=${value}`).replace(`"${value}"`, String(value));
    expect(() => compare(builtinUnderlay('textbook'), 'builtin:textbook', options)).toThrow(sentence.replace('OverlayError: ', ''));
  });
});

describe('help and version', () => {
  test('are given whatever else is on the line', () => {
    expect(parse('--bogus --help')).toEqual({ kind: 'help', topic: 'compare' });
    expect(parse('-h')).toEqual({ kind: 'help', topic: 'compare' });
    expect(parse('generate --help')).toEqual({ kind: 'help', topic: 'generate' });
    expect(parse('generate waxman --help')).toEqual({ kind: 'help', topic: 'generate' });
    expect(parse('convert --help')).toEqual({ kind: 'help', topic: 'convert' });
    expect(parse('reproduce textbook -h')).toEqual({ kind: 'help', topic: 'reproduce' });
    expect(parse('--version')).toEqual({ kind: 'version' });
  });
});

describe('generate', () => {
  test('takes the parameters of its generator, a seed and a format', () => {
    expect(parse('generate waxman')).toEqual({ kind: 'generate', generator: 'waxman', parameters: {}, seed: 1, format: 'json' });
    expect(parse('generate waxman --routers 50 --plane-km=1e3 --seed 9 --format dot'))
      .toEqual({ kind: 'generate', generator: 'waxman', parameters: { routers: 50, 'plane-km': 1000 }, seed: 9, format: 'dot' });
  });

  test.each([
    [['generate'], 'generate: expected the name of a generator first, one of waxman, barabasi-albert, watts-strogatz, random-regular, transit-stub, grid, ring, line, star, tree, got nothing.'],
    [['generate', 'waxmann'], 'generate: expected one of waxman, barabasi-albert, watts-strogatz, random-regular, transit-stub, grid, ring, line, star, tree, got "waxmann". Did you mean waxman?'],
    [['generate', 'ring', '--router', '5'], 'unknown option "--router". Did you mean --routers?'],
    [['generate', 'grid', '--foo', '1'], 'unknown option "--foo"; grid takes --rows, --columns, --delay-ms, --seed, --format, --help.'],
    [['generate', 'ring', '--routers', 'many'], '--routers: expected a number, got "many".'],
    [['generate', 'ring', '5'], 'generate ring: expected options after the name, got "5".'],
    [['generate', 'ring', '--format', 'jsn'], '--format: expected one of json, graphml, dot, got "jsn". Did you mean json?'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('convert', () => {
  test('takes a map and a format', () => {
    expect(parse('convert a.gml')).toEqual({ kind: 'convert', topology: 'a.gml', format: 'json', quiet: false });
    expect(parse('convert - --format graphml --quiet')).toEqual({ kind: 'convert', topology: '-', format: 'graphml', quiet: true });
  });

  test.each([
    [['convert'], 'convert: expected a topology: a file, builtin:NAME or -, got nothing.'],
    [['convert', 'a', 'b'], 'convert: expected one topology, got "a" and "b".'],
    [['convert', 'a', '--format', 'png'], '--format: expected one of json, graphml, dot, got "png".'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('reproduce', () => {
  const TEXTBOOK = { kind: 'reproduce', names: ['textbook'], seed: 1, quick: false, json: undefined, csv: undefined, quiet: false };

  test('takes a name, or all, and every option', () => {
    expect(parse('reproduce textbook')).toEqual(TEXTBOOK);
    expect(parse('reproduce --quick textbook --seed 9 --json - --csv=rows.csv --quiet'))
      .toEqual({ ...TEXTBOOK, seed: 9, quick: true, json: '-', csv: 'rows.csv', quiet: true });
    expect(parse('reproduce all')).toEqual({ ...TEXTBOOK, names: REPRODUCTIONS.map(({ name }) => name) });
  });

  test('without a name, or with one that nobody has, lists the names', () => {
    expect(parse('reproduce')).toEqual({ kind: 'reproductions', unknown: undefined });
    expect(parse('reproduce texbook')).toEqual({ kind: 'reproductions', unknown: 'texbook' });
  });

  test.each([
    [['reproduce', 'textbook', 'glomers'], 'reproduce: expected one name, got "textbook" and "glomers"; all runs every one.'],
    [['reproduce', 'textbook', '--quik'], 'unknown option "--quik". Did you mean --quick?'],
    [['reproduce', 'textbook', '--quick=yes'], '--quick: takes no value, got "yes".'],
    [['reproduce', 'textbook', '--seed', '-1'], '--seed: expected a whole number from 0 to 9007199254740991, got "-1".'],
    [['reproduce', 'textbook', '--json', '-', '--csv', '-'], '--csv: expected another place than --json, got "-" for both.'],
    [['reproduce', 'textbook', '--json', ''], '--json: expected a file or -, got "".'],
    [['reprodce', 'textbook'], 'expected one topology, got "reprodce" and "textbook". Did you mean reproduce?'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});
