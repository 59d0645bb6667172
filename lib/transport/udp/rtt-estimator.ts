/** Before anything was measured (RFC 6298, section 2.1). */
const RTO_INITIAL_MS = 1000;

/**
 * RFC 6298 has 1 s; here a timeout asks again and takes nothing for lost, as in
 * RFC 9002, section 6.2, so that it costs little when it was too early. A guess: a
 * few turns of a busy event loop.
 */
const RTO_MIN_MS = 15;

/** A guess: with `idleTimeoutMs` of 20 s, some ten attempts to reach the other end again. */
export const RTO_MAX_MS = 2000;

/** How finely timers work, in ms; a packet is not taken for lost earlier. */
const GRANULARITY_MS = 1;

/** Round-trip time as in RFC 6298, with the delay of acknowledgements taken off as in RFC 9002, section 5. */
export class RttEstimator {
  /** SRTT, the smoothed round-trip time. */
  srttMs: number | undefined = undefined;
  /** RTTVAR, its mean deviation. */
  rttVarMs = 0;
  private latestMs = 0;
  private minMs = Infinity;

  /** @param ackDelayMs how long the other end says that it kept the acknowledgement. */
  sample(rttMs: number, ackDelayMs: number): void {
    this.minMs = Math.min(this.minMs, rttMs);
    const ownMs = rttMs - ackDelayMs >= this.minMs ? rttMs - ackDelayMs : rttMs;
    this.latestMs = ownMs;
    if (this.srttMs === undefined) {
      this.srttMs = ownMs;
      this.rttVarMs = ownMs / 2;
      return;
    }
    this.rttVarMs += (Math.abs(this.srttMs - ownMs) - this.rttVarMs) / 4;
    this.srttMs += (ownMs - this.srttMs) / 8;
  }

  /** RTO after `timeouts` of them in a row. */
  rtoMs(timeouts: number, ackDelayMaxMs: number): number {
    const baseMs = this.srttMs === undefined
      ? RTO_INITIAL_MS
      : Math.max(RTO_MIN_MS, this.srttMs + Math.max(GRANULARITY_MS, 4 * this.rttVarMs) + ackDelayMaxMs);
    return Math.min(Math.max(RTO_MAX_MS, baseMs), baseMs * 2 ** Math.min(timeouts, 10));
  }

  /** A packet is lost when a later one was acknowledged and it is as old (RFC 9002, section 6.1.2). */
  get lossDelayMs(): number {
    return Math.max(GRANULARITY_MS, (9 / 8) * Math.max(this.srttMs ?? RTO_INITIAL_MS, this.latestMs));
  }
}
