import { assert } from '../../lib/core/errors.ts';
import { distribution } from './distribution.ts';
import type { Distribution } from './distribution.ts';
import type { Parents } from './trees.ts';
import type { DelayOracle } from './unicast.ts';

/** How much later than by unicast the receivers of one message got it (METRICS: `rdp`, `rmd`, `rad`). */
export interface DelayPenalty {
  /** Over receivers with a ratio; `null` when none has one. */
  readonly rdp: Distribution | null;
  /** Receivers that got the message and whose unicast delay is 0, so that they have no ratio. */
  readonly undefinedRatios: number;
  /** Hosts other than the source that never got the message. */
  readonly unreached: number;
  /** Largest overlay delay / largest unicast delay, over the receivers reached; `null` when the latter is 0. */
  readonly rmd: number | null;
  /** Mean overlay delay / mean unicast delay, likewise. */
  readonly rad: number | null;
}

/**
 * The delay from the source to each host along the overlay hops actually taken,
 * in ms: the unicast delays of the hops added up, without time spent in hosts.
 * `NaN` where the hops do not lead back to the source.
 */
export function overlayDelays(oracle: DelayOracle, parents: Parents, source: number): Float64Array {
  const delaysMs = new Float64Array(parents.length).fill(NaN);
  const done = new Uint8Array(parents.length);
  delaysMs[source] = 0;
  done[source] = 1;
  const path: number[] = [];
  for (let host = 0; host < parents.length; host++) {
    let at = host;
    while (at !== -1 && done[at] === 0) {
      assert(path.length < parents.length, 'the first deliveries of a message form a tree');
      path.push(at);
      at = parents[at] as number;
    }
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      const parent = parents[next] as number;
      if (parent !== -1) delaysMs[next] = (delaysMs[parent] as number) + oracle.delayMs(parent, next);
      done[next] = 1;
    }
  }
  return delaysMs;
}

/** The delay penalty of a delivery tree. */
export function delayPenalty(oracle: DelayOracle, parents: Parents, source: number): DelayPenalty {
  const overlayMs = overlayDelays(oracle, parents, source);
  const unicastMs = new Float64Array(overlayMs.length);
  for (let host = 0; host < unicastMs.length; host++) unicastMs[host] = oracle.delayMs(source, host);
  return delayPenaltyOf(overlayMs, unicastMs, source);
}

/** The delay penalty from delays by host, overlay and unicast; `NaN` overlay delay: not reached. */
export function delayPenaltyOf(overlayMs: Float64Array, unicastMs: Float64Array, source: number): DelayPenalty {
  const ratios: number[] = [];
  let undefinedRatios = 0;
  let reached = 0;
  const overlay = { max: 0, sum: 0 };
  const unicast = { max: 0, sum: 0 };
  for (let host = 0; host < overlayMs.length; host++) {
    const took = overlayMs[host] as number;
    const direct = unicastMs[host] as number;
    if (host === source || Number.isNaN(took)) continue;
    reached++;
    overlay.sum += took;
    overlay.max = Math.max(overlay.max, took);
    unicast.sum += direct;
    unicast.max = Math.max(unicast.max, direct);
    if (direct > 0) ratios.push(took / direct);
    else undefinedRatios++;
  }
  return {
    rdp: distribution(ratios),
    undefinedRatios,
    unreached: overlayMs.length - 1 - reached,
    rmd: unicast.max > 0 ? overlay.max / unicast.max : null,
    rad: unicast.sum > 0 ? overlay.sum / unicast.sum : null,
  };
}
