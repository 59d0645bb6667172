/** Longest name compared; what is longer is no misspelling of a short one. */
const NAME_LENGTH_MAX = 64;

/**
 * The candidate that `name` is probably a misspelling of, or `undefined` when none
 * is near: at most one edit in three letters. Case is ignored; of equally near
 * candidates the first.
 */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < bestDistance && edits <= Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3))) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours (Damerau and Levenshtein, no letter edited twice). */
function editDistance(x: string, y: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: y.length + 1 }, (_, j) => j);
  for (let i = 1; i <= x.length; i++) {
    const row = [i];
    for (let j = 1; j <= y.length; j++) {
      const same = x[i - 1] === y[j - 1];
      let edits = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1));
      if (i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1]) edits = Math.min(edits, (beforeLast[j - 2] as number) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[y.length] as number;
}
