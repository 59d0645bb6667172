import type { Socket } from 'node:net';
import { FRAME_HEADER_BYTES } from '../../wire/framing.ts';
import type { QueuedFrame, SendQueue } from '../send-queue.ts';

/** Bytes of small frames that are copied together for one write. */
const BATCH_BYTES = 65_536;

/** From this size on, bytes are written from where they lie: copying would cost more than a longer list of buffers. */
const COPY_BYTES_MAX = 16_384;

/**
 * Bytes of a large frame written at a time. The socket tells only when a whole write
 * is done: on a slow path, the length of one must not look like no progress.
 */
const SLICE_BYTES = 65_536;

/** What a writer did so far. */
export interface WriterCounters {
  framesSent: number;
  bytesSent: number;
}

/**
 * Writes what waits in a queue to a socket. No more than one write is unfinished at a
 * time, 128 KiB at most: what the socket holds can no longer be overtaken.
 */
export class FrameWriter {
  private readonly socket: Socket;
  private readonly queue: SendQueue;
  private readonly counters: WriterCounters;
  private readonly onWritten: () => void;
  /** What is still to be written of a large frame whose header is out. */
  private readonly parts: Uint8Array[] = [];
  private partsBytes = 0;

  /** @param onWritten called some time after each write is done. */
  constructor(socket: Socket, queue: SendQueue, counters: WriterCounters, onWritten: () => void) {
    this.socket = socket;
    this.queue = queue;
    this.counters = counters;
    this.onWritten = onWritten;
  }

  /** Bytes that left the queue and have not left the process. */
  get heldBytes(): number {
    return this.socket.destroyed ? 0 : this.partsBytes + this.socket.writableLength;
  }

  /** Whether the socket still holds the last write; `onWritten` will tell. */
  get blocked(): boolean {
    return this.socket.writableLength > 0;
  }

  /** Whether nothing is left to write or to be taken by the system. */
  get idle(): boolean {
    return this.queue.frames === 0 && this.heldBytes === 0;
  }

  /** Writes while the system takes it and something waits. Answers whether anything was written. */
  flush(): boolean {
    if (this.blocked || this.idle) return false;
    do this.writeBatch(); while (!this.blocked && !this.idle);
    return true;
  }

  /** Forgets what is still to be written. */
  clear(): void {
    this.parts.length = this.partsBytes = 0;
  }

  /** Writes bytes that are no frame of the owner's. */
  writeRaw(bytes: Uint8Array): void {
    this.counters.bytesSent += bytes.length;
    this.socket.write(bytes, this.onWritten);
  }

  /** Small frames, copied together, or the next slice of a large one, or both. */
  private writeBatch(): void {
    const copied = this.parts.length === 0 ? this.copyFrames() : NOTHING;
    const slice = this.takeSlice();
    if (slice !== undefined && copied.length > 0) {
      this.socket.cork();
      this.writeRaw(copied);
      this.writeRaw(slice);
      this.socket.uncork();
    } else {
      this.writeRaw(slice ?? copied);
    }
  }

  /** Copies frames until the batch is full or one has come that is written from where it lies. */
  private copyFrames(): Uint8Array {
    const batch = Buffer.allocUnsafe(Math.min(BATCH_BYTES, this.queue.bytes + this.queue.frames * FRAME_HEADER_BYTES));
    let at = 0;
    while (this.parts.length === 0) {
      const frame = this.queue.peek();
      if (frame === undefined || at + copiedBytes(frame) > batch.length) break;
      this.queue.take();
      at = this.copyFrame(frame, batch, at);
    }
    return batch.subarray(0, at);
  }

  /** Writes the header, and what of the frame is small, to `batch`; answers where it ends. */
  private copyFrame({ head, body, bytes }: QueuedFrame, batch: Buffer, start: number): number {
    this.counters.framesSent++;
    let at = batch.writeUInt32BE(bytes, start);
    if (head.length < COPY_BYTES_MAX) {
      batch.set(head, at);
      at += head.length;
    } else {
      this.addPart(head);
    }
    if (body === undefined || body.length === 0) return at;
    // What follows a part must not go before it.
    if (body.length >= COPY_BYTES_MAX || this.parts.length > 0) {
      this.addPart(body);
      return at;
    }
    batch.set(body, at);
    return at + body.length;
  }

  private addPart(part: Uint8Array): void {
    this.parts.push(part);
    this.partsBytes += part.length;
  }

  private takeSlice(): Uint8Array | undefined {
    const [part] = this.parts;
    if (part === undefined) return undefined;
    const slice = part.subarray(0, SLICE_BYTES);
    this.partsBytes -= slice.length;
    if (slice.length === part.length) this.parts.shift();
    else this.parts[0] = part.subarray(SLICE_BYTES);
    return slice;
  }
}

/** Bytes that a frame takes in a batch. */
function copiedBytes({ head, body }: QueuedFrame): number {
  if (head.length >= COPY_BYTES_MAX) return FRAME_HEADER_BYTES;
  return FRAME_HEADER_BYTES + head.length + (body === undefined || body.length >= COPY_BYTES_MAX ? 0 : body.length);
}

const NOTHING = new Uint8Array(0);
