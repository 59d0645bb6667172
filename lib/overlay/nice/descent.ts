import type { PeerRef } from '../../core/ids.ts';
import type { NiceReply } from '../../core/messages.ts';
import { NICE_TOP_LAYER } from '../../core/messages/nice.ts';

/** What a search wants done next. */
export type Step =
  /** Ask `peer` who is in the cluster that it leads in `layer`. */
  | { readonly kind: 'ask'; readonly peer: PeerRef; readonly layer: number }
  /** Measure the distances to these. */
  | { readonly kind: 'measure'; readonly peers: readonly PeerRef[] }
  /** Join the cluster that `peer` leads in `layer`. */
  | { readonly kind: 'join'; readonly peer: PeerRef; readonly layer: number }
  /** The other hierarchy is lower: its root, `peer`, has to join this one. */
  | { readonly kind: 'invite'; readonly peer: PeerRef }
  /** There is one hierarchy, and this peer is its root. */
  | { readonly kind: 'home' }
  /** Nobody was found: try again. */
  | { readonly kind: 'fail' };

/** Pointers to a higher peer that are followed at most: roots change while news of them travels. A guess. */
const POINTERS_MAX = 8;

const FAIL: Step = { kind: 'fail' };

/**
 * The search for a place (section 3.1): from any member to the leader of the highest
 * layer, and from there down, layer by layer, always to the nearest member, until the
 * cluster in the layer wanted is found. One search at a time; each has a number.
 */
export class Descent {
  /** Counts searches and their steps: timers of others are stale. */
  number = 0;
  private readonly self: PeerRef;
  private phase: 'idle' | 'asking' | 'measuring' | 'joining' = 'idle';
  /** Who has been asked or is to be joined; while measuring, who leads the cluster that is measured. */
  private peer: PeerRef | undefined = undefined;
  private candidates: readonly PeerRef[] = [];
  /** The layer of the cluster that is asked for or measured. */
  private layer = 0;
  private pointers = 0;

  constructor(self: PeerRef) {
    this.self = self;
  }

  get isIdle(): boolean {
    return this.phase === 'idle';
  }

  get isJoining(): boolean {
    return this.phase === 'joining';
  }

  get isMeasuring(): boolean {
    return this.phase === 'measuring';
  }

  /** Whom an answer is awaited from, or who is to be joined. */
  get awaited(): PeerRef | undefined {
    return this.phase === 'asking' || this.phase === 'joining' ? this.peer : undefined;
  }

  /** Those whose distance counts now. */
  get measured(): readonly PeerRef[] {
    return this.phase === 'measuring' ? this.candidates : [];
  }

  /** Begins with any member of the hierarchy. */
  start(peer: PeerRef): Step {
    this.pointers = 0;
    return this.ask(peer, NICE_TOP_LAYER);
  }

  /** Begins at the end: with who is known to lead a cluster in the layer. */
  join(peer: PeerRef, layer: number): Step {
    this.enter('joining', peer);
    this.layer = layer;
    return { kind: 'join', peer, layer };
  }

  /** `wanted`: the layer to join in; 0 to `NICE_TOP_LAYER` - 1. */
  onReply(from: PeerRef, reply: NiceReply, wanted: number): Step | undefined {
    if (from !== this.awaited) return undefined;
    if (this.phase === 'joining') return FAIL;
    if (reply.root === this.self) return { kind: 'home' };
    if (this.layer !== NICE_TOP_LAYER) {
      const isLeader = reply.layer === this.layer && reply.height > reply.layer;
      return isLeader ? this.measure(from, reply.members) : FAIL;
    }
    if (reply.root !== from) return ++this.pointers > POINTERS_MAX ? FAIL : this.ask(reply.root, NICE_TOP_LAYER);
    if (reply.height < wanted) return { kind: 'invite', peer: from };
    // Roots of the same height: the other one leads one layer more then.
    if (reply.height === wanted || reply.height === wanted + 1) return this.join(from, wanted);
    this.layer = reply.height - 1;
    return this.measure(from, reply.members);
  }

  /** All candidates were measured, or the time is over. */
  onMeasured(rttMs: (peer: PeerRef) => number | undefined, wanted: number): Step {
    let nearest = this.candidates[0];
    let leastMs = Infinity;
    for (const peer of this.candidates) {
      const ms = rttMs(peer) ?? Infinity;
      if (ms < leastMs) [nearest, leastMs] = [peer, ms];
    }
    const layer = this.layer - 1;
    if (nearest === undefined || layer < wanted) return FAIL;
    return layer === wanted ? this.join(nearest, wanted) : this.ask(nearest, layer);
  }

  /** Ends the search. */
  stop(): void {
    this.enter('idle', undefined);
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    if (this.peer !== undefined) visit(this.peer);
    this.candidates.forEach(visit);
  }

  private ask(peer: PeerRef, layer: number): Step {
    if (peer === this.self) return FAIL;
    this.enter('asking', peer);
    this.layer = layer;
    return { kind: 'ask', peer, layer };
  }

  private measure(leader: PeerRef, members: readonly PeerRef[]): Step {
    this.enter('measuring', leader);
    this.candidates = [leader, ...members.filter((peer) => peer !== leader && peer !== this.self)];
    return { kind: 'measure', peers: this.candidates };
  }

  private enter(phase: Descent['phase'], peer: PeerRef | undefined): void {
    this.phase = phase;
    this.peer = peer;
    this.candidates = [];
    this.number++;
  }
}
