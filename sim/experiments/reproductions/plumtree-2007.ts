import type { PlumtreeOptions } from '../../../lib/core/config.ts';
import { counted } from '../../underlay/formats/text.ts';
import { type Broadcast, JoinedWorld, redundancy } from '../joined-world.ts';
import { type Finding, type Published, type Reproduction, type ReproductionOptions, type ReproductionRow, type Tolerance, row } from '../reproduction.ts';

/** How large the experiment is. */
interface Size {
  readonly peers: number;
  readonly seeds: number;
  /** Before the first broadcast. */
  readonly cycles: number;
  /** Broadcasts until a tree has formed, and measured ones. */
  readonly warmUp: number;
  readonly measured: number;
  /** Shares of the peers that fail at once, in per cent. */
  readonly failed: readonly number[];
}

const FULL: Size = { peers: 10_000, seeds: 3, cycles: 50, warmUp: 10, measured: 10, failed: [10, 30, 50, 70, 80] };
const QUICK: Size = { peers: 1000, seeds: 1, cycles: 10, warmUp: 5, measured: 5, failed: [10, 50, 80] };

/** A packet takes 1 to 2 ms, evenly. */
const JITTER = 1;
/** Well above the 20 hops of a tree for many senders, so that nothing is asked for that is on its way. */
const GRAFT_TIMEOUT_MS = 200;
const GRAFT_RETRY_MS = 100;
/** Some rounds of grafts after the last hop. */
const SETTLE_MS = 3000;

/** What counts as "about 0". */
const RMR_NEARLY_0 = 0.05;
/** Cycles after failures. */
const HEALING_CYCLES = 10;

/** Plumtree: a tree in place of a flood, and how it heals. */
export const PLUMTREE_2007: Reproduction = {
  name: 'plumtree-2007',
  summary: 'Plumtree: messages per broadcast, last delivery hop, healing; 10 000 peers',
  paper: 'J. Leitao, J. Pereira, L. Rodrigues: Epidemic broadcast trees, SRDS 2007, section 4.',
  method: (quick) => {
    const { peers, seeds, cycles, warmUp, measured, failed } = quick ? QUICK : FULL;
    return `${counted(seeds, 'seed')}; ${peers} peers of HyParView join one by one through one contact, then ${cycles} cycles. The first broadcast on fresh links is a flood, since all links are eager; after ${warmUp} broadcasts `
      + `${measured} are measured, of one sender or each of a random one. IHAVE goes out at once. The published order, a tree deeper (10) than the flood (9) that made it and no deeper once optimised (8), cannot be where all delays are equal, since the first `
      + 'copy then comes by the fewest hops: so a packet takes 1 to 2 ms, drawn evenly; the same rows with equal delays stand below, without a verdict. '
      + `Healing: ${failed.join(', ')} % of the peers fail at once, threshold 7, one broadcast of a random live peer right then and one after each cycle. Announcements are asked for after ${GRAFT_TIMEOUT_MS} ms, then every ${GRAFT_RETRY_MS} ms.`;
  },
  run: ({ seed, quick, onShare }) => runPlumtree(quick ? QUICK : FULL, { seed, quick, onShare }),
};

/** Means over the measured broadcasts of one world. */
interface Observed {
  readonly floodPayloads: number;
  readonly floodHops: number;
  readonly payloads: number;
  readonly redundancy: number;
  readonly announcements: number;
  readonly hops: number;
  /** Of random senders, on the same tree; only where asked for. */
  readonly manyHops: number;
}

function runPlumtree(size: Size, { seed, quick, onShare }: ReproductionOptions): readonly ReproductionRow[] {
  const delays = [JITTER, 0];
  const worlds = size.seeds * (3 * delays.length + size.failed.length);
  let done = 0;
  const eachSeed = <T>(observe: (seed: number, onShare: OnShare) => T): T[] => Array.from({ length: size.seeds }, () => {
    // Every world has its own seed; those of neighbouring seeds of the command do not meet.
    const observed = observe(seed * worlds + done, (share) => onShare((done + share) / worlds));
    done++;
    return observed;
  });
  const stable = delays.map((jitter) => ({
    plain: eachSeed((each, onPart) => observe(size, each, { jitter, optimizationThreshold: 0, onShare: onPart })),
    one: eachSeed((each, onPart) => observe(size, each, { jitter, optimizationThreshold: 3, onShare: onPart })),
    many: eachSeed((each, onPart) => observe(size, each, { jitter, optimizationThreshold: 7, onShare: onPart })),
  }));
  const healing = size.failed.map((failedPercent) => [failedPercent, eachSeed((each, onPart) => cyclesToHeal(size, each, failedPercent, onPart))] as const);
  const [drawn, equal] = stable;
  return [
    ...(drawn === undefined ? [] : [...messageRows(drawn.plain, size.peers, quick), ...hopRows(drawn, 'drawn', quick)]),
    ...(equal === undefined ? [] : hopRows(equal, 'equal', quick)),
    ...healing.map(([failedPercent, cycles]) => healingRow(failedPercent, cycles)),
  ];
}

function worldOf({ peers, cycles }: Size, seed: number, { jitter, optimizationThreshold, onShare }: Conditions): JoinedWorld {
  const dissemination: Partial<PlumtreeOptions> & { readonly kind: 'plumtree' } = {
    kind: 'plumtree', optimizationThreshold, iHaveDelayMs: 0, graftTimeoutMs: GRAFT_TIMEOUT_MS, graftRetryMs: GRAFT_RETRY_MS,
  };
  const joined = new JoinedWorld({ peers, seed, jitter, dissemination, settleMs: SETTLE_MS });
  for (let cycle = 0; cycle < cycles; cycle++) {
    onShare(cycle / (2 * cycles));
    joined.cycle();
  }
  return joined;
}

type OnShare = (share: number) => void;

/** Of one world. */
interface Conditions {
  readonly jitter: number;
  readonly optimizationThreshold: number;
  readonly onShare: OnShare;
}

/** One sender, then many on the same tree, which no longer changes; with threshold 7, which is the paper's for many senders, many from the start. */
function observe(size: Size, seed: number, conditions: Conditions): Observed {
  const joined = worldOf(size, seed, conditions);
  const { optimizationThreshold } = conditions;
  const sender = optimizationThreshold === 7 ? undefined : 0;
  const broadcasts = (count: number, source: number | undefined): Broadcast[] => Array.from({ length: count }, () => joined.broadcast(source));
  const [flood] = broadcasts(1, sender);
  broadcasts(size.warmUp - 1, sender);
  const settled = broadcasts(size.measured, sender);
  const many = optimizationThreshold === 0 ? broadcasts(size.measured, undefined) : settled;
  return {
    floodPayloads: flood?.payloads ?? NaN,
    floodHops: flood?.lastDeliveryHop ?? NaN,
    payloads: mean(settled.map(({ payloads }) => payloads)),
    redundancy: mean(settled.map(redundancy)),
    announcements: mean(settled.map(({ announcements }) => announcements)),
    hops: mean(settled.map(({ lastDeliveryHop }) => lastDeliveryHop)),
    manyHops: mean(many.map(({ lastDeliveryHop }) => lastDeliveryHop)),
  };
}

/** The first cycle from which on the redundancy stays nearly 0. */
function cyclesToHeal(size: Size, seed: number, failedPercent: number, onShare: OnShare): number {
  const joined = worldOf(size, seed, { jitter: JITTER, optimizationThreshold: 7, onShare });
  for (let sent = 0; sent < size.warmUp; sent++) joined.broadcast();
  joined.crash(failedPercent / 100);
  let healedAfter = 0;
  for (let cycle = 0; cycle <= HEALING_CYCLES; cycle++) {
    if (redundancy(joined.broadcast()) > RMR_NEARLY_0) healedAfter = cycle + 1;
    joined.cycle();
  }
  return healedAfter;
}

const OF_10_000 = 'Published for 10 000 peers.';

function messageRows(plain: readonly Observed[], peers: number, quick: boolean): ReproductionRow[] {
  const where = 'section 4, messages per broadcast, one sender';
  const fit = (what: string, published: number, of: (each: Observed) => number, tolerance: Tolerance, unjudged = false): ReproductionRow => {
    return row({ what, where, published: { kind: 'value', value: published }, values: plain.map(of), tolerance, unjudged, ...(unjudged ? { note: OF_10_000 } : {}) });
  };
  return [
    fit('payloads once the tree has formed', peers - 1, (each) => each.payloads, { kind: 'relative', by: 0.001 }),
    fit('relative message redundancy, RMR', 0, (each) => each.redundancy, { kind: 'absolute', by: 0.01 }),
    fit('announcements, IHAVE', 30_000, (each) => each.announcements, { kind: 'relative', by: 0.05 }, quick),
    fit('payloads of the flood', 39_984, (each) => each.floodPayloads, { kind: 'relative', by: 0.01 }, quick),
    fit('RMR of the flood', 3, (each) => each.floodPayloads / (peers - 1) - 1, { kind: 'absolute', by: 0.05 }),
  ];
}

/** The worlds of one kind of network. */
interface Variants {
  readonly plain: readonly Observed[];
  readonly one: readonly Observed[];
  readonly many: readonly Observed[];
}

function hopRows({ plain, one, many }: Variants, delays: 'drawn' | 'equal', quick: boolean): ReproductionRow[] {
  const where = `section 4, last delivery hop (LDH), ${delays === 'drawn' ? 'delays of 1 to 2 ms' : 'all delays equal'}`;
  const unjudged = quick || delays === 'equal';
  const note = quick ? OF_10_000 : delays === 'equal' ? EQUAL : undefined;
  const fit = (what: string, published: Published, values: readonly number[], remark = note): ReproductionRow => {
    const finding: Finding = { what, where, published, values, tolerance: { kind: 'relative', by: 0.15 }, unjudged };
    return row(remark === undefined ? finding : { ...finding, note: remark });
  };
  return [
    fit('LDH, flood', { kind: 'value', value: 9 }, [...plain, ...one, ...many].map(({ floodHops }) => floodHops)),
    fit('LDH, tree, one sender', { kind: 'value', value: 10 }, plain.map(({ hops }) => hops)),
    fit('LDH, threshold 3, one sender', { kind: 'value', value: 8 }, one.map(({ hops }) => hops)),
    fit('LDH, threshold 7, many senders', { kind: 'value', value: 17 }, many.map(({ hops }) => hops)),
    fit('LDH, not optimised, many senders', { kind: 'between', from: 50, to: 77 }, plain.map(({ manyHops }) => manyHops), note ?? MANY),
  ];
}

const EQUAL = 'With equal delays a flood makes a tree of fewest hops: there is nothing to optimise for its sender.';

const MANY = 'Here the tree that one flood has made stays as it is, since along a tree no copy comes twice: from any other peer it is at most twice as deep. Something must go on changing the paper\'s tree, and it does not say what. '
  + 'Tried: equal delays, 14 to 15; announcements asked for before the payload can be there (5 ms), so that the tree changes all the time, 18 to 24 with an RMR of 0.1 to 0.7; 10 senders at once, whose floods prune each other\'s trees, 22 to 37.';

function healingRow(failedPercent: number, cycles: readonly number[]): ReproductionRow {
  return row({
    what: `cycles until RMR is about 0, ${failedPercent} % failed`,
    where: `section 4, healing: first cycle from which on RMR is at most ${RMR_NEARLY_0}`,
    published: { kind: 'atMost', value: 4 },
    values: cycles,
    tolerance: { kind: 'absolute', by: 0 },
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
