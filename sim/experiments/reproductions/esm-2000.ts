import { assert } from '../../../lib/core/errors.ts';
import type { ProtocolResult } from '../../report/report.ts';
import { generateTopology } from '../../underlay/generate/generators.ts';
import { compare } from '../comparison.ts';
import { type Finding, type Published, type Reproduction, type ReproductionOptions, type ReproductionRow, row } from '../reproduction.ts';

const ROUTERS = 1024;
/** Links that each router brings along: 3066 in all, about as many as in the paper's map of 1024 routers. */
const LINKS_PER_ROUTER = 3;
const SIZES = [8, 16, 32, 64, 128, 256, 512] as const;
const QUICK_SIZES = [8, 16, 32, 64] as const;
const SEEDS = 5;
const QUICK_SEEDS = 2;
/** Of groups of more than 128, each of which costs as much as all smaller ones together. */
const SEEDS_OF_LARGE = 2;
const LARGE = 128;
/** Members that publish one message each. */
const SOURCES = 8;

/** What one group yielded under both protocols. */
interface Pair {
  readonly unicast: ProtocolResult;
  readonly narada: ProtocolResult;
}

/** The groups of one size, one for each seed. */
interface Groups {
  readonly size: number;
  readonly pairs: readonly Pair[];
}

/** The simulations of End System Multicast. */
export const ESM_2000: Reproduction = {
  name: 'esm-2000',
  paper: 'Chu, Rao, Zhang: A Case for End System Multicast, SIGMETRICS 2000; with Seshan in IEEE JSAC 20(8), 2002.',
  summary: 'Narada: stress, RDP, resource usage, control traffic against group size',

  method(quick) {
    const sizes = quick ? QUICK_SIZES : SIZES;
    const runs = quick ? `${QUICK_SEEDS} seeds` : `${SEEDS} seeds (${SEEDS_OF_LARGE} for groups of more than ${LARGE})`;
    return `Groups of ${sizes.join(', ')} members at random routers of a Waxman map of ${ROUTERS} routers, ${LINKS_PER_ROUTER} links brought along by each (about 3070 in all), another map for each seed, ${runs}. `
      + 'Members join one by one and the mesh comes to rest for a minute, ten at most. '
      + `Then up to ${SOURCES} random members publish a message each. Stress is over all links, access links included, and the worst over all messages; RDP and resource usage are means over messages. `
      + 'Narada has its defaults, degree 3 to 6. Control traffic is counted from the first of these messages to 20 s after the last.';
  },

  run(options) {
    const groups = measure(options);
    return groups.flatMap((each) => rowsOf(each)).concat(growthRows(groups));
  },
};

function measure({ seed, quick, onShare }: ReproductionOptions): readonly Groups[] {
  const sizes: readonly number[] = quick ? QUICK_SIZES : SIZES;
  // What a group costs grows with the square of its size.
  const plan = sizes.map((size) => ({ size, seeds: quick ? QUICK_SEEDS : size > LARGE ? SEEDS_OF_LARGE : SEEDS }));
  const total = plan.reduce((sum, { size, seeds }) => sum + size * size * seeds, 0);
  let done = 0;
  return plan.map(({ size, seeds }) => {
    const pairs = Array.from({ length: seeds }, (_, index) => {
      const pair = measurePair(size, seed + index);
      done += size * size;
      onShare(done / total);
      return pair;
    });
    return { size, pairs };
  });
}

function measurePair(size: number, seed: number): Pair {
  const underlay = generateTopology('waxman', { routers: ROUTERS, m: LINKS_PER_ROUTER }, seed);
  const { results } = compare(underlay, 'waxman', {
    protocols: ['unicast', 'narada'], hosts: `random:${size}`, source: `random:${Math.min(size, SOURCES)}`, warmUpMessages: 0, messages: 1, seed,
  });
  const [unicast, narada] = results;
  assert(unicast !== undefined && narada !== undefined, 'a comparison has a result for each protocol');
  return { unicast, narada };
}

const OTHER_SIZE = 'The figure that is known for certain is that of 128 members.';

/** What is published of groups of 128 members; of other sizes the same rows are reported. */
function ofLarge(size: number, published: Published): Pick<Finding, 'published' | 'tolerance' | 'note'> {
  const tolerance = { kind: 'relative', by: 0.1 } as const;
  return size === LARGE ? { published, tolerance } : { published: { kind: 'none' }, tolerance, note: OTHER_SIZE };
}

function rowsOf({ size, pairs }: Groups): ReproductionRow[] {
  const members = `${size} members`;
  const exact = { kind: 'absolute', by: 0 } as const;
  const one = { published: { kind: 'atLeast', value: 1 }, tolerance: { kind: 'relative', by: 0.01 } } as const;
  const stress = (result: ProtocolResult): number => figure(result.linkStress?.undirected.all.max);
  const usage = (result: ProtocolResult): number => figure(result.normalizedResourceUsage);
  return [
    row({
      what: `worst link stress of unicast, ${members}`, where: 'simulations, worst case stress against group size',
      published: { kind: 'value', value: size - 1 }, tolerance: exact, values: pairs.map(({ unicast }) => stress(unicast)),
    }),
    row({
      what: `worst link stress of Narada, ${members}`, where: 'simulations, worst case stress against group size',
      values: pairs.map(({ narada }) => stress(narada)), ...ofLarge(size, { kind: 'between', from: 9, to: 14 }),
    }),
    row({
      what: `90th percentile RDP of Narada, ${members}`, where: 'simulations, cumulative distribution of RDP',
      values: pairs.map(({ narada }) => figure(narada.rdp?.p90)), ...ofLarge(size, { kind: 'atMost', value: 4 }),
    }),
    row({ what: `shape: normalized resource usage of Narada, ${members}`, where: 'simulations, normalized resource usage against group size', values: pairs.map(({ narada }) => usage(narada)), ...one, note: 'Above that of IP multicast, 1.' }),
    row({
      what: `shape: normalized resource usage of unicast over that of Narada, ${members}`, where: 'simulations, normalized resource usage against group size',
      values: pairs.map(({ unicast, narada }) => usage(unicast) / usage(narada)), ...one, note: 'Unicast uses more.',
    }),
    row({ what: `share of members reached by Narada, ${members}`, where: 'section 3.3', published: { kind: 'value', value: 1 }, tolerance: exact, values: pairs.map(({ narada }) => narada.reliability) }),
    row({
      what: `control traffic of Narada per member, ${members}, bytes per second`, where: 'simulations, protocol overhead',
      published: { kind: 'none' }, tolerance: exact, values: pairs.map(({ narada }) => narada.controlOverhead.bytesPerPeerPerSecond),
      note: 'Hangs on the interval of refreshes and the length of ids, which are ours.',
    }),
  ];
}

/** How figures grow from the smallest group to the largest one: shapes, whatever the numbers are. */
function growthRows(groups: readonly Groups[]): ReproductionRow[] {
  const [smallest] = groups;
  const largest = groups.at(-1);
  if (smallest === undefined || largest === undefined) return [];
  const times = largest.size / smallest.size;
  const growth = (of: (pair: Pair) => number): number[] => [mean(largest.pairs.map(of)) / mean(smallest.pairs.map(of))];
  const range = `from ${smallest.size} to ${largest.size} members`;
  return [
    row({
      what: `shape: growth of Narada's worst link stress ${range}`, where: 'simulations, worst case stress against group size',
      published: { kind: 'atMost', value: times / 2 }, tolerance: { kind: 'relative', by: 0 }, values: growth(({ narada }) => figure(narada.linkStress?.undirected.all.max)),
      note: `Far less than the group, which grows ${times} times. One value: means over seeds.`,
    }),
    row({
      what: `shape: growth of Narada's control traffic per member ${range}`, where: 'section 3.1: every member tells of every other',
      published: { kind: 'between', from: times / 2, to: times * 2 }, tolerance: { kind: 'relative', by: 0 }, values: growth(({ narada }) => narada.controlOverhead.bytesPerPeerPerSecond),
      note: `About as much as the group, which grows ${times} times. One value: means over seeds.`,
    }),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** On a map of routers every figure exists; one that does not is no number, and reproduces nothing. */
function figure(value: number | null | undefined): number {
  return value ?? NaN;
}
