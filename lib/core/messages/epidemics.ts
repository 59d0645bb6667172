import type { GroupRef } from '../ids.ts';
import type { DigestEntry } from '../messages.ts';

/** Connection limit: the sender asks to be the receiver's contact of this cycle. */
export interface Connect {
  readonly kind: 'connect';
  readonly group: GroupRef;
  /** Which of the epidemics of the group asks: both may run at a time. */
  readonly protocol: 'rumor' | 'antiEntropy';
  /** The asker's number of the attempt. */
  readonly seq: number;
}

/** Connection limit: whether the contact of this number may go on; `false` when the sender has had as many as it takes in a cycle. */
export interface ConnectReply {
  readonly kind: 'connectReply';
  readonly group: GroupRef;
  readonly protocol: 'rumor' | 'antiEntropy';
  readonly seq: number;
  readonly accepted: boolean;
}

/** Exclusive or of the hashes of digest entries, in two halves of 32 bits. */
export interface Checksum {
  readonly high: number;
  readonly low: number;
}

/**
 * Anti-entropy: what has changed lately. With `ask` the sender lists the publishers of
 * which something has come lately, what it has of them, and the checksum of all that it
 * has. `answer` holds the same of the other side, with what it has of the publishers that
 * were listed in the question. `fetch` asks for what its sender lacks of the publishers
 * listed, and of no others; its checksum means nothing.
 */
export interface Recent {
  readonly kind: 'recent';
  readonly group: GroupRef;
  readonly step: 'ask' | 'answer' | 'fetch';
  /** In which directions the one who asked wants messages to go. */
  readonly mode: 'push' | 'pull' | 'pushPull';
  readonly checksum: Checksum;
  readonly entries: readonly DigestEntry[];
}
