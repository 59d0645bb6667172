import type { Account } from '../account.ts';
import type { FragmentChunk } from './packet.ts';
import type { UdpCounters } from './counters.ts';

/** A frame of which something has arrived takes as much of the room at least: it takes memory for more than its bytes. */
const FRAME_BYTES_MIN = 256;

/** Fragments of a packet are kept as views of it unless they are less than this part of it. */
const VIEW_SHARE_MIN = 1 / 2;

/**
 * What became of a fragment: the whole frame when it was the last one missing,
 * `full` when there is no room for it, `wrong` when it contradicts an earlier one.
 */
export type Added = Uint8Array | 'kept' | 'known' | 'full' | 'wrong';

/**
 * Frames that arrive in parts. Memory follows what has arrived, not what a header
 * claims. When there is no room, the oldest unreliable frame is given up; a reliable
 * fragment that finds none even so is refused, and will be sent again.
 */
export class Reassembly {
  private readonly bytesMax: number;
  private readonly counters: UdpCounters;
  private readonly reliable = new Map<number, PartialFrame>();
  private readonly unreliable = new Map<number, PartialFrame>();
  private heldBytes = 0;

  constructor(bytesMax: number, counters: UdpCounters) {
    this.bytesMax = bytesMax;
    this.counters = counters;
  }

  /** Bytes that have arrived of frames that are not whole. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** @param packetBytes of the packet that the fragment came in. */
  add(fragment: FragmentChunk, packetBytes: number): Added {
    const frames = fragment.reliable ? this.reliable : this.unreliable;
    const known = frames.get(fragment.frame);
    const frame = known ?? new PartialFrame(fragment.total);
    const place = frame.placeOf(fragment);
    if (place === 'known' || place === 'wrong') return place;
    if (frame.arrived + fragment.bytes.length < frame.total) {
      // The last fragment needs no room: the frame leaves at once.
      const more = Math.max(FRAME_BYTES_MIN, frame.arrived + fragment.bytes.length) - frame.cost;
      if (!this.makeRoom(more, frame)) return 'full';
      if (known === undefined) frames.set(fragment.frame, frame);
      frame.insert(place, fragment, packetBytes);
      this.heldBytes += more;
      frame.cost += more;
      return 'kept';
    }
    frame.insert(place, fragment, packetBytes);
    if (known !== undefined) {
      frames.delete(fragment.frame);
      this.heldBytes -= frame.cost;
    }
    return frame.joined();
  }

  /** Gives up all unreliable frames: what is missing of them will not come any more. */
  abandonUnreliable(): void {
    for (const id of this.unreliable.keys()) this.abandon(id);
  }

  clear(): void {
    this.reliable.clear();
    this.unreliable.clear();
    this.heldBytes = 0;
  }

  accounts(): Account[] {
    const frames = [...this.reliable.values(), ...this.unreliable.values()];
    const held = frames.reduce((sum, frame) => sum + Math.max(FRAME_BYTES_MIN, frame.partsBytes), 0);
    return [{ what: 'bytes of frames that have come in part', counted: this.heldBytes, held, max: this.bytesMax }];
  }

  private makeRoom(more: number, except: PartialFrame): boolean {
    if (this.heldBytes + more <= this.bytesMax) return true;
    for (const [id, frame] of this.unreliable) {
      if (frame === except) continue;
      this.abandon(id);
      if (this.heldBytes + more <= this.bytesMax) return true;
    }
    return false;
  }

  private abandon(id: number): void {
    this.heldBytes -= this.unreliable.get(id)?.cost ?? 0;
    this.unreliable.delete(id);
    this.counters.abandonedFrames++;
  }
}

/** One frame: its fragments in the order of their offsets. */
class PartialFrame {
  readonly total: number;
  arrived = 0;
  /** What it takes of the room. */
  cost = 0;
  private readonly offsets: number[] = [];
  private readonly parts: Uint8Array[] = [];

  constructor(total: number) {
    this.total = total;
  }

  /** The index at which the fragment belongs. */
  placeOf({ offset, total, bytes }: FragmentChunk): number | 'known' | 'wrong' {
    if (total !== this.total) return 'wrong';
    let [low, high] = [0, this.offsets.length];
    // The next in order, as a rule.
    if (high > 0 && offset > (this.offsets[high - 1] as number)) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    const before = low - 1;
    if (this.offsets[low] === offset) return this.parts[low]?.length === bytes.length ? 'known' : 'wrong';
    if (before >= 0 && (this.offsets[before] as number) + (this.parts[before] as Uint8Array).length > offset) return 'wrong';
    return low < this.offsets.length && offset + bytes.length > (this.offsets[low] as number) ? 'wrong' : low;
  }

  insert(place: number, { offset, bytes }: FragmentChunk, packetBytes: number): void {
    const kept = bytes.length < packetBytes * VIEW_SHARE_MIN ? bytes.slice() : bytes;
    this.arrived += bytes.length;
    if (place === this.offsets.length) {
      this.offsets.push(offset);
      this.parts.push(kept);
    } else {
      this.offsets.splice(place, 0, offset);
      this.parts.splice(place, 0, kept);
    }
  }

  /** As `arrived`, counted anew. */
  get partsBytes(): number {
    return this.parts.reduce((sum, { length }) => sum + length, 0);
  }

  joined(): Uint8Array {
    const frame = new Uint8Array(this.total);
    for (let i = 0; i < this.parts.length; i++) frame.set(this.parts[i] as Uint8Array, this.offsets[i] as number);
    return frame;
  }
}
