import type { NiceOptions } from '../../core/config.ts';
import type { Effects, NiceTimer } from '../../core/effects.ts';
import type { GroupRef, PeerRef } from '../../core/ids.ts';
import type { NiceReply } from '../../core/messages.ts';
import type { Random } from '../../core/random.ts';
import type { RttMeter } from '../rtt-meter.ts';
import { Descent, type Step } from './descent.ts';
import type { Layers } from './layers.ts';
import { Recall } from './recall.ts';

/** Searches after a place was lost, before a peer stays root of what is below it and asks at leisure. A guess. */
const ATTEMPTS_MAX = 8;

/** Looks for a place in a hierarchy, for a root: a newcomer, who is the root of itself, one that lost its parent, or one that heard of another root. */
export class Seeker {
  readonly counters = { searches: 0, failed: 0 };
  readonly recall: Recall;
  private readonly descent: Descent;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: NiceOptions;
  private readonly random: Random;
  private readonly layers: Layers;
  private readonly meter: RttMeter;
  /** Another root that was heard of. */
  private sought: PeerRef | undefined = undefined;
  private attemptsLeft = 0;
  private retry = 0;

  constructor(self: PeerRef, group: GroupRef, session: number, options: NiceOptions, random: Random, layers: Layers, meter: RttMeter) {
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random;
    this.layers = layers;
    this.meter = meter;
    this.descent = new Descent(self);
    this.recall = new Recall(self, random);
  }

  get isIdle(): boolean {
    return this.descent.isIdle;
  }

  /** While true, the layer to join in must stay. */
  get isJoining(): boolean {
    return this.descent.isJoining;
  }

  /** Whom an answer is awaited from. */
  get awaited(): PeerRef | undefined {
    return this.descent.awaited;
  }

  /** Who is to let this peer in. */
  get joining(): PeerRef | undefined {
    return this.descent.isJoining ? this.descent.awaited : undefined;
  }

  /** The place has been lost: searches until there is one, but not for ever. */
  begin(nowMs: number, effects: Effects, first?: PeerRef): void {
    this.attemptsLeft = ATTEMPTS_MAX;
    this.search(nowMs, effects, first);
  }

  /** A root that nobody missed may still be one of several: asks a few. */
  lookForOthers(nowMs: number, effects: Effects): void {
    this.attemptsLeft = Math.max(this.attemptsLeft, 1);
    this.search(nowMs, effects);
  }

  /** Joins `peer` at once, and searches when that fails. */
  join(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.attemptsLeft = ATTEMPTS_MAX;
    this.take(this.descent.join(peer, this.layers.layerToJoin), nowMs, effects);
  }

  /** One search, unless one is under way. */
  search(nowMs: number, effects: Effects, first: PeerRef | undefined = this.sought ?? this.recall.anybody()): void {
    if (!this.layers.isRoot || !this.isIdle || first === undefined) return;
    this.counters.searches++;
    this.take(this.descent.start(first), nowMs, effects);
  }

  /** There may be another hierarchy, with this root. */
  consider(root: PeerRef, nowMs: number, effects: Effects): void {
    if (!this.layers.isRoot || root === this.layers.root) return;
    this.recall.meet([root]);
    this.sought = root;
    this.attemptsLeft = Math.max(this.attemptsLeft, 2);
    this.search(nowMs, effects);
  }

  /** There is a place, or need be none. */
  stop(): void {
    this.attemptsLeft = 0;
    this.sought = undefined;
    this.descent.stop();
    this.retry++;
  }

  onReply(from: PeerRef, reply: NiceReply, nowMs: number, effects: Effects): void {
    const step = this.descent.onReply(from, reply, this.layers.layerToJoin);
    if (step !== undefined) this.take(step, nowMs, effects);
  }

  /** A distance is known better: perhaps it was the last one. */
  onMeasured(nowMs: number, effects: Effects): void {
    if (this.descent.isMeasuring && !this.descent.measured.some((peer) => this.meter.isWaiting(peer))) this.choose(nowMs, effects);
  }

  onTimer(timer: NiceTimer, nowMs: number, effects: Effects): void {
    if (timer.step === 'retry') {
      if (timer.number === this.retry) this.search(nowMs, effects);
    } else if (timer.number === this.descent.number && !this.isIdle) {
      if (this.descent.isMeasuring) this.choose(nowMs, effects);
      else this.onSilence(nowMs, effects);
    }
  }

  /** `peer` has failed. */
  onFailure(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.recall.forget(peer);
    if (this.sought === peer) this.sought = undefined;
    this.onRefusal(peer, nowMs, effects);
  }

  /** `peer` does not want this one. */
  onRefusal(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.descent.awaited === peer) this.take({ kind: 'fail' }, nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.descent.eachPeer(visit);
    this.recall.eachPeer(visit);
    if (this.sought !== undefined) visit(this.sought);
  }

  private onSilence(nowMs: number, effects: Effects): void {
    const { awaited } = this.descent;
    if (awaited !== undefined) this.recall.forget(awaited);
    if (awaited === this.sought) this.sought = undefined;
    this.take({ kind: 'fail' }, nowMs, effects);
  }

  private choose(nowMs: number, effects: Effects): void {
    this.take(this.descent.onMeasured((peer) => this.meter.rttMs(peer), this.layers.layerToJoin), nowMs, effects);
  }

  private take(step: Step, nowMs: number, effects: Effects): void {
    const { group } = this;
    switch (step.kind) {
      case 'ask':
        effects.send(step.peer, { kind: 'niceQuery', group, layer: step.layer });
        return this.wait(effects);
      case 'measure':
        for (const peer of step.peers) this.meter.probe(peer, nowMs, effects);
        return this.wait(effects);
      case 'join':
        effects.send(step.peer, { kind: 'niceJoin', group, layer: step.layer });
        return this.wait(effects);
      case 'invite':
        this.stop();
        effects.send(step.peer, { kind: 'niceRoot', group, root: this.layers.root });
        return;
      case 'home':
        this.sought = undefined;
        return this.again(effects);
      case 'fail':
        this.counters.failed++;
        return this.again(effects);
    }
  }

  /** A later search begins at a random moment, so that two roots that refused each other do not meet again. */
  private again(effects: Effects): void {
    this.descent.stop();
    if (this.attemptsLeft === 0) return;
    this.attemptsLeft--;
    this.setTimer('retry', ++this.retry, this.random.below(Math.min(this.options.heartbeatIntervalMs, RETRY_MAX_MS)), effects);
  }

  private wait(effects: Effects): void {
    this.setTimer('search', this.descent.number, this.options.queryTimeoutMs, effects);
  }

  private setTimer(step: NiceTimer['step'], number: number, afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'nice', group: this.group, session: this.session, step, number }, afterMs);
  }
}

/** From a search that failed to the next one at most, in ms. A guess. */
const RETRY_MAX_MS = 2000;
