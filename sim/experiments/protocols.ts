import { DEFAULTS, type DisseminationOptions, type GroupConfig, type GroupOptions, type OverlayOptions, groupConfig } from '../../lib/core/config.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { closest } from '../../lib/core/suggest.ts';

/** How the peers of a protocol find each other. */
export type Start =
  /** One by one, through the peer on the first host. */
  | 'contact'
  /** All at once; each knows all. */
  | 'members'
  /** All at once; each has its neighbours in the minimum spanning tree. */
  | 'mst';

/** What the simulator runs for a name on the command line. */
export type ProtocolSetup =
  | { readonly kind: 'peers'; readonly name: string; readonly config: GroupConfig; readonly start: Start }
  /** No peers: a packet that the routers themselves copy. */
  | { readonly kind: 'ip-multicast'; readonly name: string };

/** A protocol that can be compared. */
export interface ProtocolEntry {
  readonly name: string;
  readonly group: 'bounds' | 'trees' | 'meshes' | 'epidemics';
  readonly summary: string;
  /** The words that may follow the name, for help; empty when there are none. */
  readonly variants: string;
}

interface Entry extends ProtocolEntry {
  readonly start: Start;
  readonly overlay: OverlayOptions['kind'];
  /** Words among the variants that put it over another overlay. */
  readonly overOther?: readonly string[];
  /** Absent: IP multicast. */
  readonly dissemination?: DisseminationOptions['kind'];
}

const HYPARVIEW = { start: 'contact', overlay: 'hyparview' } as const;
const MEMBERS = { start: 'members', overlay: 'full' } as const;

const ENTRIES: readonly Entry[] = [
  {
    name: 'unicast',
    group: 'bounds',
    summary: 'the source sends a copy to each receiver (star)',
    variants: '',
    ...MEMBERS,
    dissemination: 'unicast',
  },
  {
    name: 'ip-multicast',
    group: 'bounds',
    summary: 'routers copy packets along the shortest-path tree of the underlay',
    variants: '',
    ...MEMBERS,
  },
  {
    name: 'mst',
    group: 'bounds',
    summary: 'multicast along the minimum spanning tree of the hosts, computed centrally',
    variants: '',
    start: 'mst',
    overlay: 'static',
    dissemination: 'tree',
  },
  {
    name: 'flood',
    group: 'meshes',
    summary: 'flooding over the active views of HyParView',
    variants: 'activeViewSize=N',
    ...HYPARVIEW,
    dissemination: 'flooding',
  },
  {
    name: 'gossip-mesh',
    group: 'meshes',
    summary: 'a mesh of bounded degree over HyParView, lazy announcements to others, as in gossipsub',
    variants: 'd=N, dLow=N, dHigh=N, dLazy=N, activeViewSize=N',
    ...HYPARVIEW,
    dissemination: 'gossip-mesh',
  },
  {
    name: 'narada',
    group: 'meshes',
    summary: 'Narada: a mesh that adapts to delays, and along it a shortest-path tree for each source',
    variants: 'degreeMin=N, degreeMax=N, refreshIntervalMs=N',
    start: 'contact',
    overlay: 'narada',
    dissemination: 'tree',
  },
  {
    name: 'x-bot',
    group: 'meshes',
    summary: 'flooding over HyParView views that X-BOT biases to near peers',
    variants: 'activeViewSize=N, passiveScanLength=N, unbiasedNeighbours=N',
    start: 'contact',
    overlay: 'x-bot',
    dissemination: 'flooding',
  },
  {
    name: 'plumtree',
    group: 'trees',
    summary: 'Plumtree over HyParView: eager push along a tree, lazy announcements beside it',
    variants: 'shared|per-source, optimizationThreshold=N, x-bot',
    ...HYPARVIEW,
    overOther: ['x-bot'],
    dissemination: 'plumtree',
  },
  {
    name: 'switch-tree',
    group: 'trees',
    summary: 'a shared tree under a child limit, whose peers switch to better parents',
    variants: 'cost|delay, sibling|1-hop|2-hop|any, childrenMax=N',
    start: 'contact',
    overlay: 'switch-tree',
    dissemination: 'tree',
  },
  {
    name: 'nice',
    group: 'trees',
    summary: 'NICE: layers of clusters of near members, and multicast along this hierarchy',
    variants: 'clusterSizeMin=N',
    start: 'contact',
    overlay: 'nice',
    dissemination: 'tree',
  },
  {
    name: 'rumor',
    group: 'epidemics',
    summary: 'rumor mongering over full membership',
    variants: 'push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon',
    ...MEMBERS,
    overOther: ['cyclon'],
    dissemination: 'rumor',
  },
  {
    name: 'anti-entropy',
    group: 'epidemics',
    summary: 'anti-entropy over full membership',
    variants: 'push|pull|push-pull, digest|ranges, full|recent, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, recentMs=N, cycleMs=N, cyclon',
    ...MEMBERS,
    overOther: ['cyclon'],
    dissemination: 'anti-entropy',
  },
];

/** All protocols, in the order of the table. */
export const PROTOCOLS: readonly ProtocolEntry[] = ENTRIES;

/** Words that may follow a protocol's name, and the option that each sets. */
const WORDS: ReadonlyMap<string, readonly [option: string, value: string]> = new Map([
  ['push', ['mode', 'push']],
  ['pull', ['mode', 'pull']],
  ['push-pull', ['mode', 'push-pull']],
  ['feedback', ['interest', 'feedback']],
  ['blind', ['interest', 'blind']],
  ['counter', ['stop', 'counter']],
  ['coin', ['stop', 'coin']],
  ['digest', ['reconcile', 'digest']],
  ['ranges', ['reconcile', 'ranges']],
  ['cost', ['goal', 'cost']],
  ['delay', ['goal', 'delay']],
  ['sibling', ['scope', 'sibling']],
  ['1-hop', ['scope', '1-hop']],
  ['2-hop', ['scope', '2-hop']],
  ['any', ['scope', 'any']],
  ['minimization', ['minimization', 'counters']],
  ['uniform', ['partner', 'uniform']],
  ['spatial', ['partner', 'spatial']],
  ['full', ['exchange', 'full']],
  ['recent', ['exchange', 'recent']],
  ['shared', ['tree', 'shared']],
  ['per-source', ['tree', 'per-source']],
]);

/** Words that may follow the names of protocols that allow them: another overlay below, and how its peers find each other. */
const OTHER_OVERLAYS: ReadonlyMap<string, { readonly overlay: OverlayOptions['kind']; readonly start: Start }> = new Map([
  ['cyclon', { overlay: 'cyclon', start: 'contact' }],
  ['x-bot', { overlay: 'x-bot', start: 'contact' }],
]);

/** Other words for what is here, to suggest the name by. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['star', 'unicast'],
  ['multicast', 'ip-multicast'],
  ['spt', 'ip-multicast'],
  ['tree', 'mst'],
  ['flooding', 'flood'],
  ['hyparview', 'flood'],
  ['esm', 'narada'],
  ['gossip', 'rumor'],
  ['gossipsub', 'gossip-mesh'],
  ['epidemic', 'rumor'],
]);

/**
 * Reads a name with its variants, parted by colons: `rumor:push-pull:coin:k=3`.
 * @throws {OverlayError} `UNKNOWN_PROTOCOL` with a suggestion; `INVALID_OPTION` for a variant.
 */
export function protocolSetup(spec: string): ProtocolSetup {
  const [name = '', ...variants] = spec.split(':');
  const entry = ENTRIES.find((candidate) => candidate.name === name);
  if (entry === undefined) throw unknownProtocol(name);
  if (entry.dissemination === undefined) {
    if (variants.length > 0) throw badVariant(entry, variants[0] ?? '');
    return { kind: 'ip-multicast', name: spec };
  }
  const otherWord = variants.find((variant) => entry.overOther?.includes(variant));
  const below = (otherWord === undefined ? undefined : OTHER_OVERLAYS.get(otherWord)) ?? entry;
  const dissemination: Record<string, unknown> = { kind: entry.dissemination };
  const overlay: Record<string, unknown> = { kind: below.overlay };
  for (const variant of variants) {
    if (variant === otherWord && variants.indexOf(variant) === variants.lastIndexOf(variant)) continue;
    const [option, value] = WORDS.get(variant) ?? assignment(entry, variant);
    const part = Object.hasOwn(DEFAULTS.overlay[below.overlay], option) ? overlay : dissemination;
    const isKnown = part === overlay || Object.hasOwn(DEFAULTS.dissemination[entry.dissemination], option);
    // Nobody's option, or one that was set before.
    if (!isKnown || Object.hasOwn(part, option)) throw badVariant(entry, variant);
    part[option] = value;
  }
  const options = { overlay, dissemination } as unknown as GroupOptions;
  return { kind: 'peers', name: spec, config: configOf(spec, options), start: below.start };
}

/** A wrong value is told in the words of the command line. */
function configOf(spec: string, options: GroupOptions): GroupConfig {
  try {
    return groupConfig(options);
  } catch (error) {
    if (error instanceof OverlayError) throw new OverlayError(error.code, `--protocol ${spec}: ${error.message}`);
    throw error;
  }
}

/** Its place in the table: that of the protocol without variants. */
export function protocolEntry(spec: string): ProtocolEntry | undefined {
  return PROTOCOLS.find(({ name }) => name === spec.split(':')[0]);
}

function assignment(entry: Entry, variant: string): readonly [option: string, value: number] {
  const match = /^([A-Za-z]+)=([0-9]+(?:\.[0-9]+)?)$/.exec(variant);
  if (match === null) throw badVariant(entry, variant);
  return [match[1] ?? '', Number(match[2])];
}

function unknownProtocol(name: string): OverlayError {
  const names = ENTRIES.map((entry) => entry.name);
  const guess = SYNONYMS.get(name.toLowerCase()) ?? closest(name, names);
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return new OverlayError('UNKNOWN_PROTOCOL', `--protocol: expected some of ${names.join(', ')}, got "${name}".${hint}`);
}

function badVariant(entry: Entry, variant: string): OverlayError {
  const expected = entry.variants === '' ? 'no variant' : `variants ${entry.variants}`;
  return new OverlayError('INVALID_OPTION', `--protocol ${entry.name}: expected ${expected}, got "${variant}".`);
}
