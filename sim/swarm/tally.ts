import { createHash } from 'node:crypto';
import type { SeedOutcome } from './swarm.ts';

/** A swarm in numbers. */
export interface SwarmSummary {
  readonly seeds: number;
  /** How many of them violated something. */
  readonly failed: number;
  /** Those with the lowest seeds, ascending, at most `FAILING_MAX`. */
  readonly failing: readonly SeedOutcome[];
  readonly byProtocol: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, FaultSummary>>;
  readonly published: number;
  readonly skipped: number;
  readonly deliveries: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly ranTwice: number;
  /** Seeds that were run with the whole stack. */
  readonly wholeStack: number;
  /** Of the traces and final states of all seeds, whatever order they were run in. */
  readonly hash: string;
}

/** How often a kind of fault was scheduled, how often it did something, and how much. */
export interface FaultSummary {
  readonly scheduled: number;
  readonly effective: number;
  readonly affected: number;
}

/** Failing seeds that are kept; a swarm in which all fail needs no more to be mended. */
const FAILING_MAX = 1000;

const COUNTS = ['published', 'skipped', 'deliveries', 'events', 'virtualMs'] as const;

/** Adds up what came of seeds, in any order, and keeps no more of it than the summary has. */
export class SwarmTally {
  seeds = 0;
  private failed = 0;
  private failing: SeedOutcome[] = [];
  private readonly byProtocol: Record<string, number> = {};
  private readonly faults: Record<string, { scheduled: number; effective: number; affected: number }> = {};
  private readonly counts = { published: 0, skipped: 0, deliveries: 0, events: 0, virtualMs: 0 };
  private ranTwice = 0;
  private wholeStack = 0;
  private hash = 0n;

  add(outcome: SeedOutcome): void {
    this.seeds++;
    if (outcome.violations.length > 0) this.addFailing(outcome);
    this.byProtocol[outcome.protocol] = (this.byProtocol[outcome.protocol] ?? 0) + 1;
    for (const [kind, affected] of outcome.faults) {
      const count = (this.faults[kind] ??= { scheduled: 0, effective: 0, affected: 0 });
      count.scheduled++;
      count.affected += affected;
      if (affected > 0) count.effective++;
    }
    for (const name of COUNTS) this.counts[name] += outcome[name];
    if (outcome.ranTwice) this.ranTwice++;
    if (outcome.wire === 'datagrams') this.wholeStack++;
    // A sum does not hang on the order.
    this.hash = BigInt.asUintN(64, this.hash + digestOf(outcome));
  }

  get summary(): SwarmSummary {
    const { seeds, failed, failing, counts, ranTwice, wholeStack } = this;
    return {
      seeds, failed, failing: [...failing], byProtocol: sorted(this.byProtocol), faults: sorted(this.faults), ...counts, ranTwice, wholeStack,
      hash: this.hash.toString(16).padStart(16, '0'),
    };
  }

  private addFailing(outcome: SeedOutcome): void {
    this.failed++;
    this.failing.push(outcome);
    this.failing.sort((x, y) => x.seed - y.seed);
    if (this.failing.length > FAILING_MAX) this.failing.pop();
  }
}

function digestOf({ seed, traceHash, stateHash }: SeedOutcome): bigint {
  return createHash('sha256').update(`${seed} ${traceHash} ${stateHash}`).digest().readBigUInt64LE();
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([x], [y]) => (x < y ? -1 : 1)));
}
