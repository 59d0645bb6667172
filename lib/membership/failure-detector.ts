import type { FailureDetectorOptions } from '../core/config.ts';
import type { Effects, ProbeTimer, Timer } from '../core/effects.ts';
import { PEER_GROUP, type PeerRef } from '../core/ids.ts';
import type { Ack, Message, Nack, Ping, PingRequest } from '../core/messages.ts';
import type { Random } from '../core/random.ts';
import { ProbeHelper, type ProbeHelperCounters } from './probe-helper.ts';
import { ProbeRound } from './probe-round.ts';
import { type SuspicionBounds, remainingSuspicionMs, suspicionBounds } from './suspicion.ts';

/** What is known of a watched peer. Times are those of `nowMs`. */
export type WatchedState =
  | { readonly state: 'alive'; readonly sinceMs: number; readonly heardMs: number }
  | {
      readonly state: 'suspected';
      readonly sinceMs: number;
      readonly heardMs: number;
      /** Helpers that could not reach it either. */
      readonly confirmations: number;
      /** When it will count as failed, unless it is heard of or further confirmations come. */
      readonly failsAtMs: number;
    };

/** What a detector has done so far. */
export interface FailureDetectorCounters extends ProbeHelperCounters {
  /** Probes begun: peers asked because they had been silent. */
  readonly probes: number;
  /** Requests to others to try. */
  readonly pingRequests: number;
  /** Suspicions that began, and how they ended where they have. */
  readonly suspected: number;
  readonly refuted: number;
  readonly failed: number;
  /** Peers not watched since there were `watchedMax`. */
  readonly watchesRefused: number;
  /** Times that this process turned out to have been stopped. */
  readonly stops: number;
  /** Messages that make no sense here: nacks that nobody waits for, other kinds. */
  readonly strays: number;
}

/**
 * Finds out which of the peers that this one keeps links to are alive. One per
 * process; its messages belong to no group.
 *
 * A. Das, I. Gupta, A. Motivala: "SWIM: scalable weakly-consistent infection-style
 * process group membership protocol", DSN 2002. Probes: section 3.1; suspicion: 4.2;
 * order of probing: 4.3. A. Dadgar, J. Phillips, J. Currey: "Lifeguard: local health
 * awareness for more accurate failure detection", DSN-W 2018: local health, suspicion
 * by confirmations, buddy system.
 *
 * Deviations:
 * - Nothing is disseminated: the overlay is the membership, and every peer watches its
 *   own links. A suspicion is refuted by any sign of life; the suspected peer learns of
 *   it by the ping alone, and is pinged again at once and in every base interval.
 * - A suspicion is confirmed by nacks, since the suspicions of others are not heard of.
 * - A peer that was heard of since the last interval began is not probed.
 * - A failed probe costs a point of local health for each helper that sent no nack, or
 *   one where nobody was asked, as in memberlist; probes of a suspected peer cost none,
 *   since they repeat the same evidence. An interval in which all were heard of earns
 *   one like a probe that succeeds.
 * - When this process was stopped itself (SIGSTOP, a sleeping machine), all that was
 *   pending is void.
 *
 * Guarantees: a peer that stays silent is suspected, and fails after the longest
 * suspicion at most, once its turn to be probed has come (two rounds of probes at
 * most); one that answers within a suspicion does not fail.
 */
export class FailureDetector {
  private readonly self: PeerRef;
  private readonly options: FailureDetectorOptions;
  private readonly random: Random;
  private readonly helper: ProbeHelper;
  private readonly watched = new Map<PeerRef, Watched>();
  /** The watched peers, in the order of their turns. */
  private readonly round: ProbeRound;
  /** Open probes and suspicions by their number. */
  private readonly probes = new Map<number, Watched>();
  /** The peer that was probed in this interval. */
  private probed: Watched | undefined = undefined;
  /** No longer suspected, and nobody told yet. */
  private readonly refuted: PeerRef[] = [];
  private health = 0;
  /** When this peer last had to refute a suspicion. */
  private accusedMs = -Infinity;
  private lastSeq = 0;
  private tickSeq = 0;
  /** Absent while nobody is watched. */
  private tickDueMs: number | undefined = undefined;
  /** Base intervals until this interval ends: bad health makes it longer. */
  private ticksLeft = 1;
  private intervalStartMs = 0;
  private readonly counts = {
    probes: 0,
    pingRequests: 0,
    suspected: 0,
    refuted: 0,
    failed: 0,
    watchesRefused: 0,
    stops: 0,
    strays: 0,
  };

  /** @param self never watched, nor pinged for others. */
  constructor(self: PeerRef, options: FailureDetectorOptions, random: Random) {
    this.self = self;
    this.options = options;
    this.random = random;
    this.helper = new ProbeHelper(options);
    this.round = new ProbeRound(random);
  }

  get counters(): FailureDetectorCounters {
    return { ...this.counts, ...this.helper.counters };
  }

  /** Lifeguard's local health: 0 is good; n makes intervals and waits n + 1 times as long. */
  get localHealth(): number {
    return this.health;
  }

  /** What is known of `peer`; `undefined` when it is not watched, or has failed. */
  state(peer: PeerRef): WatchedState | undefined {
    const record = this.watched.get(peer);
    if (record === undefined) return undefined;
    const { sinceMs, heardMs, probe } = record;
    if (probe?.bounds === undefined) return { state: 'alive', sinceMs, heardMs };
    const failsAtMs = sinceMs + remainingSuspicionMs(probe.bounds, probe.nacks.length, 0);
    return { state: 'suspected', sinceMs, heardMs, confirmations: probe.nacks.length, failsAtMs };
  }

  /** Begins to watch `peer`, which counts as heard of now. */
  watch(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.begin(nowMs, effects);
    if (peer === this.self || this.watched.has(peer)) return;
    if (this.watched.size >= this.options.watchedMax) {
      this.counts.watchesRefused++;
      return;
    }
    this.watched.set(peer, { peer, sinceMs: nowMs, heardMs: nowMs, probe: undefined });
    this.round.add(peer);
    if (this.tickDueMs !== undefined) return;
    this.intervalStartMs = nowMs;
    this.ticksLeft = 1;
    // At a random moment, so that peers started together do not act together.
    this.setTick(this.random.below(this.options.probeIntervalMs), nowMs, effects);
  }

  /** Forgets `peer`; nothing is told of it any more. */
  unwatch(peer: PeerRef): void {
    const record = this.watched.get(peer);
    if (record === undefined) return;
    this.watched.delete(peer);
    if (record.probe !== undefined) this.probes.delete(record.probe.seq);
    if (this.probed === record) this.probed = undefined;
    this.round.remove(peer);
  }

  /** Something came from `peer`, whatever it was: it is alive. That a suspicion has ended is told with the next input. */
  onHeard(peer: PeerRef, nowMs: number): void {
    const record = this.watched.get(peer);
    if (record === undefined) return;
    record.heardMs = nowMs;
    if (record.probe === undefined) return;
    const wasSuspected = record.probe.bounds !== undefined;
    this.probes.delete(record.probe.seq);
    record.probe = undefined;
    if (!wasSuspected) return this.changeHealth(-1);
    record.sinceMs = nowMs;
    this.counts.refuted++;
    this.refuted.push(peer);
  }

  /** Takes a message of `PEER_GROUP`, from a watched peer or another. */
  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    this.onHeard(from, nowMs);
    this.begin(nowMs, effects);
    switch (message.kind) {
      case 'ping': return this.onPing(from, message, nowMs, effects);
      case 'ack': return this.onAck(from, message, nowMs, effects);
      case 'pingRequest': return this.onPingRequest(from, message, effects);
      case 'nack': return this.onNack(from, message, nowMs, effects);
      default: this.counts.strays++;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'probe') return;
    this.begin(nowMs, effects);
    switch (timer.step) {
      case 'tick': return this.onTick(timer, nowMs, effects);
      case 'indirect': return this.onIndirectTimer(timer, effects);
      case 'suspicion': return this.onSuspicionTimer(timer, nowMs, effects);
      case 'relay': return this.helper.onTimer(timer.seq, effects);
    }
  }

  /** Every peer that it may still name or send to: who keeps a table of peers must keep these. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peer of this.watched.keys()) visit(peer);
    this.helper.eachPeer(visit);
  }

  /** Answers. To be suspected is a sign that this peer was slow itself; several such pings in an interval are a sign of the same slowness. */
  private onPing(from: PeerRef, ping: Ping, nowMs: number, effects: Effects): void {
    effects.sendUnreliable(from, { kind: 'ack', group: PEER_GROUP, seq: ping.seq });
    if (!ping.suspected || !this.watched.has(from) || nowMs - this.accusedMs < this.options.probeIntervalMs) return;
    this.accusedMs = nowMs;
    this.changeHealth(1);
  }

  /** An answer from the peer itself has been noticed already; this is for what others tell, and what is told to others. */
  private onAck(from: PeerRef, { seq }: Ack, nowMs: number, effects: Effects): void {
    if (this.helper.onAck(from, seq, effects)) return;
    const record = this.probes.get(seq);
    if (record?.probe?.helpers.includes(from) !== true) return;
    this.onHeard(record.peer, nowMs);
    this.tellRefuted(effects);
  }

  private onPingRequest(from: PeerRef, request: PingRequest, effects: Effects): void {
    if (request.target !== this.self) this.helper.onPingRequest(from, request, this.nextSeq(), effects);
    else effects.sendUnreliable(from, { kind: 'ack', group: PEER_GROUP, seq: request.seq });
  }

  /** A helper could not reach it either. It counts once, and makes the suspicion shorter. */
  private onNack(from: PeerRef, { seq }: Nack, nowMs: number, effects: Effects): void {
    const record = this.probes.get(seq);
    const probe = record?.probe;
    if (record === undefined || probe === undefined || !probe.helpers.includes(from)) {
      this.counts.strays++;
      return;
    }
    if (probe.nacks.includes(from)) return;
    probe.nacks.push(from);
    if (probe.bounds === undefined || probe.nacks.length > probe.bounds.expected) return;
    this.setTimer('suspicion', seq, remainingSuspicionMs(probe.bounds, probe.nacks.length, nowMs - record.sinceMs), effects);
  }

  private onTick({ seq }: ProbeTimer, nowMs: number, effects: Effects): void {
    if (seq !== this.tickSeq) return;
    this.tickDueMs = undefined;
    if (this.watched.size === 0) return;
    this.setTick(this.options.probeIntervalMs, nowMs, effects);
    const ended = --this.ticksLeft <= 0;
    if (ended) this.judge(nowMs, effects);
    for (const { peer, probe } of this.watched.values()) {
      if (probe?.bounds === undefined) continue;
      effects.sendUnreliable(peer, { kind: 'ping', group: PEER_GROUP, seq: probe.seq, suspected: true });
      this.askHelpers(peer, probe, effects);
    }
    if (ended) this.startInterval(nowMs, effects);
  }

  /** Section 4.2: whoever has not answered by the end of the interval is suspected. */
  private judge(nowMs: number, effects: Effects): void {
    const record = this.probed;
    this.probed = undefined;
    if (record?.probe === undefined) return;
    const { probe } = record;
    const asked = probe.helpers.length;
    this.changeHealth(asked === 0 ? 1 : asked - probe.nacks.length);
    const { probeIntervalMs, suspicionMult, suspicionMaxMult } = this.options;
    probe.bounds = suspicionBounds(this.watched.size + 1, probeIntervalMs, suspicionMult, suspicionMaxMult, asked);
    record.sinceMs = nowMs;
    this.counts.suspected++;
    effects.emit({ kind: 'suspected', group: PEER_GROUP, peer: record.peer });
    this.setTimer('suspicion', probe.seq, remainingSuspicionMs(probe.bounds, probe.nacks.length, 0), effects);
  }

  private startInterval(nowMs: number, effects: Effects): void {
    const record = this.nextSilent(this.intervalStartMs);
    // Nobody was silent, nobody is suspected, nor was this peer.
    if (record === undefined && this.probes.size === 0 && this.accusedMs < this.intervalStartMs) this.changeHealth(-1);
    this.intervalStartMs = nowMs;
    this.ticksLeft = this.health + 1;
    this.probed = record;
    if (record === undefined) return;
    this.counts.probes++;
    const seq = this.nextSeq();
    record.probe = { seq, helpers: [], nacks: [], bounds: undefined };
    this.probes.set(seq, record);
    effects.sendUnreliable(record.peer, { kind: 'ping', group: PEER_GROUP, seq, suspected: false });
    this.setTimer('indirect', seq, this.options.probeTimeoutMs * this.ticksLeft, effects);
  }

  /** The next whose turn it is and who was not heard of since `sinceMs`. */
  private nextSilent(sinceMs: number): Watched | undefined {
    const next = this.round.next((peer) => {
      const record = this.watched.get(peer);
      return record !== undefined && record.probe === undefined && record.heardMs < sinceMs;
    });
    return next === undefined ? undefined : this.watched.get(next);
  }

  private onIndirectTimer({ seq }: ProbeTimer, effects: Effects): void {
    const record = this.probes.get(seq);
    if (record?.probe !== undefined) this.askHelpers(record.peer, record.probe, effects);
  }

  /** Section 3.1: asks others, none of them suspected, to ping `target`. */
  private askHelpers(target: PeerRef, probe: Probe, effects: Effects): void {
    const candidates = this.round.peers.filter((peer) => peer !== target && this.watched.get(peer)?.probe?.bounds === undefined);
    for (const peer of this.random.sample(candidates, this.options.indirectProbes)) {
      if (!probe.helpers.includes(peer)) probe.helpers.push(peer);
      this.counts.pingRequests++;
      effects.sendUnreliable(peer, { kind: 'pingRequest', group: PEER_GROUP, seq: probe.seq, target });
    }
  }

  private onSuspicionTimer({ seq }: ProbeTimer, nowMs: number, effects: Effects): void {
    const record = this.probes.get(seq);
    const probe = record?.probe;
    if (record === undefined || probe?.bounds === undefined) return;
    const remainingMs = remainingSuspicionMs(probe.bounds, probe.nacks.length, nowMs - record.sinceMs);
    // Clocks may fire a little early.
    if (remainingMs > 0) return this.setTimer('suspicion', seq, remainingMs, effects);
    this.unwatch(record.peer);
    this.counts.failed++;
    effects.emit({ kind: 'failed', group: PEER_GROUP, peer: record.peer });
  }

  /** Before each input: notices that this process was stopped, and tells whose suspicion has ended. */
  private begin(nowMs: number, effects: Effects): void {
    if (this.tickDueMs !== undefined && nowMs - this.tickDueMs > this.options.probeIntervalMs) this.startAnew(nowMs, effects);
    this.tellRefuted(effects);
  }

  /** This process was stopped, not they: nobody's silence counts, nor do answers that are waited for. */
  private startAnew(nowMs: number, effects: Effects): void {
    this.counts.stops++;
    this.changeHealth(1);
    for (const record of this.watched.values()) {
      if (record.probe?.bounds !== undefined) {
        this.counts.refuted++;
        this.refuted.push(record.peer);
        record.sinceMs = nowMs;
      }
      record.heardMs = nowMs;
      record.probe = undefined;
    }
    this.probes.clear();
    this.helper.clear();
    this.probed = undefined;
    this.intervalStartMs = nowMs;
    this.ticksLeft = this.health + 1;
    this.setTick(this.options.probeIntervalMs, nowMs, effects);
  }

  private tellRefuted(effects: Effects): void {
    if (this.refuted.length === 0) return;
    for (const peer of this.refuted.splice(0)) if (this.watched.has(peer)) effects.emit({ kind: 'refuted', group: PEER_GROUP, peer });
  }

  private changeHealth(by: number): void {
    this.health = Math.max(0, Math.min(this.options.localHealthMax, this.health + by));
  }

  private setTick(afterMs: number, nowMs: number, effects: Effects): void {
    this.tickDueMs = nowMs + afterMs;
    this.setTimer('tick', ++this.tickSeq, afterMs, effects);
  }

  private setTimer(step: ProbeTimer['step'], seq: number, afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'probe', group: PEER_GROUP, session: 0, step, seq }, afterMs);
  }

  /** Numbers of probes have 32 bits, and begin anew after the last. */
  private nextSeq(): number {
    this.lastSeq = (this.lastSeq + 1) >>> 0;
    return this.lastSeq;
  }
}

interface Watched {
  readonly peer: PeerRef;
  /** Since when it is as it is: watched, no longer suspected, or suspected. */
  sinceMs: number;
  heardMs: number;
  probe: Probe | undefined;
}

/** An open probe, and the suspicion that follows it under the same number. */
interface Probe {
  readonly seq: number;
  /** Peers asked to try; each once. As many as a suspicion has intervals, times `indirectProbes`, at most. */
  readonly helpers: PeerRef[];
  /** Those of them that could not reach it. */
  readonly nacks: PeerRef[];
  /** There while the peer is suspected. */
  bounds: SuspicionBounds | undefined;
}
