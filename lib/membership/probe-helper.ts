import type { FailureDetectorOptions } from '../core/config.ts';
import type { Effects } from '../core/effects.ts';
import { PEER_GROUP, type PeerRef } from '../core/ids.ts';
import type { PingRequest } from '../core/messages.ts';

/** What a helper has done so far. */
export interface ProbeHelperCounters {
  /** Probes made for others. */
  readonly relays: number;
  /** Those of them that ended with a nack. */
  readonly nacks: number;
  /** Requests dropped: there were `relaysMax`, or 16 of the same peer. */
  readonly relaysRefused: number;
}

/**
 * Pings peers for others: SWIM (section 3.1), with the nack of Lifeguard. For whoever
 * asks, since not every link is watched at both ends. The pings have numbers of this
 * peer's own.
 */
export class ProbeHelper {
  private readonly options: FailureDetectorOptions;
  private readonly relays = new Map<number, Relay>();
  readonly counters = { relays: 0, nacks: 0, relaysRefused: 0 };

  constructor(options: FailureDetectorOptions) {
    this.options = options;
  }

  /** Pings the target, once, under the number `own`. */
  onPingRequest(from: PeerRef, { seq, target }: PingRequest, own: number, effects: Effects): void {
    const { probeIntervalMs, probeTimeoutMs, relaysMax } = this.options;
    if (this.relays.size >= relaysMax || this.countOf(from) >= RELAYS_PER_REQUESTER_MAX) {
      this.counters.relaysRefused++;
      return;
    }
    this.counters.relays++;
    this.relays.set(own, { requester: from, seq, target });
    effects.sendUnreliable(target, { kind: 'ping', group: PEER_GROUP, seq: own, suspected: false });
    // The requester waits until its interval ends; the nack must reach it before.
    const waitMs = Math.round(NACK_SHARE * Math.min(probeTimeoutMs, probeIntervalMs - probeTimeoutMs));
    effects.setTimer({ kind: 'probe', group: PEER_GROUP, session: 0, step: 'relay', seq: own }, waitMs);
  }

  /** Passes an answer on; false when it is not to a ping for another. */
  onAck(from: PeerRef, own: number, effects: Effects): boolean {
    const relay = this.relays.get(own);
    if (relay === undefined || relay.target !== from) return false;
    this.relays.delete(own);
    effects.sendUnreliable(relay.requester, { kind: 'ack', group: PEER_GROUP, seq: relay.seq });
    return true;
  }

  /** No answer in time. */
  onTimer(own: number, effects: Effects): void {
    const relay = this.relays.get(own);
    if (relay === undefined) return;
    this.relays.delete(own);
    this.counters.nacks++;
    effects.sendUnreliable(relay.requester, { kind: 'nack', group: PEER_GROUP, seq: relay.seq });
  }

  /** Forgets what it was asked for. */
  clear(): void {
    this.relays.clear();
  }

  /** Every peer that it may still send to. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { requester, target } of this.relays.values()) {
      visit(requester);
      visit(target);
    }
  }

  private countOf(requester: PeerRef): number {
    let count = 0;
    for (const relay of this.relays.values()) if (relay.requester === requester) count++;
    return count;
  }
}

/** A ping for another peer; `seq` is the requester's number. */
interface Relay {
  readonly requester: PeerRef;
  readonly seq: number;
  readonly target: PeerRef;
}

/** Probes made for one peer at a time: one for each that it may suspect at once, within reason. A guess. */
const RELAYS_PER_REQUESTER_MAX = 16;

/** Share of the wait for helpers after which a nack is sent: Lifeguard takes 80 %. */
const NACK_SHARE = 0.8;
