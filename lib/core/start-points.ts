import type { MessageId, PeerRef } from './ids.ts';
import type { DigestEntry } from './messages.ts';
import { OriginLog, covers } from './origin-log.ts';
import { SequenceWindow, WINDOW_SIZE } from './sequence-window.ts';

/**
 * Where the streams of a newcomer with `since: 'now'` start. What is older is not
 * delivered, and its windows take that for seen, so that nobody sends it. What a
 * neighbour turns out to lack of it the newcomer fetches all the same, to pass it on:
 * else members that miss a message could not get it over newcomers.
 */
export class StartPoints {
  /** The newcomer has been told, or has given up asking. */
  known = false;
  /** What is older, as who told of it had it. */
  private readonly points = new Map<PeerRef, StartPoint>();

  /** `start` is the first number of the stream that is delivered, but for those in the ranges `beyond`, which are older too. */
  set({ origin, epoch }: OriginLog, start: number, beyond: readonly number[] = []): void {
    this.points.set(origin, { origin, epoch, next: start, beyond, fetched: undefined });
  }

  /** Whether a message that has come is older than the start of its stream. Then it is not fetched a second time, even if no room was left to keep it. */
  passesOver(message: MessageId): boolean {
    const { origin, seq } = message;
    const point = this.points.get(origin);
    if (point === undefined || !this.isBefore(message)) return false;
    point.fetched ??= new SequenceWindow();
    if (!point.fetched.fits(seq)) point.fetched.skipTo(seq - WINDOW_SIZE + 1);
    if (!point.fetched.has(seq)) point.fetched.add(seq);
    return true;
  }

  forget(origin: PeerRef): void {
    this.points.delete(origin);
  }

  /** Whether the message is older than the start of its stream. */
  isBefore({ origin, epoch, seq }: MessageId): boolean {
    const point = this.points.get(origin);
    return point?.epoch === epoch && covers(point, { origin, epoch, seq });
  }

  /**
   * A window that differs from `log` in not having seen what the owner of a digest with
   * the entry `theirs` lacks of the past, and never was here. `undefined`: nothing is
   * to be fetched that was not before. Looks at `numbersMax` numbers at most, and
   * answers how many.
   */
  lacking(log: OriginLog, theirs: DigestEntry | undefined, isHere: (id: MessageId) => boolean, numbersMax: number): [OriginLog | undefined, number] {
    const { origin, epoch } = log;
    const point = this.points.get(origin);
    if (point === undefined || point.epoch !== epoch) return [undefined, 0];
    const first = Math.max(theirs?.epoch === epoch ? theirs.next : 0, log.highest + 1 - WINDOW_SIZE);
    const end = Math.min(Math.max(point.next, (point.beyond.at(-1) ?? -1) + 1), log.highest + 1, first + numbersMax);
    const wanted: number[] = [];
    for (let seq = first; seq < end; seq++) {
      const id = { origin, epoch, seq };
      if (covers(point, id) && !covers(theirs, id) && this.wasNeverHere(log, id, isHere)) wanted.push(seq);
    }
    return [wanted.length === 0 ? undefined : without(log, wanted), Math.max(0, end - first)];
  }

  /** A window that differs from `log` in not having seen this message of the past, which never was here; `undefined` when it was, or is not of the past. */
  lackingOne(log: OriginLog, id: MessageId, isHere: (id: MessageId) => boolean): OriginLog | undefined {
    return this.isBefore(id) && id.seq > log.highest - WINDOW_SIZE && this.wasNeverHere(log, id, isHere) ? without(log, [id.seq]) : undefined;
  }

  /** It is taken for seen, and neither kept nor was it fetched. */
  private wasNeverHere(log: OriginLog, id: MessageId, isHere: (id: MessageId) => boolean): boolean {
    return log.has(id.seq) && this.points.get(id.origin)?.fetched?.has(id.seq) !== true && !isHere(id);
  }
}

interface StartPoint extends DigestEntry {
  /** What has come all the same. */
  fetched: SequenceWindow | undefined;
}

/** A copy of the window that has not seen these numbers, which rise and are no further apart than a window reaches. */
function without(log: OriginLog, numbers: readonly number[]): OriginLog {
  const left = new Set(numbers);
  const copy = new OriginLog();
  copy.origin = log.origin;
  copy.epoch = log.epoch;
  copy.next = Math.min(log.next, numbers[0] as number);
  const { highest } = log;
  for (let seq = copy.next; seq <= highest; seq++) if (log.has(seq) && !left.has(seq)) copy.add(seq);
  return copy;
}
