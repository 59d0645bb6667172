/** Exit status of a process that a second Ctrl-C ended, as shells give it. */
const INTERRUPTED = 130;

/**
 * When the program is to end: asked by a signal, by `/quit`, or since nobody reads its
 * output any more. A signal that comes when it is ending already ends it at once.
 */
export class Ending {
  private readonly controller = new AbortController();

  /** Begins to listen for signals. */
  watchSignals(): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => this.interrupt());
  }

  get asked(): boolean {
    return this.controller.signal.aborted;
  }

  /** Asks the program to end; again does nothing. */
  ask(): void {
    this.controller.abort();
  }

  /** Ctrl-C: asks the program to end, and does not ask a second time. */
  interrupt(): void {
    if (this.asked) process.exit(INTERRUPTED);
    this.ask();
  }

  /** Waits for `work`, for `ms` at most and until the program is to end. Answers whether it was done. */
  within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const { signal } = this.controller;
    return new Promise((resolve, reject) => {
      const timer = ms === Infinity ? undefined : setTimeout(() => finish(false), ms);
      const stop = (): void => finish(false);
      const finish = (done: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        resolve(done);
      };
      signal.addEventListener('abort', stop);
      work.then(() => finish(true), reject);
      if (signal.aborted) stop();
    });
  }

  /** Resolves after `ms`, or when the program is to end. */
  async pause(ms: number): Promise<void> {
    await this.within(ms, new Promise(() => {}));
  }
}
