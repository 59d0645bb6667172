/**
 * What is wrong for a moment while a handshake is under way is no violation; what stays
 * wrong is. Told at each look what is wrong then, it says what has been so for long.
 */
export class Lasting {
  private readonly forMs: number;
  private since = new Map<string, number>();

  /** @param forMs how long something must have been wrong, at every look. */
  constructor(forMs: number) {
    this.forMs = forMs;
  }

  look(nowMs: number, wrong: Iterable<string>): readonly string[] {
    const since = new Map<string, number>();
    for (const what of wrong) since.set(what, this.since.get(what) ?? nowMs);
    this.since = since;
    return [...since].filter(([, sinceMs]) => nowMs - sinceMs >= this.forMs).map(([what]) => what);
  }
}
