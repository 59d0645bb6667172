import type { AntiEntropyOptions, DisseminationOptions, GroupConfig, OverlayOptions, XBotOptions } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import { OverlayError, assert, unreachable } from '../core/errors.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import { type IdOf, hashOfId } from '../core/message-key.ts';
import { MessageLog } from '../core/message-log.ts';
import type { DataMessage, Digest, Message } from '../core/messages.ts';
import type { Dissemination, NeighbourListener, Overlay, TreeOverlay } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import { AntiEntropy } from '../dissemination/anti-entropy.ts';
import { Flooding } from '../dissemination/flooding.ts';
import { GossipMesh } from '../dissemination/gossip-mesh.ts';
import { Plumtree } from '../dissemination/plumtree.ts';
import { RangeReconciliation } from '../dissemination/range-reconciliation.ts';
import { RumorMongering } from '../dissemination/rumor-mongering.ts';
import { TreeMulticast } from '../dissemination/tree-multicast.ts';
import { Unicast } from '../dissemination/unicast.ts';
import { Cyclon } from '../membership/cyclon.ts';
import { HyParView } from '../membership/hyparview.ts';
import { Narada } from '../overlay/narada.ts';
import { Nice } from '../overlay/nice/nice.ts';
import { RttMeter } from '../overlay/rtt-meter.ts';
import { StaticOverlay } from '../overlay/static-overlay.ts';
import { SwitchTree } from '../overlay/switch-tree.ts';
import { XBot } from '../overlay/x-bot.ts';
import { type CatchUp, answerNewcomer, isCatchUp } from './catch-up.ts';
import { FetchHistory } from './fetch-history.ts';
import { PART_OF } from './message-parts.ts';
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
  /** For overlays that measure nothing themselves, below an epidemic that chooses partners by distance. */
  private readonly distances: RttMeter | undefined;
  private readonly catchUp: CatchUp | undefined;
  private readonly self: PeerRef;
  /** Of this membership: what it publishes has it. */
  readonly epoch: number;
  private readonly idOf: IdOf;
  private nextSeq = 0;

  constructor(identity: GroupIdentity, config: GroupConfig, peers: readonly PeerRef[], random: Random) {
    const { self, ref, session, epoch, idOf } = identity;
    this.self = self;
    this.ref = ref;
    this.epoch = epoch;
    this.idOf = idOf;
    this.log = new MessageLog(ref, session, config);
    this.overlay = this.makeOverlay(config.overlay, peers, random);
    this.distances = isSpatial(config) ? new RttMeter(ref, DISTANCES_MAX) : undefined;
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
    this.log.beginOwn(origin, epoch, effects);
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
    if (message.kind === 'data') return this.dissemination.onMessage(from, message, nowMs, effects);
    if (message.kind === 'digest' && isCatchUp(message)) return this.onCatchUp(from, message, effects);
    this.handlerOf(message)?.onMessage(from, message, nowMs, effects);
  }

  private handlerOf(message: Message): Pick<Overlay, 'onMessage'> | undefined {
    switch (PART_OF[message.kind]) {
      case 'overlay': return this.overlay;
      case 'dissemination': return this.dissemination;
      case 'digest':
      case 'repair': return this.repair ?? this.dissemination;
      case 'contact': return 'protocol' in message && message.protocol === 'rumor' ? this.dissemination : (this.repair ?? this.dissemination);
      case 'distance': return this.distances ?? this.overlay;
      case 'nobody': return undefined;
    }
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    switch (timer.kind) {
      case 'shuffle':
      case 'neighbour':
      case 'cyclon':
      case 'narada':
      case 'switchTree':
      case 'xBot':
      case 'nice':
        return this.overlay.onTimer(timer, nowMs, effects);
      case 'iHave':
      case 'graft':
      case 'rumor':
      case 'gossipMesh':
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
    this.repair?.eachPeer(visit);
    this.distances?.eachPeer(visit);
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
      case 'cyclon': return new Cyclon(this.self, this.ref, this.session, options, random, this);
      case 'narada': return new Narada(this.self, this.ref, this.session, options, random, this);
      case 'switch-tree': return new SwitchTree(this.self, this.ref, this.session, options, random.fork('switch-tree'), this);
      case 'x-bot': return this.makeXBot(options, random);
      case 'nice': return new Nice(this.self, this.ref, this.session, options, random, this);
      case 'full':
      case 'static': return new StaticOverlay(this.self, peers, this);
      default: return unreachable(options);
    }
  }

  private makeXBot(options: XBotOptions, random: Random): XBot {
    const { self, ref, session } = this;
    const view = new HyParView(self, ref, session, options, random, this);
    return new XBot(self, ref, session, options, view, random.fork('x-bot'));
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
      case 'gossip-mesh': return new GossipMesh(self, session, options, log, neighbours, random);
      case 'rumor': return new RumorMongering(self, session, options, log, neighbours, random, this.distances);
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
    const { self, session, log, idOf } = this;
    const help = {
      hashOf: (peer: PeerRef) => hashOfId(idOf(peer)),
      ...(this.distances !== undefined && { distances: this.distances }),
      ...(options.reconcile === 'ranges' && { ranges: new RangeReconciliation(log, idOf, options.batchMax, random) }),
    };
    return new AntiEntropy(self, session, options, log, this.overlay.neighbours, random, role, help);
  }
}

/** The options allow a tree over such overlays only. */
function treeOf(overlay: Overlay): TreeOverlay {
  assert(isTree(overlay), 'multicast along a tree has an overlay that knows one');
  return overlay;
}

/** Peers whose distance is remembered at most. A guess: a member of a larger group has measured those that it chooses from again. */
const DISTANCES_MAX = 4096;

function isSpatial({ dissemination, repair }: GroupConfig): boolean {
  return [dissemination, repair].some((part) => part !== undefined && 'partner' in part && part.partner === 'spatial');
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
  readonly idOf: IdOf;
}
