import type { DataMessage } from './messages.ts';

/** The most recent messages of a group, kept to send again; the oldest go first when a limit is reached. */
export class History {
  private readonly kept: DataMessage[] = [];
  private bytes = 0;
  private readonly messagesMax: number;
  private readonly bytesMax: number;
  /** Messages dropped to stay within the limits. */
  evicted = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
  }

  add(message: DataMessage): void {
    if (message.payload.length > this.bytesMax || this.messagesMax === 0) return;
    this.kept.push(message);
    this.bytes += message.payload.length;
    while (this.kept.length > this.messagesMax || this.bytes > this.bytesMax) {
      const oldest = this.kept.shift();
      if (oldest !== undefined) this.bytes -= oldest.payload.length;
      this.evicted++;
    }
  }

  /** Messages that were ever added, those dropped since included. */
  get added(): number {
    return this.evicted + this.kept.length;
  }

  /** Newest first, since what is asked for is mostly recent. */
  find(origin: number, epoch: number, seq: number): DataMessage | undefined {
    for (let i = this.kept.length - 1; i >= 0; i--) {
      const message = this.kept[i] as DataMessage;
      if (message.seq === seq && message.origin === origin && message.epoch === epoch) return message;
    }
    return undefined;
  }

  /** Oldest first. */
  get messages(): readonly DataMessage[] {
    return this.kept;
  }
}
