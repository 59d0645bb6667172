import { assert } from '../../core/errors.ts';
import type { Account } from '../account.ts';
import type { Fragment } from './frame-queue.ts';

/** Packets under way at most; as many small ones fit into no receive buffer. A guess. */
const PACKETS_MAX = 4096;

/** A packet is lost when one sent so many later was acknowledged (RFC 9002, section 6.1.1). */
const REORDERING_PACKETS = 3;

/** A packet under way that asks to be acknowledged. */
export interface SentPacket {
  readonly number: number;
  readonly sentMs: number;
  readonly bytes: number;
  /** Its reliable fragments, unless they were sent again meanwhile. */
  fragments: readonly Fragment[];
}

/** Packets sent that are neither acknowledged nor lost. */
export class SentPackets {
  /** The number of the next packet. */
  next = 0;
  bytesInFlight = 0;
  private largestAcked = -1;
  /** In the order of their numbers. */
  private readonly packets = new Map<number, SentPacket>();

  get count(): number {
    return this.packets.size;
  }

  get hasRoom(): boolean {
    return this.packets.size < PACKETS_MAX;
  }

  /** Records the packet with the number `next`. */
  add(packet: SentPacket): void {
    assert(packet.number === this.next, 'packets are numbered in the order of sending');
    this.next++;
    this.packets.set(packet.number, packet);
    this.bytesInFlight += packet.bytes;
  }

  /** Takes out what `ranges` (as in `AckChunk`, below `next`) acknowledge, and hands each packet to `onAcked`. */
  acknowledge(ranges: readonly number[], onAcked: (packet: SentPacket) => void): void {
    this.largestAcked = Math.max(this.largestAcked, ranges[1] as number);
    const oldest = this.oldest;
    for (let i = 0; i + 1 < ranges.length && (ranges[i + 1] as number) >= oldest; i += 2) {
      const from = Math.max(ranges[i] as number, oldest);
      const to = ranges[i + 1] as number;
      if (to - from < this.packets.size) {
        for (let number = from; number <= to; number++) {
          const packet = this.packets.get(number);
          if (packet !== undefined) this.remove(packet, onAcked);
        }
      } else {
        // Most of the numbers were acknowledgements, which are not recorded.
        for (const packet of this.packets.values()) if (packet.number >= from && packet.number <= to) this.remove(packet, onAcked);
      }
    }
  }

  /** Takes out lost packets, and hands each to `onLost`. Answers when the next one will count as lost, or `Infinity`. */
  detectLost(nowMs: number, lossDelayMs: number, onLost: (packet: SentPacket) => void): number {
    for (const packet of this.packets.values()) {
      if (packet.number >= this.largestAcked) break;
      const lost = packet.number + REORDERING_PACKETS <= this.largestAcked || packet.sentMs + lossDelayMs <= nowMs;
      // Those after it were sent later.
      if (!lost) return packet.sentMs + lossDelayMs;
      this.remove(packet, onLost);
    }
    return Infinity;
  }

  /** The oldest packets whose fragments have not been sent again, at most `count` of them. */
  oldestWithFragments(count: number): SentPacket[] {
    const found: SentPacket[] = [];
    for (const packet of this.packets.values()) {
      if (found.length === count) break;
      if (packet.fragments.length > 0) found.push(packet);
    }
    return found;
  }

  clear(): void {
    this.packets.clear();
    this.bytesInFlight = 0;
  }

  /** Fragments under way, each in one packet. */
  get fragments(): readonly Fragment[] {
    return [...this.packets.values()].flatMap((packet) => packet.fragments);
  }

  accounts(): Account[] {
    const bytes = [...this.packets.values()].reduce((sum, packet) => sum + packet.bytes, 0);
    return [{ what: 'bytes of packets under way', counted: this.bytesInFlight, held: bytes }];
  }

  private get oldest(): number {
    const { value } = this.packets.keys().next();
    return value ?? Infinity;
  }

  private remove(packet: SentPacket, then: (packet: SentPacket) => void): void {
    this.packets.delete(packet.number);
    this.bytesInFlight -= packet.bytes;
    then(packet);
  }
}
