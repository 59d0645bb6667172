import type { GroupRef, PeerRef } from './ids.ts';
import type { DataMessage, Message } from './messages.ts';

/**
 * Everything that can come out of a protocol. The live driver and the simulator
 * each implement this once; tests record it. Handing effects in, instead of
 * returning lists of them, costs no allocation per event.
 */
export interface Effects {
  /** Sends over the link to `to`, opened on demand; the link repeats it until it arrives or fails. */
  send(to: PeerRef, message: Message): void;
  /** Sends once; may be lost without a word. */
  sendUnreliable(to: PeerRef, message: Message): void;
  /** Hands `timer` back after `afterMs` (0 or more). Timers are never cancelled: a stale one is ignored. */
  setTimer(timer: Timer, afterMs: number): void;
  /** Gives a message to the application; `from` is the peer it came from (the publisher itself: its own ref). */
  deliver(message: DataMessage, from: PeerRef): void;
  /** Tells the application or an observer what happened. */
  emit(event: ProtocolEvent): void;
  /** Keep a link to `peer` and report `onLinkDown` when it fails. */
  openLink(peer: PeerRef): void;
  /** The protocol that asked for the link no longer needs it. */
  closeLink(peer: PeerRef): void;
}

interface GroupTimer {
  readonly group: GroupRef;
  /** The membership of the group that set the timer; one that was left since makes it stale. */
  readonly session: number;
}

/** Values that come back as `onTimer`, one handler each. */
export type Timer =
  | ShuffleTimer
  | NeighbourTimer
  | IHaveTimer
  | GraftTimer
  | RumorTimer
  | AntiEntropyTimer
  | GapTimer
  | CatchUpTimer
  | CyclonTimer
  | GossipMeshTimer
  | ProbeTimer
  | NaradaTimer
  | SwitchTreeTimer
  | XBotTimer
  | NiceTimer;

/** HyParView: time to shuffle. */
export interface ShuffleTimer extends GroupTimer {
  readonly kind: 'shuffle';
}

/** HyParView: the `attempt`-th request for a neighbour has had no answer. */
export interface NeighbourTimer extends GroupTimer {
  readonly kind: 'neighbour';
  readonly attempt: number;
}

/** Plumtree: send the announcements collected. */
export interface IHaveTimer extends GroupTimer {
  readonly kind: 'iHave';
}

/** Plumtree: an announced message has not arrived. */
export interface GraftTimer extends GroupTimer {
  readonly kind: 'graft';
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly seq: number;
}

/** Rumor mongering: a cycle begins. */
export interface RumorTimer extends GroupTimer {
  readonly kind: 'rumor';
}

/** Anti-entropy: a cycle begins. */
export interface AntiEntropyTimer extends GroupTimer {
  readonly kind: 'antiEntropy';
}

/** FIFO order: the gap before `seq` has stayed open. Causal order: this message has been held. */
export interface GapTimer extends GroupTimer {
  readonly kind: 'gap';
  readonly origin: PeerRef;
  readonly epoch: number;
  readonly seq: number;
}

/** Newcomer: the `attempt`-th wait for a neighbour's answer is over. */
export interface CatchUpTimer extends GroupTimer {
  readonly kind: 'catchUp';
  readonly attempt: number;
}

/** Cyclon: time to shuffle. */
export interface CyclonTimer extends GroupTimer {
  readonly kind: 'cyclon';
}

/** Gossip mesh: the heartbeat. */
export interface GossipMeshTimer extends GroupTimer {
  readonly kind: 'gossipMesh';
}

/** Failure detector: `tick` begins and ends probe intervals; the others end a wait of the probe `seq`. */
export interface ProbeTimer extends GroupTimer {
  readonly kind: 'probe';
  /** `indirect`: no answer yet, ask others. `suspicion`: it has lasted long enough. `relay`: no answer to a ping for another peer. */
  readonly step: 'tick' | 'indirect' | 'suspicion' | 'relay';
  readonly seq: number;
}

/** Narada: time for one of its periodic steps, or to tell what has changed (`update`). */
export interface NaradaTimer extends GroupTimer {
  readonly kind: 'narada';
  readonly step: 'refresh' | 'update' | 'probe' | 'repair' | 'check';
}

/** Switch-trees: `refresh` and `switch` begin rounds, `search` ends a wait of a search for a parent. */
export interface SwitchTreeTimer extends GroupTimer {
  readonly kind: 'switchTree';
  readonly step: 'refresh' | 'switch' | 'search';
  /** Of this peer's waits; 0 for the others. */
  readonly wait: number;
}

/** X-BOT: `optimize` begins a round, `swap` ends the wait for the others of a swap. */
export interface XBotTimer extends GroupTimer {
  readonly kind: 'xBot';
  readonly step: 'optimize' | 'swap';
  /** Of this peer's swaps; 0 for `optimize`. */
  readonly swap: number;
}

/** NICE: time for heartbeats; no answer came in a search for a place, or to a move; the search begins again; a new leader is due. */
export interface NiceTimer extends GroupTimer {
  readonly kind: 'nice';
  readonly step: 'heartbeat' | 'search' | 'move' | 'retry' | 'elect';
  /** Of what it was set for: when that is over, the timer is stale. */
  readonly number: number;
}

/** Why something was thrown away. Each has a counter beside the event. */
export type DropReason =
  | 'stale-epoch'
  | 'too-old'
  | 'too-many-origins'
  | 'too-many-hops'
  | 'not-a-neighbour';

/** What happened, in the past tense, for applications and observers. */
export type ProtocolEvent =
  | { readonly kind: 'neighbourUp'; readonly group: GroupRef; readonly peer: PeerRef }
  | { readonly kind: 'neighbourDown'; readonly group: GroupRef; readonly peer: PeerRef }
  /** No answer came from the peer, neither straight nor over others. */
  | { readonly kind: 'suspected'; readonly group: GroupRef; readonly peer: PeerRef }
  /** The suspicion has ended: the peer was heard of, or this process had been stopped itself. */
  | { readonly kind: 'refuted'; readonly group: GroupRef; readonly peer: PeerRef }
  /** The suspicion has lasted too long: the peer counts as dead, and is no longer watched. */
  | { readonly kind: 'failed'; readonly group: GroupRef; readonly peer: PeerRef }
  /** The group has no neighbour left and knows nobody to ask. */
  | { readonly kind: 'isolated'; readonly group: GroupRef }
  /** A newcomer with `since` `now` knows where it starts, with `history` has got what the first neighbours keep; or nobody could tell. */
  | { readonly kind: 'caughtUp'; readonly group: GroupRef }
  | { readonly kind: 'dropped'; readonly group: GroupRef; readonly origin: PeerRef; readonly seq: number; readonly reason: DropReason }
  /** Messages `fromSeq` to `toSeq` of this origin will not be delivered. */
  | {
      readonly kind: 'lost';
      readonly group: GroupRef;
      readonly origin: PeerRef;
      readonly epoch: number;
      readonly fromSeq: number;
      readonly toSeq: number;
    };
