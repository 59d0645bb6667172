import { resolve } from 'node:path';

import { describe, invalidOption } from '../lib/core/errors.ts';
import type { TransportKind } from '../lib/transport/address.ts';
import type { ComparisonOptions } from '../sim/experiments/comparison.ts';
import { protocolSetup } from '../sim/experiments/protocols.ts';
import { REPRODUCTIONS } from '../sim/experiments/reproductions.ts';
import { DEFAULT_ACCESS_DELAY_MS } from '../sim/underlay/attachment.ts';
import { GENERATORS } from '../sim/underlay/generate/generators.ts';
import type { Generator } from '../sim/underlay/generate/generators.ts';
import { asksForHelp, realNumber, refuse, scanArguments, suggestion, wholeNumber } from './options.ts';
import type { Option } from './options.ts';
import { type RunCommand, type SwarmCommand, parseRun, parseSwarm } from './scenario-arguments.ts';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly topic: Topic }
  | { readonly kind: 'version' }
  | CompareCommand
  | GenerateCommand
  | ConvertCommand
  | ReproduceCommand
  | RunCommand
  | SwarmCommand
  | { readonly kind: 'reproductions'; readonly unknown: string | undefined };

/** What help is about. */
export type Topic = 'compare' | 'generate' | 'convert' | 'reproduce' | 'run' | 'swarm';

export interface CompareCommand {
  readonly kind: 'compare';
  /** A path, `builtin:NAME` or `-`. */
  readonly topology: string;
  /** What was given; the rest has the defaults of `compare`. */
  readonly options: ComparisonOptions;
  /** What real peers are to be linked by beside the simulation; `undefined` for none. */
  readonly live: TransportKind | undefined;
  /** Where the report goes as JSON and CSV: a path or `-`. */
  readonly json: string | undefined;
  readonly csv: string | undefined;
  readonly quiet: boolean;
}

export interface GenerateCommand {
  readonly kind: 'generate';
  readonly generator: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly format: TopologyFormat;
}

export interface ConvertCommand {
  readonly kind: 'convert';
  readonly topology: string;
  readonly format: TopologyFormat;
  readonly quiet: boolean;
}

export interface ReproduceCommand {
  readonly kind: 'reproduce';
  /** At least one; all of them for `all`. */
  readonly names: readonly string[];
  readonly seed: number;
  readonly quick: boolean;
  /** Where the report goes as JSON and CSV: a path or `-`. */
  readonly json: string | undefined;
  readonly csv: string | undefined;
  readonly quiet: boolean;
}

/** The formats that are written. */
export const TOPOLOGY_FORMATS = ['json', 'graphml', 'dot'] as const;
export type TopologyFormat = (typeof TOPOLOGY_FORMATS)[number];

/** The map of a comparison that names none. */
export const DEFAULT_TOPOLOGY = 'builtin:transit-stub';

/** The seed of a generated map, or of a reproduction, for which none is given. */
const SEED = 1;

/** What `compare` allows, checked here before the map is read; a test keeps the two the same. */
const MESSAGES_MAX = 100_000;
const PAYLOAD_BYTES_MAX = 1024 * 1024;
const JITTER_LIMIT = 100;
const COUNT_MAX = 999_999_999;
/** No access link is slower than a quarter of an hour. Guess. */
const ACCESS_DELAY_MS_MAX = 1e6;

/** Peers that one process runs live. A guess: full membership then takes some two thousand links. */
export const LIVE_HOSTS_MAX = 64;

export const COMPARE_OPTIONS: readonly Option[] = [
  { name: 'protocol', value: 'A,B', help: 'what to compare, with commas between; all by default' },
  { name: 'source', value: 'WHO', help: 'who publishes: first (the host of the first router, the default), random:N, all, or a host id' },
  { name: 'hosts', value: 'WHERE', help: 'routers with a host: all (the default), every:K, random:N; the hosts of the file, where it has some' },
  { name: 'access-delay', value: 'MS', help: `one-way delay between a host and its router where the file gives none; ${DEFAULT_ACCESS_DELAY_MS} by default` },
  { name: 'messages', value: 'N', help: 'measured messages of each source; 1 by default' },
  { name: 'warm-up', value: 'N', help: 'messages of each source before those, not measured; 10 over all sources by default' },
  { name: 'payload', value: 'BYTES', help: 'payload of a message; 1000 by default' },
  { name: 'loss', value: 'P', help: 'probability that a packet is lost on its way; 0 by default' },
  { name: 'jitter', value: 'P', help: 'largest extra delay of a packet, as a share of the delay of its route; 0 by default' },
  { name: 'wire', value: 'FORM', help: 'how messages cross: as objects (the default) or as bytes through the codec; the figures are the same' },
  { name: 'seed', value: 'N', help: 'the same seed gives the same report, to the last byte; 1 by default' },
  { name: 'live', value: 'LINKS', help: `udp or tcp: also run real peers on this machine, one per host (at most ${LIVE_HOSTS_MAX}), with the delays of the map, and show the differences` },
  { name: 'json', value: 'FILE', help: 'write the report as JSON; - is standard output, in place of the table' },
  { name: 'csv', value: 'FILE', help: 'write the results as CSV, one row per protocol; - as above' },
  { name: 'links', help: 'add the stress of each link to the JSON' },
  { name: 'quiet', help: 'the table alone: no notes, explanations or progress' },
  { name: 'help', help: 'print this' },
  { name: 'version', help: 'print the version' },
];

const FORMAT: Option = { name: 'format', value: 'FORMAT', help: 'json (the default), graphml or dot' };

export const CONVERT_OPTIONS: readonly Option[] = [
  FORMAT,
  { name: 'quiet', help: 'do not say on standard error what was done to the map' },
  { name: 'help', help: 'print this' },
];

export const REPRODUCE_OPTIONS: readonly Option[] = [
  { name: 'quick', help: 'a smaller version, in seconds; its rows say what is smaller' },
  { name: 'seed', value: 'N', help: `the same seed gives the same figures; ${SEED} by default` },
  { name: 'json', value: 'FILE', help: 'write the report as JSON; - is standard output, in place of the table' },
  { name: 'csv', value: 'FILE', help: 'write the rows as CSV; - as above' },
  { name: 'quiet', help: 'the table alone: no paper, method, notes or progress' },
  { name: 'help', help: 'print this' },
];

/** The options of every generator; those of its own come first. */
export const GENERATE_OPTIONS: readonly Option[] = [
  { name: 'seed', value: 'N', help: `the same seed gives the same map; ${SEED} by default` },
  FORMAT,
  { name: 'help', help: 'list the generators and their parameters' },
];

/**
 * Reads the command line that follows the program's name.
 *
 * @throws OverlayError `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function parseArguments(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  if (first === 'generate') return parseGenerate(rest);
  if (first === 'convert') return parseConvert(rest);
  if (first === 'reproduce') return parseReproduce(rest);
  if (first === 'run') return parseRun(rest);
  if (first === 'swarm') return parseSwarm(rest);
  return parseCompare(argv);
}

function parseCompare(argv: readonly string[]): Command {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'compare' };
  const { positionals, values } = scanArguments(argv, COMPARE_OPTIONS);
  if (values.has('version')) return { kind: 'version' };
  const [topology = DEFAULT_TOPOLOGY, second] = positionals;
  if (second !== undefined) {
    const hint = suggestion(topology, ['generate', 'convert', 'reproduce', 'run', 'swarm']);
    refuse(`expected one topology, got ${describe(topology)} and ${describe(second)}.${hint}`);
  }
  const json = values.get('json');
  const csv = values.get('csv');
  checkOutputs(topology, json, csv);
  if (values.has('links') && json === undefined) refuse('--links: adds to the JSON alone; give --json FILE or --json - too.');
  const options = comparisonOptions(values);
  return { kind: 'compare', topology, options, live: live(values.get('live'), options), json, csv, quiet: values.has('quiet') };
}

function live(text: string | undefined, { loss = 0, jitter = 0 }: ComparisonOptions): TransportKind | undefined {
  if (text === undefined) return undefined;
  if (text !== 'udp' && text !== 'tcp') return invalidOption('--live', 'udp or tcp', text);
  for (const [option, value] of [['--loss', loss], ['--jitter', jitter]] as const) {
    if (value > 0) refuse(`${option}: expected 0 with --live, whose links on this machine take the delays of the map and nothing else, got ${value}.`);
  }
  return text;
}

/** Standard output has room for one of them, and neither may replace the other or the map, where there is one. */
function checkOutputs(topology: string | undefined, json: string | undefined, csv: string | undefined): void {
  const place = (path: string): string => (path === '-' ? path : resolve(path));
  if (json !== undefined && csv !== undefined && place(json) === place(csv)) {
    refuse(`--csv: expected another place than --json, got ${describe(csv)} for both.`);
  }
  for (const [option, path] of [['--json', json], ['--csv', csv]] as const) {
    if (path === '') refuse(`${option}: expected a file or -, got "".`);
    if (topology !== undefined && path !== undefined && path !== '-' && place(path) === place(topology)) {
      refuse(`${option}: expected another file than the topology, got ${describe(path)}.`);
    }
  }
}

type Parsers = { readonly [name: string]: (text: string) => ComparisonOptions };

/** How the value of each option is read, and which option of `compare` it becomes. */
const PARSERS: Parsers = {
  protocol: (text) => ({ protocols: protocols(text) }),
  source: (text) => ({ source: choice('--source', text, ['random']) }),
  hosts: (text) => ({ hosts: hosts(text) }),
  'access-delay': (text) => ({ accessDelayMs: realNumber('--access-delay', text, `a number of ms from 0 to ${ACCESS_DELAY_MS_MAX}`, (ms) => ms >= 0 && ms <= ACCESS_DELAY_MS_MAX) }),
  messages: (text) => ({ messages: wholeNumber('--messages', text, 1, MESSAGES_MAX) }),
  'warm-up': (text) => ({ warmUpMessages: wholeNumber('--warm-up', text, 0, MESSAGES_MAX) }),
  payload: (text) => ({ payloadBytes: wholeNumber('--payload', text, 0, PAYLOAD_BYTES_MAX) }),
  loss: (text) => ({ loss: realNumber('--loss', text, 'a number from 0 to less than 1', (p) => p >= 0 && p < 1) }),
  jitter: (text) => ({ jitter: realNumber('--jitter', text, `a number from 0 to less than ${JITTER_LIMIT}`, (p) => p >= 0 && p < JITTER_LIMIT) }),
  wire: (text) => ({ wire: text === 'objects' || text === 'bytes' ? text : invalidOption('--wire', 'objects or bytes', text) }),
  seed: (text) => ({ seed: wholeNumber('--seed', text, 0, Number.MAX_SAFE_INTEGER) }),
};

function comparisonOptions(values: ReadonlyMap<string, string>): ComparisonOptions {
  let options: ComparisonOptions = values.has('links') ? { links: true } : {};
  for (const [name, text] of values) {
    const parser = PARSERS[name];
    if (parser !== undefined) options = { ...options, ...parser(text) };
  }
  return options;
}

function protocols(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) invalidOption('--protocol', 'names with commas between', text);
  // Refuses unknown ones before the map is read.
  for (const name of names) protocolSetup(name);
  return names;
}

function hosts(text: string): string {
  const checked = choice('--hosts', text, ['every', 'random']);
  if (checked === 'all' || /^(?:every|random):/.test(checked)) return checked;
  return invalidOption('--hosts', 'all, every:K or random:N', text);
}

/**
 * Checks the number of `every:K` and `random:N`; other words pass. How many there
 * are to choose from is known once the map is read, and checked then.
 */
function choice(option: string, text: string, counted: readonly string[]): string {
  const [word = '', count] = text.split(/:(.*)/s, 2);
  if (count === undefined || !counted.includes(word)) return text;
  const letter = word === 'every' ? 'K' : 'N';
  const expected = (bound: string): string => `${word}:${letter} with a whole number ${letter} of ${bound}`;
  const value = realNumber(option, count, expected('at least 1'), (number) => Number.isInteger(number) && number >= 1);
  return value <= COUNT_MAX ? `${word}:${value}` : invalidOption(option, expected(`at most ${COUNT_MAX}`), count);
}

function parseGenerate(argv: readonly string[]): Command {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'generate' };
  const [name, ...rest] = argv;
  const names = GENERATORS.map((each) => each.name);
  if (name === undefined || name.startsWith('-')) return invalidOption('generate', `the name of a generator first, one of ${names.join(', ')}`, name);
  const generator = GENERATORS.find((each) => each.name === name);
  if (generator === undefined) {
    return refuse(`generate: expected one of ${names.join(', ')}, got ${describe(name)}.${suggestion(name, names)}`);
  }
  const options = [...parameterOptions(generator), ...GENERATE_OPTIONS];
  const takes = `; ${name} takes ${options.map((option) => `--${option.name}`).join(', ')}`;
  const { positionals, values } = scanArguments(rest, options, takes);
  if (positionals.length > 0) invalidOption(`generate ${name}`, 'options after the name', positionals[0]);
  const parameters: Record<string, number> = {};
  for (const parameter of generator.parameters) {
    const text = values.get(parameter.name);
    if (text !== undefined) parameters[parameter.name] = realNumber(`--${parameter.name}`, text, 'a number', () => true);
  }
  const seed = wholeNumber('--seed', values.get('seed') ?? String(SEED), 0, Number.MAX_SAFE_INTEGER);
  return { kind: 'generate', generator: name, parameters, seed, format: format(values) };
}

/** The parameters of a generator as options. */
export function parameterOptions(generator: Generator): readonly Option[] {
  return generator.parameters.map(({ name, meaning, unit, default: standard }) => {
    return { name, value: unit === '' ? 'N' : unit.toUpperCase(), help: `${meaning}; ${standard} by default` };
  });
}

function parseConvert(argv: readonly string[]): Command {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'convert' };
  const { positionals, values } = scanArguments(argv, CONVERT_OPTIONS);
  const [topology, second] = positionals;
  if (topology === undefined) return invalidOption('convert', 'a topology: a file, builtin:NAME or -', undefined);
  if (second !== undefined) refuse(`convert: expected one topology, got ${describe(topology)} and ${describe(second)}.`);
  return { kind: 'convert', topology, format: format(values), quiet: values.has('quiet') };
}

function parseReproduce(argv: readonly string[]): Command {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'reproduce' };
  const { positionals, values } = scanArguments(argv, REPRODUCE_OPTIONS);
  const [name, second] = positionals;
  if (name === undefined) return { kind: 'reproductions', unknown: undefined };
  if (second !== undefined) refuse(`reproduce: expected one name, got ${describe(name)} and ${describe(second)}; all runs every one.`);
  const names = REPRODUCTIONS.map((reproduction) => reproduction.name).filter((each) => name === 'all' || name === each);
  if (names.length === 0) return { kind: 'reproductions', unknown: name };
  const json = values.get('json');
  const csv = values.get('csv');
  checkOutputs(undefined, json, csv);
  const seed = wholeNumber('--seed', values.get('seed') ?? String(SEED), 0, Number.MAX_SAFE_INTEGER);
  return { kind: 'reproduce', names, seed, quick: values.has('quick'), json, csv, quiet: values.has('quiet') };
}

function format(values: ReadonlyMap<string, string>): TopologyFormat {
  const given = values.get('format') ?? 'json';
  const known = TOPOLOGY_FORMATS.find((each) => each === given);
  return known ?? refuse(`--format: expected one of ${TOPOLOGY_FORMATS.join(', ')}, got ${describe(given)}.${suggestion(given, TOPOLOGY_FORMATS)}`);
}
