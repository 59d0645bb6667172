import type { GroupConfig } from '../../lib/core/config.ts';
import type { Effects, ProtocolEvent } from '../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { PeerEngine } from '../../lib/peer/engine.ts';
import { GROUP } from './builders.ts';

/** Events handled in one run at most: more means that peers talk without end. */
const EVENTS_MAX = 2_000_000;

export interface TestNetworkOptions {
  readonly seed: number;
  readonly config: GroupConfig;
  /** Each message takes 1 to this many ms, drawn anew. Default 20. */
  readonly delayMaxMs?: number;
}

/** A live peer, with what came out of it. */
export interface TestPeer {
  readonly engine: PeerEngine;
  readonly delivered: DataMessage[];
  readonly events: ProtocolEvent[];
  readonly links: Set<PeerRef>;
  alive: boolean;
}

interface Pending {
  readonly atMs: number;
  readonly kind: 'message' | 'linkDown' | 'timer';
  readonly act: () => void;
}

/**
 * Peers of one group in virtual time: a sorted list of what will happen, equal times
 * in order of scheduling. Small and slow, so that nothing in it needs a test.
 */
export class TestNetwork {
  readonly peers = new Map<PeerRef, TestPeer>();
  nowMs = 0;
  /** Chance that a message is lost; `reliable` false: only those sent unreliably. */
  loss = { chance: 0, reliable: false };
  /** Whether messages of one link keep their order. */
  ordered = true;
  /** Called after every event with the peer that handled it. */
  check: (peer: TestPeer) => void = () => {};
  /** Payloads sent so far. */
  payloadsSent = 0;
  private readonly options: TestNetworkOptions;
  private readonly random: Random;
  private readonly pending: Pending[] = [];
  private readonly lastArrivals = new Map<string, number>();
  private incarnations = 0;

  constructor(options: TestNetworkOptions) {
    this.options = options;
    this.random = new Random(options.seed);
  }

  /** Joins the group, with a new engine if the peer is not up. */
  join(index: number, contacts: readonly PeerRef[]): TestPeer {
    const peer = this.peers.get(peerRef(index)) ?? this.start(index);
    this.handle(peer, (effects) => peer.engine.join(GROUP, this.options.config, contacts, this.nowMs, effects));
    return peer;
  }

  /** Leaves the group; the peer itself stays up, so no link fails. */
  leave(index: number): void {
    const peer = this.peers.get(peerRef(index));
    if (peer?.engine.group(GROUP) !== undefined) this.handle(peer, (effects) => peer.engine.leave(GROUP, this.nowMs, effects));
  }

  /** Tells a member of a peer that it can ask to be let in. */
  addContact(index: number, contact: number): void {
    const peer = this.peers.get(peerRef(index));
    if (peer?.engine.group(GROUP) === undefined || index === contact) return;
    this.handle(peer, (effects) => peer.engine.addContact(GROUP, peerRef(contact), this.nowMs, effects));
  }

  /** Stops at once; those that hold a link to it hear of it a little later. */
  crash(index: number): void {
    const ref = peerRef(index);
    const peer = this.peers.get(ref);
    if (peer === undefined) return;
    peer.alive = false;
    this.peers.delete(ref);
    for (const other of this.peers.values()) if (other.links.has(ref)) this.linkDown(other, ref);
  }

  /** The link between two live peers fails at both ends. */
  breakLink(a: number, b: number): void {
    const [one, two] = [this.peers.get(peerRef(a)), this.peers.get(peerRef(b))];
    if (one === undefined || two === undefined || one === two) return;
    this.linkDown(one, peerRef(b));
    this.linkDown(two, peerRef(a));
  }

  publish(index: number): DataMessage | undefined {
    const peer = this.peers.get(peerRef(index));
    const group = peer?.engine.group(GROUP);
    if (peer === undefined || group === undefined || group.overlay.neighbours.length === 0) return undefined;
    this.handle(peer, (effects) => peer.engine.publish(GROUP, Uint8Array.of(index), this.nowMs, effects));
    return peer.delivered.at(-1);
  }

  /** Lets virtual time go on by `ms`. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let handled = 0; ; handled++) {
      const next = this.pending[0];
      if (next === undefined || next.atMs > endMs) break;
      if (handled >= EVENTS_MAX) throw new Error(`more than ${EVENTS_MAX} events in ${ms} ms: peers talk without end`);
      this.pending.shift();
      this.nowMs = next.atMs;
      next.act();
    }
    this.nowMs = endMs;
  }

  /** Lets all that is on its way arrive, and what that sends; no timer fires any more. */
  settle(): void {
    for (let handled = 0; handled < EVENTS_MAX; handled++) {
      const next = this.pending.shift();
      if (next === undefined) return;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      if (next.kind !== 'timer') next.act();
    }
    throw new Error(`more than ${EVENTS_MAX} events after the last timer: peers talk without end`);
  }

  /** Live members of the group. */
  members(): TestPeer[] {
    return [...this.peers.values()].filter(({ engine }) => engine.group(GROUP) !== undefined);
  }

  neighboursOf(peer: TestPeer): readonly PeerRef[] {
    return peer.engine.group(GROUP)?.overlay.neighbours ?? [];
  }

  /** The members that can be reached from `start` over neighbours. */
  component(start: TestPeer): TestPeer[] {
    const reached = new Set([start]);
    for (const peer of reached) {
      for (const ref of this.neighboursOf(peer)) {
        const neighbour = this.peers.get(ref);
        if (neighbour?.engine.group(GROUP) !== undefined) reached.add(neighbour);
      }
    }
    return [...reached];
  }

  private start(index: number): TestPeer {
    const incarnation = ++this.incarnations;
    const engine = new PeerEngine(peerRef(index), incarnation * 1000, this.random.fork('peer', incarnation));
    const peer: TestPeer = { engine, delivered: [], events: [], links: new Set(), alive: true };
    this.peers.set(engine.self, peer);
    return peer;
  }

  private handle(peer: TestPeer, act: (effects: Effects) => void): void {
    if (!peer.alive) return;
    act(this.effectsOf(peer));
    this.check(peer);
  }

  private effectsOf(peer: TestPeer): Effects {
    const { engine, delivered, events, links } = peer;
    return {
      send: (to, message) => this.transmit(peer, to, message, true),
      sendUnreliable: (to, message) => this.transmit(peer, to, message, false),
      setTimer: (timer, afterMs) => {
        this.schedule('timer', this.nowMs + afterMs, () => this.handle(peer, (effects) => engine.onTimer(timer, this.nowMs, effects)));
      },
      deliver: (message) => delivered.push(message),
      emit: (event) => events.push(event),
      openLink: (to) => {
        links.add(to);
        if (!this.peers.has(to)) this.linkDown(peer, to);
      },
      closeLink: (to) => links.delete(to),
    };
  }

  private transmit(from: TestPeer, to: PeerRef, message: Message, reliable: boolean): void {
    if (message.kind === 'data') this.payloadsSent++;
    if (this.random.chance(this.loss.chance) && (!reliable || this.loss.reliable)) return;
    const link = `${from.engine.self} ${to}`;
    let atMs = this.nowMs + 1 + this.random.below(this.options.delayMaxMs ?? 20);
    if (this.ordered) atMs = Math.max(atMs, this.lastArrivals.get(link) ?? 0);
    this.lastArrivals.set(link, atMs);
    this.schedule('message', atMs, () => {
      const receiver = this.peers.get(to);
      if (receiver === undefined) return reliable ? this.linkDown(from, to) : undefined;
      this.handle(receiver, (effects) => receiver.engine.onMessage(from.engine.self, message, this.nowMs, effects));
    });
  }

  private linkDown(peer: TestPeer, to: PeerRef): void {
    this.schedule('linkDown', this.nowMs + 1, () => this.handle(peer, (effects) => peer.engine.onLinkDown(to, this.nowMs, effects)));
  }

  private schedule(kind: Pending['kind'], atMs: number, act: () => void): void {
    let [low, high] = [0, this.pending.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.pending[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.pending.splice(low, 0, { atMs, kind, act });
  }
}
