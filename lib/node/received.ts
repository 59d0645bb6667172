import type { DataMessage } from '../core/messages.ts';
import type { ReceivedMessage } from './group.ts';
import type { PeerId } from './peer-table.ts';

/**
 * Makes the id and the copy of the payload when they are asked for: many never ask. The
 * payload itself is shared with the history and with the queues towards others.
 */
export class Received implements ReceivedMessage {
  readonly from: PeerId;
  readonly seq: number;
  readonly hops: number;
  readonly receivedAt: number;
  private readonly message: DataMessage;
  private copy: Buffer | undefined = undefined;

  constructor(message: DataMessage, from: PeerId, receivedAt: number) {
    this.message = message;
    this.from = from;
    this.seq = message.seq;
    this.hops = message.hops;
    this.receivedAt = receivedAt;
  }

  get data(): Buffer {
    if (this.copy === undefined) {
      const { payload } = this.message;
      this.copy = Buffer.allocUnsafe(payload.length);
      this.copy.set(payload);
    }
    return this.copy;
  }

  /** Of the payload, which need not be copied to know it. */
  get bytes(): number {
    return this.message.payload.length;
  }

  get id(): string {
    return idOf(this.from, this.message.epoch, this.seq);
  }
}

/** Stands for a message alone. */
export function idOf(origin: PeerId, epoch: number, seq: number): string {
  return `${origin}:${epoch}:${seq}`;
}
