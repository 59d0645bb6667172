import { type Delivery, type Priority, QUEUE_HIGH } from './transport.ts';

/** A frame that waits to be sent. */
export interface QueuedFrame {
  readonly head: Uint8Array;
  readonly body: Uint8Array | undefined;
  readonly delivery: Delivery;
  /** Of head and body together. */
  readonly bytes: number;
}

/** The name under which a transport counts a frame that a link refused, since its queue was full or it was closed. */
export const DROPPED = Object.freeze({
  control: 'droppedControl',
  data: 'droppedData',
  announcement: 'droppedAnnouncement',
} as const satisfies Record<Priority, string>);

/**
 * Frames waiting on a link hold at most as many as there would be if each had this
 * many bytes: tiny ones take more memory for what surrounds them than for their bytes.
 */
const BYTES_PER_FRAME = 64;

/**
 * What waits on one link: control before data before announcements, and each of them
 * in the order it came. Bounded in bytes and in frames; a frame that comes when there
 * is no room is refused, and the caller counts it.
 *
 * Bytes that left the queue and have not left the process, or are not acknowledged,
 * are the transport's to count: it hands them in as `heldBytes`, and they take room
 * like those that wait.
 */
export class SendQueue {
  private readonly bytesMax: number;
  private readonly framesMax: number;
  private readonly lanes: Readonly<Record<Priority, Lane>> = { control: new Lane(), data: new Lane(), announcement: new Lane() };
  private waitingBytes = 0;
  private waitingFrames = 0;
  /** It has refused a frame, or was more than `QUEUE_HIGH` full, and has not run low since. */
  private high = false;

  /** @param bytesMax `TransportLimits.queueBytesMax`. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.framesMax = Math.max(1, Math.floor(bytesMax / BYTES_PER_FRAME));
  }

  /** Bytes of the frames that wait. */
  get bytes(): number {
    return this.waitingBytes;
  }

  /** How many frames wait. */
  get frames(): number {
    return this.waitingFrames;
  }

  /** Takes a frame in. Answers false where there is no room; one frame always fits when nothing waits and nothing is held. */
  offer(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery, heldBytes: number): boolean {
    const bytes = head.length + (body === undefined ? 0 : body.length);
    const before = this.waitingBytes + heldBytes;
    if (before > 0 && (before + bytes > this.bytesMax || this.waitingFrames >= this.framesMax)) {
      this.high = true;
      return false;
    }
    this.lanes[priority].push({ head, body, delivery, bytes, next: undefined });
    this.waitingBytes += bytes;
    this.waitingFrames++;
    if (this.fill(heldBytes) > QUEUE_HIGH) this.high = true;
    return true;
  }

  /** The frame that goes next. */
  peek(): QueuedFrame | undefined {
    return this.nextLane()?.first;
  }

  /** Takes out the frame that goes next. */
  take(): QueuedFrame | undefined {
    const frame = this.nextLane()?.shift();
    if (frame !== undefined) {
      this.waitingBytes -= frame.bytes;
      this.waitingFrames--;
    }
    return frame;
  }

  /** Whether the owner is to hear `onDrain` now: once after each time that the queue was high, when it has run low. */
  ranLow(heldBytes: number): boolean {
    if (!this.high || this.fill(heldBytes) >= QUEUE_HIGH / 2) return false;
    this.high = false;
    return true;
  }

  /** Forgets all that waits. */
  clear(): void {
    while (this.take() !== undefined);
    this.high = false;
  }

  /** Share of the room that is taken; a single large frame may pass 1. */
  private fill(heldBytes: number): number {
    return Math.max((this.waitingBytes + heldBytes) / this.bytesMax, this.waitingFrames / this.framesMax);
  }

  private nextLane(): Lane | undefined {
    const { control, data, announcement } = this.lanes;
    if (control.first !== undefined) return control;
    if (data.first !== undefined) return data;
    return announcement.first === undefined ? undefined : announcement;
  }
}

interface LaneFrame extends QueuedFrame {
  next: LaneFrame | undefined;
}

/** First in, first out; a chain through the frames themselves, which costs no room while it is empty. */
class Lane {
  first: LaneFrame | undefined = undefined;
  private last: LaneFrame | undefined = undefined;

  push(frame: LaneFrame): void {
    if (this.last === undefined) this.first = frame;
    else this.last.next = frame;
    this.last = frame;
  }

  shift(): LaneFrame | undefined {
    const frame = this.first;
    if (frame === undefined) return undefined;
    this.first = frame.next;
    if (this.first === undefined) this.last = undefined;
    frame.next = undefined;
    return frame;
  }
}
