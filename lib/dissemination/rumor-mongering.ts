import type { RumorOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type ConnectReply, type DataMessage, type Feedback, type Message, nextHop } from '../core/messages.ts';
import type { Dissemination, Distances } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { Contacts } from './contacts.ts';
import { partnersOf } from './partner.ts';

/**
 * Rumor mongering: a peer that knows a hot rumor tells it to a random partner in
 * every cycle, and loses interest when that was of no use.
 *
 * A. Demers et al.: "Epidemic algorithms for replicated database maintenance", PODC
 * 1987, section 1.4: push, pull or both; feedback or blind; counter or coin; k;
 * minimization; connection limit and hunting. Section 3: spatial partner selection.
 *
 * What the paper leaves unsaid, and is settled so that its tables 1 and 2 come out:
 * - Cycles are aligned to the clock that the peer is given. Where peers share a
 *   clock, as in a simulation, they are synchronous. A peer that learns a rumor acts
 *   on it from the next cycle on.
 * - Whether a recipient knew a rumor is judged on what it knew when the cycle began:
 *   of two that push the same news in one cycle, both were useful.
 * - A rumor's counter changes once a cycle at most: a useful contact resets it to 0,
 *   and without one, a useless contact adds 1. So k counts cycles without success in
 *   a row.
 * - A refused contact is none: it changes no counter, and a blind peer does not count it.
 * - Minimization: the counters that are compared are those of the beginning of the cycle.
 *   A partner that no longer tells the rumor has done counting, so the other one counts.
 *
 * A rumor dies at a peer when that has lost interest; a copy that comes later is known,
 * and does not revive it.
 *
 * Feedback counts from those to whom the rumor was sent, once for each time, however
 * late: a peer that was told nothing cannot end a rumor.
 *
 * Deviation: rumors, requests and feedback are sent unreliably. A lost rumor is a
 * contact without feedback, which changes no counter.
 *
 * Guarantees nothing: with some probability a peer is never told (the residue).
 */
export class RumorMongering implements Dissemination {
  readonly ignoresDuplicates = false;
  private readonly session: number;
  private readonly options: RumorOptions;
  private readonly log: MessageLog;
  private readonly random: Random;
  private readonly contacts: Contacts;
  private hot: HotRumor[] = [];
  private timerSet = false;
  /** Rumors that cooled because too many were hot. */
  overflowed = 0;
  /** Rumors in which this peer has lost interest. */
  died = 0;
  /** Feedback on a hot rumor that its sender was not asked for. */
  strayFeedback = 0;

  constructor(
    self: PeerRef,
    session: number,
    options: RumorOptions,
    log: MessageLog,
    neighbours: readonly PeerRef[],
    random: Random,
    distances?: Distances,
  ) {
    this.session = session;
    this.options = options;
    this.log = log;
    this.random = random;
    const partners = partnersOf(options, neighbours, self, random, distances);
    this.contacts = new Contacts({ group: log.group, protocol: 'rumor', options, partners });
  }

  start(nowMs: number, effects: Effects): void {
    if (this.options.mode !== 'push') this.setTimer(nowMs, effects);
  }

  /** One more would cool the oldest, told or not. */
  hasRoom(): boolean {
    return this.hot.length < this.options.hotMax;
  }

  /** A rumor of one's own is told from the next cycle on, to nobody at once. */
  publish(message: DataMessage, nowMs: number, effects: Effects): number {
    this.heat(message, nowMs, effects);
    return 0;
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data': return this.onData(from, message, nowMs, effects);
      case 'feedback': return this.onFeedback(from, message);
      case 'rumorRequest': return this.onRumorRequest(from, nowMs, effects);
      case 'connect': return this.contacts.onConnect(from, message, nowMs, effects);
      case 'connectReply': return this.onConnectReply(from, message, nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'rumor') return;
    this.timerSet = false;
    const before = this.hot.length;
    this.hot = this.hot.filter((rumor) => this.staysHot(rumor));
    this.died += before - this.hot.length;
    const idle = this.options.mode === 'push' && this.hot.length === 0;
    // Who has nothing to tell takes nobody's place where contacts are limited.
    const partner = idle && this.options.connectionLimit > 0 ? undefined : this.contacts.open(nowMs, effects);
    if (partner !== undefined) this.talkTo(partner, nowMs, effects);
    if (!idle) this.setTimer(nowMs, effects);
  }

  onNeighbourUp(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  onNeighbourDown(_peer: PeerRef, _nowMs: number, _effects: Effects): void {}

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const { copy, awaited } of this.hot) {
      visit(copy.origin);
      awaited.forEach(visit);
    }
    this.contacts.eachPeer(visit);
  }

  /** How many rumors this peer is still telling. */
  get hotRumors(): number {
    return this.hot.length;
  }

  get unfinished(): Readonly<Record<string, number>> {
    return { 'hot rumors': this.hot.length };
  }

  get counters(): Readonly<Record<string, number>> {
    return { hot: this.hot.length, overflowed: this.overflowed };
  }

  private onData(from: PeerRef, message: DataMessage, nowMs: number, effects: Effects): void {
    const isNew = this.log.accept(message, from, effects);
    if (message.repair) return;
    if (isNew) this.heat(message, nowMs, effects);
    if (this.options.interest === 'blind') return;
    const { group, origin, epoch, seq } = message;
    const hot = this.hotRumor(message);
    const knew = !isNew && hot?.learntCycle !== this.cycle(nowMs);
    const feedback: Feedback = { kind: 'feedback', group, origin, epoch, seq, knew };
    const told = knew && hot !== undefined && this.options.minimization === 'counters';
    effects.sendUnreliable(from, told ? { ...feedback, counter: hot.counter } : feedback);
  }

  private onFeedback(from: PeerRef, feedback: Feedback): void {
    const rumor = this.hotRumor(feedback);
    if (rumor === undefined) return;
    if (!rumor.awaited.delete(from)) {
      this.strayFeedback++;
      return;
    }
    if (!feedback.knew) rumor.useful = true;
    else if (feedback.counter === undefined || rumor.counter <= feedback.counter) rumor.useless = true;
  }

  private onRumorRequest(from: PeerRef, nowMs: number, effects: Effects): void {
    this.tell(from, nowMs, effects);
  }

  private onConnectReply(from: PeerRef, reply: ConnectReply, nowMs: number, effects: Effects): void {
    const partner = this.contacts.onConnectReply(from, reply, effects);
    if (partner !== undefined) this.talkTo(partner, nowMs, effects);
  }

  private talkTo(partner: PeerRef, nowMs: number, effects: Effects): void {
    if (this.options.mode !== 'pull') this.tell(partner, nowMs, effects);
    if (this.options.mode !== 'push') effects.sendUnreliable(partner, { kind: 'rumorRequest', group: this.log.group });
  }

  /** Sends every rumor that was hot when the cycle began. */
  private tell(partner: PeerRef, nowMs: number, effects: Effects): void {
    const cycle = this.cycle(nowMs);
    for (const rumor of this.hot) {
      if (rumor.learntCycle >= cycle) continue;
      rumor.told = true;
      if (this.options.interest === 'feedback') this.expectAnswer(rumor, partner);
      effects.sendUnreliable(partner, rumor.copy);
    }
  }

  private expectAnswer({ awaited }: HotRumor, partner: PeerRef): void {
    awaited.delete(partner);
    awaited.add(partner);
    const [oldest] = awaited;
    if (awaited.size > AWAITED_MAX && oldest !== undefined) awaited.delete(oldest);
  }

  private heat(message: DataMessage, nowMs: number, effects: Effects): void {
    if (this.hot.length >= this.options.hotMax) {
      this.hot.shift();
      this.overflowed++;
    }
    this.hot.push({
      copy: nextHop(message),
      learntCycle: this.cycle(nowMs),
      counter: 0,
      told: false,
      useful: false,
      useless: false,
      awaited: new Set(),
    });
    this.setTimer(nowMs, effects);
  }

  /** Judges the cycle that ends: whether it counts against the rumor, and whether that was the last straw. */
  private staysHot(rumor: HotRumor): boolean {
    const counts = this.options.interest === 'blind' ? rumor.told : rumor.useless && !rumor.useful;
    if (rumor.useful) rumor.counter = 0;
    rumor.told = false;
    rumor.useful = false;
    rumor.useless = false;
    if (!counts) return true;
    if (this.options.stop === 'coin') return !this.random.chance(1 / this.options.k);
    rumor.counter++;
    return rumor.counter < this.options.k;
  }

  private hotRumor(id: { readonly origin: PeerRef; readonly epoch: number; readonly seq: number }): HotRumor | undefined {
    return this.hot.find(({ copy }) => copy.seq === id.seq && copy.origin === id.origin && copy.epoch === id.epoch);
  }

  private cycle(nowMs: number): number {
    return Math.floor(nowMs / this.options.cycleMs);
  }

  private setTimer(nowMs: number, effects: Effects): void {
    if (this.timerSet) return;
    this.timerSet = true;
    const nextCycleMs = (this.cycle(nowMs) + 1) * this.options.cycleMs;
    effects.setTimer({ kind: 'rumor', group: this.log.group, session: this.session }, nextCycleMs - nowMs);
  }
}

interface HotRumor {
  readonly copy: DataMessage;
  /** The cycle in which this peer learnt it; it is told from the next one on. */
  readonly learntCycle: number;
  /** Cycles without success in a row. */
  counter: number;
  /** In this cycle: it was sent; somebody needed it; somebody did not. */
  told: boolean;
  useful: boolean;
  useless: boolean;
  /** Who was sent it and has not answered, the last one last. */
  readonly awaited: Set<PeerRef>;
}

/** Peers whose feedback on one rumor is awaited at most; of more that of those told first is ignored. A guess: more than ask in a cycle. */
const AWAITED_MAX = 64;
