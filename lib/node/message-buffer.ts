import type { Account } from '../transport/account.ts';

/**
 * What was delivered and not yet read. Bounded by messages and bytes; when it is full
 * the oldest goes, since a reader that lags wants to catch up with the present. How
 * many went is kept, so that the reader can be told.
 */
export class MessageBuffer<T extends { readonly bytes: number }> {
  private readonly messagesMax: number;
  private readonly bytesMax: number;
  private kept: T[] = [];
  private first = 0;
  private bytes = 0;
  private readers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  private ended = false;
  /** Messages dropped because the reader was slow. */
  lagged = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
  }

  get size(): number {
    return this.kept.length - this.first;
  }

  /** Answers how many messages had to go for this one. */
  push(message: T): number {
    if (this.ended) return 0;
    const reader = this.readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: message });
      return 0;
    }
    this.kept.push(message);
    this.bytes += message.bytes;
    let dropped = 0;
    while (this.size > this.messagesMax || (this.bytes > this.bytesMax && this.size > 1)) {
      this.take();
      dropped++;
    }
    this.lagged += dropped;
    return dropped;
  }

  /** The next message, once there is one; the end, once it has ended and all was read. */
  next(): Promise<IteratorResult<T, undefined>> {
    const message = this.take();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  /** No more comes. What is kept can still be read. */
  end(): void {
    this.ended = true;
    for (const reader of this.readers.splice(0)) reader({ done: true, value: undefined });
  }

  clear(): void {
    this.kept = [];
    this.first = this.bytes = 0;
  }

  accounts(): Account[] {
    const unread = this.kept.slice(this.first);
    return [
      { what: 'bytes not read', counted: this.bytes, held: unread.reduce((sum, { bytes }) => sum + bytes, 0), max: unread.length > 1 ? this.bytesMax : Infinity },
      { what: 'messages not read', counted: this.size, held: unread.length, max: this.messagesMax },
    ];
  }

  private take(): T | undefined {
    const message = this.kept[this.first];
    if (message === undefined) return undefined;
    this.bytes -= message.bytes;
    this.first++;
    if (this.first * 2 > this.kept.length) {
      this.kept = this.kept.slice(this.first);
      this.first = 0;
    }
    return message;
  }
}
