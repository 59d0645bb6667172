import { availableParallelism } from 'node:os';
import { describe, invalidOption } from '../lib/core/errors.ts';
import { CONTRACTS } from '../sim/scenario/bounds.ts';
import type { Wire } from '../sim/swarm/run-with.ts';
import { SWARM_DEFAULTS, type SwarmWire } from '../sim/swarm/swarm.ts';
import { type Option, asksForHelp, realNumber, refuse, scanArguments, suggestion, wholeNumber } from './options.ts';

export interface RunCommand {
  readonly kind: 'run';
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** In place of the scenario's own. */
  readonly seed: number | undefined;
  /** `datagrams`: the whole stack, over simulated sockets. */
  readonly wire: Wire;
  /** Once more, which must come out the same. */
  readonly twice: boolean;
  readonly json: string | undefined;
  readonly quiet: boolean;
}

export interface SwarmCommand {
  readonly kind: 'swarm';
  readonly from: number;
  /** How many; ignored with `minutes`. */
  readonly seeds: number;
  readonly minutes: number | undefined;
  /** Names of contracts; empty for all. */
  readonly protocols: readonly string[];
  readonly peersMax: number;
  /** The one form to run scenarios in; `undefined` for both, each for its share of seeds. */
  readonly wire: SwarmWire | undefined;
  readonly workers: number;
  /** Where failing scenarios go. */
  readonly save: string;
  readonly json: string | undefined;
  readonly quiet: boolean;
}

/** Seeds of a swarm that names none. */
const SEEDS = 1000;
const SEEDS_MAX = 1_000_000_000;
const WORKERS_MAX = 64;

export const RUN_OPTIONS: readonly Option[] = [
  { name: 'seed', value: 'N', help: 'in place of the seed in the scenario' },
  { name: 'wire', value: 'FORM', help: 'how messages cross: as objects (the default), as bytes through the codec, which gives the same trace, or in datagrams: live peers and UDP links over simulated sockets' },
  { name: 'twice', help: 'run it once more, by bytes where it was by objects: both must come out the same' },
  { name: 'json', value: 'FILE', help: 'write the result as JSON; - is standard output, in place of the text' },
  { name: 'quiet', help: 'say only what went wrong' },
  { name: 'help', help: 'print this' },
];

export const SWARM_OPTIONS: readonly Option[] = [
  { name: 'seeds', value: 'N', help: `how many scenarios to draw; ${SEEDS} by default` },
  { name: 'from', value: 'N', help: 'the first seed; 1 by default' },
  { name: 'minutes', value: 'M', help: 'go on for so long, in place of a number of seeds' },
  { name: 'protocol', value: 'A,B', help: `what to test, with commas between; all by default: ${CONTRACTS.map(({ name }) => name).join(', ')}` },
  { name: 'peers', value: 'N', help: `peers of a scenario at most; ${SWARM_DEFAULTS.peersMax} by default` },
  { name: 'wire', value: 'FORM', help: `one form for all: objects, or datagrams: the whole stack, with ${SWARM_DEFAULTS.stackPeersMax} peers at most. By default objects, and datagrams for every ${SWARM_DEFAULTS.stackEvery}th seed` },
  { name: 'workers', value: 'N', help: 'threads; one for each core by default. The results do not depend on it' },
  { name: 'save', value: 'FOLDER', help: 'where the scenario of the first failing seed goes, made small; . by default' },
  { name: 'json', value: 'FILE', help: 'write the summary as JSON; - is standard output, in place of the text' },
  { name: 'quiet', help: 'failing seeds alone' },
  { name: 'help', help: 'print this' },
];

/** @throws OverlayError `INVALID_OPTION` */
export function parseRun(argv: readonly string[]): RunCommand | { readonly kind: 'help'; readonly topic: 'run' } {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'run' };
  const { positionals, values } = scanArguments(argv, RUN_OPTIONS);
  const [file, second] = positionals;
  if (file === undefined) return invalidOption('run', 'a scenario: a file or -', undefined);
  if (second !== undefined) refuse(`run: expected one scenario, got ${describe(file)} and ${describe(second)}.`);
  const seed = values.get('seed');
  const wire = values.get('wire') ?? 'objects';
  if (wire !== 'objects' && wire !== 'bytes' && wire !== 'datagrams') return invalidOption('--wire', 'objects, bytes or datagrams', wire);
  return {
    kind: 'run',
    file,
    seed: seed === undefined ? undefined : wholeNumber('--seed', seed, 0, Number.MAX_SAFE_INTEGER),
    wire,
    twice: values.has('twice'),
    json: values.get('json'),
    quiet: values.has('quiet'),
  };
}

/** @throws OverlayError `INVALID_OPTION` */
export function parseSwarm(argv: readonly string[]): SwarmCommand | { readonly kind: 'help'; readonly topic: 'swarm' } {
  if (asksForHelp(argv)) return { kind: 'help', topic: 'swarm' };
  const { positionals, values } = scanArguments(argv, SWARM_OPTIONS);
  if (positionals.length > 0) invalidOption('swarm', 'options', positionals[0]);
  const count = (name: string, otherwise: number, min: number, max: number): number => wholeNumber(`--${name}`, values.get(name) ?? String(otherwise), min, max);
  const minutes = values.get('minutes');
  if (minutes !== undefined && values.has('seeds')) refuse('--minutes: expected no --seeds beside it.');
  return {
    kind: 'swarm',
    from: count('from', 1, 0, Number.MAX_SAFE_INTEGER - SEEDS_MAX),
    seeds: count('seeds', SEEDS, 1, SEEDS_MAX),
    minutes: minutes === undefined ? undefined : realNumber('--minutes', minutes, 'a number of minutes above 0, at most 10000', (value) => value > 0 && value <= 10_000),
    protocols: contracts(values.get('protocol')),
    peersMax: count('peers', SWARM_DEFAULTS.peersMax, 2, 1000),
    wire: swarmWire(values.get('wire')),
    workers: count('workers', Math.min(WORKERS_MAX, availableParallelism()), 1, WORKERS_MAX),
    save: values.get('save') ?? '.',
    json: values.get('json'),
    quiet: values.has('quiet'),
  };
}

function swarmWire(given: string | undefined): SwarmWire | undefined {
  return given === undefined || given === 'objects' || given === 'datagrams' ? given : invalidOption('--wire', 'objects or datagrams', given);
}

function contracts(given: string | undefined): readonly string[] {
  const names = CONTRACTS.map(({ name }) => name);
  const asked = given?.split(',').map((name) => name.trim()) ?? [];
  for (const name of asked) {
    if (!names.includes(name)) refuse(`--protocol: expected some of ${names.join(', ')}, got ${describe(name)}.${suggestion(name, names)}`);
  }
  return asked;
}
