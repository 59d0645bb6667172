import { PACKET_BYTES_MAX } from './packet.ts';

/** Packets that may follow each other at once. */
export const BURST_PACKETS = 16;
const BURST_BYTES = BURST_PACKETS * PACKET_BYTES_MAX;

/** Timers are no finer, so that what is due until the next one goes at once, in ms. */
const GRAIN_MS = 1;

/**
 * Spreads packets over the round trip (RFC 9002, section 7.7): credit grows with the
 * rate of the congestion window, and some more so that pacing never is what limits.
 */
export class Pacer {
  private credit = BURST_BYTES;
  private filledMs = -Infinity;
  /** Bytes in a ms. */
  private rate = Infinity;

  /** @param srttMs `undefined` while nothing was measured: then nothing is held back. */
  setRate(windowBytes: number, srttMs: number | undefined, slowStart: boolean): void {
    this.rate = srttMs === undefined ? Infinity : ((slowStart ? 2 : 1.25) * windowBytes) / Math.max(srttMs, 0.01);
  }

  /** How long a full packet has to wait, in ms. */
  delayMs(nowMs: number): number {
    if (this.rate === Infinity) return 0;
    const limit = Math.max(BURST_BYTES, 2 * GRAIN_MS * this.rate);
    if (nowMs > this.filledMs) {
      this.credit = Math.min(limit, this.credit + (nowMs - this.filledMs) * this.rate);
      this.filledMs = nowMs;
    }
    return this.credit >= PACKET_BYTES_MAX ? 0 : Math.max(GRAIN_MS, (PACKET_BYTES_MAX - this.credit) / this.rate);
  }

  onSent(bytes: number): void {
    if (this.rate !== Infinity) this.credit -= bytes;
  }
}
