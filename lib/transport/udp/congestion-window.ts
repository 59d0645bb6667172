import { PACKET_BYTES_MAX } from './packet.ts';

const INITIAL_BYTES = 10 * PACKET_BYTES_MAX;
const MINIMUM_BYTES = 2 * PACKET_BYTES_MAX;

/** A guess; no more than receive buffers hold. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/**
 * How much may be under way: NewReno as in RFC 5681 and RFC 9002, section 7. Slow
 * start until the first loss, then one packet more per round trip; halved once per
 * loss episode, which is what was sent before the halving.
 */
export class CongestionWindow {
  bytes = INITIAL_BYTES;
  private threshold = Infinity;
  private episodeMs = -Infinity;
  /** Acknowledged since the window grew, in congestion avoidance. */
  private acknowledged = 0;

  get slowStart(): boolean {
    return this.bytes < this.threshold;
  }

  /**
   * A packet was acknowledged.
   * @param inFlight bytes under way before; a window that was not used does not grow.
   */
  onAcked(bytes: number, sentMs: number, inFlight: number): void {
    if (sentMs <= this.episodeMs || inFlight < this.bytes / 2) return;
    if (this.slowStart) {
      this.bytes += bytes;
    } else {
      this.acknowledged += bytes;
      if (this.acknowledged < this.bytes) return;
      this.acknowledged -= this.bytes;
      this.bytes += PACKET_BYTES_MAX;
    }
    this.bytes = Math.min(this.bytes, MAXIMUM_BYTES);
  }

  /** A packet was lost. */
  onLost(sentMs: number, nowMs: number): void {
    if (sentMs <= this.episodeMs) return;
    this.episodeMs = nowMs;
    this.acknowledged = 0;
    this.bytes = this.threshold = Math.max(MINIMUM_BYTES, this.bytes / 2);
  }

  /** Nothing has come through for several timeouts: the path is not what it was (RFC 9002, section 7.6). */
  onPersistentCongestion(): void {
    this.threshold = Math.max(MINIMUM_BYTES, Math.min(this.threshold, this.bytes / 2));
    this.bytes = MINIMUM_BYTES;
    this.acknowledged = 0;
  }
}
