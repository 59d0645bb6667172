import { groupConfig } from '../../../lib/core/config.ts';
import { type MessageId, peerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { Plumtree } from '../../../lib/dissemination/plumtree.ts';
import type { Checker, Invariant, Published, RunView } from '../invariant.ts';

/**
 * A message that went to everybody leaves a tree behind that the next one can follow.
 * Not with repair, which may bring a message before the tree has been mended for it.
 */
export const TREES_SPAN: Invariant = {
  name: 'trees-span',
  claim: 'after a message that was published alone once all is good, and as long as no neighbours change, the eager links of Plumtree lead from a publisher to every live peer',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).repair !== undefined) return undefined;
    return afterProbes(run, missed, report);
  },
};

/**
 * It is a tree: whoever got the message twice has pruned a link, at both ends. Without
 * this a Plumtree that prunes nothing is a flood, and brings all that is asked for.
 */
export const TREES_SETTLE: Invariant = {
  name: 'trees-settle',
  claim: 'after a message that was published alone once all is good, and as long as no neighbours change, what goes along the eager links of Plumtree comes to no peer twice',
  kind: 'liveness',
  watch(run, report) {
    return afterProbes(run, repeated, report);
  },
};

function missed(run: RunView, { origin }: Published): string | undefined {
  const { reached } = walk(run, origin);
  const missing = run.up.filter((peer) => !reached.has(peer));
  return missing.length === 0 ? undefined : `the eager links of peer ${origin}'s tree do not lead to ${missing.length} of ${run.up.length} peers, the first is peer ${missing[0]}`;
}

function repeated(run: RunView, { origin }: Published): string | undefined {
  const { twice } = walk(run, origin);
  return twice.length === 0 ? undefined : `the eager links of peer ${origin}'s tree lead to ${twice.length} peers more than once, the first is peer ${twice[0]}`;
}

/** A message has come to all, grafts included, after this time, in ms, and what is wrong then is not put right without another. A guess: ten times what grafts wait for. */
const TRAVELS_MS = 10_000;

/** So long after the last payload, Graft or Prune was sent none is on its way any more, in ms. A guess: several times the longest route. */
const ARRIVES_MS = 1000;

/**
 * Looks, in the end, at the tree of each probe beside which nothing else travelled there.
 * In a tree that publishers share, floods that cross may prune different links of one
 * cycle and leave another, as may two messages of one publisher of which the first still
 * travels.
 */
function afterProbes(run: RunView, look: (run: RunView, probe: Published) => string | undefined, report: (what: string) => void): Checker | undefined {
  const { dissemination } = groupConfig(run.scenario.group);
  // A tree that was forgotten for others is made anew, of all links.
  if (dissemination.kind !== 'plumtree' || dissemination.treesMax < run.scenario.peers.length) return undefined;
  const treeOf = (source: number): number => (dissemination.tree === 'shared' ? SHARED : source);
  const traffic = new TreeTraffic();
  let sent: readonly Published[] = [];
  let sentMs = 0;
  let wrong: readonly string[] = [];
  const judge = (): void => {
    wrong = sent.flatMap((probe) => look(run, probe) ?? []);
  };
  /** What has been judged for good stays so. */
  const keep = (holds: (probe: Published) => boolean): void => {
    if (sent.length > 0) wrong = [];
    sent = sent.filter(holds);
  };
  return {
    onEvent(_peer, { kind }) {
      if (kind === 'neighbourUp' || kind === 'neighbourDown') keep(() => false);
    },
    onTransmission(_from, _to, message) {
      const of = travelling(message);
      if (of === undefined) return;
      const tree = treeOf(of.source);
      traffic.note(tree, run.nowMs);
      if (of.id !== undefined) keep((probe) => treeOf(probe.origin) !== tree || isSame(probe, of.id));
    },
    onProbe(published) {
      const isAlone = ({ origin }: Published): boolean => published.filter((other) => treeOf(other.origin) === treeOf(origin)).length === 1;
      sent = published.filter((probe) => isAlone(probe) && traffic.restedMs(treeOf(probe.origin), run.nowMs) >= ARRIVES_MS);
      sentMs = run.nowMs;
      wrong = [];
    },
    onTick() {
      if (sent.length === 0 || run.nowMs < sentMs + TRAVELS_MS) return;
      judge();
      sent = [];
    },
    atEnd() {
      if (sent.length > 0) judge();
      wrong.forEach((what) => report(what));
    },
  };
}

/** Stands for the tree of all publishers. */
const SHARED = -1;

/** When payloads, Grafts and Prunes went along each tree last, and before that. */
class TreeTraffic {
  private readonly times = new Map<number, readonly [beforeMs: number, lastMs: number]>();

  note(tree: number, nowMs: number): void {
    const [, lastMs] = this.times.get(tree) ?? NEVER;
    if (nowMs > lastMs) this.times.set(tree, [lastMs, nowMs]);
  }

  /** For how long nothing did, what is sent this very moment left out. */
  restedMs(tree: number, nowMs: number): number {
    const [beforeMs, lastMs] = this.times.get(tree) ?? NEVER;
    return nowMs - (lastMs === nowMs ? beforeMs : lastMs);
  }
}

const NEVER = [-Infinity, -Infinity] as const;

/** Whose tree a message changes, and on account of which payload where that is known; `undefined` for none. */
function travelling(message: Message): { readonly source: number; readonly id?: MessageId } | undefined {
  switch (message.kind) {
    case 'data': return message.repair ? undefined : { source: message.origin, id: message };
    case 'graft': {
      const source = message.tree ?? message.id?.origin ?? SHARED;
      return message.id === undefined ? { source } : { source, id: message.id };
    }
    case 'prune': return { source: message.tree ?? SHARED };
    default: return undefined;
  }
}

function isSame(probe: Published, id: MessageId | undefined): boolean {
  return id?.origin === probe.origin && id.epoch === probe.epoch && id.seq === probe.seq;
}

/** Where what `source` publishes next goes by eager links, as if nothing took time, and whom it comes to more than once. */
function walk(run: RunView, source: number): { readonly reached: ReadonlySet<number>; readonly twice: readonly number[] } {
  const reached = new Set([source]);
  const twice: number[] = [];
  const steps: (readonly [at: number, from: number])[] = [[source, source]];
  for (const [at, from] of steps) {
    const dissemination = run.group(at)?.dissemination;
    for (const next of dissemination instanceof Plumtree ? dissemination.eager(peerRef(source)) : []) {
      if (next === from) continue;
      if (reached.has(next)) twice.push(next);
      else steps.push([next, at]);
      reached.add(next);
    }
  }
  return { reached, twice };
}
