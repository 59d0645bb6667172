import type { HyParViewOptions } from '../core/config.ts';
import type { Effects, NeighbourTimer, Timer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { ForwardJoin, Message, Neighbour, NeighbourReply, Shuffle, ShuffleReply } from '../core/messages.ts';
import type { EditableOverlay, NeighbourListener, Question } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { arrayWithRoom } from '../core/room.ts';

/**
 * HyParView: a small symmetric active view, whose links are kept open and watched,
 * and a larger passive view of replacements.
 *
 * J. Leitao, J. Pereira, L. Rodrigues: "HyParView: a membership protocol for
 * reliable gossip-based broadcast", DSN 2007. Join and its random walk: section
 * 4.2; active view management: 4.3; passive view management: 4.4.
 *
 * Deviations:
 * - The end of a ForwardJoin walk tells the newcomer by a high-priority Neighbour
 *   message, which the paper leaves to the opening of the connection.
 * - A peer that is disconnected asks for another neighbour at once; algorithm 1 only moves
 *   the sender to the passive view.
 * - A peer whose active view is not full tries again to fill it at each shuffle;
 *   the paper reacts to failures only, and a view would stay short for ever after
 *   a round of refusals.
 * - A peer that has lost everyone joins again through a contact that it was given.
 * - The answer to a Shuffle is filled up with neighbours where the passive view is short:
 *   in a small group it may be empty everywhere, and peers that are not linked would
 *   never hear of each other.
 * - A Disconnect answers a Shuffle that comes straight from an origin that is no
 *   neighbour. On links that keep order the views are symmetric without it; where
 *   messages overtake each other, it mends what a late Disconnect left one-sided.
 *
 * Guarantees: views never contain the peer itself or a peer twice; the active view
 * is symmetric once the messages in flight have arrived (and some shuffles, on links
 * that do not keep order); a failed neighbour is
 * replaced while the passive view has a live peer that accepts.
 */
export class HyParView implements EditableOverlay {
  /** The active view. */
  readonly neighbours: PeerRef[];
  readonly passive: PeerRef[] = [];
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: Omit<HyParViewOptions, 'kind'>;
  private readonly random: Random;
  private readonly listener: NeighbourListener;
  /** Peers that can be joined through when nobody else is known, the best first. */
  private contacts: readonly PeerRef[] = [];
  /** The passive peer that was asked for a place and has not answered. */
  private asked: PeerRef | undefined = undefined;
  private attempt = 0;
  /** How many more passive peers may be asked before the next shuffle. */
  private asksLeft = 0;
  held = false;
  /** What the last shuffle sent out; the first to make room for what comes back. */
  private shuffled: readonly PeerRef[] = NOBODY;

  constructor(
    self: PeerRef,
    group: GroupRef,
    session: number,
    options: Omit<HyParViewOptions, 'kind'>,
    random: Random,
    listener: NeighbourListener,
  ) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.neighbours = arrayWithRoom(options.activeViewSize);
    this.random = random;
    this.listener = listener;
  }

  start(peers: readonly PeerRef[], _nowMs: number, effects: Effects): void {
    this.contacts = peers;
    this.joinContact(effects);
    // The first shuffle comes at a random moment, so that peers started together do not act together.
    effects.setTimer(this.shuffleTimer(), this.random.below(this.options.shuffleIntervalMs));
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'join': return this.onJoin(from, nowMs, effects);
      case 'forwardJoin': return this.onForwardJoin(from, message, nowMs, effects);
      case 'neighbour': return this.onNeighbour(from, message, nowMs, effects);
      case 'neighbourReply': return this.onNeighbourReply(from, message, nowMs, effects);
      case 'disconnect': return this.onDisconnect(from, nowMs, effects);
      case 'shuffle': return this.onShuffle(from, message, effects);
      case 'shuffleReply': return this.onShuffleReply(message);
      default: return;
    }
  }

  onTimer(timer: Timer, _nowMs: number, effects: Effects): void {
    if (timer.kind === 'shuffle') this.onShuffleTimer(effects);
    else if (timer.kind === 'neighbour') this.onNeighbourTimer(timer, effects);
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    remove(this.passive, peer);
    if (this.asked === peer) this.asked = undefined;
    this.dropActive(peer, nowMs, effects);
    this.fillActive(effects);
  }

  /**
   * A Join through the contact, even where there are neighbours: after a partition its
   * walks then link the two halves at several places.
   */
  addContact(peer: PeerRef, _nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.contacts = [peer, ...this.contacts.filter((other) => other !== peer)].slice(0, CONTACTS_MAX);
    if (!this.neighbours.includes(peer)) effects.send(peer, { kind: 'join', group: this.group });
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peers of [this.neighbours, this.passive, this.contacts, this.shuffled]) peers.forEach(visit);
    if (this.asked !== undefined) visit(this.asked);
  }

  leave(nowMs: number, effects: Effects): void {
    for (const peer of [...this.neighbours]) {
      effects.send(peer, { kind: 'disconnect', group: this.group });
      this.dropActive(peer, nowMs, effects);
    }
  }

  get questions(): readonly Question[] {
    const { asked, attempt, options } = this;
    return asked === undefined ? [] : [{ name: `whether peer ${asked} has a place (attempt ${attempt})`, timeoutMs: options.neighbourTimeoutMs }];
  }

  get full(): boolean {
    return this.neighbours.length >= this.options.activeViewSize;
  }

  admit(peer: PeerRef, nowMs: number, effects: Effects): boolean {
    if (this.neighbours.includes(peer)) return true;
    if (this.full || peer === this.self) return false;
    if (this.asked === peer) this.asked = undefined;
    this.addActive(peer, nowMs, effects);
    return true;
  }

  release(peer: PeerRef, nowMs: number, effects: Effects): boolean {
    if (!this.neighbours.includes(peer)) return false;
    this.dropActive(peer, nowMs, effects);
    this.addPassive(peer);
    return true;
  }

  hold(held: boolean, effects: Effects): void {
    this.held = held;
    this.fillActive(effects);
  }

  /** Section 4.2: the contact takes the newcomer in and sends walks to its other neighbours. */
  private onJoin(newcomer: PeerRef, nowMs: number, effects: Effects): void {
    if (newcomer === this.self) return;
    this.addActive(newcomer, nowMs, effects);
    effects.send(newcomer, { kind: 'neighbour', group: this.group, priority: 'high' });
    const walk: ForwardJoin = {
      kind: 'forwardJoin',
      group: this.group,
      newcomer,
      timeToLive: this.options.activeRandomWalkLength,
    };
    for (const peer of this.neighbours) if (peer !== newcomer) effects.send(peer, walk);
  }

  /** Section 4.2, algorithm 1: the walk ends in an active view and leaves a trace in a passive one. */
  private onForwardJoin(from: PeerRef, walk: ForwardJoin, nowMs: number, effects: Effects): void {
    const { newcomer } = walk;
    const timeToLive = Math.min(walk.timeToLive, this.options.activeRandomWalkLength);
    if (newcomer === this.self) return;
    const next = timeToLive === 0 ? undefined : this.randomNeighbour(from, newcomer);
    if (next === undefined) {
      if (this.neighbours.includes(newcomer)) return;
      this.addActive(newcomer, nowMs, effects);
      effects.send(newcomer, { kind: 'neighbour', group: this.group, priority: 'high' });
      return;
    }
    if (timeToLive === this.options.passiveRandomWalkLength) this.addPassive(newcomer);
    effects.send(next, { kind: 'forwardJoin', group: this.group, newcomer, timeToLive: timeToLive - 1 });
  }

  /** Section 4.3: high priority is always accepted, low priority only into a free place. */
  private onNeighbour(from: PeerRef, request: Neighbour, nowMs: number, effects: Effects): void {
    if (from === this.self) return;
    const present = this.neighbours.includes(from);
    const accepted = present || request.priority === 'high' || !this.full;
    if (accepted && !present) this.addActive(from, nowMs, effects);
    effects.send(from, { kind: 'neighbourReply', group: this.group, accepted });
  }

  private onNeighbourReply(from: PeerRef, reply: NeighbourReply, nowMs: number, effects: Effects): void {
    const awaited = this.asked === from;
    if (awaited) this.asked = undefined;
    if (reply.accepted && !this.neighbours.includes(from)) {
      if (awaited && !this.full) this.addActive(from, nowMs, effects);
      // A place that is no longer wanted is given back, or the views would not be symmetric.
      else effects.send(from, { kind: 'disconnect', group: this.group });
    }
    if (awaited) this.fillActive(effects);
  }

  private onDisconnect(from: PeerRef, nowMs: number, effects: Effects): void {
    const awaited = this.asked === from;
    const present = this.neighbours.includes(from);
    if (!awaited && !present) return;
    // No place there, or no longer a member. An answer that it overtook is not awaited then, and given back.
    if (awaited) this.asked = undefined;
    if (present) {
      this.dropActive(from, nowMs, effects);
      this.addPassive(from);
    } else {
      remove(this.passive, from);
    }
    this.fillActive(effects, from);
  }

  /** Section 4.4: the walk goes on while it has hops left and somewhere to go; its end answers the origin. */
  private onShuffle(from: PeerRef, shuffle: Shuffle, effects: Effects): void {
    if (shuffle.origin === this.self) return;
    // An origin sends to its neighbours only: one that takes this peer for a neighbour and is none here is told so.
    if (from === shuffle.origin && !this.neighbours.includes(from)) effects.send(from, { kind: 'disconnect', group: this.group });
    const sample = shuffle.peers.length > this.sampleMax ? shuffle.peers.slice(0, this.sampleMax) : shuffle.peers;
    const timeToLive = Math.min(shuffle.timeToLive, this.options.activeRandomWalkLength) - 1;
    const next = timeToLive > 0 ? this.randomNeighbour(from, shuffle.origin) : undefined;
    if (next !== undefined) {
      effects.send(next, { kind: 'shuffle', group: this.group, origin: shuffle.origin, timeToLive, peers: sample });
      return;
    }
    const peers = this.answerTo(shuffle.origin, sample);
    effects.send(shuffle.origin, { kind: 'shuffleReply', group: this.group, peers });
    this.integrate(sample, peers);
  }

  /** As many passive peers as came, and neighbours where there are not enough. */
  private answerTo(origin: PeerRef, sample: readonly PeerRef[]): PeerRef[] {
    const peers = this.random.sample(this.passive, sample.length);
    if (peers.length === sample.length) return peers;
    return peers.concat(this.random.sample(this.neighbours.filter((peer) => peer !== origin && !sample.includes(peer)), sample.length - peers.length));
  }

  private onShuffleReply(reply: ShuffleReply): void {
    this.integrate(reply.peers, this.shuffled);
    this.shuffled = NOBODY;
  }

  private onShuffleTimer(effects: Effects): void {
    effects.setTimer(this.shuffleTimer(), this.options.shuffleIntervalMs);
    this.asksLeft = this.passive.length;
    if (this.neighbours.length === 0 && this.passive.length === 0) {
      if (this.contacts.length === 0) return;
      effects.emit({ kind: 'isolated', group: this.group });
      return this.joinContact(effects);
    }
    this.fillActive(effects);
    this.shuffle(effects);
  }

  private onNeighbourTimer(timer: NeighbourTimer, effects: Effects): void {
    if (this.asked === undefined || timer.attempt !== this.attempt) return;
    remove(this.passive, this.asked);
    this.asked = undefined;
    this.fillActive(effects);
  }

  private joinContact(effects: Effects): void {
    const contact = this.random.pick(this.contacts.filter((peer) => peer !== this.self));
    if (contact !== undefined) effects.send(contact, { kind: 'join', group: this.group });
  }

  private shuffle(effects: Effects): void {
    const to = this.random.pick(this.neighbours);
    if (to === undefined) return;
    const { shuffleActive, shufflePassive, activeRandomWalkLength } = this.options;
    const active = this.random.sample(this.neighbours.filter((peer) => peer !== to), shuffleActive);
    const peers = [this.self].concat(active, this.random.sample(this.passive, shufflePassive));
    this.shuffled = peers;
    effects.send(to, { kind: 'shuffle', group: this.group, origin: this.self, timeToLive: activeRandomWalkLength, peers });
  }

  /** Asks random passive peers, one at a time, until the active view is full or as many were asked as there are. */
  private fillActive(effects: Effects, except?: PeerRef): void {
    if (this.full || this.held || this.asked !== undefined) return;
    if (this.asksLeft === 0 && this.neighbours.length === 0) this.asksLeft = this.passive.length;
    if (this.asksLeft <= 0) return;
    const candidates = except === undefined ? this.passive : this.passive.filter((peer) => peer !== except);
    const candidate = this.random.pick(candidates);
    if (candidate === undefined) return;
    this.asksLeft--;
    this.asked = candidate;
    this.attempt++;
    const priority = this.neighbours.length === 0 ? 'high' : 'low';
    effects.send(candidate, { kind: 'neighbour', group: this.group, priority });
    const { group, session, attempt } = this;
    effects.setTimer({ kind: 'neighbour', group, session, attempt }, this.options.neighbourTimeoutMs);
  }

  private addActive(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (peer === this.self || this.neighbours.includes(peer)) return;
    if (this.full) this.dropRandomActive(nowMs, effects);
    remove(this.passive, peer);
    this.neighbours.push(peer);
    effects.openLink(peer);
    this.listener.onNeighbourUp(peer, nowMs, effects);
  }

  private dropRandomActive(nowMs: number, effects: Effects): void {
    const peer = this.random.pick(this.neighbours);
    if (peer === undefined) return;
    // It may have been asked too, and have asked first: its answer must not bring it back.
    if (this.asked === peer) this.asked = undefined;
    effects.send(peer, { kind: 'disconnect', group: this.group });
    this.dropActive(peer, nowMs, effects);
    this.addPassive(peer);
  }

  private dropActive(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (!remove(this.neighbours, peer)) return;
    // A lost neighbour is a reason to ask every passive peer again.
    this.asksLeft = this.passive.length;
    effects.closeLink(peer);
    this.listener.onNeighbourDown(peer, nowMs, effects);
  }

  private addPassive(peer: PeerRef): void {
    if (peer === this.self || this.neighbours.includes(peer) || this.passive.includes(peer)) return;
    if (this.passive.length >= this.options.passiveViewSize) this.passive.splice(this.random.below(this.passive.length), 1);
    this.passive.push(peer);
  }

  /** Section 4.4: takes in a sample; peers that were sent in exchange make room first. */
  private integrate(peers: readonly PeerRef[], sent: readonly PeerRef[]): void {
    let nextSent = 0;
    for (const peer of peers.slice(0, this.sampleMax)) {
      if (peer === this.self || this.neighbours.includes(peer) || this.passive.includes(peer)) continue;
      while (this.passive.length >= this.options.passiveViewSize && nextSent < sent.length) {
        remove(this.passive, sent[nextSent++] as PeerRef);
      }
      this.addPassive(peer);
    }
  }

  private randomNeighbour(except: PeerRef, alsoExcept: PeerRef): PeerRef | undefined {
    return this.random.pick(this.neighbours.filter((peer) => peer !== except && peer !== alsoExcept));
  }

  /** Peers in one shuffle at most, its origin included. */
  private get sampleMax(): number {
    return this.options.shuffleActive + this.options.shufflePassive + 1;
  }

  private shuffleTimer(): Timer {
    return { kind: 'shuffle', group: this.group, session: this.session };
  }
}

const NOBODY: readonly PeerRef[] = [];

/** Contacts remembered; the one added longest ago goes first. */
const CONTACTS_MAX = 8;

/** Removes `peer` in place, keeping the order; answers whether it was there. */
function remove(view: PeerRef[], peer: PeerRef): boolean {
  const index = view.indexOf(peer);
  if (index < 0) return false;
  view.splice(index, 1);
  return true;
}
