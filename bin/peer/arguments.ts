import { groupConfig } from '../../lib/core/config.ts';
import { OverlayError, describe, invalidOption } from '../../lib/core/errors.ts';
import type { JoinOptions, PeerOptions } from '../../lib/node/options.ts';
import { type Address, parseAddress } from '../../lib/transport/address.ts';
import { type Option, asksForHelp, refuse, scanArguments, suggestion, wholeNumber } from '../options.ts';
import { COMMANDS } from './commands.ts';
import { NAME_BYTES_MAX } from './envelope.ts';
import { hasControls } from './escape.ts';

/** What a command line asks for. */
export type PeerCommand =
  | { readonly kind: 'help'; readonly topic: Topic }
  | { readonly kind: 'version' }
  | ChatCommand
  | PingCommand
  | WatchCommand;

export type Topic = 'chat' | 'ping' | 'watch';

export interface ChatCommand {
  readonly kind: 'chat';
  readonly peer: PeerOptions;
  readonly groups: readonly string[];
  readonly join: JoinOptions;
  readonly name: string | undefined;
  readonly json: boolean;
  readonly stats: boolean;
  readonly quiet: boolean;
  /** `undefined`: as long as what was published needs. */
  readonly lingerMs: number | undefined;
  /** What another terminal must be given, beside an address, to take part. */
  readonly sameOptions: readonly string[];
}

export interface PingCommand {
  readonly kind: 'ping';
  readonly address: string;
  readonly count: number;
  readonly json: boolean;
}

export interface WatchCommand {
  readonly kind: 'watch';
  readonly address: string;
  readonly peer: PeerOptions;
  readonly group: string;
  readonly join: JoinOptions;
  /** Blocks to print; `undefined` for ever. */
  readonly count: number | undefined;
  readonly json: boolean;
}

const DEFAULT_GROUP = 'main';
const PING_COUNT = 4;
const PING_COUNT_MAX = 1_000_000;
const LINGER_MS_MAX = 3_600_000;

/** Bytes of a group's name. */
const GROUP_BYTES_MAX = 64;

const LISTEN: Option = {
  name: 'listen', value: 'ADDR', repeatable: true,
  help: 'udp://HOST:PORT or tcp://HOST:PORT, one of each at most; port 0 lets the system pick; by default both on 127.0.0.1, which this machine alone can reach, or on 0.0.0.0 when --join names another machine',
};
const PRESET: Option = { name: 'preset', value: 'NET', help: 'times that fit the network: local, lan (the default) or wan' };
const PREFER: Option = { name: 'prefer', value: 'WHICH', help: 'between peers that share both: udp, tcp, or auto (the default), large messages by TCP and all else by UDP' };
const GROUP_OPTIONS: readonly Option[] = [
  { name: 'overlay', value: 'NAME', help: 'hyparview (the default), x-bot, cyclon, narada, switch-tree or nice; the same at all members' },
  { name: 'dissemination', value: 'NAME', help: 'plumtree (the default), flooding, gossip-mesh, rumor, anti-entropy, or tree, which narada, switch-tree and nice alone have, as their default; over cyclon flooding, rumor or anti-entropy; the same at all members' },
  { name: 'order', value: 'ORDER', help: 'none (the default), fifo or causal; causal at all members' },
  { name: 'repair', value: 'HOW', help: 'none or anti-entropy (the default), which brings what was missed' },
  { name: 'since', value: 'WHEN', help: 'what a newcomer gets: now (the default), history, all that others still keep, or any, nothing asked for' },
];
const OVERLAYS = ['hyparview', 'x-bot', 'cyclon', 'narada', 'switch-tree', 'nice'] as const;
const DISSEMINATIONS = ['plumtree', 'flooding', 'gossip-mesh', 'rumor', 'anti-entropy', 'tree'] as const;
/** Overlays that are trees, or know one for each publisher. */
const TREES: readonly string[] = ['narada', 'switch-tree', 'nice'];
const HELP: Option = { name: 'help', help: 'print this' };

export const CHAT_OPTIONS: readonly Option[] = [
  LISTEN,
  { name: 'join', value: 'ADDR', repeatable: true, help: 'a peer to join through; several with commas, or the option several times; any one that is alive is enough' },
  { name: 'group', value: 'NAME', repeatable: true, help: `a group to join, several likewise; lines go to the first; ${DEFAULT_GROUP} by default` },
  { name: 'name', value: 'NAME', help: `goes with each line and is shown in place of the id; at most ${NAME_BYTES_MAX} bytes` },
  { name: 'json', help: 'one JSON object per event on standard output' },
  { name: 'stats', help: 'counters each second, on standard error; with --json as events' },
  { name: 'linger', value: 'MS', help: 'after the end of the input, time to find a neighbour and to deliver; by default as long as it takes, within bounds' },
  PRESET,
  PREFER,
  ...GROUP_OPTIONS,
  { name: 'quiet', help: 'nothing but errors on standard error' },
  HELP,
  { name: 'version', help: 'print the version' },
];

export const PING_OPTIONS: readonly Option[] = [
  { name: 'count', value: 'N', help: `round trips to measure; ${PING_COUNT} by default` },
  { name: 'json', help: 'one JSON object per event on standard output' },
  HELP,
];

export const WATCH_OPTIONS: readonly Option[] = [
  { name: 'group', value: 'NAME', help: `the group to watch; ${DEFAULT_GROUP} by default` },
  { name: 'count', value: 'N', help: 'end after so many seconds shown; by default it goes on until Ctrl-C' },
  { name: 'json', help: 'one JSON object a second on standard output' },
  LISTEN,
  PRESET,
  PREFER,
  ...GROUP_OPTIONS,
  HELP,
];

/**
 * Reads the command line that follows the program's name.
 * @throws OverlayError `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function parseArguments(argv: readonly string[]): PeerCommand {
  const [first, ...rest] = argv;
  if (first === 'ping') return parsePing(rest);
  if (first === 'watch') return parseWatch(rest);
  return parseChat(argv);
}

function parseChat(argv: readonly string[]): PeerCommand {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'chat' };
  const { positionals: [stray], values } = scanArguments(argv, CHAT_OPTIONS);
  if (values.has('version')) return { kind: 'version' };
  if (stray !== undefined) {
    const hint = /^(?:udp|tcp):/.test(stray) ? ` Did you mean --join ${stray}?` : suggestion(stray, ['ping', 'watch']);
    refuse(`expected options, ping or watch, got ${describe(stray)}.${hint}`);
  }
  const linger = values.get('linger');
  const join = joinOptions(values);
  const groups = groupNames(values.get('group') ?? DEFAULT_GROUP);
  return {
    kind: 'chat',
    peer: peerOptions(values, addressList('--join', values.get('join'))),
    groups,
    join,
    name: nameOf(values.get('name')),
    json: values.has('json'),
    stats: values.has('stats'),
    quiet: values.has('quiet'),
    lingerMs: linger === undefined ? undefined : wholeNumber('--linger', linger, 0, LINGER_MS_MAX),
    sameOptions: [
      ...groups.flatMap((name) => ['--group', name]),
      ...['overlay', 'dissemination', 'order'].flatMap((name) => (values.has(name) ? [`--${name}`, values.get(name) ?? ''] : [])),
    ],
  };
}

function parsePing(argv: readonly string[]): PeerCommand {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'ping' };
  const { positionals, values } = scanArguments(argv, PING_OPTIONS);
  const address = onlyAddress('ping', positionals);
  const count = wholeNumber('--count', values.get('count') ?? String(PING_COUNT), 1, PING_COUNT_MAX);
  return { kind: 'ping', address, count, json: values.has('json') };
}

function parseWatch(argv: readonly string[]): PeerCommand {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'watch' };
  const { positionals, values } = scanArguments(argv, WATCH_OPTIONS);
  const address = onlyAddress('watch', positionals);
  const given = values.get('group') ?? DEFAULT_GROUP;
  const [group = given, second] = groupNames(given);
  if (second !== undefined) refuse(`--group: expected one group to watch, got ${describe(given)}.`);
  const count = values.get('count');
  return {
    kind: 'watch',
    address,
    peer: peerOptions(values, [address]),
    group,
    join: joinOptions(values),
    count: count === undefined ? undefined : wholeNumber('--count', count, 1, PING_COUNT_MAX),
    json: values.has('json'),
  };
}

function onlyAddress(command: string, [address, second]: readonly string[]): string {
  if (address === undefined) return invalidOption(command, 'the address of a peer, such as udp://127.0.0.1:7000', undefined);
  if (second !== undefined) refuse(`${command}: expected one address, got ${describe(address)} and ${describe(second)}.`);
  dialable(command, address);
  return address;
}

function peerOptions(values: ReadonlyMap<string, string>, bootstrap: readonly string[]): PeerOptions {
  const preset = values.get('preset');
  const prefer = values.get('prefer');
  return {
    listen: listenAddresses(values.get('listen'), bootstrap.map((text) => parseAddress(text, '--join'))),
    bootstrap,
    ...(preset === undefined ? {} : { preset: word('--preset', preset, ['local', 'lan', 'wan']) }),
    ...(prefer === undefined ? {} : { prefer: word('--prefer', prefer, ['auto', 'udp', 'tcp']) }),
  };
}

/** The text of each option as `join` takes it; what was not given has the library's default. */
function joinOptions(values: ReadonlyMap<string, string>): JoinOptions {
  const [overlay, dissemination, order, repair, since] = ['overlay', 'dissemination', 'order', 'repair', 'since'].map((name) => values.get(name));
  if (dissemination === 'anti-entropy' && repair === 'anti-entropy') {
    refuse('--repair: expected none with --dissemination anti-entropy, which repairs by itself, got "anti-entropy".');
  }
  return {
    ...protocols(overlay, dissemination),
    ...(order === undefined ? {} : { order: word('--order', order, ['none', 'fifo', 'causal']) }),
    ...(repair === undefined ? {} : { repair: word('--repair', repair, ['none', 'anti-entropy']) }),
    ...(since === undefined ? {} : { since: word('--since', since, ['now', 'history', 'any']) }),
  };
}

/** A tree is implied where the overlay has one; what does not go together is told before anything starts. */
function protocols(overlay: string | undefined, dissemination: string | undefined): Pick<JoinOptions, 'overlay' | 'dissemination'> {
  const implied = dissemination ?? (overlay !== undefined && TREES.includes(overlay) ? 'tree' : undefined);
  const chosen = {
    ...(overlay === undefined ? {} : { overlay: word('--overlay', overlay, OVERLAYS) }),
    ...(implied === undefined ? {} : { dissemination: word('--dissemination', implied, DISSEMINATIONS) }),
  };
  try {
    groupConfig(chosen);
  } catch (error) {
    if (error instanceof OverlayError) refuse(`--overlay ${overlay ?? 'hyparview'}: ${error.message}`);
    throw error;
  }
  return chosen;
}

function listenAddresses(text: string | undefined, bootstrap: readonly Address[]): readonly string[] {
  if (text === undefined) return defaultListen(bootstrap);
  const list = listOf('--listen', text, 'addresses');
  const parsed = list.map((address) => parseAddress(address, '--listen'));
  for (const transport of ['udp', 'tcp']) {
    const same = parsed.filter((address) => address.transport === transport).length;
    if (same > 1) refuse(`--listen: expected at most one ${transport} address, got ${same}.`);
  }
  return list;
}

/** Nothing is authenticated: other machines are let in only by those who look for other machines, or say so. */
export function defaultListen(bootstrap: readonly Address[]): readonly string[] {
  const ipv6 = bootstrap.length > 0 && bootstrap.every(({ host }) => host.includes(':'));
  const elsewhere = bootstrap.some(({ host }) => !/^(?:127\.[\d.]+|localhost|::1)$/.test(host));
  const host = ipv6 ? (elsewhere ? '[::]' : '[::1]') : (elsewhere ? '0.0.0.0' : '127.0.0.1');
  return [`udp://${host}:0`, `tcp://${host}:0`];
}

function addressList(option: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const list = listOf(option, text, 'addresses');
  for (const address of list) dialable(option, address);
  return list;
}

function dialable(option: string, text: string): void {
  if (parseAddress(text, option).port === 0) invalidOption(option, 'an address with a port from 1 to 65535', text);
}

function groupNames(text: string): readonly string[] {
  const names = listOf('--group', text, 'names');
  for (const [index, name] of names.entries()) {
    const why = unfitGroup(name);
    if (why !== undefined) refuse(`--group: ${why}`);
    if (names.indexOf(name) !== index) refuse(`--group: ${describe(name)} was given twice.`);
  }
  return names;
}

/** Why no group may be called `name` here, if so: a name must be fit to be typed after a slash. */
export function unfitGroup(name: string): string | undefined {
  if (name === '' || Buffer.byteLength(name) > GROUP_BYTES_MAX || hasControls(name) || /[\s,]|^\//.test(name)) {
    return `expected a name of 1 to ${GROUP_BYTES_MAX} bytes without blanks and commas, and without a slash in front, got ${describe(name)}.`;
  }
  return COMMANDS.some((command) => command.name === name) ? `expected a name other than those of the commands ${COMMANDS.map((command) => command.name).join(', ')}, got ${describe(name)}.` : undefined;
}

function nameOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const name = text.trim();
  if (name !== '' && Buffer.byteLength(name) <= NAME_BYTES_MAX && !hasControls(name)) return name;
  return invalidOption('--name', `a name of 1 to ${NAME_BYTES_MAX} bytes without control characters`, text);
}

function listOf(option: string, text: string, what: string): readonly string[] {
  const list = text.split(',').map((item) => item.trim());
  return list.includes('') ? invalidOption(option, `${what} with commas between`, text) : list;
}

function word<const T extends string>(option: string, text: string, words: readonly T[]): T {
  return words.find((each) => each === text) ?? refuse(`${option}: expected ${words.length === 1 ? words[0] : `one of ${words.join(', ')}`}, got ${describe(text)}.${suggestion(text, words)}`);
}
