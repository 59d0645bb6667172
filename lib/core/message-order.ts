import type { Audited } from './audit.ts';
import type { Effects, GapTimer } from './effects.ts';
import type { PeerRef } from './ids.ts';
import type { DataMessage, DigestEntry } from './messages.ts';

/**
 * Decides when the application gets a message that the log has accepted. A newcomer's
 * may begin with a hold: nothing of others is delivered before it is known where their
 * streams start. `startAt` or `startAtLowest` say where, and `begin` ends the hold; so
 * does a full buffer.
 */
export interface MessageOrder {
  /** Messages that came after their place had been given up. */
  readonly late: number;
  /** What it holds back, counted anew. */
  readonly audit: readonly Audited[];
  /** Delivers `message` and what it releases, or holds it back. Every message must come here at most once. */
  accept(message: DataMessage, from: PeerRef, effects: Effects): void;
  onGapTimer(timer: GapTimer, effects: Effects): void;
  /** The log no longer knows the origin: what is held of it goes, with `lost` events for what is missing. */
  forget(origin: PeerRef, effects: Effects): void;
  /** What is below `next` is not owed: it is neither waited for nor reported. */
  startAt(origin: PeerRef, epoch: number, next: number, effects: Effects): void;
  /** After the hold: how far a stream has come of which something was delivered already. It goes on from there, whatever start is told; `undefined` for others. */
  begunAt(origin: PeerRef, epoch: number): number | undefined;
  /** What is missing below `next` cannot be had: it is reported as lost. */
  giveUpBelow(origin: PeerRef, epoch: number, next: number, effects: Effects): void;
  /** While held: every stream starts at the lowest number that is held of it. */
  startAtLowest(): void;
  /** Ends the hold: delivers what can be, and waits for the rest from now on. Comes after every `startAt`. */
  begin(effects: Effects): void;
  /** How far the application has got in each stream. */
  positions(): DigestEntry[];
  /** What is held back, in order of arrival as far as it is known, at most `messagesMax`. */
  heldBack(messagesMax: number): DataMessage[];
  /** Every peer that is named in what is held back. */
  eachPeer(visit: (peer: PeerRef) => void): void;
}
