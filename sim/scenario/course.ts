import { groupConfig } from '../../lib/core/config.ts';
import { settleMsOf } from './bounds.ts';
import { type Scenario, lastMs } from './scenario.ts';

/** Invariants look at the state this often, in ms of virtual time. */
const TICK_MS = 250;
/** Events of each peer within a tick, on average, after which the run is stopped: they may never come to an end. A guess: far more than any protocol needs. */
const EVENTS_A_TICK_MAX = 20_000;
/** From when all is healed on, a run ends as soon as everything is good; it is looked at this often, in ms. */
const LOOK_MS = 2500;
/**
 * Messages that are published at once when all is good, by round. Again, since floods that
 * cross may leave a tree in pieces, or with circles, that only the next message finds; and
 * one alone at last, after which even a tree that all publishers share has come to rest.
 */
export const PROBES: readonly number[] = [3, 1];

/** The course of a run in time, however messages cross. */
export class Course {
  /** From then on nothing goes wrong any more. */
  private readonly healedMs: number;
  /** Time to make good. */
  private readonly settleMs: number;
  private endMs: number;
  /** Events that may come before the next tick. */
  readonly eventsMax: number;

  constructor(scenario: Scenario) {
    this.healedMs = lastMs(scenario);
    this.settleMs = scenario.settleMs ?? settleMsOf(groupConfig(scenario.group));
    this.endMs = this.healedMs + this.settleMs;
    this.eventsMax = EVENTS_A_TICK_MAX * scenario.peers.length;
  }

  /** Times up to which the world is run before the invariants look at it, ending with the last. */
  *ticks(): Generator<number> {
    for (let nextMs = TICK_MS; nextMs < this.endMs; nextMs += TICK_MS) yield nextMs;
    yield this.endMs;
  }

  /** What has just been published is owed within the same time. */
  goOn(nowMs: number): void {
    this.endMs = nowMs + this.settleMs;
  }

  /** Whether that tick is one at which the run may end, if all is good. */
  mayEndAt(tickMs: number): boolean {
    return tickMs > this.healedMs && tickMs < this.endMs && tickMs % LOOK_MS === 0;
  }
}
