import type { Group, ReceivedMessage } from '../../lib/node/group.ts';
import type { TimerHandle } from '../../lib/transport/clock.ts';
import type { StackProcess } from './process.ts';

/**
 * An application that reads by `for await`, one message every so often, and holds the
 * group to what it promises of that: everything that is delivered is read, in order,
 * but for as many of the oldest as the group says by `lagged`.
 */
export class SlowReader {
  private readonly group: Group;
  private readonly process: StackProcess;
  private readonly everyMs: number;
  private readonly onWrong: (what: string) => void;
  private readonly messages: AsyncIterator<ReceivedMessage, undefined>;
  /** What is kept to be read. */
  private readonly kept: string[] = [];
  /** It waits for a message, or has been handed this one and does not know yet. */
  private isWaiting = false;
  private handed: string | undefined = undefined;
  private timer: TimerHandle | undefined = undefined;

  /** @param onWrong is told what came otherwise. */
  constructor(group: Group, process: StackProcess, everyMs: number, onWrong: (what: string) => void) {
    this.group = group;
    this.process = process;
    this.everyMs = everyMs;
    this.onWrong = onWrong;
    this.messages = group[Symbol.asyncIterator]();
    group.on('message', ({ id }) => {
      if (!this.isWaiting) return void this.kept.push(id);
      this.isWaiting = false;
      this.handed = id;
      process.touch();
    });
    group.on('lagged', (messages) => void this.kept.splice(0, messages));
    this.readLater();
  }

  /** Whether there is to read what should be. */
  look(): void {
    const { unread } = this.group.stats();
    const { length } = this.kept;
    if (unread !== length) this.onWrong(`has ${unread} messages to read, of ${length} that were delivered, not read and not said to be dropped`);
  }

  /** It reads no more. */
  stop(): void {
    this.timer?.cancel();
  }

  private readLater(): void {
    this.timer = this.process.setTimer(this.everyMs, () => {
      this.process.touch();
      void this.read();
    });
  }

  private async read(): Promise<void> {
    this.handed = this.kept.shift();
    this.isWaiting = this.handed === undefined;
    const { done, value } = await this.messages.next();
    if (done === true || !this.process.alive) return;
    if (value.id !== this.handed) this.onWrong(`read message ${value.id} where ${this.handed ?? 'none'} was the next`);
    this.readLater();
  }
}
