import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import type { DisseminationOptions, GroupLimits, OverlayOptions } from '../../lib/core/options.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';

/** Values that options of one part may have, beside those that they have by default. */
type Choices<T> = { readonly [Name in keyof T]?: readonly T[Name][] };

type ChoicesByKind<T extends { readonly kind: string }> = { readonly [K in T['kind']]?: Choices<Extract<T, { kind: K }>> };

const HYPARVIEW = { activeViewSize: [6, 8], passiveViewSize: [12, 60], activeRandomWalkLength: [3, 4], shuffleActive: [1, 2], shufflePassive: [2, 8], shuffleIntervalMs: [500, 2000], neighbourTimeoutMs: [1000] } as const;

/* With all of these the promises of the contracts hold; timers that promises are counted in stay as they are. */

const OVERLAYS: ChoicesByKind<OverlayOptions> = {
  hyparview: HYPARVIEW,
  'x-bot': { ...HYPARVIEW, passiveScanLength: [1, 4], optimizationIntervalMs: [1000], swapTimeoutMs: [3000], gainPercent: [0, 20] },
  cyclon: { viewSize: [8, 12], shuffleLength: [3, 5], joinWalkLength: [2, 8] },
  narada: { degreeMin: [2, 4], degreeMax: [5, 8], probeTimeoutMs: [1000] },
  'switch-tree': { childrenMax: [2, 3, 8], goal: ['delay'], scope: ['sibling', '1-hop', 'any'], gainPercent: [0, 20] },
  nice: { clusterSizeMin: [2, 4], gainPercent: [0, 30] },
};

const DISSEMINATIONS: ChoicesByKind<DisseminationOptions> = {
  plumtree: { optimizationThreshold: [0, 1, 3], iHaveDelayMs: [0, 200], iHaveBatchMax: [2], graftTimeoutMs: [500, 2000], graftRetryMs: [200] },
  'gossip-mesh': { dLazy: [2], gossipWindow: [1, 5], iHaveBatchMax: [2] },
  rumor: { k: [1, 4], interest: ['blind'], stop: ['coin'], cycleMs: [500] },
  'anti-entropy': { batchMax: [1, 16], cycleMs: [500], recentMs: [3000] },
};

const LIMITS: Choices<GroupLimits> = { catchUpTimeoutMs: [300, 2000], gapTimeoutMs: [1000, 2000], orderBufferMax: [4, 32], digestRangesMax: [1, 4], historyMessagesMax: [32, 4096] };

/** The chance that an option is not as it is by default: most scenarios differ in a few, some in none. */
const VARIED = 0.15;

/** The group with some of its options drawn anew: none of those that it sets itself, and none where what was drawn cannot be had together. */
export function variedGroup(random: Random, group: GroupOptions): GroupOptions {
  const { overlay, dissemination, repair } = groupConfig(group);
  // A gossip mesh is chosen among the links of a larger view.
  const overlays = dissemination.kind === 'gossip-mesh' ? {} : OVERLAYS;
  const varied = {
    ...drawn(random, LIMITS),
    ...group,
    overlay: part(random, overlay.kind, overlays, group.overlay),
    dissemination: part(random, dissemination.kind, DISSEMINATIONS, group.dissemination),
    ...(repair !== undefined && { repair: part(random, repair.kind, DISSEMINATIONS, group.repair) }),
  };
  return isPossible(varied as GroupOptions) ? (varied as GroupOptions) : group;
}

/** Some options exclude each other. */
function isPossible(group: GroupOptions): boolean {
  try {
    groupConfig(group);
    return true;
  } catch (error) {
    if (error instanceof OverlayError) return false;
    throw error;
  }
}

/** The options of a part with some drawn: as a word where there are none. */
function part(random: Random, kind: string, choices: Readonly<Record<string, object | undefined>>, given: string | object | undefined): unknown {
  const options = { ...drawn(random, choices[kind] ?? {}), ...(typeof given === 'object' && given) };
  return Object.keys(options).some((name) => name !== 'kind') ? { ...options, kind } : kind;
}

function drawn(random: Random, choices: object): Readonly<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(choices) as [string, readonly unknown[]][]) {
    // Drawn in any case, so that one option does not change what is drawn for the next.
    const value = random.pick(values);
    if (random.chance(VARIED)) options[name] = value;
  }
  return options;
}
