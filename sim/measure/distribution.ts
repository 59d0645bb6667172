/** A distribution in a few numbers. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The distribution of finite values, or `null` when there are none. Percentiles
 * are by nearest rank: the p-th is the smallest value such that at least p per
 * cent of all values are no larger. It is always one of the values.
 */
export function distribution(values: ArrayLike<number>): Distribution | null {
  const count = values.length;
  if (count === 0) return null;
  // Sorted before it is added up, the mean does not depend on the order of the values.
  const sorted = Float64Array.from(values).sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  return {
    count,
    min: sorted[0] as number,
    mean: sum / count,
    p50: nearestRank(sorted, 50),
    p90: nearestRank(sorted, 90),
    p99: nearestRank(sorted, 99),
    max: sorted[count - 1] as number,
  };
}

/** The p-th percentile, 0 < p <= 100, of ascending values, of which there is at least one. */
export function nearestRank(sorted: ArrayLike<number>, p: number): number {
  return sorted[Math.max(0, Math.ceil((p * sorted.length) / 100) - 1)] as number;
}
