/** Changes that are made without a wait. A guess: a newcomer goes down a few steps. */
const FREE_CHANGES = 3;
/** Longest wait, in doublings. A guess: half an hour and a bit at the default interval. */
const DOUBLINGS_MAX = 6;

/**
 * Lets a peer improve its place ever less often: measured distances waver, and two
 * improvements may undo each other. Counts in refreshes.
 */
export class Calm {
  private changes = 0;
  private next = 0;

  /** Whether the peer may improve its place now. */
  allows(refresh: number): boolean {
    return refresh >= this.next;
  }

  /** It has done so: after the first few changes the wait doubles with each. */
  changed(refresh: number): void {
    this.changes++;
    this.next = refresh + 2 ** Math.min(DOUBLINGS_MAX, Math.max(0, this.changes - FREE_CHANGES));
  }

  /** The place is a new one, for other reasons. */
  reset(): void {
    this.changes = 0;
    this.next = 0;
  }
}
