import type { GroupRef, PeerRef } from '../ids.ts';

/**
 * Messages of X-BOT. A swap has four parties: the initiator wants the candidate for a
 * neighbour in place of the old one; the candidate gives up the disconnected one for
 * it, which takes the old one in turn.
 */
export type XBotMessage =
  | Optimization
  | OptimizationReply
  | Replace
  | ReplaceReply
  | Switch
  | SwitchReply
  | DisconnectWait;

/** Initiator to candidate: take me for a neighbour; I would give up `old` for you. */
export interface Optimization {
  readonly kind: 'optimization';
  readonly group: GroupRef;
  readonly old: PeerRef;
}

/** Candidate to initiator: whether it has taken it for a neighbour. */
export interface OptimizationReply {
  readonly kind: 'optimizationReply';
  readonly group: GroupRef;
  readonly accepted: boolean;
  /** All four have exchanged links; otherwise the candidate had a free place. */
  readonly swapped: boolean;
}

/** Candidate to disconnected: would you have `old` in my place, so that I can take the initiator? */
export interface Replace {
  readonly kind: 'replace';
  readonly group: GroupRef;
  readonly initiator: PeerRef;
  readonly old: PeerRef;
}

/** Disconnected to candidate: whether it has given up the candidate and taken the old one. */
export interface ReplaceReply {
  readonly kind: 'replaceReply';
  readonly group: GroupRef;
  readonly accepted: boolean;
}

/** Disconnected to old: take me in place of the initiator. */
export interface Switch {
  readonly kind: 'switch';
  readonly group: GroupRef;
  readonly initiator: PeerRef;
}

/** Old to disconnected: whether it has given up the initiator and taken the disconnected one. */
export interface SwitchReply {
  readonly kind: 'switchReply';
  readonly group: GroupRef;
  readonly accepted: boolean;
}

/** The sender has given up the receiver in a swap, which will bring another neighbour: do not look for one. */
export interface DisconnectWait {
  readonly kind: 'disconnectWait';
  readonly group: GroupRef;
}
