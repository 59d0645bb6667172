import { assert } from '../core/errors.ts';
import type { Digest, DigestEntry, Recent } from '../core/messages.ts';
import type { PeerDirectory } from './directory.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { type Field, type FieldType, ID_SIZE, headSize, idOf, uintSize, wholeNumber } from './field-types.ts';
import { DIGEST_ENTRIES_BYTES_MAX, DIGEST_ENTRIES_MAX, DIGEST_RANGES_MAX, EPOCH_MAX, RECENT_ENTRIES_BYTES_MAX, SEQ_MAX } from './limits.ts';

/** The entries of a digest, which must have been cut to what fits. */
export const DIGEST_ENTRIES: FieldType<readonly DigestEntry[]> = {
  write(entries, fields, directory) {
    fields.push(entries.map((entry) => entryFields(entry, directory)));
  },

  /** Leaving out an entry of an unknown publisher loses nothing: there is nothing of it here to send. */
  read(reader, findings) {
    const list = reader.list(DIGEST_ENTRIES_MAX);
    const entries: DigestEntry[] = [];
    while (list.left > 0 && findings.failure === undefined) {
      const fields = list.list(3 + 2 * DIGEST_RANGES_MAX);
      if (fields.left < 3 || fields.left % 2 === 0) findings.fail('malformed');
      if (findings.failure !== undefined) break;
      const origin = fields.listedPeer();
      const epoch = fields.uint(EPOCH_MAX);
      const next = fields.uint(SEQ_MAX + 1);
      const beyond = readRanges(fields, next, findings);
      if (origin === undefined) findings.peersLeftOut++;
      else entries.push({ origin, epoch, next, beyond });
    }
    return entries;
  },

  size(entries) {
    let size = headSize(entries.length);
    for (const entry of entries) size += entrySize(entry);
    return size;
  },
};

/** How many entries, from the first on, stay within the bytes of a message of this kind. */
export function digestEntriesThatFit({ kind, entries }: Digest | Recent): number {
  const bytesMax = kind === 'digest' ? DIGEST_ENTRIES_BYTES_MAX : RECENT_ENTRIES_BYTES_MAX;
  let bytes = 0;
  let count = 0;
  for (const entry of entries) {
    bytes += entrySize(entry);
    if (bytes > bytesMax) break;
    count++;
  }
  return count;
}

/** Ranges go as distances: from what precedes to their beginning, and from there to their end. */
function entryFields(entry: DigestEntry, directory: PeerDirectory): Field[] {
  const { origin, epoch, next, beyond } = entry;
  assert(beyond.length % 2 === 0 && beyond.length <= 2 * DIGEST_RANGES_MAX, 'ranges come in pairs, within their limit');
  const fields: Field[] = [idOf(origin, directory), wholeNumber(epoch, EPOCH_MAX), wholeNumber(next, SEQ_MAX + 1)];
  let last = next;
  for (let i = 0; i < beyond.length; i += 2) {
    const [from, to] = [beyond[i] as number, beyond[i + 1] as number];
    assert(to <= SEQ_MAX, 'a range past the last number');
    fields.push(wholeNumber(from - last - 1, SEQ_MAX), wholeNumber(to - from, SEQ_MAX));
    last = to;
  }
  return fields;
}

/** Distances cannot but rise; they must not lead past the last number. */
function readRanges(fields: FieldReader, next: number, findings: Findings): number[] {
  const beyond: number[] = [];
  let last = next;
  while (fields.left > 0) {
    const from = last + 1 + fields.uint(SEQ_MAX);
    const to = from + fields.uint(SEQ_MAX);
    if (to > SEQ_MAX) {
      findings.fail('malformed');
      break;
    }
    beyond.push(from, to);
    last = to;
  }
  return beyond;
}

function entrySize(entry: DigestEntry): number {
  const { epoch, next, beyond } = entry;
  let size = headSize(3 + beyond.length) + ID_SIZE + uintSize(epoch) + uintSize(next);
  let last = next;
  for (let i = 0; i + 1 < beyond.length; i += 2) {
    const [from, to] = [beyond[i] as number, beyond[i + 1] as number];
    size += uintSize(from - last - 1) + uintSize(to - from);
    last = to;
  }
  return size;
}
