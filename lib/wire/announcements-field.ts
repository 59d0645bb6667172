import { assert } from '../core/errors.ts';
import type { MessageId } from '../core/ids.ts';
import { HOPS_MAX } from '../core/message-log.ts';
import type { Announcement } from '../core/messages.ts';
import { type Field, type FieldType, ID_SIZE, headSize, idOf, uintSize, wholeNumber } from './field-types.ts';
import { ANNOUNCEMENTS_MAX, EPOCH_MAX, SEQ_MAX } from './limits.ts';

/** The announcements of an iHave, in runs: those of one origin and epoch that follow each other share them. */
export const ANNOUNCEMENTS: FieldType<readonly Announcement[]> = {
  write(announcements, fields, directory) {
    assert(announcements.length <= ANNOUNCEMENTS_MAX, 'too many announcements');
    const all: Field[][] = [];
    let run: Field[] = [];
    let previous: Announcement | undefined = undefined;
    for (const next of announcements) {
      if (!sameRun(previous, next)) all.push((run = [idOf(next.origin, directory), wholeNumber(next.epoch, EPOCH_MAX)]));
      run.push(wholeNumber(next.seq, SEQ_MAX), wholeNumber(next.hops, HOPS_MAX));
      previous = next;
    }
    fields.push(all);
  },

  read(reader, findings) {
    const list = reader.list(ANNOUNCEMENTS_MAX);
    const announcements: Announcement[] = [];
    let count = 0;
    while (list.left > 0) {
      const run = list.list(2 + 2 * ANNOUNCEMENTS_MAX);
      if (run.left < 4 || run.left % 2 !== 0) findings.fail('malformed');
      count += run.left / 2 - 1;
      if (count > ANNOUNCEMENTS_MAX) findings.fail('tooLarge');
      if (findings.failure !== undefined) break;
      const origin = run.listedPeer();
      if (origin === undefined) findings.peersLeftOut++;
      const epoch = run.uint(EPOCH_MAX);
      while (run.left > 0) {
        const [seq, hops] = [run.uint(SEQ_MAX), run.uint(HOPS_MAX)];
        if (origin !== undefined) announcements.push({ origin, epoch, seq, hops });
      }
    }
    return announcements;
  },

  size(announcements) {
    let size = 0;
    let runs = 0;
    let runFields = 0;
    let previous: Announcement | undefined = undefined;
    for (const next of announcements) {
      if (!sameRun(previous, next)) {
        if (runs++ > 0) size += headSize(runFields);
        runFields = 2;
        size += ID_SIZE + uintSize(next.epoch);
      }
      runFields += 2;
      size += uintSize(next.seq) + uintSize(next.hops);
      previous = next;
    }
    if (runs > 0) size += headSize(runFields);
    return size + headSize(runs);
  },
};

/** Whether `next` belongs to the run of announcements that `previous` is in. */
function sameRun(previous: MessageId | undefined, next: MessageId): boolean {
  return previous !== undefined && previous.origin === next.origin && previous.epoch === next.epoch;
}
