import type { PeerRef } from '../core/ids.ts';

/** Pings are numbered from here on, with 32 bits: those of the failure detector begin at 1. */
const FIRST_SEQ = 2 ** 31;

/** Weight of a new sample (RFC 6298, section 2). */
const ALPHA = 1 / 8;

/**
 * Round trips to peers over links that do not measure them themselves, as TCP's do
 * not. The failure detector asks only who has been silent; this asks all, now and then.
 */
export class RoundTrips {
  private readonly ping: (peer: PeerRef, seq: number) => void;
  private trips = new Map<PeerRef, Trip>();
  private asked = 0;

  /** @param ping sends a ping, which the other end answers with an ack of the same number. */
  constructor(ping: (peer: PeerRef, seq: number) => void) {
    this.ping = ping;
  }

  /** Asks these peers, and forgets all others. */
  measure(peers: readonly PeerRef[], nowMs: number): void {
    this.trips = new Map(peers.map((peer) => {
      const seq = FIRST_SEQ + (this.asked++ % FIRST_SEQ);
      return [peer, { seq, askedMs: nowMs, rttMs: this.trips.get(peer)?.rttMs }];
    }));
    for (const [peer, { seq }] of this.trips) this.ping(peer, seq);
  }

  onAck(from: PeerRef, seq: number, nowMs: number): void {
    const trip = this.trips.get(from);
    if (trip === undefined || trip.seq !== seq) return;
    const sampleMs = nowMs - trip.askedMs;
    trip.rttMs = trip.rttMs === undefined ? sampleMs : trip.rttMs + ALPHA * (sampleMs - trip.rttMs);
    // An answer counts once.
    trip.seq = -1;
  }

  /** Smoothed, in ms; `undefined` while it is not known. */
  of(peer: PeerRef): number | undefined {
    return this.trips.get(peer)?.rttMs;
  }
}

interface Trip {
  seq: number;
  readonly askedMs: number;
  rttMs: number | undefined;
}
