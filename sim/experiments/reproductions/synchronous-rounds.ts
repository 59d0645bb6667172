import type { GroupConfig } from '../../../lib/core/config.ts';
import type { Effects, Timer } from '../../../lib/core/effects.ts';
import { assert } from '../../../lib/core/errors.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import type { Random } from '../../../lib/core/random.ts';
import { PeerEngine } from '../../../lib/peer/engine.ts';
import type { Group } from '../../../lib/peer/group.ts';
import { GROUP } from '../../world/world.ts';

/** What rounds are made of, and who watches. */
export interface RoundsParts {
  readonly config: GroupConfig;
  /** Numbered from 0 in order; each knows all. */
  readonly peers: readonly PeerRef[];
  /** Longer than the longest round trip. */
  readonly cycleMs: number;
  readonly random: Random;
  /** What a peer that measures the distance to another one finds; 0 for all where it is left out. */
  readonly rttMs?: (from: PeerRef, to: PeerRef) => number;
  readonly onSend: (from: PeerRef, to: PeerRef, message: Message) => void;
  /** In the cycle of this number a message was delivered that `from` had sent; in cycle 0 to its publisher. */
  readonly onDelivery: (peer: PeerRef, from: PeerRef, cycle: number) => void;
}

/**
 * Epidemics in the model of their paper: cycles are synchronous and messages take no
 * time. The same `PeerEngine` as in a world runs, with nothing around it but a list of
 * messages: an epidemic among a thousand peers takes milliseconds, and a table takes
 * ten thousand of them.
 *
 * In each cycle all peers act, in an order that is drawn anew, so that nobody is always
 * first where connections are limited; whenever in a cycle they meant to act makes no
 * difference. Then messages are handed over, first come first served, until none is
 * left: first all questions of the cycle, then all answers. Last come the answers to
 * those who measure distances, each at its time.
 */
export class SynchronousRounds implements Effects {
  /** Cycles so far. */
  cycle = 0;
  private readonly parts: RoundsParts;
  private readonly engines: readonly PeerEngine[];
  private readonly order: Random;
  /** Who acts, and when. */
  private self: PeerRef;
  private nowMs = 0;
  /** Of the cycle that comes. */
  private timers: OwnedTimer[] = [];
  private readonly packets: Packet[] = [];
  private readonly distanceReplies: Packet[] = [];

  constructor(parts: RoundsParts) {
    const { config, peers, random } = parts;
    const [first] = peers;
    assert(first !== undefined, 'rounds have a peer');
    this.parts = parts;
    this.self = first;
    this.order = random.fork('order');
    this.engines = peers.map((peer) => new PeerEngine(peer, 1, random.fork('peer', peer)));
    for (const engine of this.engines) this.as(engine.self).join(GROUP, config, peers, 0, this);
  }

  /** Makes an update known to `source`, before the next cycle. */
  publish(source: PeerRef): void {
    this.as(source).publish(GROUP, NOTHING, this.nowMs, this);
  }

  /** Whether nobody will act any more. */
  get idle(): boolean {
    return this.timers.length === 0;
  }

  /** Each peer's part in the group, for a look from outside. */
  groups(): (Group | undefined)[] {
    return this.engines.map((engine) => engine.group(GROUP));
  }

  runCycle(): void {
    const acting = this.order.shuffle(this.timers);
    this.timers = [];
    this.cycle++;
    this.nowMs = this.cycle * this.parts.cycleMs;
    for (const { owner, timer } of acting) this.as(owner).onTimer(timer, this.nowMs, this);
    // The list grows while it is gone through.
    for (const { from, to, message } of this.packets) this.as(to).onMessage(from, message, this.nowMs, this);
    this.packets.length = 0;
    if (this.distanceReplies.length > 0) this.handOverDistanceReplies();
  }

  send(to: PeerRef, message: Message): void {
    this.sendUnreliable(to, message);
  }

  sendUnreliable(to: PeerRef, message: Message): void {
    const { self } = this;
    this.parts.onSend(self, to, message);
    (message.kind === 'rttReply' ? this.distanceReplies : this.packets).push({ from: self, to, message });
  }

  setTimer(timer: Timer, afterMs: number): void {
    assert(afterMs <= this.parts.cycleMs, 'peers of an epidemic act once in a cycle');
    this.timers.push({ owner: this.self, timer });
  }

  deliver(_message: DataMessage, from: PeerRef): void {
    this.parts.onDelivery(this.self, from, this.cycle);
  }

  emit(): void {}

  openLink(): void {}

  closeLink(): void {}

  private handOverDistanceReplies(): void {
    const { rttMs, cycleMs } = this.parts;
    const startMs = this.nowMs;
    const timed = this.distanceReplies.splice(0).map((packet) => ({ ...packet, rttMs: rttMs?.(packet.to, packet.from) ?? 0 }));
    for (const { from, to, message, rttMs: afterMs } of timed.sort((x, y) => x.rttMs - y.rttMs)) {
      assert(afterMs < cycleMs, 'a cycle is longer than a round trip');
      this.nowMs = startMs + afterMs;
      this.as(to).onMessage(from, message, this.nowMs, this);
    }
  }

  private as(peer: PeerRef): PeerEngine {
    this.self = peer;
    return this.engines[peer] as PeerEngine;
  }
}

interface OwnedTimer {
  readonly owner: PeerRef;
  readonly timer: Timer;
}

interface Packet {
  readonly from: PeerRef;
  readonly to: PeerRef;
  readonly message: Message;
}

const NOTHING = new Uint8Array(0);
