import type { Effects } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';

/** Samples of a peer that are kept: their smallest counts, since opening a link and queues can only add to a round trip. A guess. */
const SAMPLES_KEPT = 3;

/** What is known of the distance to one peer. */
interface Measured {
  /** The last few, in ms, newest last. */
  readonly samples: number[];
  /** The probe that has not been answered. */
  seq: number | undefined;
  sentMs: number;
}

/**
 * Measures round trips to peers, for overlays that choose links by distance. The same
 * code measures live and in the simulator, so that what measuring costs is counted,
 * and what it gets wrong is suffered, in both.
 *
 * A probe may be lost: whoever wants the distance probes again. Bounded: of more than
 * `peersMax` peers the one probed longest ago is forgotten.
 */
export class RttMeter {
  private readonly group: GroupRef;
  private readonly peersMax: number;
  /** In the order in which they were probed last. */
  private readonly measured = new Map<PeerRef, Measured>();
  private nextSeq = 0;
  /** Rises whenever `rttMs` of some peer changes. */
  version = 0;
  readonly counters = { probes: 0, replies: 0, strays: 0, forgotten: 0 };

  constructor(group: GroupRef, peersMax: number) {
    this.group = group;
    this.peersMax = peersMax;
  }

  /** Asks `peer` for an answer; one probe is under way to a peer at a time, the newest. */
  probe(peer: PeerRef, nowMs: number, effects: Effects): void {
    const seq = this.nextSeq;
    this.nextSeq = (seq + 1) % 2 ** 32;
    const known = this.measured.get(peer);
    this.measured.delete(peer);
    this.makeRoom();
    this.measured.set(peer, { samples: known?.samples ?? [], seq, sentMs: nowMs });
    this.counters.probes++;
    effects.sendUnreliable(peer, { kind: 'rttProbe', group: this.group, seq });
  }

  /** Answers a probe; takes an answer, and then says whose distance is known better now. */
  onMessage(from: PeerRef, message: Extract<Message, { kind: 'rttProbe' | 'rttReply' }>, nowMs: number, effects: Effects): PeerRef | undefined {
    if (message.kind === 'rttProbe') {
      effects.sendUnreliable(from, { kind: 'rttReply', group: this.group, seq: message.seq });
      return undefined;
    }
    const known = this.measured.get(from);
    if (known?.seq !== message.seq) {
      this.counters.strays++;
      return undefined;
    }
    this.counters.replies++;
    const before = this.rttMs(from);
    known.seq = undefined;
    known.samples.push(nowMs - known.sentMs);
    if (known.samples.length > SAMPLES_KEPT) known.samples.shift();
    if (this.rttMs(from) !== before) this.version++;
    return from;
  }

  /** The distance to `peer` as a round trip in ms, or `undefined` while no probe of it has been answered. */
  rttMs(peer: PeerRef): number | undefined {
    const samples = this.measured.get(peer)?.samples;
    if (samples === undefined || samples.length === 0) return undefined;
    let smallest = Infinity;
    for (const sample of samples) smallest = Math.min(smallest, sample);
    return smallest;
  }

  /** Whether a probe of `peer` has not been answered. */
  isWaiting(peer: PeerRef): boolean {
    return this.measured.get(peer)?.seq !== undefined;
  }

  forget(peer: PeerRef): void {
    if (this.measured.delete(peer)) this.version++;
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peer of this.measured.keys()) visit(peer);
  }

  private makeRoom(): void {
    if (this.measured.size < this.peersMax) return;
    const [oldest] = this.measured.keys();
    if (oldest === undefined) return;
    this.measured.delete(oldest);
    this.version++;
    this.counters.forgotten++;
  }
}
