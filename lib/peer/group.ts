import type { AntiEntropyOptions, DisseminationOptions, GroupConfig, OverlayOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import { OverlayError, assert, unreachable } from '../core/errors.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import { MessageLog } from '../core/message-log.ts';
import type { DataMessage, Digest, Message } from '../core/messages.ts';
import type { Dissemination, NeighbourListener, Overlay, TreeOverlay } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { AntiEntropy } from '../dissemination/anti-entropy.ts';
import { Flooding } from '../dissemination/flooding.ts';
import { Plumtree } from '../dissemination/plumtree.ts';
import { RumorMongering } from '../dissemination/rumor-mongering.ts';
import { TreeMulticast } from '../dissemination/tree-multicast.ts';
import { Unicast } from '../dissemination/unicast.ts';
import { HyParView } from '../membership/hyparview.ts';
import { StaticOverlay } from '../overlay/static-overlay.ts';
import { type CatchUp, answerNewcomer, isCatchUp } from './catch-up.ts';
import { FetchHistory } from './fetch-history.ts';
import { StartNow } from './start-now.ts';

/** What became of a call to publish. */
export interface PublishOutcome {
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly seq: number;
  /** Neighbours to which the message went at once; 0 with epidemics, which tell it in their next cycle. */
  readonly sentTo: number;
}

/**
 * One peer's part in one group: an overlay, a dissemination and a log, put together
 * as the configuration says. Each message goes to the one of them that handles it.
 */
export class Group implements NeighbourListener {
  readonly ref: GroupRef;
  readonly log: MessageLog;
  readonly dissemination: Dissemination;
  readonly overlay: Overlay;
  readonly repair: AntiEntropy | undefined;
  private readonly catchUp: CatchUp | undefined;
  private readonly self: PeerRef;
  private readonly epoch: number;
  private nextSeq = 0;

  constructor(identity: GroupIdentity, config: GroupConfig, peers: readonly PeerRef[], random: Random) {
    const { self, ref, session, epoch } = identity;
    this.self = self;
    this.ref = ref;
    this.epoch = epoch;
    this.log = new MessageLog(ref, session, config);
    this.overlay = this.makeOverlay(config.overlay, peers, random);
    this.dissemination = this.makeDissemination(config.dissemination, random);
    this.repair = config.repair === undefined ? undefined : this.makeAntiEntropy(config.repair, random, 'repair');
    this.catchUp = config.since === 'any' ? undefined : this.makeCatchUp(config.since, config.catchUpTimeoutMs);
  }

  /** Tells this membership from an earlier one of the same group. */
  get session(): number {
    return this.log.session;
  }

  start(peers: readonly PeerRef[], nowMs: number, effects: Effects): void {
    this.overlay.start(peers, nowMs, effects);
    this.dissemination.start(nowMs, effects);
    this.repair?.start(nowMs, effects);
    this.catchUp?.start(effects);
  }

  /**
   * @throws {OverlayError} `MESSAGE_TOO_LARGE`; `NO_NEIGHBOURS` when there is nobody
   * to send to: nothing was published then.
   */
  publish(payload: Uint8Array, nowMs: number, effects: Effects): PublishOutcome {
    const { messageBytesMax } = this.log.limits;
    if (payload.length > messageBytesMax) {
      throw new OverlayError('MESSAGE_TOO_LARGE', `publish: expected at most ${messageBytesMax} bytes (messageBytesMax), got ${payload.length}.`);
    }
    if (!this.overlay.neighbours.some((peer) => peer !== this.self)) {
      throw new OverlayError('NO_NEIGHBOURS', 'publish: expected at least one neighbour, got none; wait until the group is ready.');
    }
    const { self: origin, epoch } = this;
    const seq = this.nextSeq++;
    const after = this.log.stamp(origin);
    const plain: DataMessage = { kind: 'data', group: this.ref, origin, epoch, seq, hops: 0, repair: false, payload };
    const message = after === undefined ? plain : { ...plain, after };
    this.log.accept(message, origin, effects);
    return { origin, epoch, seq, sentTo: this.dissemination.publish(message, nowMs, effects) };
  }

  /** How many messages this membership has published. */
  get published(): number {
    return this.nextSeq;
  }

  /** What its parts had to let go, and the like, by name; which there are depends on the parts. */
  get counters(): Readonly<Record<string, number>> {
    return { ...this.overlay.counters, ...this.dissemination.counters, historyAdded: this.log.kept, historyEvicted: this.log.evicted };
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    switch (message.kind) {
      case 'data':
      case 'iHave':
      case 'graft':
      case 'prune':
      case 'feedback':
      case 'rumorRequest':
        return this.dissemination.onMessage(from, message, nowMs, effects);
      case 'digest':
        if (isCatchUp(message)) return this.onCatchUp(from, message, effects);
        return (this.repair ?? this.dissemination).onMessage(from, message, nowMs, effects);
      case 'join':
      case 'forwardJoin':
      case 'neighbour':
      case 'neighbourReply':
      case 'disconnect':
      case 'shuffle':
      case 'shuffleReply':
      case 'rttProbe':
      case 'rttReply':
        return this.overlay.onMessage(from, message, nowMs, effects);
      case 'ping':
      case 'ack':
      case 'pingRequest':
      case 'nack':
        // The failure detector's, which stands beside the engine and is of no group.
        return;
      default:
        return unreachable(message);
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    switch (timer.kind) {
      case 'shuffle':
      case 'neighbour':
        return this.overlay.onTimer(timer, nowMs, effects);
      case 'iHave':
      case 'graft':
      case 'rumor':
        return this.dissemination.onTimer(timer, nowMs, effects);
      case 'antiEntropy':
        return (this.repair ?? this.dissemination).onTimer(timer, nowMs, effects);
      case 'gap':
        return this.log.onGapTimer(timer, effects);
      case 'catchUp':
        return this.catchUp?.onTimer(timer, effects);
      case 'probe':
        return;
      default:
        return unreachable(timer);
    }
  }

  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.overlay.onLinkDown(peer, nowMs, effects);
  }

  /** Every peer that it may still name or send to. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    this.overlay.eachPeer(visit);
    this.dissemination.eachPeer(visit);
    this.log.eachPeer(visit);
    this.catchUp?.eachPeer(visit);
  }

  leave(nowMs: number, effects: Effects): void {
    this.overlay.leave(nowMs, effects);
  }

  onNeighbourUp(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.dissemination.onNeighbourUp(peer, nowMs, effects);
    effects.emit({ kind: 'neighbourUp', group: this.ref, peer });
    this.catchUp?.onNeighbourUp(effects);
  }

  onNeighbourDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.dissemination.onNeighbourDown(peer, nowMs, effects);
    effects.emit({ kind: 'neighbourDown', group: this.ref, peer });
    this.catchUp?.onNeighbourDown(peer, effects);
  }

  /** Whoever asks is answered: a question can overtake the word that its sender is a neighbour now. */
  private onCatchUp(from: PeerRef, digest: Digest, effects: Effects): void {
    if (this.catchUp === undefined) answerNewcomer(this.log, from, digest, effects);
    else this.catchUp.onDigest(from, digest, effects);
  }

  private makeOverlay(options: OverlayOptions, peers: readonly PeerRef[], random: Random): Overlay {
    switch (options.kind) {
      case 'hyparview': return new HyParView(this.self, this.ref, this.session, options, random, this);
      case 'full':
      case 'static': return new StaticOverlay(this.self, peers, this);
      default: return unreachable(options);
    }
  }

  /** Where protocols are registered: a new dissemination is a file of its own and a line here. */
  private makeDissemination(options: DisseminationOptions, random: Random): Dissemination {
    const { self, session, log } = this;
    const { neighbours } = this.overlay;
    switch (options.kind) {
      case 'flooding': return new Flooding(self, log, neighbours);
      case 'unicast': return new Unicast(self, log, neighbours);
      case 'tree': return new TreeMulticast(self, log, treeOf(this.overlay));
      case 'plumtree': return this.makePlumtree(options);
      case 'rumor': return new RumorMongering(self, session, options, log, neighbours, random);
      case 'anti-entropy': return this.makeAntiEntropy(options, random, 'dissemination');
      default: return unreachable(options);
    }
  }

  /** Neighbours that are given at the start never come up: the trees must be told of them. */
  private makePlumtree(options: Extract<DisseminationOptions, { kind: 'plumtree' }>): Plumtree {
    const plumtree = new Plumtree(this.self, this.session, options, this.log);
    for (const peer of this.overlay.neighbours) if (peer !== this.self) plumtree.onNeighbourUp(peer);
    return plumtree;
  }

  private makeCatchUp(since: 'now' | 'history', timeoutMs: number): CatchUp {
    const { self, epoch, session, log } = this;
    const context = { self, epoch, session, log, neighbours: this.overlay.neighbours, timeoutMs };
    return since === 'now' ? new StartNow(context) : new FetchHistory(context);
  }

  private makeAntiEntropy(options: AntiEntropyOptions, random: Random, role: 'dissemination' | 'repair'): AntiEntropy {
    return new AntiEntropy(this.self, this.session, options, this.log, this.overlay.neighbours, random, role);
  }
}

/** The options allow a tree over such overlays only. */
function treeOf(overlay: Overlay): TreeOverlay {
  assert(isTree(overlay), 'multicast along a tree has an overlay that knows one');
  return overlay;
}

function isTree(overlay: Overlay): overlay is TreeOverlay {
  return 'forwardTo' in overlay;
}

/** Who takes part in what: fixed while a group is joined. */
export interface GroupIdentity {
  readonly self: PeerRef;
  readonly ref: GroupRef;
  readonly session: number;
  readonly epoch: number;
}
