import { CONTACT_DEFAULTS, checkEpidemics } from './epidemic-options.ts';
import { OverlayError, describe, invalidOption } from './errors.ts';
import { CAUSAL_ENTRIES_MAX } from './messages.ts';
import type { CyclonOptions, DisseminationOptions, FailureDetectorOptions, GossipMeshOptions, GroupConfig, GroupLimits, GroupOptions, HyParViewOptions, NaradaOptions, OverlayOptions } from './options.ts';
import { NARADA_MEMBERS_MAX } from './messages/narada.ts';
import { TREE_CHILDREN_MAX } from './messages/switch-tree.ts';
import { closest } from './suggest.ts';

export type * from './options.ts';

const HYPARVIEW_DEFAULTS: HyParViewOptions = {
  kind: 'hyparview',
  activeViewSize: 5,
  passiveViewSize: 30,
  activeRandomWalkLength: 6,
  passiveRandomWalkLength: 3,
  shuffleActive: 3,
  shufflePassive: 4,
  shuffleIntervalMs: 1000,
  neighbourTimeoutMs: 2000,
};

const OVERLAY_DEFAULTS: { readonly [K in OverlayOptions['kind']]: Extract<OverlayOptions, { kind: K }> } = {
  hyparview: HYPARVIEW_DEFAULTS,
  cyclon: { kind: 'cyclon', viewSize: 20, shuffleLength: 8, shuffleIntervalMs: 1000, joinWalkLength: 5 },
  full: { kind: 'full' },
  static: { kind: 'static' },
  narada: {
    kind: 'narada',
    degreeMin: 3,
    degreeMax: 6,
    membersMax: NARADA_MEMBERS_MAX,
    refreshIntervalMs: 30_000,
    updateDelayMs: 1000,
    memberTimeoutMs: 120_000,
    repairIntervalMs: 5000,
    repairWaitMs: 60_000,
    probeIntervalMs: 10_000,
    probeTimeoutMs: 2000,
    deadMemberMs: 600_000,
    transientMs: 10_000,
  },
  'switch-tree': {
    kind: 'switch-tree',
    childrenMax: 4,
    goal: 'cost',
    scope: '2-hop',
    gainPercent: 5,
    switchIntervalMs: 5000,
    refreshIntervalMs: 5000,
    searchTimeoutMs: 2000,
  },
  'x-bot': {
    ...HYPARVIEW_DEFAULTS,
    kind: 'x-bot',
    unbiasedNeighbours: 1,
    passiveScanLength: 2,
    optimizationIntervalMs: 2000,
    swapTimeoutMs: 5000,
    gainPercent: 5,
  },
  nice: {
    kind: 'nice',
    clusterSizeMin: 3,
    heartbeatIntervalMs: 5000,
    heartbeatsMissedMax: 5,
    queryTimeoutMs: 2000,
    gainPercent: 10,
  },
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
    iHaveBytesPerMs: 10_000,
    iHaveBatchMax: 64,
    graftTimeoutMs: 1000,
    graftRetryMs: 500,
    missingMax: 1024,
    treesMax: 1024,
  },
  'gossip-mesh': {
    kind: 'gossip-mesh',
    d: 6,
    dLow: 4,
    dHigh: 12,
    dLazy: 6,
    heartbeatMs: 1000,
    gossipWindow: 3,
    pruneBackoffMs: 60_000,
    iHaveBatchMax: 64,
    missingMax: 1024,
    batchMax: 256,
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
  'anti-entropy': { kind: 'anti-entropy', mode: 'push-pull', exchange: 'full', recentMs: 10_000, ...CONTACT_DEFAULTS, cycleMs: 1000, batchMax: 256, reconcile: 'digest' },
};

/** A mesh is chosen among more links than it may have. */
const OVERLAY_DEFAULTS_BELOW_MESH = {
  ...OVERLAY_DEFAULTS,
  hyparview: { ...OVERLAY_DEFAULTS.hyparview, activeViewSize: 16 },
  'x-bot': { ...OVERLAY_DEFAULTS['x-bot'], activeViewSize: 16 },
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
  const limits = withDefaults<GroupLimits>(rest, GROUP_DEFAULTS, 'group', ['overlay', 'dissemination', 'repair']);
  const isMesh = dissemination === 'gossip-mesh' || (typeof dissemination === 'object' && dissemination?.kind === 'gossip-mesh');
  const config: GroupConfig = {
    ...limits,
    overlay: choose('overlay', overlay, isMesh ? OVERLAY_DEFAULTS_BELOW_MESH : OVERLAY_DEFAULTS),
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
  viewSize: [1, 256],
  shuffleLength: [1, 128],
  joinWalkLength: [0, 64],
  unbiasedNeighbours: [1, 255],
  passiveScanLength: [1, 64],
  optimizationIntervalMs: [1, 86_400_000],
  swapTimeoutMs: [1, 3_600_000],
  childrenMax: [2, TREE_CHILDREN_MAX],
  switchIntervalMs: [1, 86_400_000],
  searchTimeoutMs: [1, 3_600_000],
  clusterSizeMin: [2, 16],
  heartbeatIntervalMs: [10, 3_600_000],
  heartbeatsMissedMax: [2, 1000],
  queryTimeoutMs: [1, 3_600_000],
  gainPercent: [0, 99],
  optimizationThreshold: [0, 1000],
  iHaveDelayMs: [0, 60_000],
  iHaveBytesPerMs: [1, 1_000_000_000],
  iHaveBatchMax: [1, 1024],
  graftTimeoutMs: [1, 3_600_000],
  graftRetryMs: [1, 3_600_000],
  missingMax: [1, 1_000_000],
  treesMax: [1, 1_000_000],
  d: [1, 256],
  dLow: [1, 256],
  dHigh: [1, 256],
  dLazy: [0, 256],
  heartbeatMs: [1, 3_600_000],
  gossipWindow: [1, 100],
  pruneBackoffMs: [0, 3_600_000],
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
  degreeMin: [1, 256],
  degreeMax: [2, 256],
  membersMax: [2, NARADA_MEMBERS_MAX],
  refreshIntervalMs: [1, 86_400_000],
  updateDelayMs: [0, 60_000],
  memberTimeoutMs: [1, 86_400_000],
  repairIntervalMs: [1, 3_600_000],
  repairWaitMs: [0, 3_600_000],
  deadMemberMs: [1, 86_400_000],
  transientMs: [0, 600_000],
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
  goal: ['cost', 'delay'],
  scope: ['sibling', '1-hop', '2-hop', 'any'],
  mode: ['push', 'pull', 'push-pull'],
  interest: ['feedback', 'blind'],
  stop: ['counter', 'coin'],
  reconcile: ['digest', 'ranges'],
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

/** `others`: options that are read elsewhere, and stand beside these. */
function withDefaults<T extends object>(given: Partial<T>, defaults: T, where: string, others: readonly string[] = []): T {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) unknownOption(where, name, [...others, ...Object.keys(defaults)]);
    if (value === undefined) continue;
    checkValue(`${where}.${name}`, name, value);
    merged[name] = value;
  }
  return merged as unknown as T;
}

function unknownOption(where: string, name: string, names: readonly string[]): never {
  const guess = closest(name, names);
  const hint = guess === undefined ? '' : ` (did you mean ${guess}?)`;
  throw new OverlayError('INVALID_OPTION', `${where}: expected options ${names.join(', ')}, got "${name}"${hint}.`);
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
  if ((overlay.kind === 'hyparview' || overlay.kind === 'x-bot') && overlay.passiveRandomWalkLength > overlay.activeRandomWalkLength) {
    invalidOption(`overlay.${overlay.kind}.passiveRandomWalkLength`, `at most activeRandomWalkLength (${overlay.activeRandomWalkLength})`, overlay.passiveRandomWalkLength);
  }
  if (overlay.kind === 'x-bot' && overlay.unbiasedNeighbours >= overlay.activeViewSize) {
    invalidOption('overlay.x-bot.unbiasedNeighbours', `less than activeViewSize (${overlay.activeViewSize})`, overlay.unbiasedNeighbours);
  }
  if (dissemination.kind === 'gossip-mesh') checkMesh(overlay, dissemination);
  if (overlay.kind === 'cyclon') checkCyclon(overlay, dissemination);
  if (dissemination.kind === 'plumtree' && dissemination.iHaveDelayMs >= dissemination.graftTimeoutMs) {
    invalidOption('dissemination.plumtree.iHaveDelayMs', `less than graftTimeoutMs (${dissemination.graftTimeoutMs})`, dissemination.iHaveDelayMs);
  }
  if (overlay.kind === 'narada') checkNarada(overlay);
  if (dissemination.kind === 'tree' && !TREE_OVERLAYS.includes(overlay.kind)) {
    invalidOption('dissemination', `an overlay of kind ${TREE_OVERLAYS.join(', ')} for tree, since those know one`, overlay.kind);
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

/** A mesh takes its links from the view, so that a view of fewer than D would make all of them links of the mesh. */
function checkMesh(overlay: OverlayOptions, { d, dLow, dHigh }: GossipMeshOptions): void {
  if (dLow > d) invalidOption('dissemination.gossip-mesh.dLow', `at most d (${d})`, dLow);
  if (dHigh < d) invalidOption('dissemination.gossip-mesh.dHigh', `at least d (${d})`, dHigh);
  if ((overlay.kind === 'hyparview' || overlay.kind === 'x-bot') && overlay.activeViewSize < d) {
    invalidOption(`overlay.${overlay.kind}.activeViewSize`, `at least d (${d}) of the gossip mesh over it`, overlay.activeViewSize);
  }
}

/** Its views are not mutual, and change all the time: what keeps a state for each link cannot use them. */
function checkCyclon({ viewSize, shuffleLength }: CyclonOptions, { kind }: DisseminationOptions): void {
  if (shuffleLength > viewSize) invalidOption('overlay.cyclon.shuffleLength', `at most viewSize (${viewSize})`, shuffleLength);
  if (kind !== 'rumor' && kind !== 'anti-entropy' && kind !== 'flooding') {
    invalidOption('dissemination', 'rumor, anti-entropy or flooding over cyclon, whose views are not mutual', kind);
  }
}

/** Overlays that know a tree for each publisher. */
const TREE_OVERLAYS: readonly OverlayOptions['kind'][] = ['static', 'narada', 'switch-tree', 'nice'];

function checkNarada({ degreeMin, degreeMax, refreshIntervalMs, memberTimeoutMs }: NaradaOptions): void {
  if (degreeMin > degreeMax) invalidOption('overlay.narada.degreeMin', `at most degreeMax (${degreeMax})`, degreeMin);
  if (memberTimeoutMs <= 2 * refreshIntervalMs) {
    invalidOption('overlay.narada.memberTimeoutMs', `more than twice refreshIntervalMs (${refreshIntervalMs})`, memberTimeoutMs);
  }
}

function checkHistory({ dissemination, repair, since, historyMessagesMax, historyBytesMax, messageBytesMax }: GroupConfig): void {
  if (!(dissemination.kind === 'anti-entropy' || dissemination.kind === 'plumtree' || dissemination.kind === 'gossip-mesh' || repair !== undefined || since === 'history')) return;
  if (historyMessagesMax === 0) {
    invalidOption('historyMessagesMax', 'at least 1, since the group answers those who missed a message', 0);
  }
  if (historyBytesMax < messageBytesMax) {
    invalidOption('historyBytesMax', `at least messageBytesMax (${messageBytesMax}), since a larger message could not be sent again`, historyBytesMax);
  }
}
