/**
 * A counter that bounds memory, beside what is really there. Counters are kept since
 * counting anew would cost too much; one that is wrong refuses what there is room for,
 * or takes more than there is. Tests and the simulator ask for accounts, nothing else.
 */
export interface Account {
  readonly what: string;
  /** What the counter says. */
  readonly counted: number;
  /** What there is, counted anew. */
  readonly held: number;
  /** What there may be at most, where there is a limit. */
  readonly max?: number;
}

/** The accounts that are wrong, in words. */
export function wrongAccounts(accounts: readonly Account[]): string[] {
  return accounts.flatMap(({ what, counted, held, max = Infinity }) => {
    if (counted !== held) return [`counts ${counted} ${what}, and has ${held}`];
    return held > max ? [`has ${held} ${what}, and ${max} are allowed`] : [];
  });
}
