import { OverlayError } from '../../lib/core/errors.ts';
import type { Checker, Invariant, StackView, Violation } from './invariant.ts';

/** What a verdict needs of the run that it is about. */
export interface VerdictOptions {
  readonly nowMs: () => number;
  /** Violations after which there is nothing more to find out. */
  readonly violationsMax: number;
  /** There are as many. */
  readonly onStopped?: () => void;
}

/** The invariants of a run, and what they find. */
export class Verdict {
  readonly violations: Violation[] = [];
  readonly checkers: Checker[] = [];
  /** What liveness claims is not true now. */
  private unmet: Violation[] = [];
  private readonly options: VerdictOptions;

  constructor(options: VerdictOptions) {
    this.options = options;
  }

  /** Lets these invariants watch the run, too. */
  watch<View extends StackView>(run: View, invariants: readonly Invariant<View>[]): void {
    for (const invariant of invariants) {
      const checker = invariant.watch(run, (what, peer) => this.report(invariant.name, invariant.kind, what, peer));
      if (checker !== undefined) this.checkers.push(checker);
    }
  }

  get stopped(): boolean {
    return this.violations.length >= this.options.violationsMax;
  }

  /** What liveness claims counts when it is untrue in the end; anything else at once. */
  report(invariant: string, kind: Invariant['kind'], what: string, peer?: number): void {
    const violation: Violation = { invariant, atMs: this.options.nowMs(), what, ...(peer !== undefined && { peer }) };
    if (kind === 'liveness') this.unmet.push(violation);
    else if (!this.stopped) this.violations.push(violation);
    // What follows the last violation that is told is not run: broken code may never come to the end of it.
    if (this.stopped) this.options.onStopped?.();
  }

  /** What liveness claims is promised from some moment on, and asked about again and again until then. `but`: an invariant that does not count. */
  isGood(but?: string): boolean {
    this.unmet = [];
    for (const checker of this.checkers) checker.atEnd?.();
    return this.unmet.every(({ invariant }) => invariant === but);
  }

  /** A run has ended with an exception: a broken protocol, or an invariant that cannot be asked. @throws what is the caller's mistake */
  thrown(error: unknown): void {
    if (error instanceof OverlayError && error.code === 'INVALID_SCENARIO') throw error;
    this.report(THROWS_NOTHING, 'safety', textOf(error));
  }

  /** More has happened within a tick than ever should. */
  endless(): void {
    this.report('no-storm', 'safety', 'what happens does not come to an end');
  }

  /** The time to make good is over. */
  judge(): void {
    if (!this.stopped && !this.isGood()) this.violations.push(...this.unmet.slice(0, this.options.violationsMax));
  }
}

/** What an exception violates. */
export const THROWS_NOTHING = 'throws-nothing';

/** What an exception says of itself, and where it comes from. */
export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
