import { describe, expect, test } from 'vitest';

import { CHAT_OPTIONS, PING_OPTIONS, WATCH_OPTIONS, parseArguments } from '../../../bin/peer/arguments.ts';
import { helpText } from '../../../bin/peer/help.ts';

const CHAT = {
  kind: 'chat',
  peer: { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'], bootstrap: [] },
  groups: ['main'],
  join: {},
  name: undefined,
  json: false,
  stats: false,
  quiet: false,
  lingerMs: undefined,
  sameOptions: ['--group', 'main'],
};

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

describe('a chat', () => {
  test('without arguments is one of this machine alone, in the group main', () => {
    expect(parse('')).toEqual(CHAT);
  });

  test.each([
    ['hyparview', { overlay: 'hyparview' }],
    ['x-bot --dissemination gossip-mesh', { overlay: 'x-bot', dissemination: 'gossip-mesh' }],
    ['cyclon --dissemination rumor', { overlay: 'cyclon', dissemination: 'rumor' }],
    ['narada', { overlay: 'narada', dissemination: 'tree' }],
    ['switch-tree', { overlay: 'switch-tree', dissemination: 'tree' }],
    ['nice --dissemination tree', { overlay: 'nice', dissemination: 'tree' }],
    ['nice --dissemination flooding', { overlay: 'nice', dissemination: 'flooding' }],
  ])('over %s, with a tree where the overlay has one', (line, join) => {
    expect(parse(`--overlay ${line}`)).toEqual({ ...CHAT, join, sameOptions: expect.arrayContaining(['--overlay', join.overlay]) });
  });

  test('takes every option', () => {
    const line = '--listen udp://127.0.0.1:7000 --listen=tcp://[::1]:7000 --join udp://seed:7000,tcp://seed:7000 --join udp://other:1 --group news,off'
      + ' --group x --name ada --json --stats --linger 250 --preset wan --prefer tcp --overlay hyparview --dissemination rumor --order fifo --repair none'
      + ' --since history --quiet';
    expect(parse(line)).toEqual({
      kind: 'chat',
      peer: {
        listen: ['udp://127.0.0.1:7000', 'tcp://[::1]:7000'],
        bootstrap: ['udp://seed:7000', 'tcp://seed:7000', 'udp://other:1'],
        preset: 'wan',
        prefer: 'tcp',
      },
      groups: ['news', 'off', 'x'],
      join: { overlay: 'hyparview', dissemination: 'rumor', order: 'fifo', repair: 'none', since: 'history' },
      name: 'ada',
      json: true,
      stats: true,
      quiet: true,
      lingerMs: 250,
      sameOptions: ['--group', 'news', '--group', 'off', '--group', 'x', '--overlay', 'hyparview', '--dissemination', 'rumor', '--order', 'fifo'],
    });
  });

  test.each([
    ['', ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']],
    ['--join udp://127.0.0.1:7000', ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']],
    ['--join udp://localhost:7000,tcp://127.8.8.8:1', ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']],
    ['--join udp://[::1]:7000', ['udp://[::1]:0', 'tcp://[::1]:0']],
    ['--join udp://10.0.0.1:7000', ['udp://0.0.0.0:0', 'tcp://0.0.0.0:0']],
    ['--join udp://127.0.0.1:7000,tcp://seed.example:7000', ['udp://0.0.0.0:0', 'tcp://0.0.0.0:0']],
    ['--join udp://[2001:db8::1]:7000', ['udp://[::]:0', 'tcp://[::]:0']],
    ['--join udp://10.0.0.1:7000 --listen tcp://127.0.0.1:0', ['tcp://127.0.0.1:0']],
  ])('with %j listens on %j', (line, listen) => {
    expect(parse(line)).toMatchObject({ peer: { listen } });
  });

  test.each([
    [['--listn', 'x'], 'unknown option "--listn". Did you mean --listen?'],
    [['--listen', '7000'], '--listen: expected an address such as udp://127.0.0.1:7000 or tcp://[::1]:7000, got "7000".'],
    [['--listen', 'udp://a:1,udp://b:1'], '--listen: expected at most one udp address, got 2.'],
    [['--listen', ''], '--listen: expected addresses with commas between, got "".'],
    [['--join', 'udp://a:1,'], '--join: expected addresses with commas between, got "udp://a:1,".'],
    [['--join', 'udp://a:0'], '--join: expected an address with a port from 1 to 65535, got "udp://a:0".'],
    [['--join'], '--join: expected a value, ADDR, got nothing.'],
    [['udp://a:1'], 'expected options, ping or watch, got "udp://a:1". Did you mean --join udp://a:1?'],
    [['wacth'], 'expected options, ping or watch, got "wacth". Did you mean watch?'],
    [['--group', 'a,a'], '--group: "a" was given twice.'],
    [['--group', 'a', '--group', 'a'], '--group: "a" was given twice.'],
    [['--group', 'a b'], '--group: expected a name of 1 to 64 bytes without blanks and commas, and without a slash in front, got "a b".'],
    [['--group', '/a'], '--group: expected a name of 1 to 64 bytes without blanks and commas, and without a slash in front, got "/a".'],
    [['--group', 'a\u0007'], '--group: expected a name of 1 to 64 bytes without blanks and commas, and without a slash in front, got "a\\u0007".'],
    [['--group', 'peers'], '--group: expected a name other than those of the commands help, peers, join, leave, quit, got "peers".'],
    [['--name', ' '], '--name: expected a name of 1 to 64 bytes without control characters, got " ".'],
    [['--name', 'a\u001b[m'], '--name: expected a name of 1 to 64 bytes without control characters, got "a\\u001b[m".'],
    [['--name', 'ä'.repeat(33)], `--name: expected a name of 1 to 64 bytes without control characters, got "${'ä'.repeat(33)}".`],
    [['--linger', '-1'], '--linger: expected a whole number from 0 to 3600000, got "-1".'],
    [['--preset', 'wann'], '--preset: expected one of local, lan, wan, got "wann". Did you mean wan?'],
    [['--prefer', 'quic'], '--prefer: expected one of auto, udp, tcp, got "quic".'],
    [['--overlay', 'full'], '--overlay: expected one of hyparview, x-bot, cyclon, narada, switch-tree, nice, got "full".'],
    [['--dissemination', 'flood'], '--dissemination: expected one of plumtree, flooding, gossip-mesh, rumor, anti-entropy, tree, got "flood".'],
    [['--overlay', 'cyclon'], '--overlay cyclon: dissemination: expected rumor, anti-entropy or flooding over cyclon, whose views are not mutual, got "plumtree".'],
    [['--dissemination', 'tree'], '--overlay hyparview: dissemination: expected an overlay of kind static, narada, switch-tree, nice for tree, since those know one, got "hyparview".'],
    [['--order', 'total'], '--order: expected one of none, fifo, causal, got "total".'],
    [['--repair', 'anti'], '--repair: expected one of none, anti-entropy, got "anti".'],
    [['--since', 'histroy'], '--since: expected one of now, history, any, got "histroy". Did you mean history?'],
    [['--dissemination', 'anti-entropy', '--repair', 'anti-entropy'], '--repair: expected none with --dissemination anti-entropy, which repairs by itself, got "anti-entropy".'],
    [['--json', '--json'], '--json: given twice.'],
    [['--quiet=yes'], '--quiet: takes no value, got "yes".'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('ping', () => {
  test('takes an address, a count and a form', () => {
    expect(parse('ping udp://a:1')).toEqual({ kind: 'ping', address: 'udp://a:1', count: 4, json: false });
    expect(parse('ping tcp://[::1]:1 --count 9 --json')).toEqual({ kind: 'ping', address: 'tcp://[::1]:1', count: 9, json: true });
  });

  test.each([
    [['ping'], 'ping: expected the address of a peer, such as udp://127.0.0.1:7000, got nothing.'],
    [['ping', 'a'], 'ping: expected an address such as udp://127.0.0.1:7000 or tcp://[::1]:7000, got "a".'],
    [['ping', 'udp://a:0'], 'ping: expected an address with a port from 1 to 65535, got "udp://a:0".'],
    [['ping', 'udp://a:1', 'udp://b:1'], 'ping: expected one address, got "udp://a:1" and "udp://b:1".'],
    [['ping', 'udp://a:1', '--count', '0'], '--count: expected a whole number from 1 to 1000000, got "0".'],
    [['ping', 'udp://a:1', '--cuont', '1'], 'unknown option "--cuont". Did you mean --count?'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('watch', () => {
  test('takes an address, a group and how to join', () => {
    const peer = { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'], bootstrap: ['udp://127.0.0.1:1'] };
    expect(parse('watch udp://127.0.0.1:1')).toEqual({ kind: 'watch', address: 'udp://127.0.0.1:1', peer, group: 'main', join: {}, count: undefined, json: false });
    expect(parse('watch udp://127.0.0.1:1 --group news --count 3 --json --dissemination flooding --preset local')).toEqual({
      kind: 'watch', address: 'udp://127.0.0.1:1', peer: { ...peer, preset: 'local' }, group: 'news', join: { dissemination: 'flooding' }, count: 3, json: true,
    });
  });

  test.each([
    [['watch'], 'watch: expected the address of a peer, such as udp://127.0.0.1:7000, got nothing.'],
    [['watch', 'udp://a:1', '--group', 'a,b'], '--group: expected one group to watch, got "a,b".'],
    [['watch', 'udp://a:1', '--name', 'a'], 'unknown option "--name".'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(...argv)).toBe(`OverlayError: ${sentence}`);
  });
});

describe('help and version', () => {
  test('are given whatever else is on the line', () => {
    expect(parse('--bogus --help')).toEqual({ kind: 'help', topic: 'chat' });
    expect(parse('-h')).toEqual({ kind: 'help', topic: 'chat' });
    expect(parse('ping --help')).toEqual({ kind: 'help', topic: 'ping' });
    expect(parse('watch x y --help')).toEqual({ kind: 'help', topic: 'watch' });
    expect(parse('--version')).toEqual({ kind: 'version' });
  });

  test.each([['chat', CHAT_OPTIONS], ['ping', PING_OPTIONS], ['watch', WATCH_OPTIONS]] as const)('of %s names every option and fits 100 columns', (topic, options) => {
    const lines = helpText(topic, 100).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const { name } of options) expect(lines.filter((line) => line.startsWith(`  --${name} `))).toHaveLength(1);
  });

  test('shows examples that the parser takes', () => {
    const examples = ['chat', 'ping', 'watch'].flatMap((topic) => helpText(topic as 'chat', 100).split('\n'))
      .filter((line) => /^ {2}(?:echo \w+ \| )?overlay-peer .*(?:\d|news|ada|bob|quiet|text)$/.test(line))
      .map((line) => line.replace(/^.*?overlay-peer /, '').replace(/ <.*/, ''));
    expect(examples).toHaveLength(7);
    for (const example of examples) expect(() => parse(example)).not.toThrow();
  });
});
