import { assert } from '../core/errors.ts';
import { type IdRange, RANGES_MAX } from '../core/messages.ts';
import type { FieldReader, Findings } from './field-reader.ts';
import { type Field, type FieldType, headSize } from './field-types.ts';
import { BOUND_BYTES_MAX, FINGERPRINT_BYTES } from './limits.ts';

const KINDS: readonly IdRange['kind'][] = ['skip', 'fingerprint', 'ids'];

/** A bound of a range: its bytes, which are characters inside. */
export const BOUND: FieldType<string> = {
  write: (bound, fields) => fields.push(bytesOf(bound)),
  read: (reader) => reader.characters(0, BOUND_BYTES_MAX),
  size: (bound) => headSize(bound.length) + bound.length,
};

/**
 * Ranges that follow each other, one list of all their elements: how many bytes the upper
 * bound shares with the one before (none for the first), its other bytes, the kind, and
 * the fingerprint where there is one. Bounds rise; an empty one stands last only.
 */
export const RANGES: FieldType<readonly IdRange[]> = {
  write(ranges, fields) {
    assert(ranges.length <= RANGES_MAX, 'too many ranges');
    const all: Field[] = [];
    let previous = '';
    for (const range of ranges) {
      const shared = sharedLength(previous, range.upper);
      all.push(shared, bytesOf(range.upper.slice(shared)), KINDS.indexOf(range.kind));
      if (range.kind === 'fingerprint') all.push(bytesOf(range.fingerprint));
      previous = range.upper;
    }
    fields.push(all);
  },

  read(reader, findings) {
    const list = reader.list(4 * RANGES_MAX);
    const ranges: IdRange[] = [];
    let previous = '';
    while (list.left > 0 && findings.failure === undefined) {
      const upper = readUpper(list, previous, findings);
      // The one before was the last that there can be.
      if (ranges.length > 0 && (previous === '' || (upper !== '' && upper <= previous))) findings.fail('malformed');
      if (ranges.length === RANGES_MAX) findings.fail('tooLarge');
      const kind = list.name(KINDS, 'skip');
      if (kind === 'fingerprint') ranges.push({ kind, upper, fingerprint: list.characters(FINGERPRINT_BYTES, FINGERPRINT_BYTES) });
      else ranges.push({ kind, upper });
      previous = upper;
    }
    return ranges;
  },

  size(ranges) {
    let size = 0;
    let elements = 0;
    let previous = '';
    for (const { kind, upper } of ranges) {
      const tail = upper.length - sharedLength(previous, upper);
      size += 2 + headSize(tail) + tail;
      elements += 3;
      if (kind === 'fingerprint') {
        size += headSize(FINGERPRINT_BYTES) + FINGERPRINT_BYTES;
        elements++;
      }
      previous = upper;
    }
    return headSize(elements) + size;
  },
};

function readUpper(list: FieldReader, previous: string, findings: Findings): string {
  const shared = list.uint(previous.length);
  const upper = previous.slice(0, shared) + list.characters(0, BOUND_BYTES_MAX);
  if (upper.length > BOUND_BYTES_MAX) findings.fail('malformed');
  return upper;
}

/** At most 23, so that it is one byte: two bounds that share all of 24 would be the same. */
function sharedLength(x: string, y: string): number {
  let same = 0;
  while (same < x.length && same < y.length && same < BOUND_BYTES_MAX - 1 && x[same] === y[same]) same++;
  return same;
}

function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
