import { type FailureDetectorOptions, type GroupOptions, failureDetectorOptions } from '../core/config.ts';
import { invalidOption } from '../core/errors.ts';
import { type Address, parseAddress } from '../transport/address.ts';
import { TRANSPORT_DEFAULTS, type TransportLimits } from '../transport/transport.ts';
import type { TransportPreference } from './link-table-parts.ts';

/** What a caller gives to create a peer. Everything has a default. */
export interface PeerOptions extends Partial<PeerLimits> {
  /** Addresses to listen on, one per transport at most. Default `['udp://0.0.0.0:0', 'tcp://0.0.0.0:0']`: both, ports picked by the system. */
  readonly listen?: string | readonly string[];
  /** Addresses of peers to join through; any one that is alive is enough. Default none: others join through this one. */
  readonly bootstrap?: string | readonly string[];
  /** Addresses told to others in place of those listened on, as behind a NAT. Default: those listened on, with the machine's first address where they say 0.0.0.0 or ::. */
  readonly advertise?: string | readonly string[];
  /** 32 hexadecimal digits that stand for this peer, the same after a restart. Default: drawn at random. */
  readonly id?: string;
  /** Times that fit the network: `local` (one machine), `lan`, `wan`. Default `lan`. */
  readonly preset?: Preset;
  /** Which transport carries what between peers that share both. Default `auto`: large frames by TCP, and where it is up what is brought later, as to newcomers; all else by UDP. */
  readonly prefer?: TransportPreference;
  /** How neighbours are watched; `none` leaves it to the links' own timeouts. */
  readonly failureDetector?: 'none' | Partial<FailureDetectorOptions>;
  /** Closes the peer when it aborts. */
  readonly signal?: AbortSignal;
}

/** Limits and times of a peer; ranges stand in `RANGES`. */
export interface PeerLimits extends Omit<TransportLimits, 'frameBytesMax'> {
  /** Largest payload of any group, in bytes. Default 1 MiB. */
  readonly messageBytesMax: number;
  /** Peers known at a time, neighbours and publishers included. Default 65 536. */
  readonly peersMax: number;
  /** With `prefer: 'auto'`: bytes from which on a frame goes by TCP. Default 16 384, a guess. */
  readonly largeBytes: number;
  /** A link that no protocol asked for is closed after being idle this long, in ms. Default 15 000, a guess. */
  readonly idleLinkMs: number;
  /** First wait before bootstrap addresses are tried again, in ms; doubles, with jitter, up to `bootstrapRetryMaxMs`. Default 250, a guess. */
  readonly bootstrapRetryMs: number;
  /** Default 30 000, a guess. */
  readonly bootstrapRetryMaxMs: number;
  /** How often one lost peer is tried again, so that the halves of a partition find each other, in ms. Default 10 000, a guess. */
  readonly healIntervalMs: number;
  /** How long `publish` waits for room in the queues of its neighbours, in ms. Default 1000, a guess. */
  readonly publishTimeoutMs: number;
}

export type Preset = 'local' | 'lan' | 'wan';

/** What a caller gives to join a group; see `GroupOptions` for what is not explained here. */
export interface JoinOptions extends Omit<GroupOptions, 'historyMessagesMax' | 'historyBytesMax' | 'messageBytesMax'> {
  /** Messages kept to send again to those who missed them. Default 4096 messages and 16 MiB. */
  readonly history?: { readonly messagesMax?: number; readonly bytesMax?: number };
  /** Overlays `static` and `full`: the addresses of the neighbours, or of all members. */
  readonly members?: readonly string[];
  /** Messages delivered and not yet read by `for await`; when there are more the oldest goes, with a `lagged` event. Default 1024. */
  readonly bufferMessagesMax?: number;
  /** Their bytes. Default 64 MiB. */
  readonly bufferBytesMax?: number;
}

/** A peer's options with every default filled in. */
export interface PeerConfig extends PeerLimits {
  readonly listen: readonly Address[];
  readonly bootstrap: readonly Address[];
  readonly advertise: readonly Address[] | undefined;
  readonly id: Uint8Array | undefined;
  readonly preset: Preset;
  readonly prefer: TransportPreference;
  readonly failureDetector: FailureDetectorOptions | undefined;
  readonly signal: AbortSignal | undefined;
}

const { frameBytesMax: _frameBytesMax, ...TRANSPORT_LIMITS } = TRANSPORT_DEFAULTS;

/** The defaults of every limit of a peer. */
export const PEER_DEFAULTS: PeerLimits = Object.freeze({
  ...TRANSPORT_LIMITS,
  messageBytesMax: 1024 * 1024,
  peersMax: 65_536,
  largeBytes: 16_384,
  idleLinkMs: 15_000,
  bootstrapRetryMs: 250,
  bootstrapRetryMaxMs: 30_000,
  healIntervalMs: 10_000,
  publishTimeoutMs: 1000,
});

/** Smallest and largest value of each limit. Whole numbers all. */
const RANGES: Readonly<Record<keyof PeerLimits, readonly [number, number]>> = {
  queueBytesMax: [1, 2 ** 40],
  handshakeTimeoutMs: [1, 3_600_000],
  keepAliveMs: [1, 3_600_000],
  idleTimeoutMs: [1, 86_400_000],
  linksMax: [1, 1_000_000],
  pendingMax: [1, 1_000_000],
  closeTimeoutMs: [0, 3_600_000],
  messageBytesMax: [1, 2 ** 30],
  peersMax: [16_384, 2 ** 24],
  largeBytes: [0, 2 ** 30],
  idleLinkMs: [1, 86_400_000],
  bootstrapRetryMs: [1, 3_600_000],
  bootstrapRetryMaxMs: [1, 86_400_000],
  healIntervalMs: [1, 86_400_000],
  publishTimeoutMs: [0, 3_600_000],
};

interface PresetDifferences {
  readonly peer: Partial<PeerLimits>;
  readonly failureDetector: Partial<FailureDetectorOptions>;
  readonly plumtree: { readonly iHaveDelayMs: number; readonly graftTimeoutMs: number; readonly graftRetryMs: number };
}

/** What each preset changes of the defaults. Guesses, from the round trips that such networks have. */
const PRESETS: Readonly<Record<Preset, PresetDifferences>> = {
  local: {
    peer: { handshakeTimeoutMs: 2000, keepAliveMs: 2000, idleTimeoutMs: 10_000, healIntervalMs: 3000, bootstrapRetryMs: 100 },
    failureDetector: { probeIntervalMs: 500, probeTimeoutMs: 200, suspicionMult: 2, suspicionMaxMult: 3 },
    plumtree: { iHaveDelayMs: 10, graftTimeoutMs: 100, graftRetryMs: 50 },
  },
  lan: { peer: {}, failureDetector: { suspicionMult: 3, suspicionMaxMult: 4 }, plumtree: { iHaveDelayMs: 20, graftTimeoutMs: 250, graftRetryMs: 150 } },
  wan: {
    peer: { handshakeTimeoutMs: 10_000, idleTimeoutMs: 40_000, bootstrapRetryMs: 500, healIntervalMs: 30_000 },
    failureDetector: { probeIntervalMs: 2000, probeTimeoutMs: 1000 },
    plumtree: { iHaveDelayMs: 50, graftTimeoutMs: 1000, graftRetryMs: 500 },
  },
};

/**
 * Fills in defaults and checks every value.
 * @throws {OverlayError} `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function peerConfig(options: PeerOptions = {}): PeerConfig {
  checkObject('createPeer', options);
  const { listen, bootstrap, advertise, id, preset = 'lan', prefer = 'auto', failureDetector = {}, signal, ...limits } = options;
  if (!Object.hasOwn(PRESETS, preset)) invalidOption('preset', `one of ${Object.keys(PRESETS).join(', ')}`, preset);
  if (!['auto', 'udp', 'tcp'].includes(prefer)) invalidOption('prefer', 'one of auto, udp, tcp', prefer);
  if (id !== undefined && !/^[0-9a-f]{32}$/.test(id)) invalidOption('id', '32 hexadecimal digits', id);
  if (signal !== undefined && !(signal instanceof AbortSignal)) invalidOption('signal', 'an AbortSignal', signal);
  if (failureDetector !== 'none' && (typeof failureDetector !== 'object' || failureDetector === null)) invalidOption('failureDetector', 'none or its options', failureDetector);
  const differences = PRESETS[preset];
  const watched = failureDetector === 'none' ? undefined : failureDetectorOptions({ ...differences.failureDetector, ...given(failureDetector) });
  const config: PeerConfig = {
    ...PEER_DEFAULTS,
    ...differences.peer,
    ...checkedLimits(limits),
    listen: addresses(listen ?? ['udp://0.0.0.0:0', 'tcp://0.0.0.0:0'], 'listen'),
    bootstrap: addresses(bootstrap ?? [], 'bootstrap'),
    advertise: advertise === undefined ? undefined : addresses(advertise, 'advertise'),
    id: id === undefined ? undefined : Uint8Array.from(Buffer.from(id, 'hex')),
    preset,
    prefer,
    failureDetector: watched,
    signal,
  };
  checkRelations(config);
  return Object.freeze(config);
}

/** The options of a group as the core takes them, with the defaults that live groups have. */
export function liveGroupOptions(options: JoinOptions, { preset, messageBytesMax }: PeerConfig): GroupOptions {
  checkObject('join', options);
  for (const name of Object.keys(options)) if (!Object.hasOwn(JOIN_OPTIONS, name)) invalidOption('join', `options ${Object.keys(JOIN_OPTIONS).join(', ')}`, name);
  const { history = {}, members: _members, bufferMessagesMax: _messages, bufferBytesMax: _bytes, ...rest } = given(options);
  checkObject('join: history', history);
  for (const [name, value] of Object.entries(history)) {
    if (name !== 'messagesMax' && name !== 'bytesMax') invalidOption('join: history', 'messagesMax or bytesMax', name);
    const max = HISTORY_MAX[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= max)) invalidOption(`join: history.${name}`, `a whole number from 0 to ${max}`, value);
  }
  const { dissemination = 'plumtree' } = rest;
  const kind = typeof dissemination === 'object' ? dissemination?.kind : dissemination;
  return {
    since: 'now',
    repair: kind === 'anti-entropy' ? 'none' : 'anti-entropy',
    ...rest,
    dissemination: kind === 'plumtree' ? { ...PRESETS[preset].plumtree, ...(typeof dissemination === 'object' ? given(dissemination) : {}), kind } : dissemination,
    historyMessagesMax: history.messagesMax ?? 4096,
    historyBytesMax: history.bytesMax ?? Math.max(16 * 1024 * 1024, messageBytesMax),
    messageBytesMax,
  };
}

/** The names of all that `join` takes. */
const JOIN_OPTIONS: Readonly<Record<keyof JoinOptions, true>> = {
  overlay: true,
  members: true,
  dissemination: true,
  repair: true,
  order: true,
  since: true,
  history: true,
  catchUpTimeoutMs: true,
  originsMax: true,
  gapTimeoutMs: true,
  orderBufferMax: true,
  digestRangesMax: true,
  bufferMessagesMax: true,
  bufferBytesMax: true,
};

const HISTORY_MAX = { messagesMax: 10_000_000, bytesMax: 2 ** 40 };

/** How much a group keeps of what was not read. */
export function bufferLimits({ bufferMessagesMax = 1024, bufferBytesMax = 64 * 1024 * 1024 }: JoinOptions): { readonly bufferMessagesMax: number; readonly bufferBytesMax: number } {
  for (const [name, value] of Object.entries({ bufferMessagesMax, bufferBytesMax })) {
    if (!(Number.isInteger(value) && value >= 1)) invalidOption(`join: ${name}`, 'a whole number from 1', value);
  }
  return { bufferMessagesMax, bufferBytesMax };
}

function checkObject(option: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) invalidOption(option, 'an object of options', options);
}

/** Addresses as they are given, read. @throws {OverlayError} `INVALID_OPTION`. */
export function addresses(given: string | readonly string[], option: string): Address[] {
  const list: unknown = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(list) || list.some((text) => typeof text !== 'string')) invalidOption(option, 'an address or a list of them', given);
  return (list as readonly string[]).map((text) => parseAddress(text, option));
}

function checkedLimits(limits: Partial<PeerLimits>): Partial<PeerLimits> {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(RANGES, name)) invalidOption('createPeer', `options ${[...OTHERS, ...Object.keys(RANGES)].join(', ')}`, name);
    const [min, max] = RANGES[name as keyof PeerLimits];
    if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max)) invalidOption(name, `a whole number from ${min} to ${max}`, value);
  }
  return given(limits);
}

/** Without what is undefined, so that defaults beneath show through. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const OTHERS = ['listen', 'bootstrap', 'advertise', 'id', 'preset', 'prefer', 'failureDetector', 'signal'];

function checkRelations({ listen, keepAliveMs, idleTimeoutMs, bootstrapRetryMs, bootstrapRetryMaxMs, bootstrap, advertise }: PeerConfig): void {
  for (const transport of ['udp', 'tcp']) {
    const count = listen.filter((address) => address.transport === transport).length;
    if (count > 1) invalidOption('listen', `at most one ${transport} address`, `${count} of them`);
  }
  if (keepAliveMs >= idleTimeoutMs) invalidOption('keepAliveMs', `less than idleTimeoutMs (${idleTimeoutMs})`, keepAliveMs);
  if (bootstrapRetryMs > bootstrapRetryMaxMs) invalidOption('bootstrapRetryMs', `at most bootstrapRetryMaxMs (${bootstrapRetryMaxMs})`, bootstrapRetryMs);
  for (const [option, list] of [['bootstrap', bootstrap], ['advertise', advertise ?? []]] as const) {
    if (list.some(({ port }) => port === 0)) invalidOption(option, 'addresses with a port from 1 to 65535', 'port 0');
  }
}
