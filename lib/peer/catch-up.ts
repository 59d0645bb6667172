import type { CatchUpTimer, Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { MessageLog } from '../core/message-log.ts';
import { type DataMessage, type Digest, nextHop } from '../core/messages.ts';

/** Messages sent in answer to one request at most; as many as to a digest by default. */
export const BATCH_MAX = 256;

/** Newcomers that are answered later, when this peer knows more; further ones have to ask again. */
export const WAITING_MAX = 64;

/** How a newcomer comes to what it is owed: from its neighbours. */
export interface CatchUp {
  /** The neighbours may have been given from the start. */
  start(effects: Effects): void;
  onNeighbourUp(effects: Effects): void;
  onNeighbourDown(peer: PeerRef, effects: Effects): void;
  /** A digest with a mode of `isCatchUp`. */
  onDigest(from: PeerRef, digest: Digest, effects: Effects): void;
  onTimer(timer: CatchUpTimer, effects: Effects): void;
  eachPeer(visit: (peer: PeerRef) => void): void;
}

/** What a catch-up knows of its group. */
export interface CatchUpContext {
  readonly self: PeerRef;
  /** Of this incarnation. */
  readonly epoch: number;
  readonly session: number;
  readonly timeoutMs: number;
  readonly log: MessageLog;
  readonly neighbours: readonly PeerRef[];
}

/** Whether the digest is between a newcomer and a neighbour of it, and not anti-entropy. */
export function isCatchUp({ mode }: Digest): boolean {
  return mode !== 'push' && mode !== 'pull' && mode !== 'pushPull';
}

/**
 * Answers a newcomer that asks; answers to others' questions are left alone.
 *
 * `state`: how far the application is here. What is here and waits for its turn goes
 * along, since it was passed on before the newcomer was a neighbour. `history`: the
 * oldest of what it lacks, and of each origin the lowest number kept. Histories drop
 * the oldest first, so that what is below is gone.
 */
export function answerNewcomer(log: MessageLog, from: PeerRef, { mode, entries }: Pick<Digest, 'mode' | 'entries'>, effects: Effects): void {
  if (mode === 'state') {
    effects.send(from, { kind: 'digest', group: log.group, mode: 'stateReply', entries: log.positions() });
    sendAgain(log.heldBack(BATCH_MAX), from, effects);
  } else if (mode === 'history') {
    const lacked = log.lackedBy(entries, BATCH_MAX + 1);
    sendAgain(lacked.slice(0, BATCH_MAX), from, effects);
    const reply = lacked.length > BATCH_MAX ? 'historyPart' : 'historyEnd';
    effects.send(from, { kind: 'digest', group: log.group, mode: reply, entries: log.oldestKept() });
  }
}

function sendAgain(messages: readonly DataMessage[], to: PeerRef, effects: Effects): void {
  for (const message of messages) effects.send(to, { ...nextHop(message), repair: true });
}
