/**
 * How long a suspicion lasts: the dynamic timeout of Lifeguard (Dadgar, Phillips,
 * Currey: "Lifeguard: local health awareness for more accurate failure detection",
 * DSN-W 2018, local health aware suspicion). It begins long, and each independent
 * confirmation makes it shorter: a peer whose suspicions nobody confirms may be the one
 * that is cut off.
 */

/** Between what a suspicion lasts, in ms, and how many confirmations bring it from the one to the other. */
export interface SuspicionBounds {
  readonly minMs: number;
  readonly maxMs: number;
  /** Lifeguard's K; 0 where nobody can confirm, and the suspicion is as short as it gets. */
  readonly expected: number;
}

/**
 * The bounds with `peers` peers, this one counted: `mult` times the decimal logarithm
 * of `peers`, at least 1, in probe intervals; and `maxMult` times that (Lifeguard's
 * alpha and beta).
 */
export function suspicionBounds(peers: number, probeIntervalMs: number, mult: number, maxMult: number, expected: number): SuspicionBounds {
  const minMs = Math.round(mult * Math.max(1, Math.log10(peers)) * probeIntervalMs);
  return { minMs, maxMs: maxMult * minMs, expected };
}

/** How long a suspicion lasts in all, in whole ms: max - (max - min) log(C + 1) / log(K + 1), and never less than min. */
export function suspicionTimeoutMs({ minMs, maxMs, expected }: SuspicionBounds, confirmations: number): number {
  if (confirmations >= expected) return minMs;
  const share = Math.log(confirmations + 1) / Math.log(expected + 1);
  return Math.floor(maxMs - (maxMs - minMs) * share);
}

/** What is left of a suspicion `elapsedMs` after it began, in ms; 0 when it is over. */
export function remainingSuspicionMs(bounds: SuspicionBounds, confirmations: number, elapsedMs: number): number {
  return Math.max(0, suspicionTimeoutMs(bounds, confirmations) - elapsedMs);
}
