import { OverlayError, describe, invalidOption } from './errors.ts';
import { CAUSAL_ENTRIES_MAX } from './messages.ts';
import type { ContactOptions, DisseminationOptions, FailureDetectorOptions, GroupConfig, GroupLimits, GroupOptions, OverlayOptions } from './options.ts';
import { closest } from './suggest.ts';

export type * from './options.ts';

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

const CONTACT_DEFAULTS: ContactOptions = { partner: 'uniform', spatialExponent: 2, connectionLimit: 0, huntLimit: 0 };

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
    iHaveBytesPerMs: 10_000,
    iHaveBatchMax: 64,
    graftTimeoutMs: 1000,
    graftRetryMs: 500,
    missingMax: 1024,
    treesMax: 1024,
  },
  rumor: {
    kind: 'rumor',
    mode: 'push',
    interest: 'feedback',
    stop: 'counter',
    k: 2,
    minimization: 'none',
    ...CONTACT_DEFAULTS,
    cycleMs: 1000,
    hotMax: 1024,
  },
  'anti-entropy': { kind: 'anti-entropy', mode: 'push-pull', exchange: 'full', recentMs: 10_000, ...CONTACT_DEFAULTS, cycleMs: 1000, batchMax: 256 },
};

const GROUP_DEFAULTS: GroupLimits = Object.freeze({
  order: 'none',
  since: 'any',
  catchUpTimeoutMs: 1000,
  historyMessagesMax: 256,
  historyBytesMax: 4 * 1024 * 1024,
  originsMax: 4096,
  gapTimeoutMs: 5000,
  orderBufferMax: 1024,
  digestRangesMax: 32,
  messageBytesMax: 1024 * 1024,
});

const FAILURE_DETECTOR_DEFAULTS: FailureDetectorOptions = Object.freeze({
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  indirectProbes: 3,
  suspicionMult: 4,
  suspicionMaxMult: 6,
  localHealthMax: 8,
  watchedMax: 1024,
  relaysMax: 256,
});

/** The defaults of every option, by part and kind. */
export const DEFAULTS = Object.freeze({
  overlay: OVERLAY_DEFAULTS,
  dissemination: DISSEMINATION_DEFAULTS,
  group: GROUP_DEFAULTS,
  failureDetector: FAILURE_DETECTOR_DEFAULTS,
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
    repair: repair === 'none' ? undefined : choose('repair', repair, { 'anti-entropy': DISSEMINATION_DEFAULTS['anti-entropy'] }, ['none']),
  };
  checkRelations(config);
  return Object.freeze(config);
}

/**
 * Fills in defaults and checks every value.
 * @throws {OverlayError} `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function failureDetectorOptions(given: Partial<FailureDetectorOptions> = {}): FailureDetectorOptions {
  const options = withDefaults(given, FAILURE_DETECTOR_DEFAULTS, 'failureDetector');
  if (options.probeTimeoutMs >= options.probeIntervalMs) {
    invalidOption('failureDetector.probeTimeoutMs', `less than probeIntervalMs (${options.probeIntervalMs})`, options.probeTimeoutMs);
  }
  return Object.freeze(options);
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
  iHaveBytesPerMs: [1, 1_000_000_000],
  iHaveBatchMax: [1, 1024],
  graftTimeoutMs: [1, 3_600_000],
  graftRetryMs: [1, 3_600_000],
  missingMax: [1, 1_000_000],
  treesMax: [1, 1_000_000],
  k: [1, 1000],
  connectionLimit: [0, 65_536],
  huntLimit: [0, 64],
  recentMs: [1, 86_400_000],
  cycleMs: [1, 86_400_000],
  hotMax: [1, 1_000_000],
  batchMax: [1, 65_536],
  catchUpTimeoutMs: [1, 600_000],
  historyMessagesMax: [0, 10_000_000],
  historyBytesMax: [0, 2 ** 40],
  originsMax: [1, 10_000_000],
  gapTimeoutMs: [1, 3_600_000],
  orderBufferMax: [1, 1_000_000],
  digestRangesMax: [1, 1024],
  messageBytesMax: [1, 2 ** 30],
  probeIntervalMs: [2, 600_000],
  probeTimeoutMs: [1, 600_000],
  indirectProbes: [0, 64],
  suspicionMult: [1, 20],
  suspicionMaxMult: [1, 20],
  localHealthMax: [0, 64],
  watchedMax: [1, 65_536],
  relaysMax: [1, 65_536],
};

/** Allowed values of the options that may be fractions: smallest, largest. */
const FRACTIONS: Readonly<Record<string, readonly [number, number]>> = {
  spatialExponent: [0, 8],
};

/** Allowed values of the options that are words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  order: ['none', 'fifo', 'causal'],
  since: ['any', 'now', 'history'],
  tree: ['shared', 'per-source'],
  mode: ['push', 'pull', 'push-pull'],
  interest: ['feedback', 'blind'],
  stop: ['counter', 'coin'],
  minimization: ['none', 'counters'],
  partner: ['uniform', 'spatial'],
  exchange: ['full', 'recent'],
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
  checkNumber(where, value, RANGES[name], true);
  checkNumber(where, value, FRACTIONS[name], false);
}

function checkNumber(where: string, value: unknown, range: readonly [number, number] | undefined, whole: boolean): void {
  if (range === undefined) return;
  const [min, max] = range;
  const fits = typeof value === 'number' && (Number.isInteger(value) || !whole) && value >= min && value <= max;
  if (!fits) invalidOption(where, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, value);
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
  if (dissemination.kind === 'anti-entropy' && config.repair !== undefined) {
    invalidOption('repair', 'none when the dissemination is anti-entropy already', config.repair.kind);
  }
  checkEpidemics(config);
  checkHistory(config);
  if (config.order === 'causal' && config.originsMax > CAUSAL_ENTRIES_MAX) {
    invalidOption('originsMax', `at most ${CAUSAL_ENTRIES_MAX} in causal order, since a message may name each`, config.originsMax);
  }
}

function checkEpidemics({ overlay, dissemination, repair }: GroupConfig): void {
  if (dissemination.kind === 'rumor' && dissemination.minimization === 'counters') {
    const { mode, interest, stop } = dissemination;
    if (mode !== 'push-pull' || interest !== 'feedback' || stop !== 'counter') {
      invalidOption('dissemination.rumor.minimization', 'none but with push-pull, feedback and counter, since two counters are compared', `${mode}, ${interest}, ${stop}`);
    }
  }
  for (const [part, epidemic] of [['dissemination', dissemination], ['repair', repair]] as const) {
    if (epidemic === undefined || !('partner' in epidemic)) continue;
    if (epidemic.partner === 'spatial' && overlay.kind !== 'full' && overlay.kind !== 'static') {
      invalidOption(`${part}.${epidemic.kind}.partner`, `uniform over ${overlay.kind}, since distances are measured for overlays full and static only`, epidemic.partner);
    }
  }
}

function checkHistory({ dissemination, repair, since, historyMessagesMax, historyBytesMax, messageBytesMax }: GroupConfig): void {
  if (!(dissemination.kind === 'anti-entropy' || dissemination.kind === 'plumtree' || repair !== undefined || since === 'history')) return;
  if (historyMessagesMax === 0) {
    invalidOption('historyMessagesMax', 'at least 1, since the group answers those who missed a message', 0);
  }
  if (historyBytesMax < messageBytesMax) {
    invalidOption('historyBytesMax', `at least messageBytesMax (${messageBytesMax}), since a larger message could not be sent again`, historyBytesMax);
  }
}
