import type { Effects } from '../../core/effects.ts';
import type { PeerRef } from '../../core/ids.ts';
import type { RttMeter } from '../rtt-meter.ts';

/** Probes without an answer after which a member counts as dead. A guess: at 5 % loss one in 1000 of the living does. */
const PROBES = 3;

/** Members asked at a time; further ones are left out, counted, and asked when they come up again. A guess. */
const INQUIRIES_MAX = 64;

/** A member being asked whether it is alive. */
interface Inquiry {
  readonly startMs: number;
  probes: number;
  sentMs: number;
}

/** What an inquiry without an answer was about. */
export interface Unanswered {
  readonly peer: PeerRef;
  readonly startMs: number;
}

/** The probe cycles of sections 3.1.2 and 3.1.3: is a member that was lost sight of dead, or can it be reached? */
export class Inquiries {
  private readonly meter: RttMeter;
  private readonly timeoutMs: number;
  private readonly open = new Map<PeerRef, Inquiry>();
  leftOut = 0;

  constructor(meter: RttMeter, timeoutMs: number) {
    this.meter = meter;
    this.timeoutMs = timeoutMs;
  }

  ask(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.open.has(peer)) return;
    if (this.open.size >= INQUIRIES_MAX) {
      this.leftOut++;
      return;
    }
    this.open.set(peer, { startMs: nowMs, probes: 1, sentMs: nowMs });
    this.meter.probe(peer, nowMs, effects);
  }

  /** The peer has answered; whether it was asked. */
  onAnswer(peer: PeerRef): boolean {
    return this.open.delete(peer);
  }

  /** Probes again those that have not answered in time; answers whom it has asked often enough. */
  check(nowMs: number, effects: Effects): Unanswered[] {
    const unanswered: Unanswered[] = [];
    for (const [peer, inquiry] of this.open) {
      if (nowMs - inquiry.sentMs < this.timeoutMs) continue;
      if (inquiry.probes >= PROBES) {
        unanswered.push({ peer, startMs: inquiry.startMs });
        continue;
      }
      inquiry.probes++;
      inquiry.sentMs = nowMs;
      this.meter.probe(peer, nowMs, effects);
    }
    for (const { peer } of unanswered) this.open.delete(peer);
    return unanswered;
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peer of this.open.keys()) visit(peer);
  }
}
