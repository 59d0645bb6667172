import type { Account } from '../account.ts';
import { type Priority, QUEUE_HIGH } from '../transport.ts';
import type { UdpCounters } from './counters.ts';
import { Fifo } from './fifo.ts';
import { FrameWindow } from './frame-window.ts';
import { NUMBER_END, PART_BYTES_MIN, PART_HEADER_BYTES, WHOLE_HEADER_BYTES } from './packet.ts';
import { type FragmentSource, WHOLE_BYTES_MAX } from './packet-writer.ts';

/** As many frames wait at most as there would be if each had this many bytes. */
const BYTES_PER_FRAME = 64;

/** An unreliable frame that has not been sent for so long is dropped, in ms. A guess: nobody waits for it any more. */
export const STALE_MS = 100;

/** A frame that is queued, or sent and not acknowledged. */
interface OutFrame extends FragmentSource {
  id: number;
  readonly lane: Lane;
  readonly queuedMs: number;
  sentBytes: number;
  ackedBytes: number;
}

/** Bytes of a frame that go in one packet, and always together. */
export interface Fragment {
  readonly frame: OutFrame;
  readonly offset: number;
  readonly length: number;
}

/** Frames of one priority. */
interface Lane {
  /** Lost, to be sent again. */
  readonly again: Fifo<Fragment>;
  /** Not sent, or the first of them in part. */
  readonly fresh: Fifo<OutFrame>;
}

/**
 * What one link has to send: control before data before announcements, fragment by
 * fragment, and in each of them what was lost before what is new. Frames stay until
 * they are acknowledged, or sent when they are unreliable; the queue is bounded in
 * bytes and in frames, and refuses what has no room.
 */
export class FrameQueue {
  private readonly bytesMax: number;
  private readonly framesMax: number;
  private readonly splitBytesMax: number;
  private readonly counters: UdpCounters;
  private readonly lanes: Readonly<Record<Priority, Lane>> = { control: newLane(), data: newLane(), announcement: newLane() };
  private readonly order: readonly Lane[] = [this.lanes.control, this.lanes.data, this.lanes.announcement];
  private heldBytes = 0;
  private heldFrames = 0;
  /** Frames, or fragments sent again, that wait in lanes. */
  private waitingCount = 0;
  private nextReliable = 0;
  private nextUnreliable = 0;
  private readonly acknowledged = new FrameWindow();
  /** Bytes of reliable frames in parts of which some were sent and not all acknowledged. */
  private splitBytes = 0;
  private high = false;

  /**
   * @param splitBytesMax bytes of frames in parts that may be under way together; the
   * other end must have room for as many, or they would keep each other from getting whole.
   */
  constructor(bytesMax: number, splitBytesMax: number, counters: UdpCounters) {
    this.bytesMax = bytesMax;
    this.framesMax = Math.max(1, Math.floor(bytesMax / BYTES_PER_FRAME));
    this.splitBytesMax = splitBytesMax;
    this.counters = counters;
  }

  /** Bytes of frames that wait or may have to be sent again. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Whether something waits to be sent now. */
  get waiting(): boolean {
    return this.waitingCount > 0;
  }

  /** Whether nothing waits and everything reliable is acknowledged. */
  get empty(): boolean {
    return this.heldFrames === 0;
  }

  /** Whether all numbers for frames are used up. */
  get exhausted(): boolean {
    return this.nextReliable >= NUMBER_END || this.nextUnreliable >= NUMBER_END;
  }

  /** Takes a frame in. Answers false where there is no room; one frame always fits into an empty queue. */
  offer(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, reliable: boolean, nowMs: number): boolean {
    const bytes = head.length + (body === undefined ? 0 : body.length);
    if (this.heldFrames > 0 && (this.heldBytes + bytes > this.bytesMax || this.heldFrames >= this.framesMax)) {
      this.high = true;
      return false;
    }
    const lane = this.lanes[priority];
    lane.fresh.push({ head, body, bytes, reliable, id: -1, lane, queuedMs: nowMs, sentBytes: 0, ackedBytes: 0 });
    this.heldBytes += bytes;
    this.heldFrames++;
    this.waitingCount++;
    if (this.fill() > QUEUE_HIGH) this.high = true;
    return true;
  }

  /** What goes next into a packet that has `room` left; `undefined` when nothing waits, or may go, or fits. */
  take(room: number, nowMs: number): Fragment | undefined {
    if (this.waitingCount === 0) return undefined;
    for (const { again, fresh } of this.order) {
      const lost = again.first;
      if (lost !== undefined) {
        if (headerBytes(lost) + lost.length > room) return undefined;
        this.waitingCount--;
        return again.shift();
      }
      this.dropStale(fresh, nowMs);
      const frame = fresh.first;
      if (frame === undefined || !this.mayStart(frame)) continue;
      const length = lengthFor(frame, room);
      return length < 0 ? undefined : this.cut(frame, length, fresh);
    }
    return undefined;
  }

  /** Takes a fragment back that was lost. */
  sendAgain(fragment: Fragment): void {
    fragment.frame.lane.again.push(fragment);
    this.waitingCount++;
  }

  /** A fragment has arrived. */
  onAcked({ frame, length }: Fragment): void {
    frame.ackedBytes += length;
    if (frame.ackedBytes < frame.bytes) return;
    this.acknowledged.add(frame.id);
    if (frame.bytes > WHOLE_BYTES_MAX) this.splitBytes -= frame.bytes;
    this.release(frame);
  }

  /** Drops all unreliable frames that have waited too long. */
  dropAllStale(nowMs: number): void {
    for (const { fresh } of this.order) {
      fresh.filter((frame) => {
        const keep = !stale(frame, nowMs);
        if (!keep) this.drop(frame);
        return keep;
      });
    }
  }

  /** Whether the owner is to hear `onDrain` now: once after each time that the queue was high, when it has run low. */
  ranLow(): boolean {
    if (!this.high || this.fill() >= QUEUE_HIGH / 2) return false;
    this.high = false;
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    for (const { again, fresh } of this.order) {
      again.clear();
      fresh.clear();
    }
    this.heldBytes = this.heldFrames = this.waitingCount = this.splitBytes = 0;
    this.high = false;
  }

  /** @param underWay fragments in packets that are neither acknowledged nor lost. */
  accounts(underWay: readonly Fragment[]): Account[] {
    const again = this.order.flatMap((lane) => lane.again.all);
    const fresh = this.order.flatMap((lane) => lane.fresh.all);
    const frames = [...new Set([...fresh, ...[...again, ...underWay].map(({ frame }) => frame)])];
    const split = frames.filter(({ reliable, id, bytes }) => reliable && id >= 0 && bytes > WHOLE_BYTES_MAX);
    const reliable = frames.filter((frame) => frame.reliable);
    return [
      { what: 'bytes of frames to send', counted: this.heldBytes, held: sum(frames, ({ bytes }) => bytes) },
      { what: 'frames to send', counted: this.heldFrames, held: frames.length },
      { what: 'bytes of frames under way in parts', counted: this.splitBytes, held: sum(split, ({ bytes }) => bytes) },
      { what: 'frames and fragments that wait', counted: this.waitingCount, held: again.length + fresh.length },
      { what: 'bytes sent and not acknowledged', counted: sum(reliable, ({ sentBytes, ackedBytes }) => sentBytes - ackedBytes), held: sum([...again, ...underWay], ({ length }) => length) },
    ];
  }

  /** Share of the room that is taken; a single large frame may pass 1. */
  private fill(): number {
    return Math.max(this.heldBytes / this.bytesMax, this.heldFrames / this.framesMax);
  }

  private mayStart({ reliable, id, bytes }: OutFrame): boolean {
    if (!reliable || id >= 0) return true;
    if (!this.acknowledged.fits(this.nextReliable)) return false;
    return bytes <= WHOLE_BYTES_MAX || this.splitBytes === 0 || this.splitBytes + bytes <= this.splitBytesMax;
  }

  private cut(frame: OutFrame, length: number, fresh: Fifo<OutFrame>): Fragment {
    const offset = frame.sentBytes;
    if (frame.id < 0) {
      frame.id = frame.reliable ? this.nextReliable++ : this.nextUnreliable++;
      if (frame.reliable && frame.bytes > WHOLE_BYTES_MAX) this.splitBytes += frame.bytes;
    }
    frame.sentBytes += length;
    if (frame.sentBytes === frame.bytes) {
      fresh.shift();
      this.waitingCount--;
      this.counters.framesSent++;
      if (!frame.reliable) this.release(frame);
    }
    return { frame, offset, length };
  }

  private dropStale(fresh: Fifo<OutFrame>, nowMs: number): void {
    for (let frame = fresh.first; frame !== undefined && stale(frame, nowMs); frame = fresh.first) {
      fresh.shift();
      this.drop(frame);
    }
  }

  private drop(frame: OutFrame): void {
    this.waitingCount--;
    this.counters.staleFrames++;
    this.release(frame);
  }

  private release(frame: OutFrame): void {
    this.heldBytes -= frame.bytes;
    this.heldFrames--;
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function newLane(): Lane {
  return { again: new Fifo(), fresh: new Fifo() };
}

function stale(frame: OutFrame, nowMs: number): boolean {
  return !frame.reliable && nowMs - frame.queuedMs > STALE_MS;
}

function headerBytes({ frame, length }: Fragment): number {
  return length === frame.bytes ? WHOLE_HEADER_BYTES : PART_HEADER_BYTES;
}

/** How many bytes of the frame the next fragment has; -1 when it does not fit. Only what no packet can hold is split. */
function lengthFor(frame: OutFrame, room: number): number {
  if (frame.bytes <= WHOLE_BYTES_MAX) return frame.bytes + WHOLE_HEADER_BYTES <= room ? frame.bytes : -1;
  const left = frame.bytes - frame.sentBytes;
  const length = Math.min(left, room - PART_HEADER_BYTES);
  return length === left || length >= PART_BYTES_MIN ? length : -1;
}
