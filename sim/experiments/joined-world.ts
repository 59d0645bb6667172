import { type GroupConfig, type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { OverlayError } from '../../lib/core/errors.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { SilentObserver } from '../world/observer.ts';
import { equalPaths } from '../world/paths.ts';
import { GROUP, World } from '../world/world.ts';

/** Between any two peers, one way, in ms. The papers' simulator has none: what counts is the order of things. */
const DELAY_MS = 1;
/** Between two joins, in ms: longer than a join and the searches for new neighbours that it leads to. */
const JOIN_INTERVAL_MS = 20;
/** A cycle, so long that nothing but the peers' periodic work fills it: joins and broadcasts take no share worth mention. */
const CYCLE_MS = 10_000_000;
/** A failed peer is noticed when the answer to a packet would have come, as by a reset of TCP. */
const LINK_TIMEOUT_MS = 2 * DELAY_MS;

/** What is to be built. */
export interface JoinedWorldOptions {
  readonly peers: number;
  readonly seed: number;
  readonly dissemination: Required<GroupOptions>['dissemination'];
  /** A packet takes up to this share of its delay longer; 0 by default. */
  readonly jitter?: number;
  /** From a broadcast until nothing of it is under way, in ms. Above the timers of the dissemination. */
  readonly settleMs: number;
}

/** What became of one message. */
export interface Broadcast {
  /** Copies of the payload that came in at live peers. */
  readonly payloads: number;
  /** Peers that have it, the publisher included. */
  readonly reached: number;
  readonly lastDeliveryHop: number;
  /** Announcements, in messages: IHAVE. */
  readonly announcements: number;
}

/**
 * Peers of HyParView, with the paper's settings, which have joined one by one through
 * one contact, with no cycle in between; then cycles, broadcasts and crashes, as the
 * papers on HyParView and Plumtree (DSN and SRDS 2007) do their experiments.
 */
export class JoinedWorld {
  readonly world: World;
  private readonly counter = new BroadcastCounter();
  private readonly options: JoinedWorldOptions;
  private readonly random: Random;
  private readonly up: number[];

  constructor(options: JoinedWorldOptions) {
    const { peers, seed, jitter = 0, dissemination } = options;
    this.options = options;
    this.random = new Random(seed).fork('experiment');
    this.world = new World(equalPaths(peers, DELAY_MS), { seed, jitter, linkTimeoutMs: LINK_TIMEOUT_MS, observer: this.counter });
    this.up = Array.from({ length: peers }, (_, peer) => peer);
    const config: GroupConfig = groupConfig({ overlay: { kind: 'hyparview', shuffleIntervalMs: CYCLE_MS }, dissemination, historyMessagesMax: HISTORY_MESSAGES });
    for (const peer of this.up) {
      this.world.join(peer, config, peer === 0 ? [] : [peerRef(0)]);
      this.world.run(this.world.nowMs + JOIN_INTERVAL_MS);
    }
  }

  /** Each peer shuffles once in a cycle. */
  cycle(): void {
    this.world.run(this.world.nowMs + CYCLE_MS);
  }

  /** A message of `source`, or of a random live peer, travels until nothing of it is under way. */
  broadcast(source = this.randomPeer()): Broadcast {
    this.counter.clear();
    try {
      this.world.publish(source, PAYLOAD);
    } catch (error) {
      // Who has lost everyone tells nobody: the message counts, and reaches no one else.
      if (!(error instanceof OverlayError && error.code === 'NO_NEIGHBOURS')) throw error;
    }
    this.world.run(this.world.nowMs + this.options.settleMs);
    const { payloads, delivered, lastDeliveryHop, announcements } = this.counter;
    return { payloads, reached: Math.max(1, delivered), lastDeliveryHop, announcements };
  }

  /** Share of the live peers that a message has reached, the publisher included. */
  reliability({ reached }: Broadcast): number {
    return reached / this.up.length;
  }

  /** Crashes a share of all peers at once, drawn at random. */
  crash(share: number): void {
    const gone = new Set(this.random.sample(this.up, Math.round(share * this.up.length)));
    for (const peer of gone) this.world.crash(peer);
    const left = this.up.filter((peer) => !gone.has(peer));
    this.up.splice(0, this.up.length, ...left);
  }

  /** By live peer: its active view, as indices among the live peers. */
  views(): number[][] {
    const index = new Map(this.up.map((peer, at) => [peer, at]));
    return this.up.map((peer) => this.neighbours(peer).flatMap((other) => index.get(other) ?? []));
  }

  private neighbours(peer: number): readonly PeerRef[] {
    return this.world.engine(peer)?.group(GROUP)?.overlay.neighbours ?? [];
  }

  private randomPeer(): number {
    return this.random.pick(this.up) ?? 0;
  }
}

/** For grafts; in these experiments one message travels at a time. */
const HISTORY_MESSAGES = 4;

const PAYLOAD = new Uint8Array(1);

/** Relative message redundancy (SRDS 2007, section 4.1): copies received / (peers that have the message - 1) - 1. */
export function redundancy({ payloads, reached }: Broadcast): number {
  return reached > 1 ? payloads / (reached - 1) - 1 : 0;
}

/** Counts what happens; one message travels at a time. */
class BroadcastCounter extends SilentObserver {
  payloads = 0;
  delivered = 0;
  lastDeliveryHop = 0;
  announcements = 0;

  clear(): void {
    this.payloads = 0;
    this.delivered = 0;
    this.lastDeliveryHop = 0;
    this.announcements = 0;
  }

  override onArrival(_timeUs: number, _from: PeerRef, _to: PeerRef, { kind }: Message): void {
    if (kind === 'data') this.payloads++;
    else if (kind === 'iHave') this.announcements++;
  }

  override onDelivery(_timeUs: number, _peer: PeerRef, _from: PeerRef, message: DataMessage): void {
    this.delivered++;
    if (message.hops > this.lastDeliveryHop) this.lastDeliveryHop = message.hops;
  }
}
