import type { CyclonOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import { CYCLON_AGE_MAX, type CyclonEntry, type CyclonReply, type CyclonShuffle, type CyclonWelcome, type ForwardJoin, type Message } from '../core/messages.ts';
import type { NeighbourListener, Overlay, Question } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';

/**
 * Cyclon: a small view of random peers, parts of which are exchanged all the time. The
 * view is what a peer draws partners from; no links are kept, and who is in whose view
 * is not mutual.
 *
 * S. Voulgaris, D. Gavidia, M. van Steen: "CYCLON: inexpensive membership management
 * for unstructured P2P overlays", Journal of Network and Systems Management 13(2),
 * 2005. Implemented: the enhanced shuffling with ages, in its seven steps; joining by
 * random walks that end in exchanges of one entry, so that nobody's in-degree changes
 * and the newcomer's becomes the size of a view; failures, which show as shuffles
 * without an answer.
 *
 * Where the paper is silent, or its rules do not fit a small group:
 * - A shuffle that has not been answered when the next one begins has failed; so has
 *   one to a peer that no link could be opened to.
 * - The partner's entry, the first to make room for what it sends, stays as a new one
 *   while nothing needs its place: two peers would otherwise lose each other in turn.
 * - Where a walk ends in a view that is not full, the newcomer gets an entry of that
 *   peer itself: there is none that could be exchanged.
 * - A walk that ends where the newcomer is known already is lost.
 * - A peer whose view is empty joins again through a contact that it was given.
 * - Peers that did not answer are remembered, and now and then one of them is joined
 *   through: the paper has nothing that brings the parts together after a partition that
 *   has outlasted the entries of the other part. So is a contact that was asked to let
 *   this peer in while none of its walks came to an end.
 * - An entry of a peer that did not answer is taken again only if it was made since, as
 *   its age tells: while views are not full an exchange copies entries, and those of a
 *   peer that is gone would go round for ever.
 *
 * Guarantees: views never contain the peer itself or a peer twice. Each peer's oldest
 * entry goes or is renewed in each shuffle, so that entries of failed peers are gone
 * after about twice as many intervals as a view has places, even where half of all have
 * failed. After a partition the parts grow together by themselves, at the next shuffle
 * while one peer has an entry of another part left, and after that as soon as one asks
 * a lost peer that answers: each asks one every `LOST_EVERY` shuffles, all in turn; unless the last
 * of them is forgotten for `LOST_MAX` others. Nothing holds against peers
 * that lie about who there is.
 */
export class Cyclon implements Overlay {
  /** The view. */
  readonly neighbours: PeerRef[] = [];
  /** The ages of the view's entries, in the same order. */
  private readonly ages: number[] = [];
  private readonly self: PeerRef;
  private readonly group: GroupRef;
  private readonly session: number;
  private readonly options: CyclonOptions;
  private readonly random: Random;
  private readonly listener: NeighbourListener;
  /** Peers that can be joined through, the best first. */
  private contacts: readonly PeerRef[] = [];
  /** The shuffle that has no answer yet. */
  private pending: Pending | undefined = undefined;
  private seq = 0;
  /** Entries that may still come from the walks of this peer's own join. */
  private welcomesLeft = 0;
  /** Peers that have not answered and were not heard of since, all to be asked in turn. */
  private lost: readonly Lost[] = [];
  /** Intervals so far. */
  private cycles = 0;
  /** The contact of the last join, as long as no walk of it has ended. */
  private joining: Lost | undefined = undefined;
  /** Shuffles before a lost peer is asked. */
  private untilAsked = LOST_EVERY;
  /** Shuffles that failed. */
  unanswered = 0;

  constructor(self: PeerRef, group: GroupRef, session: number, options: CyclonOptions, random: Random, listener: NeighbourListener) {
    this.self = self;
    this.group = group;
    this.session = session;
    this.options = options;
    this.random = random;
    this.listener = listener;
  }

  /** The first shuffle comes at a random moment, so that peers started together do not act together. */
  start(peers: readonly PeerRef[], _nowMs: number, effects: Effects): void {
    this.contacts = peers;
    this.joinContact(effects);
    this.setTimer(this.random.below(this.options.shuffleIntervalMs), effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    this.found(from);
    switch (message.kind) {
      case 'join': return this.onJoin(from, nowMs, effects);
      case 'forwardJoin': return this.onForwardJoin(from, message, nowMs, effects);
      case 'cyclonWelcome': return this.onCyclonWelcome(message, nowMs, effects);
      case 'cyclonShuffle': return this.onCyclonShuffle(from, message, nowMs, effects);
      case 'cyclonReply': return this.onCyclonReply(from, message, nowMs, effects);
      default: return;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    if (timer.kind !== 'cyclon') return;
    this.setTimer(this.options.shuffleIntervalMs, effects);
    this.cycles++;
    this.failPending(nowMs, effects);
    this.failJoin();
    this.askLost(effects);
    if (this.neighbours.length > 0) return this.shuffle(effects);
    if (this.contacts.length === 0) return;
    effects.emit({ kind: 'isolated', group: this.group });
    this.joinContact(effects);
  }

  /** Links come and go with what is sent over them; only one that a shuffle needed tells something. */
  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.pending?.partner === peer) this.failPending(nowMs, effects);
  }

  /** A Join through the contact, even where there are neighbours: its walks then link two halves of a group at several places. */
  addContact(peer: PeerRef, _nowMs: number, effects: Effects): void {
    if (peer === this.self) return;
    this.contacts = [peer, ...this.contacts.filter((other) => other !== peer)].slice(0, CONTACTS_MAX);
    if (!this.neighbours.includes(peer)) this.join(peer, effects);
  }

  /** Nobody is told: whoever shuffles with this peer next gets no answer. */
  leave(nowMs: number, effects: Effects): void {
    for (const peer of [...this.neighbours]) this.remove(peer, nowMs, effects);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    this.neighbours.forEach(visit);
    this.contacts.forEach(visit);
    this.pending?.sent.forEach(visit);
    this.lostPeers.forEach(visit);
    if (this.joining !== undefined) visit(this.joining.peer);
  }

  get questions(): readonly Question[] {
    const { pending, options } = this;
    return pending === undefined ? [] : [{ name: `shuffle ${pending.seq} with peer ${pending.partner}`, timeoutMs: options.shuffleIntervalMs }];
  }

  /** Peers that did not answer and were not heard of since: they are asked to let this peer in, in turn. */
  get lostPeers(): readonly PeerRef[] {
    return this.lost.map(({ peer }) => peer);
  }

  /** The age of the entry of `peer`; `undefined` when the view has none. */
  ageOf(peer: PeerRef): number | undefined {
    const index = this.neighbours.indexOf(peer);
    return index < 0 ? undefined : this.ages[index];
  }

  /** The contact starts as many walks as a view has places. */
  private onJoin(newcomer: PeerRef, nowMs: number, effects: Effects): void {
    if (newcomer === this.self) return;
    const { viewSize, joinWalkLength } = this.options;
    for (let walk = 0; walk < viewSize; walk++) this.walk(newcomer, newcomer, joinWalkLength, nowMs, effects);
  }

  private onForwardJoin(from: PeerRef, { newcomer, timeToLive }: ForwardJoin, nowMs: number, effects: Effects): void {
    if (newcomer === this.self) return;
    this.walk(newcomer, from, Math.min(timeToLive, this.options.joinWalkLength), nowMs, effects);
  }

  private walk(newcomer: PeerRef, from: PeerRef, timeToLive: number, nowMs: number, effects: Effects): void {
    const others = timeToLive === 0 ? NOBODY : this.neighbours.filter((peer) => peer !== newcomer && peer !== from);
    const next = this.random.pick(others);
    if (next === undefined) return this.endWalk(newcomer, nowMs, effects);
    effects.send(next, { kind: 'forwardJoin', group: this.group, newcomer, timeToLive: timeToLive - 1 });
  }

  /** The newcomer takes the place of a random entry, and gets that: nobody's in-degree changes but its own. */
  private endWalk(newcomer: PeerRef, nowMs: number, effects: Effects): void {
    if (this.neighbours.includes(newcomer)) return;
    let given: CyclonEntry = { peer: this.self, age: 0 };
    const replaced = this.full ? this.random.pick(this.neighbours) : undefined;
    if (replaced !== undefined) {
      given = this.entryOf(replaced);
      this.remove(replaced, nowMs, effects);
    }
    this.add({ peer: newcomer, age: 0 }, nowMs, effects);
    effects.send(newcomer, { kind: 'cyclonWelcome', group: this.group, ...given });
  }

  private onCyclonWelcome({ peer, age }: CyclonWelcome, nowMs: number, effects: Effects): void {
    if (this.welcomesLeft === 0) return;
    this.welcomesLeft--;
    this.joining = undefined;
    this.merge([{ peer, age }], NOBODY, nowMs, effects);
  }

  /** Steps 1 to 4. */
  private shuffle(effects: Effects): void {
    const { ages, neighbours, random, options } = this;
    for (let i = 0; i < ages.length; i++) ages[i] = Math.min((ages[i] as number) + 1, CYCLON_AGE_MAX);
    const oldest = Math.max(...ages);
    const partner = random.pick(neighbours.filter((_, i) => ages[i] === oldest));
    if (partner === undefined) return;
    const others = random.sample(neighbours.filter((peer) => peer !== partner), options.shuffleLength - 1);
    const { seq } = this;
    this.seq = (seq + 1) % 2 ** 32;
    this.pending = { partner, seq, sent: [partner, ...others] };
    const entries = [{ peer: this.self, age: 0 }, ...others.map((peer) => this.entryOf(peer))];
    effects.send(partner, { kind: 'cyclonShuffle', group: this.group, seq, entries });
  }

  private onCyclonShuffle(from: PeerRef, { seq, entries }: CyclonShuffle, nowMs: number, effects: Effects): void {
    if (from === this.self) return;
    const given = this.random.sample(this.neighbours, this.options.shuffleLength);
    effects.send(from, { kind: 'cyclonReply', group: this.group, seq, entries: given.map((peer) => this.entryOf(peer)) });
    this.merge(entries, given, nowMs, effects);
  }

  /** Steps 5 to 7. */
  private onCyclonReply(from: PeerRef, { seq, entries }: CyclonReply, nowMs: number, effects: Effects): void {
    const { pending } = this;
    if (pending === undefined || pending.partner !== from || pending.seq !== seq) return;
    this.pending = undefined;
    this.merge(entries, pending.sent, nowMs, effects);
    const index = this.neighbours.indexOf(from);
    if (index >= 0) this.ages[index] = 0;
  }

  /** Takes in what is new, first where there is room, then in the place of what was sent. */
  private merge(entries: readonly CyclonEntry[], sent: readonly PeerRef[], nowMs: number, effects: Effects): void {
    let nextSent = 0;
    for (const entry of entries.slice(0, this.options.shuffleLength)) {
      if (entry.peer === this.self || this.neighbours.includes(entry.peer) || this.isStale(entry)) continue;
      while (this.full && nextSent < sent.length) this.remove(sent[nextSent++] as PeerRef, nowMs, effects);
      if (this.full) return;
      this.add(entry, nowMs, effects);
    }
  }

  private failPending(nowMs: number, effects: Effects): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.unanswered++;
    this.remove(pending.partner, nowMs, effects);
    this.lose(pending.partner);
  }

  /** A contact whose walks were lost, with all that they would have brought, counts as lost. */
  private failJoin(): void {
    const { joining } = this;
    if (joining === undefined || this.cycles - joining.cycle < JOIN_CYCLES) return;
    this.joining = undefined;
    this.lose(joining.peer);
  }

  private lose(peer: PeerRef): void {
    this.lost = [...this.lost.filter((other) => other.peer !== peer), { peer, cycle: this.cycles }].slice(-LOST_MAX);
  }

  /** Whether the entry is of a peer that has not answered, and was made before that. */
  private isStale({ peer, age }: CyclonEntry): boolean {
    const lost = this.lost.find((other) => other.peer === peer);
    return lost !== undefined && age >= this.cycles - lost.cycle;
  }

  private found(peer: PeerRef): void {
    if (this.lost.some((other) => other.peer === peer)) this.lost = this.lost.filter((other) => other.peer !== peer);
  }

  /** A lost peer may be back, or in another part of the group. */
  private askLost(effects: Effects): void {
    if (this.lost.length === 0 || --this.untilAsked > 0) return;
    this.untilAsked = LOST_EVERY;
    const [first, ...others] = this.lost;
    if (first === undefined) return;
    this.lost = [...others, first];
    this.join(first.peer, effects);
  }

  private joinContact(effects: Effects): void {
    const contact = this.random.pick(this.contacts.filter((peer) => peer !== this.self));
    if (contact !== undefined) this.join(contact, effects);
  }

  private join(contact: PeerRef, effects: Effects): void {
    this.welcomesLeft = this.options.viewSize;
    this.joining = { peer: contact, cycle: this.cycles };
    effects.send(contact, { kind: 'join', group: this.group });
  }

  private add({ peer, age }: CyclonEntry, nowMs: number, effects: Effects): void {
    this.neighbours.push(peer);
    this.ages.push(Math.min(age, CYCLON_AGE_MAX));
    this.found(peer);
    this.listener.onNeighbourUp(peer, nowMs, effects);
  }

  private remove(peer: PeerRef, nowMs: number, effects: Effects): void {
    const index = this.neighbours.indexOf(peer);
    if (index < 0) return;
    this.neighbours.splice(index, 1);
    this.ages.splice(index, 1);
    this.listener.onNeighbourDown(peer, nowMs, effects);
  }

  private entryOf(peer: PeerRef): CyclonEntry {
    return { peer, age: this.ageOf(peer) ?? 0 };
  }

  private get full(): boolean {
    return this.neighbours.length >= this.options.viewSize;
  }

  private setTimer(afterMs: number, effects: Effects): void {
    effects.setTimer({ kind: 'cyclon', group: this.group, session: this.session }, afterMs);
  }
}

const NOBODY: readonly PeerRef[] = [];

/** Contacts remembered; the one added longest ago goes first. */
const CONTACTS_MAX = 8;

/** Peers remembered that did not answer. */
const LOST_MAX = 64;

/** Intervals after which a walk of a join should have ended. A guess: one for walks over far links, and the one that has begun already. */
const JOIN_CYCLES = 2;

/** Shuffles from one question to a lost peer to the next, while there is one. A guess: ten seconds by default, as live peers try lost neighbours. */
const LOST_EVERY = 10;

interface Lost {
  readonly peer: PeerRef;
  /** The interval in which it was lost, or asked. */
  readonly cycle: number;
}

interface Pending {
  readonly partner: PeerRef;
  readonly seq: number;
  /** What may make room for the answer: the partner first. */
  readonly sent: readonly PeerRef[];
}
