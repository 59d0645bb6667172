import type { GroupRef, MessageId, PeerRef } from './ids.ts';
import type { CyclonMessage } from './messages/cyclon.ts';
import type { IWant } from './messages/gossip-mesh.ts';
import type { RangeMessage } from './messages/ranges.ts';
import type { NiceMessage } from './messages/nice.ts';
import type { Connect, ConnectReply, Recent } from './messages/epidemics.ts';
import type { RttMessage } from './messages/rtt.ts';
import type { SwitchTreeMessage } from './messages/switch-tree.ts';
import type { XBotMessage } from './messages/x-bot.ts';

export * from './messages/cyclon.ts';
export type * from './messages/gossip-mesh.ts';
export * from './messages/ranges.ts';
import type { NaradaMessage } from './messages/narada.ts';

export type * from './messages/narada.ts';
export type * from './messages/nice.ts';
export type * from './messages/epidemics.ts';
export type * from './messages/rtt.ts';
export type * from './messages/switch-tree.ts';
export type * from './messages/x-bot.ts';

/**
 * Everything that a peer can say to another. One union, so that adding a message
 * makes the compiler point at each place that must think about it: the codec,
 * the size table and one handler.
 */
export type Message = DataMessage | MembershipMessage | DisseminationControl | ProbeMessage;

/** Messages of a membership or overlay protocol. */
export type MembershipMessage =
  | Join
  | ForwardJoin
  | Neighbour
  | NeighbourReply
  | Disconnect
  | Shuffle
  | ShuffleReply
  | CyclonMessage
  | NaradaMessage
  | RttMessage
  | SwitchTreeMessage
  | XBotMessage
  | NiceMessage;

/** Messages of a dissemination protocol that carry no payload. */
export type DisseminationControl = IWant | RangeMessage | IHave | Graft | Prune | Feedback | RumorRequest | Digest | Connect | ConnectReply | Recent;

/** Messages of the failure detector; their group is `PEER_GROUP`. */
export type ProbeMessage = Ping | Ack | PingRequest | Nack;

export type MessageKind = Message['kind'];

/** A published payload on its way. Forwarding changes `hops` and nothing else. */
export interface DataMessage extends MessageId {
  readonly kind: 'data';
  readonly group: GroupRef;
  /** Overlay hops so far: 0 at the publisher, 1 at those it sends to. */
  readonly hops: number;
  /** Sent to fill a gap (anti-entropy): deliver, but do not forward. */
  readonly repair: boolean;
  readonly payload: Uint8Array;
  /** Causal order: what its publisher had delivered since its own message before; absent for nothing, and in groups of another order. */
  readonly after?: readonly CausalEntry[];
}

/** A part of a vector clock: of this incarnation of a publisher every number below `next` had been delivered, or was lost. */
export interface CausalEntry {
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly next: number;
}

/** Entries in one message at most. A group in causal order remembers no more publishers. */
export const CAUSAL_ENTRIES_MAX = 4096;

/** What an entry counts for in bounds of bytes: its length on the wire. */
export const CAUSAL_ENTRY_BYTES = 24;

/** HyParView, Cyclon: a newcomer asks its contact to let it in. */
export interface Join {
  readonly kind: 'join';
  readonly group: GroupRef;
}

/** HyParView, Cyclon: a random walk that spreads the newcomer. */
export interface ForwardJoin {
  readonly kind: 'forwardJoin';
  readonly group: GroupRef;
  readonly newcomer: PeerRef;
  readonly timeToLive: number;
}

/** HyParView: asks for a place in the receiver's active view; `high` cannot be refused. */
export interface Neighbour {
  readonly kind: 'neighbour';
  readonly group: GroupRef;
  readonly priority: 'high' | 'low';
}

export interface NeighbourReply {
  readonly kind: 'neighbourReply';
  readonly group: GroupRef;
  readonly accepted: boolean;
}

/** HyParView: the sender has dropped the receiver from its active view. */
export interface Disconnect {
  readonly kind: 'disconnect';
  readonly group: GroupRef;
}

/** HyParView: a random walk that carries a sample of the origin's views. */
export interface Shuffle {
  readonly kind: 'shuffle';
  readonly group: GroupRef;
  readonly origin: PeerRef;
  readonly timeToLive: number;
  readonly peers: readonly PeerRef[];
}

export interface ShuffleReply {
  readonly kind: 'shuffleReply';
  readonly group: GroupRef;
  readonly peers: readonly PeerRef[];
}

/** An announced message: its id and the hops that the announcer counted. */
export interface Announcement extends MessageId {
  readonly hops: number;
}

/** Plumtree, gossip mesh: the sender has these messages. */
export interface IHave {
  readonly kind: 'iHave';
  readonly group: GroupRef;
  readonly announcements: readonly Announcement[];
}

/** Plumtree: make the link between us eager; `id` asks for that message too. Gossip mesh: take the link between us into the mesh. */
export interface Graft {
  readonly kind: 'graft';
  readonly group: GroupRef;
  /** The tree by its source; absent for the shared tree. */
  readonly tree?: PeerRef;
  readonly id?: MessageId;
}

/** Plumtree: make the link between us lazy. Gossip mesh: take it out of the mesh, and ask for no other for a while. */
export interface Prune {
  readonly kind: 'prune';
  readonly group: GroupRef;
  readonly tree?: PeerRef;
}

/** Rumor mongering: whether the receiver of a rumor already knew it. */
export interface Feedback extends MessageId {
  readonly kind: 'feedback';
  readonly group: GroupRef;
  readonly knew: boolean;
  /** Minimization: the counter of a receiver that is still telling the rumor; absent where it is not, or learnt it only now. */
  readonly counter?: number;
}

/** Rumor mongering, pull: send me your hot rumors. */
export interface RumorRequest {
  readonly kind: 'rumorRequest';
  readonly group: GroupRef;
}

/** What a peer has of one origin: every number below `next`, and those in `beyond`. */
export interface DigestEntry {
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly next: number;
  /** Ranges past `next`, flat: from, to (inclusive), from, to, ... in rising order. */
  readonly beyond: readonly number[];
}

/**
 * Anti-entropy: what the sender has. `pull` asks for what it lacks, `push` offers
 * what it has, `pushPull` does both.
 *
 * A newcomer asks a neighbour with `state` what need not be brought to it any more; in
 * the answer, `stateReply`, the entries say what the neighbour's application has got.
 * With `history` it asks for what is kept and it lacks; some messages and one of the
 * others answer, in which `next` is the lowest number that is still kept of an origin:
 * `historyPart` when there is more to be asked for, else `historyEnd`.
 */
export interface Digest {
  readonly kind: 'digest';
  readonly group: GroupRef;
  readonly mode: 'push' | 'pull' | 'pushPull' | 'state' | 'stateReply' | 'history' | 'historyPart' | 'historyEnd';
  readonly entries: readonly DigestEntry[];
}

/** SWIM: are you alive? `seq` is the asker's number of the probe. */
export interface Ping {
  readonly kind: 'ping';
  readonly group: GroupRef;
  readonly seq: number;
  /** The sender suspects the receiver, and will take it for failed if it hears nothing (Lifeguard's buddy system). */
  readonly suspected: boolean;
}

/** SWIM: the answer to the ping, or to the request for one, of this number. */
export interface Ack {
  readonly kind: 'ack';
  readonly group: GroupRef;
  readonly seq: number;
}

/** SWIM: ping `target` for me. */
export interface PingRequest {
  readonly kind: 'pingRequest';
  readonly group: GroupRef;
  readonly seq: number;
  readonly target: PeerRef;
}

/** Lifeguard: the target of your request has not answered me in time either. */
export interface Nack {
  readonly kind: 'nack';
  readonly group: GroupRef;
  readonly seq: number;
}

/**
 * The copy of a message that goes out to the next hop. Peers of one process that
 * forward equal messages send the same copy: in a simulation the histories of all
 * peers then hold a few objects for a message in place of one each.
 */
export function nextHop(message: DataMessage): DataMessage {
  const { group, origin, epoch, seq, payload, after } = message;
  const hops = message.hops + 1;
  const slot = hops & (COPIES_KEPT - 1);
  const kept = COPIES[slot];
  if (kept !== undefined && kept.hops === hops && kept.payload === payload && sameId(kept, message) && kept.group === group && kept.after === after) return kept;
  const plain: DataMessage = { kind: 'data', group, origin, epoch, seq, hops, repair: false, payload };
  const copy = after === undefined ? plain : { ...plain, after };
  COPIES[slot] = copy;
  return copy;
}

/** Copies made last, by hops: a power of two. They change nothing but how much memory is used, and keep that many payloads alive at most. */
const COPIES_KEPT = 16;
const COPIES: (DataMessage | undefined)[] = new Array<DataMessage | undefined>(COPIES_KEPT).fill(undefined);

function sameId(x: MessageId, y: MessageId): boolean {
  return x.seq === y.seq && x.origin === y.origin && x.epoch === y.epoch;
}
