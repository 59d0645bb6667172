import { OverlayError } from '../../lib/core/errors.ts';
import type { MessageId } from '../../lib/core/ids.ts';

/** How a call of `publish` may fail while the group is joined and the message is short enough. */
const CODES: readonly string[] = ['NO_NEIGHBOURS', 'QUEUE_FULL', 'CLOSED'];

/** Beside the time that a call may wait, in ms: what a promise takes to settle. */
const SLACK_MS = 50;

/** Holds the calls of one peer's `publish` to what it promises: they go out in the order of the calls, and none waits for longer than it may. */
export class PublishWatch {
  private readonly timeoutMs: number;
  private readonly onWrong: (what: string) => void;
  private calls = 0;
  private readonly done: { readonly call: number; readonly seq: number }[] = [];

  /** @param timeoutMs that a call may wait; `Infinity` where time does not count, since the machine is late. */
  constructor(timeoutMs: number, onWrong: (what: string) => void) {
    this.timeoutMs = timeoutMs;
    this.onWrong = onWrong;
  }

  /** What the call comes to; `undefined` when nothing was published. */
  async watch(publish: () => Promise<MessageId>, nowMs: () => number): Promise<MessageId | undefined> {
    const call = this.calls++;
    const startMs = nowMs();
    try {
      const id = await publish();
      this.onPublished(call, id.seq);
      return id;
    } catch (error) {
      if (!(error instanceof OverlayError)) throw error;
      if (!CODES.includes(error.code)) this.onWrong(`could not publish: ${error.message}`);
      return undefined;
    } finally {
      const tookMs = nowMs() - startMs;
      if (tookMs > this.timeoutMs + SLACK_MS) this.onWrong(`waited ${tookMs} ms to publish, ${this.timeoutMs} are allowed`);
    }
  }

  private onPublished(call: number, seq: number): void {
    const other = this.done.find((one) => one.call < call !== one.seq < seq);
    if (other !== undefined) this.onWrong(`published message ${seq} by call ${call}, and message ${other.seq} by call ${other.call}`);
    this.done.push({ call, seq });
  }
}
