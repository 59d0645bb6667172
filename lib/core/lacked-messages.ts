import type { History } from './history.ts';
import type { MessageId } from './ids.ts';
import type { DataMessage, DigestEntry } from './messages.ts';
import { covers } from './origin-log.ts';

/** What is looked for, and how much of it. */
export interface LackedQuery {
  readonly messagesMax: number;
  /** What was kept from it on is left out. */
  readonly mark: number;
  /** Ranges for which an entry of the digest has room. */
  readonly rangesMax: number;
  /** Where among what may be lacked to begin, counted from any one. */
  readonly start: number;
}

/**
 * Messages of the history that the owner of `digest` lacks, oldest first. What lies past
 * all that an entry had room for may be there: it comes last, from `start` on and round,
 * since what is there for long would else keep out for ever what is not. Answers also how
 * many of the messages are of that kind.
 */
export function lackedOf(history: History, digest: readonly DigestEntry[], { messagesMax, mark, rangesMax, start }: LackedQuery): readonly [lacked: DataMessage[], unsure: number] {
  const lacked: DataMessage[] = [];
  const unsure: DataMessage[] = [];
  const theirs = new Map(digest.map((entry) => [entry.origin, entry]));
  history.scan(mark, (message) => {
    const entry = theirs.get(message.origin);
    if (!covers(entry, message)) (isPastRoom(entry, message, rangesMax) ? unsure : lacked).push(message);
    return lacked.length < messagesMax;
  });
  const more = Math.min(messagesMax - lacked.length, unsure.length);
  for (let i = 0; i < more; i++) lacked.push(unsure[(start + i) % unsure.length] as DataMessage);
  return [lacked, more];
}

function isPastRoom(entry: DigestEntry | undefined, { epoch, seq }: MessageId, rangesMax: number): boolean {
  return entry !== undefined && entry.epoch === epoch && entry.beyond.length >= 2 * rangesMax && seq > (entry.beyond.at(-1) ?? Infinity);
}
