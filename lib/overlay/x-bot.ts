import type { XBotOptions } from '../core/config.ts';
import type { Effects, Timer, XBotTimer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Message, Optimization, OptimizationReply, Replace, Switch } from '../core/messages.ts';
import type { EditableOverlay, Overlay, Question } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { RttMeter } from './rtt-meter.ts';

/**
 * X-BOT: exchanges links of an unstructured overlay for cheaper ones, four peers at a
 * time, so that every peer keeps as many links as it had.
 *
 * J. Leitao, J. P. Marques, J. Pereira, L. Rodrigues: "X-BOT: a protocol for resilient
 * optimization of unstructured overlays", SRDS 2009. The overlay below is HyParView.
 * A round: a peer with a full active view compares some passive peers with its
 * neighbours, all but the `unbiasedNeighbours` dearest ones, which keep the graph random
 * enough to stay connected. When a candidate is cheaper than a neighbour, the old one,
 * the four agree:
 *
 *   initiator  --Optimization-->  candidate  --Replace-->  disconnected  --Switch-->  old
 *
 * and the answers come back the same way. The disconnected peer is the candidate's
 * dearest neighbour that is not unbiased, and agrees if the old one is cheaper to it
 * than the candidate. The links initiator-old and candidate-disconnected then become
 * initiator-candidate and disconnected-old, which are cheaper together. A candidate
 * with a free place takes the initiator at once.
 *
 * Deviations:
 * - The cost of a link is a round trip that is measured; the paper's oracle knows it. A
 *   round compares those measured in the round before, and the disconnected peer
 *   measures the old one before it answers.
 * - A peer takes part in one swap at a time and refuses others meanwhile, gives up after
 *   `swapTimeoutMs`, and starts one swap a round; the paper leaves interleaved swaps
 *   open. A place that is no longer wanted is given back by a Disconnect.
 * - A link must be cheaper by `gainPercent`.
 *
 * Guarantees, beside those of the overlay below: a swap that runs to its end lowers the
 * cost of the four links' sum, as far as round trips were measured right, and leaves
 * every degree as it was; one that is broken off leaves both ends of every link agreed
 * once what is in flight has arrived, and the overlay below fills the places.
 */
export class XBot implements Overlay {
  readonly neighbours: readonly PeerRef[];
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: XBotOptions;
  private readonly view: EditableOverlay;
  private readonly random: Random;
  private readonly meter: RttMeter;
  /** Passive peers that the last round measured. */
  private scanned: readonly PeerRef[] = [];
  private swap: Swap | undefined = undefined;
  private swaps = 0;
  /** Swaps that this peer started, and what became of them; those of others that it took part in. */
  readonly counters = { started: 0, accepted: 0, refused: 0, timedOut: 0, exchanged: 0 };

  constructor(self: PeerRef, group: GroupRef, session: number, options: XBotOptions, view: EditableOverlay, random: Random) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.view = view;
    this.neighbours = view.neighbours;
    this.random = random;
    this.meter = new RttMeter(group, 2 * (options.activeViewSize + options.passiveViewSize));
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    this.view.start(peers, nowMs, effects);
    effects.setTimer(this.timer('optimize', 0), this.random.below(this.options.optimizationIntervalMs));
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'optimization': return this.onOptimization(from, message, nowMs, effects);
      case 'optimizationReply': return this.onOptimizationReply(from, message, nowMs, effects);
      case 'replace': return this.onReplace(from, message, nowMs, effects);
      case 'replaceReply': return this.onReplaceReply(from, message.accepted, nowMs, effects);
      case 'switch': return this.onSwitch(from, message, nowMs, effects);
      case 'switchReply': return this.onSwitchReply(from, message.accepted, nowMs, effects);
      case 'disconnectWait': return this.onDisconnectWait(from, nowMs, effects);
      case 'rttProbe':
      case 'rttReply':
        if (this.meter.onMessage(from, message, nowMs, effects) !== undefined) this.decide(effects);
        return;
      default: return this.view.onMessage(from, message, nowMs, effects);
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'xBot') return this.view.onTimer(timer, nowMs, effects);
    if (timer.step === 'optimize') return this.onOptimizeTimer(nowMs, effects);
    if (timer.swap !== this.swap?.number) return;
    this.counters.timedOut++;
    this.end(effects);
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.meter.forget(peer);
    this.view.onLinkDown(peer, nowMs, effects);
    const { swap } = this;
    // A swap whose old one fails may still bring the candidate; any other party is waited for in vain.
    if (swap === undefined || !partners(swap).includes(peer) || (swap.role === 'initiator' && peer === swap.old)) return;
    if (swap.role === 'disconnected' && peer === swap.old) this.answerCandidate(swap, false, effects);
    this.end(effects);
  }

  addContact(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.view.addContact(peer, nowMs, effects);
  }

  leave(nowMs: number, effects: Effects): void {
    this.view.leave(nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.view.eachPeer(visit);
    this.meter.eachPeer(visit);
    this.scanned.forEach((peer) => visit(peer));
    if (this.swap !== undefined) partners(this.swap).forEach((peer) => visit(peer));
  }

  /** Peers that are known and not linked to. */
  get passive(): readonly PeerRef[] {
    return this.view.passive;
  }

  get questions(): readonly Question[] {
    const { swap, view, options } = this;
    const below = view.questions ?? [];
    return swap === undefined ? below : [...below, { name: `swap ${swap.number}, as ${swap.role}`, timeoutMs: options.swapTimeoutMs }];
  }

  /** The link that the swap under way is to cost this peer, and the one that it is to bring. */
  get exchange(): { readonly given: PeerRef; readonly wanted: PeerRef } | undefined {
    const { swap } = this;
    switch (swap?.role) {
      case 'initiator': return { given: swap.old, wanted: swap.candidate };
      case 'candidate': return { given: swap.disconnected, wanted: swap.initiator };
      case 'disconnected': return { given: swap.candidate, wanted: swap.old };
      default: return undefined;
    }
  }

  /** Places of the view are kept free, and no swap of this peer is to bring anybody. */
  get holdsInVain(): boolean {
    return this.view.held && this.swap?.role !== 'initiator';
  }

  /** The round trip to `peer` in ms, as far as it has been measured. */
  rttMs(peer: PeerRef): number | undefined {
    return this.meter.rttMs(peer);
  }

  /** A round: compares what the last round measured, then measures the next. */
  private onOptimizeTimer(nowMs: number, effects: Effects): void {
    effects.setTimer(this.timer('optimize', 0), this.options.optimizationIntervalMs);
    this.optimize(effects);
    this.scanned = this.random.sample(this.view.passive, this.options.passiveScanLength);
    const again = this.random.pick(this.neighbours);
    const neighbours = this.neighbours.filter((peer) => peer === again || this.meter.rttMs(peer) === undefined);
    for (const peer of [...this.scanned, ...neighbours]) this.meter.probe(peer, nowMs, effects);
  }

  private optimize(effects: Effects): void {
    if (this.swap !== undefined || !this.view.full) return;
    const candidates = this.scanned.filter((peer) => this.view.passive.includes(peer));
    for (const old of this.biased()) {
      const candidate = candidates.find((peer) => this.isBetter(peer, old));
      if (candidate === undefined) continue;
      this.counters.started++;
      this.begin({ role: 'initiator', number: ++this.swaps, candidate, old }, effects);
      effects.send(candidate, { kind: 'optimization', group: this.group, old });
      return;
    }
  }

  /** Step 1, at the candidate: a free place is given at once, otherwise a neighbour is asked to go. */
  private onOptimization(initiator: PeerRef, { old }: Optimization, nowMs: number, effects: Effects): void {
    const free = initiator !== this.self && this.view.admit(initiator, nowMs, effects);
    const disconnected = this.swap === undefined ? this.biased().find((peer) => peer !== old && peer !== initiator) : undefined;
    if (free || disconnected === undefined || initiator === this.self || old === this.self) {
      effects.send(initiator, { kind: 'optimizationReply', group: this.group, accepted: free, swapped: false });
      return;
    }
    this.begin({ role: 'candidate', number: ++this.swaps, initiator, disconnected }, effects);
    effects.send(disconnected, { kind: 'replace', group: this.group, initiator, old });
  }

  /** Step 2 at the disconnected peer: is the old one better than the candidate? */
  private onReplace(candidate: PeerRef, { initiator, old }: Replace, nowMs: number, effects: Effects): void {
    const { neighbours, self } = this;
    const swap: Swap = { role: 'disconnected', number: this.swaps + 1, initiator, candidate, old, asked: false };
    const sensible = neighbours.includes(candidate) && !neighbours.includes(old) && new Set([self, candidate, initiator, old]).size === 4;
    if (this.swap !== undefined || !sensible) return this.answerCandidate(swap, false, effects);
    this.swaps++;
    this.begin(swap, effects);
    for (const peer of [candidate, old]) if (this.meter.rttMs(peer) === undefined) this.meter.probe(peer, nowMs, effects);
    this.decide(effects);
  }

  /** The disconnected peer's decision, once it knows both distances. */
  private decide(effects: Effects): void {
    const { swap, meter } = this;
    if (swap?.role !== 'disconnected' || swap.asked) return;
    if (meter.rttMs(swap.candidate) === undefined || meter.rttMs(swap.old) === undefined) return;
    if (this.isBetter(swap.old, swap.candidate)) {
      this.swap = { ...swap, asked: true };
      effects.send(swap.old, { kind: 'switch', group: this.group, initiator: swap.initiator });
      return;
    }
    this.answerCandidate(swap, false, effects);
    this.end(effects);
  }

  /** Step 3 at the old one: it gives up the initiator, which is to wait for the candidate. */
  private onSwitch(disconnected: PeerRef, { initiator }: Switch, nowMs: number, effects: Effects): void {
    const { neighbours, self, view } = this;
    const accepted = this.swap === undefined && neighbours.includes(initiator) && !neighbours.includes(disconnected) && disconnected !== self;
    if (accepted) {
      this.counters.exchanged++;
      view.release(initiator, nowMs, effects);
      effects.send(initiator, { kind: 'disconnectWait', group: this.group });
      view.admit(disconnected, nowMs, effects);
    }
    effects.send(disconnected, { kind: 'switchReply', group: this.group, accepted });
  }

  private onSwitchReply(old: PeerRef, accepted: boolean, nowMs: number, effects: Effects): void {
    const { swap, view } = this;
    const awaited = swap?.role === 'disconnected' && swap.old === old && swap.asked;
    if (!awaited) return accepted ? this.take(old, nowMs, effects) : undefined;
    if (accepted) {
      this.counters.exchanged++;
      view.release(swap.candidate, nowMs, effects);
      this.take(old, nowMs, effects);
    }
    this.answerCandidate(swap, accepted, effects);
    this.end(effects);
  }

  /** Step 4 at the candidate. Whoever says yes has given this peer up, whatever else has changed. */
  private onReplaceReply(disconnected: PeerRef, accepted: boolean, nowMs: number, effects: Effects): void {
    const { swap, view } = this;
    const awaited = swap?.role === 'candidate' && swap.disconnected === disconnected;
    if (accepted) view.hold(true, effects);
    if (accepted) view.release(disconnected, nowMs, effects);
    if (awaited) {
      const taken = accepted && view.admit(swap.initiator, nowMs, effects);
      if (taken) this.counters.exchanged++;
      effects.send(swap.initiator, { kind: 'optimizationReply', group: this.group, accepted: taken, swapped: taken });
      this.swap = undefined;
    }
    if (accepted) view.hold(this.isWaiting, effects);
  }

  /** Step 5 at the initiator, which gives up the old one for the candidate. */
  private onOptimizationReply(candidate: PeerRef, { accepted, swapped }: OptimizationReply, nowMs: number, effects: Effects): void {
    const { swap, view } = this;
    const awaited = swap?.role === 'initiator' && swap.candidate === candidate;
    if (!awaited) return accepted ? this.take(candidate, nowMs, effects) : undefined;
    this.counters[accepted ? 'accepted' : 'refused']++;
    if (accepted) {
      view.hold(true, effects);
      const isOver = (swapped || view.full) && view.release(swap.old, nowMs, effects);
      if (isOver) effects.send(swap.old, { kind: swapped ? 'disconnectWait' : 'disconnect', group: this.group });
      this.take(candidate, nowMs, effects);
    }
    this.end(effects);
  }

  /** An initiator keeps the place free for the candidate; anybody else has been disconnected. */
  private onDisconnectWait(from: PeerRef, nowMs: number, effects: Effects): void {
    if (this.swap?.role === 'initiator' && this.swap.old === from) {
      this.view.hold(true, effects);
      this.view.release(from, nowMs, effects);
    } else {
      this.view.onMessage(from, { kind: 'disconnect', group: this.group }, nowMs, effects);
    }
  }

  /** The sender holds this peer for a neighbour: it becomes one too, or is told to let go. */
  private take(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (!this.view.admit(peer, nowMs, effects)) effects.send(peer, { kind: 'disconnect', group: this.group });
  }

  private answerCandidate({ candidate }: { readonly candidate: PeerRef }, accepted: boolean, effects: Effects): void {
    effects.send(candidate, { kind: 'replaceReply', group: this.group, accepted });
  }

  private begin(swap: Swap, effects: Effects): void {
    this.swap = swap;
    effects.setTimer(this.timer('swap', swap.number), this.options.swapTimeoutMs);
  }

  /** Whatever place the swap has left free may be filled again. */
  private end(effects: Effects): void {
    this.swap = undefined;
    this.view.hold(false, effects);
  }

  /** The initiator of a swap under way has lost its old neighbour already. */
  private get isWaiting(): boolean {
    return this.swap?.role === 'initiator' && !this.neighbours.includes(this.swap.old);
  }

  /** Neighbours that may be exchanged, the dearest first; one that has not been measured counts as dearest. */
  private biased(): PeerRef[] {
    const cost = (peer: PeerRef): number => this.meter.rttMs(peer) ?? Number.MAX_VALUE;
    const dearestFirst = [...this.neighbours].sort((a, b) => cost(b) - cost(a));
    return dearestFirst.slice(this.options.unbiasedNeighbours).filter((peer) => this.meter.rttMs(peer) !== undefined);
  }

  /** Whether both are measured and a link to `peer` is cheaper than one to `other`. */
  private isBetter(peer: PeerRef, other: PeerRef): boolean {
    const cost = this.meter.rttMs(peer);
    const otherCost = this.meter.rttMs(other);
    return cost !== undefined && otherCost !== undefined && 100 * cost < (100 - this.options.gainPercent) * otherCost;
  }

  private timer(step: XBotTimer['step'], swap: number): XBotTimer {
    return { kind: 'xBot', group: this.group, session: this.session, step, swap };
  }
}

/** The swap that a peer waits for, by its part in it. The old one's part is over as soon as it has answered. */
type Swap =
  | { readonly role: 'initiator'; readonly number: number; readonly candidate: PeerRef; readonly old: PeerRef }
  | { readonly role: 'candidate'; readonly number: number; readonly initiator: PeerRef; readonly disconnected: PeerRef }
  | {
      readonly role: 'disconnected';
      readonly number: number;
      readonly initiator: PeerRef;
      readonly candidate: PeerRef;
      readonly old: PeerRef;
      /** Both distances are known, and the old one has been asked. */
      readonly asked: boolean;
    };

/** Those whose answers a swap hangs on. */
function partners(swap: Swap): readonly PeerRef[] {
  switch (swap.role) {
    case 'initiator': return [swap.candidate, swap.old];
    case 'candidate': return [swap.initiator, swap.disconnected];
    case 'disconnected': return [swap.candidate, swap.old];
  }
}
