/**
 * Puts the figures of several messages together, field by field: the smallest of
 * every `min`, the largest of every `max`, the mean of all else. A figure that does
 * not exist (`null`) for some messages is averaged over the others.
 */
export function average<T extends object>(figures: readonly T[]): T {
  const first = figures[0];
  if (first === undefined) throw new RangeError('there is nothing to average');
  return merge('', figures) as T;
}

function merge(name: string, values: readonly unknown[]): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const sample = present[0];
  if (typeof sample === 'number') return mergeNumbers(name, present as number[]);
  if (typeof sample !== 'object' || sample === null) return null;
  return Object.fromEntries(
    Object.keys(sample).map((key) => [key, merge(key, (present as Record<string, unknown>[]).map((value) => value[key]))]),
  );
}

function mergeNumbers(name: string, values: readonly number[]): number {
  if (name === 'max') return values.reduce((x, y) => Math.max(x, y));
  if (name === 'min') return values.reduce((x, y) => Math.min(x, y));
  // Equal figures stay exactly what they are.
  const first = values[0] ?? 0;
  return values.every((value) => value === first) ? first : values.reduce((sum, value) => sum + value, 0) / values.length;
}
