import { assert } from '../core/errors.ts';
import type { MessageId } from '../core/ids.ts';
import { IDS_MAX } from '../core/messages.ts';
import { type Field, type FieldType, ID_SIZE, headSize, idOf, uintSize, wholeNumber } from './field-types.ts';
import { EPOCH_MAX, SEQ_MAX } from './limits.ts';

/**
 * Message ids, in runs: those of one origin and epoch that follow each other with rising
 * numbers share them, and say how far each is from the one before. A reader leaves out,
 * and counts, runs of a publisher that cannot be had.
 */
export const MESSAGE_IDS: FieldType<readonly MessageId[]> = {
  write(ids, fields, directory) {
    assert(ids.length <= IDS_MAX, 'too many message ids');
    const all: Field[][] = [];
    let run: Field[] = [];
    let previous: MessageId | undefined = undefined;
    for (const next of ids) {
      if (previous !== undefined && continues(previous, next)) run.push(wholeNumber(next.seq - previous.seq - 1, SEQ_MAX));
      else all.push((run = [idOf(next.origin, directory), wholeNumber(next.epoch, EPOCH_MAX), wholeNumber(next.seq, SEQ_MAX)]));
      previous = next;
    }
    fields.push(all);
  },

  read(reader, findings) {
    const list = reader.list(IDS_MAX);
    const ids: MessageId[] = [];
    let count = 0;
    while (list.left > 0) {
      const run = list.list(2 + IDS_MAX);
      if (run.left < 3) findings.fail('malformed');
      count += run.left - 2;
      if (count > IDS_MAX) findings.fail('tooLarge');
      if (findings.failure !== undefined) break;
      const origin = run.listedPeer();
      if (origin === undefined) findings.peersLeftOut++;
      const epoch = run.uint(EPOCH_MAX);
      let seq = run.uint(SEQ_MAX);
      if (origin !== undefined) ids.push({ origin, epoch, seq });
      while (run.left > 0) {
        seq += 1 + run.uint(SEQ_MAX);
        if (seq > SEQ_MAX) {
          findings.fail('malformed');
          break;
        }
        if (origin !== undefined) ids.push({ origin, epoch, seq });
      }
    }
    return ids;
  },

  size(ids) {
    let size = 0;
    let runs = 0;
    let runFields = 0;
    let previous: MessageId | undefined = undefined;
    for (const next of ids) {
      if (previous !== undefined && continues(previous, next)) {
        runFields++;
        size += uintSize(next.seq - previous.seq - 1);
      } else {
        if (runs++ > 0) size += headSize(runFields);
        runFields = 3;
        size += ID_SIZE + uintSize(next.epoch) + uintSize(next.seq);
      }
      previous = next;
    }
    if (runs > 0) size += headSize(runFields);
    return size + headSize(runs);
  },
};

/** Whether `next` belongs to the run of ids that `previous` is in. */
function continues(previous: MessageId, next: MessageId): boolean {
  return previous.origin === next.origin && previous.epoch === next.epoch && previous.seq < next.seq;
}
