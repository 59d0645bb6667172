import { OverlayError, describe, invalidOption } from './errors.ts';
import { closest } from './suggest.ts';

/**
 * HyParView (Leitao, Pereira, Rodrigues, DSN 2007, section 4 and table 1).
 */
export interface HyParViewOptions {
  readonly kind: 'hyparview';
  /** Peers linked to. Default 5, as in the paper (fan-out 4, plus the one a message came from). */
  readonly activeViewSize: number;
  /** Peers remembered as replacements. Default 30, as in the paper. */
  readonly passiveViewSize: number;
  /** Hops of a ForwardJoin and Shuffle walk (ARWL). Default 6, as in the paper. */
  readonly activeRandomWalkLength: number;
  /** Hops left at which the newcomer enters a passive view (PRWL). Default 3, as in the paper. */
  readonly passiveRandomWalkLength: number;
  /** Active peers in a shuffle (ka). Default 3, as in the paper. */
  readonly shuffleActive: number;
  /** Passive peers in a shuffle (kp). Default 4, as in the paper. */
  readonly shufflePassive: number;
  /** Time between shuffles, in ms. Default 1000, a guess: the paper counts cycles. */
  readonly shuffleIntervalMs: number;
  /** How long to wait for the answer to a Neighbour request, in ms. Default 2000, a guess: above the round trips of the Internet. */
  readonly neighbourTimeoutMs: number;
}

/** Every member is known and is a neighbour; the application or the scenario gives the list. */
export interface FullOptions {
  readonly kind: 'full';
}

/** The neighbours are given once and stay: a tree computed elsewhere, a fixed mesh. */
export interface StaticOptions {
  readonly kind: 'static';
}

export type OverlayOptions = HyParViewOptions | FullOptions | StaticOptions;

/** Send on to every neighbour but the one it came from. */
export interface FloodingOptions {
  readonly kind: 'flooding';
}

/** The publisher sends to every neighbour itself; nobody forwards. */
export interface UnicastOptions {
  readonly kind: 'unicast';
}

/** Forward along the links of a tree that is given. */
export interface TreeOptions {
  readonly kind: 'tree';
}

/** Plumtree (Leitao, Pereira, Rodrigues, SRDS 2007, section 3). */
export interface PlumtreeOptions {
  readonly kind: 'plumtree';
  /** `shared`: one tree for all publishers. `per-source`: a tree for each. Default `shared`, as in the paper. */
  readonly tree: 'shared' | 'per-source';
  /** A lazy path must be this many hops shorter to replace the eager one (section 3.8); 0 switches optimisation off. Default 7, the paper's value for many senders. */
  readonly optimizationThreshold: number;
  /** Announcements are collected this long, in ms. Default 50, a guess. */
  readonly iHaveDelayMs: number;
  /** Announcements in one message at most; more are split. Default 64, a guess that keeps it in one datagram. */
  readonly iHaveBatchMax: number;
  /** From the first announcement to the first graft, in ms. Default 1000, a guess: it should exceed the spread of arrival times. */
  readonly graftTimeoutMs: number;
  /** From one graft to the next, in ms; shorter, since the first wait has covered the spread (section 3.5). Default 500, a guess. */
  readonly graftRetryMs: number;
  /** Announced messages waited for at a time; further announcements are dropped and counted. Default 1024. */
  readonly missingMax: number;
  /** Trees kept with `per-source`; the one made longest ago goes first. Default 1024. */
  readonly treesMax: number;
}

/** Rumor mongering (Demers et al., PODC 1987, section 1.4). */
export interface RumorOptions {
  readonly kind: 'rumor';
  readonly mode: 'push' | 'pull' | 'pushPull';
  /** `feedback`: only contacts that knew the rumor already count. `blind`: every contact counts. */
  readonly interest: 'feedback' | 'blind';
  /** `counter`: lose interest after k counts. `coin`: lose interest with probability 1/k at each. */
  readonly stop: 'counter' | 'coin';
  /** The paper's k. Default 2, a guess between the paper's 1 (18 % residue) and 5. */
  readonly k: number;
  /** Length of a cycle in ms; must exceed a round trip. Default 1000, a guess. */
  readonly cycleMs: number;
  /** Rumors hot at a time; the oldest cools first. Default 1024. */
  readonly hotMax: number;
}

/** Anti-entropy (Demers et al., PODC 1987, section 1.3) on digests per origin. */
export interface AntiEntropyOptions {
  readonly kind: 'antiEntropy';
  readonly mode: 'push' | 'pull' | 'pushPull';
  /** Length of a cycle in ms: each peer contacts one partner in each. Default 1000, a guess. */
  readonly cycleMs: number;
  /** Messages sent in answer to one digest at most; the rest follows in later cycles. Default 256. */
  readonly batchMax: number;
}

export type DisseminationOptions =
  | FloodingOptions
  | UnicastOptions
  | TreeOptions
  | PlumtreeOptions
  | RumorOptions
  | AntiEntropyOptions;

/** How a group is put together, with every default filled in. */
export interface GroupConfig {
  readonly overlay: OverlayOptions;
  readonly dissemination: DisseminationOptions;
  /** `none`: deliver at once. `fifo`: in each publisher's order. Default `none`. */
  readonly order: 'none' | 'fifo';
  /** `none`, or anti-entropy beside the dissemination that brings what was missed. Default `none`. */
  readonly repair: AntiEntropyOptions | undefined;
  /** Messages kept to send again. Default 256; 0 keeps none. */
  readonly historyMessagesMax: number;
  /** Bytes of payload kept to send again. Default 4 MiB. */
  readonly historyBytesMax: number;
  /** Publishers remembered; the one known longest is forgotten first. Default 4096. */
  readonly originsMax: number;
  /** FIFO order: how long a gap may stay open before it is given up, in ms. Default 5000, a guess. */
  readonly gapTimeoutMs: number;
  /** FIFO order: messages held back at most; past it the oldest gap is given up. Default 1024. */
  readonly orderBufferMax: number;
  /** Ranges past the first gap that a digest lists per origin. Default 32; what is left out may be sent twice. */
  readonly digestRangesMax: number;
  /** Largest payload in bytes. Default 1 MiB. */
  readonly messageBytesMax: number;
}

/** A part of the options with its `kind`; what is absent takes its default. */
export type Choice<T extends { readonly kind: string }> = T extends unknown ? Partial<T> & Pick<T, 'kind'> : never;

/** What a caller gives to join a group. */
export interface GroupOptions extends Partial<GroupLimits> {
  readonly overlay?: OverlayOptions['kind'] | Choice<OverlayOptions>;
  readonly dissemination?: DisseminationOptions['kind'] | Choice<DisseminationOptions>;
  readonly repair?: 'none' | 'antiEntropy' | Choice<AntiEntropyOptions>;
}

const OVERLAY_DEFAULTS: { readonly [K in OverlayOptions['kind']]: Extract<OverlayOptions, { kind: K }> } = {
  hyparview: {
    kind: 'hyparview',
    activeViewSize: 5,
    passiveViewSize: 30,
    activeRandomWalkLength: 6,
    passiveRandomWalkLength: 3,
    shuffleActive: 3,
    shufflePassive: 4,
    shuffleIntervalMs: 1000,
    neighbourTimeoutMs: 2000,
  },
  full: { kind: 'full' },
  static: { kind: 'static' },
};

const DISSEMINATION_DEFAULTS: {
  readonly [K in DisseminationOptions['kind']]: Extract<DisseminationOptions, { kind: K }>;
} = {
  flooding: { kind: 'flooding' },
  unicast: { kind: 'unicast' },
  tree: { kind: 'tree' },
  plumtree: {
    kind: 'plumtree',
    tree: 'shared',
    optimizationThreshold: 7,
    iHaveDelayMs: 50,
    iHaveBatchMax: 64,
    graftTimeoutMs: 1000,
    graftRetryMs: 500,
    missingMax: 1024,
    treesMax: 1024,
  },
  rumor: { kind: 'rumor', mode: 'push', interest: 'feedback', stop: 'counter', k: 2, cycleMs: 1000, hotMax: 1024 },
  antiEntropy: { kind: 'antiEntropy', mode: 'pushPull', cycleMs: 1000, batchMax: 256 },
};

/** The options of a group that are neither overlay nor dissemination nor repair. */
export type GroupLimits = Omit<GroupConfig, 'overlay' | 'dissemination' | 'repair'>;

const GROUP_DEFAULTS: GroupLimits = Object.freeze({
  order: 'none',
  historyMessagesMax: 256,
  historyBytesMax: 4 * 1024 * 1024,
  originsMax: 4096,
  gapTimeoutMs: 5000,
  orderBufferMax: 1024,
  digestRangesMax: 32,
  messageBytesMax: 1024 * 1024,
});

/** The defaults of every option, by part and kind. */
export const DEFAULTS = Object.freeze({
  overlay: OVERLAY_DEFAULTS,
  dissemination: DISSEMINATION_DEFAULTS,
  group: GROUP_DEFAULTS,
});
for (const part of [OVERLAY_DEFAULTS, DISSEMINATION_DEFAULTS]) {
  Object.values(part).forEach(Object.freeze);
  Object.freeze(part);
}

/**
 * Fills in defaults and checks every value.
 * @throws {OverlayError} `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function groupConfig(options: GroupOptions = {}): GroupConfig {
  const { overlay = 'hyparview', dissemination = 'plumtree', repair = 'none', ...rest } = options;
  const config: GroupConfig = {
    ...withDefaults<GroupLimits>(rest, GROUP_DEFAULTS, 'group'),
    overlay: choose('overlay', overlay, OVERLAY_DEFAULTS),
    dissemination: choose('dissemination', dissemination, DISSEMINATION_DEFAULTS),
    repair: repair === 'none' ? undefined : choose('repair', repair, { antiEntropy: DISSEMINATION_DEFAULTS.antiEntropy }, ['none']),
  };
  checkRelations(config);
  return Object.freeze(config);
}

/** Allowed values of the options that are numbers: smallest, largest. Whole numbers all. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  activeViewSize: [1, 256],
  passiveViewSize: [1, 4096],
  activeRandomWalkLength: [0, 64],
  passiveRandomWalkLength: [0, 64],
  shuffleActive: [0, 64],
  shufflePassive: [0, 64],
  shuffleIntervalMs: [1, 86_400_000],
  neighbourTimeoutMs: [1, 3_600_000],
  optimizationThreshold: [0, 1000],
  iHaveDelayMs: [0, 60_000],
  iHaveBatchMax: [1, 1024],
  graftTimeoutMs: [1, 3_600_000],
  graftRetryMs: [1, 3_600_000],
  missingMax: [1, 1_000_000],
  treesMax: [1, 1_000_000],
  k: [1, 1000],
  cycleMs: [1, 86_400_000],
  hotMax: [1, 1_000_000],
  batchMax: [1, 65_536],
  historyMessagesMax: [0, 10_000_000],
  historyBytesMax: [0, 2 ** 40],
  originsMax: [1, 10_000_000],
  gapTimeoutMs: [1, 3_600_000],
  orderBufferMax: [1, 1_000_000],
  digestRangesMax: [1, 1024],
  messageBytesMax: [1, 2 ** 30],
};

/** Allowed values of the options that are words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  order: ['none', 'fifo'],
  tree: ['shared', 'per-source'],
  mode: ['push', 'pull', 'pushPull'],
  interest: ['feedback', 'blind'],
  stop: ['counter', 'coin'],
};

function choose<T extends { readonly kind: string }>(
  part: string,
  choice: string | { readonly kind: string },
  defaults: { readonly [kind: string]: T },
  otherWords: readonly string[] = [],
): T {
  const given = typeof choice === 'string' ? { kind: choice } : choice;
  const kind: unknown = given?.kind;
  const chosen = typeof kind === 'string' && Object.hasOwn(defaults, kind) ? defaults[kind] : undefined;
  if (chosen === undefined) {
    const words = [...otherWords, ...Object.keys(defaults)];
    const guess = typeof kind === 'string' ? closest(kind, words) : undefined;
    const hint = guess === undefined ? '' : ` (did you mean ${guess}?)`;
    throw new OverlayError('INVALID_OPTION', `${part}: expected one of ${words.join(', ')}, got ${describe(kind)}${hint}.`);
  }
  return Object.freeze(withDefaults(given as Partial<T>, chosen, `${part}.${given.kind}`));
}

function withDefaults<T extends object>(given: Partial<T>, defaults: T, where: string): T {
  const known = Object.keys(defaults);
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) invalidOption(where, `options ${known.join(', ')}`, name);
    if (value === undefined) continue;
    checkValue(`${where}.${name}`, name, value);
    merged[name] = value;
  }
  return merged as unknown as T;
}

function checkValue(where: string, name: string, value: unknown): void {
  const words = WORDS[name];
  if (words !== undefined && !words.includes(value as string)) invalidOption(where, `one of ${words.join(', ')}`, value);
  const range = RANGES[name];
  if (range === undefined) return;
  const [min, max] = range;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  if (!fits) invalidOption(where, `a whole number from ${min} to ${max}`, value);
}

function checkRelations(config: GroupConfig): void {
  const { overlay, dissemination } = config;
  if (overlay.kind === 'hyparview' && overlay.passiveRandomWalkLength > overlay.activeRandomWalkLength) {
    invalidOption('overlay.hyparview.passiveRandomWalkLength', `at most activeRandomWalkLength (${overlay.activeRandomWalkLength})`, overlay.passiveRandomWalkLength);
  }
  if (dissemination.kind === 'plumtree' && dissemination.iHaveDelayMs >= dissemination.graftTimeoutMs) {
    invalidOption('dissemination.plumtree.iHaveDelayMs', `less than graftTimeoutMs (${dissemination.graftTimeoutMs})`, dissemination.iHaveDelayMs);
  }
  if (dissemination.kind === 'tree' && overlay.kind !== 'static') {
    invalidOption('dissemination', 'an overlay of kind static for tree, since the tree is given', overlay.kind);
  }
  if (dissemination.kind === 'antiEntropy' && config.repair !== undefined) {
    invalidOption('repair', 'none when the dissemination is antiEntropy already', config.repair.kind);
  }
  const needsHistory = dissemination.kind === 'antiEntropy' || dissemination.kind === 'plumtree' || config.repair !== undefined;
  if (needsHistory && config.historyMessagesMax === 0) {
    invalidOption('historyMessagesMax', 'at least 1, since the group answers those who missed a message', 0);
  }
}
