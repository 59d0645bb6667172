import { Random } from '../../../lib/core/random.ts';
import { type LinkCopies, linkCopies, linkStress } from '../../measure/link-stress.ts';
import type { MessageRecord } from '../../measure/message-record.ts';
import { directedFrom, ipMulticast } from '../../measure/trees.ts';
import { builtinUnderlay } from '../../underlay/builtin.ts';
import type { RouterUnderlay } from '../../underlay/underlay.ts';
import { type Field, field } from '../field.ts';
import { messageFigures } from '../figures.ts';
import { ipMulticastRun } from '../ip-multicast-run.ts';
import { protocolSetup } from '../protocols.ts';
import { type Reproduction, type ReproductionOptions, type ReproductionRow, row } from '../reproduction.ts';
import { type RunOptions, run } from '../run.ts';

/** The hosts of the figure, in the order of the map. */
const HOSTS = ['A', 'B', 'C', 'D', 'E'];
const [A, B, C] = [0, 1, 2] as const;

/** What the figure's delays give for one overlay; source A where nothing else is said. */
interface Golden {
  /** The name of the protocol that runs it. */
  readonly protocol: 'mst' | 'unicast' | 'ip-multicast';
  readonly title: string;
  /** The tree that the peers are given, where it is not the minimum spanning tree. */
  readonly tree?: readonly (readonly [number, number])[];
  readonly treeCostMs: number;
  readonly resourceUsageMs?: number;
  /** Copies on each link that carries any, both directions added. */
  readonly stress: Readonly<Record<string, number>>;
  readonly stressMax: number;
  readonly stressMean?: number;
  readonly stressMeanAllLinks?: number;
  readonly stressMaxDirected?: number;
  /** By receiver: delay along the overlay, in ms, and by unicast. */
  readonly delaysMs: Readonly<Record<string, readonly [overlay: number, unicast: number]>>;
  readonly delayFromBToCMs?: readonly [overlay: number, unicast: number];
  readonly allPairs?: { readonly mean: number; readonly max: number };
}

const GOLDEN: readonly Golden[] = [
  {
    protocol: 'mst',
    title: 'tree A-B, B-E, E-D, D-C, as drawn',
    tree: [[0, 1], [1, 4], [4, 3], [3, 2]],
    treeCostMs: 82,
    resourceUsageMs: 82,
    stress: { 'A-Ra': 1, 'Ra-Rb': 2, 'B-Rb': 2, 'Ra-Re': 1, 'E-Re': 2, 'Rc-Re': 1, 'Rc-Rd': 2, 'D-Rd': 2, 'C-Rc': 1 },
    stressMax: 2,
    stressMean: 1.556,
    stressMeanAllLinks: 1.4,
    stressMaxDirected: 1,
    delaysMs: { B: [9, 9], E: [48, 32], D: [75, 49], C: [82, 52] },
    delayFromBToCMs: [73, 47],
    allPairs: { mean: 1.328, max: 1.577 },
  },
  {
    protocol: 'mst',
    title: 'minimum spanning tree A-B, A-E, E-C, C-D',
    treeCostMs: 70,
    stress: {},
    stressMax: 2,
    stressMean: 1.333,
    stressMeanAllLinks: 1.2,
    delaysMs: { B: [9, 9], E: [32, 32], C: [54, 52], D: [61, 49] },
    allPairs: { mean: 1.142, max: 1.667 },
  },
  {
    protocol: 'unicast',
    title: 'unicast star from A',
    treeCostMs: 142,
    stress: { 'A-Ra': 4 },
    stressMax: 4,
    stressMean: 1.556,
    delaysMs: { B: [9, 9], C: [52, 52], D: [49, 49], E: [32, 32] },
  },
  {
    protocol: 'ip-multicast',
    title: 'IP multicast, the shortest-path tree of the routers',
    treeCostMs: 102,
    stress: {},
    stressMax: 1,
    stressMean: 1,
    delaysMs: { B: [9, 9], C: [52, 52], D: [49, 49], E: [32, 32] },
  },
];

/** Ratios are printed with three digits after the point. */
const ROUNDING = 0.0005;

/** The figure by which link stress, stretch and tree cost are taught. */
export const TEXTBOOK: Reproduction = {
  name: 'textbook',
  summary: 'link stress, relative delay penalty and tree cost of five hosts, exact',
  paper: 'A. S. Tanenbaum, M. van Steen: Distributed Systems, Principles and Paradigms, 2nd edition, 2007, section 4.5.1, Application-level multicasting.',
  method: () => 'The five hosts and five routers of the figure (builtin:textbook). Every host publishes one message over peers of this library in the simulator: a given tree, '
    + 'the minimum spanning tree and a star; IP multicast is computed. The book states the delays, the route from B to C (73 against 47) and the definitions; '
    + 'all else follows from these by hand. Nothing is random, so that one run is all runs, and the quick version is the same.',
  run: runTextbook,
};

function runTextbook({ seed, onShare }: ReproductionOptions): readonly ReproductionRow[] {
  const underlay = builtinUnderlay('textbook');
  const ground = field(underlay, { kind: 'all' }, 1, new Random(seed));
  return GOLDEN.flatMap((golden, done) => {
    onShare(done / GOLDEN.length);
    const records = recordsOf(golden, ground, seed);
    return [...costRows(golden, ground, records, underlay), ...delayRows(golden, ground, records)];
  });
}

/** A message of each host, by host. */
function recordsOf({ protocol, tree }: Golden, ground: Field, seed: number): readonly MessageRecord[] {
  const sources = HOSTS.map((_, host) => host);
  const options: RunOptions = { seed, sources, warmUpMessages: 0, messages: 1, payloadBytes: 100, loss: 0, jitter: 0, wire: 'objects', onShare: () => {} };
  const setup = protocolSetup(protocol);
  if (setup.kind === 'ip-multicast') return ipMulticastRun(ground, options).records;
  // The peers of `mst` are handed their neighbours in the field's tree, whichever that is.
  return run(tree === undefined ? ground : { ...ground, mst: directedFrom(HOSTS.length, tree, A) }, setup, options).records;
}

function costRows(golden: Golden, ground: Field, records: readonly MessageRecord[], underlay: RouterUnderlay): ReproductionRow[] {
  const record = records[A];
  if (record === undefined || ground.links === undefined) return [];
  const routersCopy = golden.protocol === 'ip-multicast';
  const { figures } = messageFigures(record, { field: ground, mstCostMs: 70, cycleMs: undefined, routersCopy });
  const copies = routersCopy ? ipMulticast(ground.links, A) : linkCopies(ground.links, record.transmissions());
  const stress = linkStress(copies);
  const { max, mean, meanAllLinks } = stress.undirected.all;
  const used = stressByLink(copies, underlay, ground);
  const given = (what: string, published: number | undefined, measured: number | null, by = 0): ReproductionRow[] => {
    return published === undefined ? [] : [judged(golden, what, published, measured, by)];
  };
  return [
    ...given('tree cost, ms', golden.treeCostMs, figures.treeCost.value),
    ...given('resource usage, ms', golden.resourceUsageMs, figures.resourceUsage),
    ...given('link stress, largest', golden.stressMax, max),
    ...given('link stress, mean over the links used', golden.stressMean, mean, ROUNDING),
    ...given('link stress, mean over all links', golden.stressMeanAllLinks, meanAllLinks, ROUNDING),
    ...given('link stress, largest in one direction', golden.stressMaxDirected, stress.directed.all.max),
    ...Object.entries(golden.stress).flatMap(([link, stressOfLink]) => given(`link stress of ${link}`, stressOfLink, used.get(link) ?? 0)),
  ];
}

/** From the times of the simulation: what a message really took. */
function delayRows(golden: Golden, ground: Field, records: readonly MessageRecord[]): ReproductionRow[] {
  const ratio = (from: number, to: number): number => {
    const record = records[from];
    if (record === undefined) return NaN;
    return ((record.deliveredUs[to] as number) - record.publishedUs) / 1000 / ground.oracle.delayMs(from, to);
  };
  const rows = Object.entries(golden.delaysMs).map(([host, [overlay, unicast]]) => {
    return judged(golden, `RDP from A to ${host} (${overlay}/${unicast})`, overlay / unicast, ratio(A, HOSTS.indexOf(host)));
  });
  if (golden.delayFromBToCMs !== undefined) {
    const [overlay, unicast] = golden.delayFromBToCMs;
    rows.push(judged(golden, `RDP from B to C (${overlay}/${unicast})`, overlay / unicast, ratio(B, C)));
  }
  if (golden.allPairs !== undefined) {
    const all = HOSTS.flatMap((_, from) => HOSTS.flatMap((_, to) => (from === to ? [] : [ratio(from, to)])));
    rows.push(judged(golden, 'RDP over all pairs, mean', golden.allPairs.mean, all.reduce((sum, each) => sum + each, 0) / all.length, ROUNDING));
    rows.push(judged(golden, 'RDP over all pairs, largest', golden.allPairs.max, Math.max(...all), ROUNDING));
  }
  return rows;
}

/** A figure that must come out as it is, or within the rounding of what is printed. */
function judged({ title }: Golden, what: string, published: number, measured: number | null, by = 0): ReproductionRow {
  return row({ what, where: title, published: { kind: 'value', value: published }, values: [measured ?? NaN], tolerance: { kind: 'absolute', by } });
}

/** Copies on each link, both directions added, by the names of its ends in alphabetical order, hosts first. */
function stressByLink(copies: LinkCopies, underlay: RouterUnderlay, ground: Field): ReadonlyMap<string, number> {
  const stress = new Map<string, number>();
  const routerId = (index: number): string => underlay.routers[index]?.id ?? '';
  underlay.links.forEach(({ a, b }, link) => {
    stress.set([routerId(a), routerId(b)].sort().join('-'), (copies.ab[link] as number) + (copies.ba[link] as number));
  });
  // Host A hangs on router Ra, and so on.
  ground.hostIds.forEach((id, host) => stress.set(`${id}-R${id.toLowerCase()}`, (copies.up[host] as number) + (copies.down[host] as number)));
  return stress;
}
