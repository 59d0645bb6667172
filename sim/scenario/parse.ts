import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { LIMITS, PEER_LIMITS } from './limits.ts';
import { type CommandPlan, type Fault, type PeerPlan, type PublishPlan, SCENARIO_FORMAT, type Scenario, type UnderlaySpec } from './scenario.ts';
import { type Shape, byKind, flag, list, number, object, optional, text, whole, word, wrong } from './schema.ts';
import { terrainOf } from './underlay-spec.ts';

/** Bounds of a document; a scenario past them is refused. Guesses: a run of all of them takes hours. */
const HOSTS_MAX = 10_000;
const PUBLISHES_MAX = 100_000;
const FAULTS_MAX = 1000;
/** A day. */
const MS_MAX = 86_400_000;

const host = whole(0, HOSTS_MAX - 1);
const ms = number(0, MS_MAX);
const share = number(0, 1);
const hosts = list(host, HOSTS_MAX, 1);
const between = optional(object({ from: optional(hosts), to: optional(hosts) }));
const during = { atMs: ms, forMs: number(0, MS_MAX) };
const crash = { atMs: ms, restartAfterMs: optional(ms), disk: optional(word('kept', 'lost')) };

/** The kind has been looked at already. */
const kind = <K extends string>(one: K): Shape<K> => word(one);

const FAULT: Shape<Fault> = byKind<Fault['kind'], Fault>({
  loss: object({ kind: kind('loss'), ...during, p: share, between }),
  duplication: object({ kind: kind('duplication'), ...during, p: share, between }),
  reordering: object({ kind: kind('reordering'), ...during, p: share, byMs: ms, between }),
  corruption: object({ kind: kind('corruption'), ...during, p: share, between }),
  jitter: object({ kind: kind('jitter'), ...during, byMs: ms, between }),
  bandwidth: object({ kind: kind('bandwidth'), ...during, kbps: number(0.001, 1e9), queueMs: ms, between }),
  clog: object({ kind: kind('clog'), ...during, between }),
  partition: object({ kind: kind('partition'), ...during, sides: list(hosts, 64, 2), oneWay: optional(flag) }),
  linkFailure: object({ kind: kind('linkFailure'), ...during, link: ends }),
  routerFailure: object({ kind: kind('routerFailure'), ...during, router: text }),
  crash: object({ kind: kind('crash'), peer: host, ...crash }),
  massFailure: object({ kind: kind('massFailure'), share, ...crash }),
  pause: object({ kind: kind('pause'), ...during, peer: host }),
  leave: object({ kind: kind('leave'), atMs: ms, peer: host, rejoinAfterMs: optional(ms), stays: optional(flag) }),
  slow: object({ kind: kind('slow'), ...during, peer: host, inputMs: number(0, 60_000) }),
  clockSkew: object({ kind: kind('clockSkew'), ...during, peer: host, rate: number(0.01, 100) }),
});

function ends(value: unknown, path: string): readonly [string, string] {
  const [a, b] = list(text, 2, 2)(value, path);
  return [a ?? '', b ?? ''];
}

const UNDERLAY: Shape<UnderlaySpec> = byKind<UnderlaySpec['kind'], UnderlaySpec>({
  equal: object({ kind: kind('equal'), hosts: whole(1, HOSTS_MAX), delayMs: ms }),
  builtin: object({ kind: kind('builtin'), name: text }),
  generated: object({ kind: kind('generated'), name: text, parameters: parameters, seed: whole(0, 2 ** 53 - 1) }),
  topology: object({ kind: kind('topology'), topology: given }),
});

/** Anything; what it must be is said where it is read. */
function given(value: unknown, path: string): unknown {
  return value === undefined ? wrong(path, 'a topology', value) : value;
}

function parameters(value: unknown, path: string): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null) wrong(path, 'an object of numbers', value);
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, number(-1e15, 1e15, 'a number')(one, `${path}.${name}`)]));
}

const PEER: Shape<PeerPlan> = object({ host, joinMs: ms, contact: optional(host), limits: optional(PEER_LIMITS) });
const COMMAND: Shape<CommandPlan> = object({ atMs: ms, peer: host, command: (value) => value });
const PUBLISH: Shape<PublishPlan> = object({ atMs: ms, peer: host, bytes: whole(0, 2 ** 30) });

/** The options are checked where the group is made of them; only the words before a message are added here. */
function group(value: unknown, path: string): GroupOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(path, 'the options of a group', value);
  within(path, () => groupConfig(value));
  return value;
}

/** Peers on hosts 0 to `count` - 1, one after the other. */
const SERIES_OF_PEERS = object({ count: whole(1, HOSTS_MAX), joinEveryMs: optional(ms) });

/** `count` messages, one every `everyMs` from `fromMs` on, of these peers in turn. */
const SERIES_OF_PUBLISHES = object({ count: whole(0, PUBLISHES_MAX), fromMs: ms, everyMs: ms, peers: hosts, bytes: optional(whole(0, 2 ** 30)) });

/** Between two joins, in ms, where a document does not say. A guess. */
const JOIN_EVERY_MS = 100;
const PAYLOAD_BYTES = 100;

function peers(value: unknown, path: string): readonly PeerPlan[] {
  if (Array.isArray(value)) return list(PEER, HOSTS_MAX, 1)(value, path);
  const { count, joinEveryMs = JOIN_EVERY_MS } = SERIES_OF_PEERS(value, path);
  return Array.from({ length: count }, (_, index) => ({ host: index, joinMs: index * joinEveryMs }));
}

function publishes(value: unknown, path: string): readonly PublishPlan[] {
  if (Array.isArray(value)) return list(PUBLISH, PUBLISHES_MAX)(value, path);
  const series = SERIES_OF_PUBLISHES(value, path);
  const { count, fromMs, everyMs, bytes = PAYLOAD_BYTES } = series;
  return Array.from({ length: count }, (_, index) => ({ atMs: fromMs + index * everyMs, peer: series.peers[index % series.peers.length] ?? 0, bytes }));
}

const DOCUMENT = object({
  format: word(SCENARIO_FORMAT),
  name: optional(text),
  seed: optional(whole(0, 2 ** 53 - 1)),
  underlay: UNDERLAY,
  group: optional(group),
  limits: optional(LIMITS),
  peers,
  publishes: optional(publishes),
  commands: optional(list(COMMAND, PUBLISHES_MAX)),
  faults: optional(list(FAULT, FAULTS_MAX)),
  settleMs: optional(ms),
});

/**
 * Checks a scenario that was read from JSON. Beside the lists, `peers` may be
 * `{ count, joinEveryMs }` and `publishes` `{ count, fromMs, everyMs, peers, bytes }`.
 * Defaults: seed 1, the default options of a group, no publishes, no faults.
 * @throws {OverlayError} `INVALID_SCENARIO` naming the field, what was expected and what came.
 */
export function parseScenario(document: unknown): Scenario {
  const scenario: Scenario = { name: 'scenario', seed: 1, group: {}, publishes: [], faults: [], ...DOCUMENT(document, '') };
  checkReferences(scenario);
  return scenario;
}

/** What is named must be there: hosts of the underlay, peers, links, routers. */
function checkReferences({ underlay, group: options, peers: plans, publishes: published, commands = [], faults }: Scenario): void {
  const terrain = within('underlay', () => terrainOf(underlay), (message) => message.replaceAll('--', ''));
  const known = new Set<number>();
  const isHost = (at: number, path: string): void => {
    if (at >= terrain.hosts) wrong(path, `one of the ${terrain.hosts} hosts of the underlay, 0 to ${terrain.hosts - 1}`, at);
  };
  plans.forEach(({ host: at }, index) => {
    isHost(at, `peers[${index}].host`);
    if (known.has(at)) wrong(`peers[${index}].host`, 'a host with no other peer', at);
    known.add(at);
  });
  const check = (peer: number | undefined, path: string): void => {
    if (peer !== undefined && !known.has(peer)) wrong(path, 'the host of a peer', peer);
  };
  const { messageBytesMax } = groupConfig(options);
  plans.forEach(({ contact }, index) => check(contact, `peers[${index}].contact`));
  published.forEach(({ peer, bytes }, index) => {
    check(peer, `publishes[${index}].peer`);
    if (bytes > messageBytesMax) wrong(`publishes[${index}].bytes`, `at most messageBytesMax of the group, ${messageBytesMax}`, bytes);
  });
  commands.forEach(({ peer }, index) => check(peer, `commands[${index}].peer`));
  faults.forEach((fault, index) => {
    const path = `faults[${index}]`;
    if ('peer' in fault) check(fault.peer, `${path}.peer`);
    if (fault.kind === 'partition') checkSides(fault.sides, isHost, `${path}.sides`);
    if ('between' in fault) for (const end of ['from', 'to'] as const) fault.between?.[end]?.forEach((at, i) => isHost(at, `${path}.between.${end}[${i}]`));
    if (fault.kind === 'linkFailure') within(`${path}.link`, () => terrain.without({ links: [fault.link], routers: [] }));
    if (fault.kind === 'routerFailure') within(`${path}.router`, () => terrain.without({ links: [], routers: [fault.router] }));
  });
}

function checkSides(sides: readonly (readonly number[])[], isHost: (at: number, path: string) => void, path: string): void {
  const seen = new Set<number>();
  sides.forEach((side, index) => side.forEach((at, i) => {
    isHost(at, `${path}[${index}][${i}]`);
    if (seen.has(at)) wrong(`${path}[${index}][${i}]`, 'a host on one side alone', at);
    seen.add(at);
  }));
}

/** What is refused elsewhere, with the field that it is about before it, and put as a document has it. */
function within<T>(path: string, read: () => T, reword = (message: string): string => message): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OverlayError)) throw error;
    const message = error.message.startsWith(`${path}:`) || error.message.startsWith(`${path}.`) ? error.message : `${path}: ${reword(error.message.replace(/^faults: /, ''))}`;
    throw new OverlayError('INVALID_SCENARIO', message);
  }
}
