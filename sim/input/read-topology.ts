import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { OverlayError } from '../../lib/core/errors.ts';
import { parseTopology } from '../underlay/formats/detect.ts';
import { FILE_BYTES_MAX } from '../underlay/formats/limits.ts';
import type { Underlay } from '../underlay/underlay.ts';
import { decodeText } from './decode-text.ts';

/**
 * Reads a topology file, plain or gzipped, or standard input where `path` is `-`.
 *
 * @throws OverlayError `UNREADABLE_FILE` when it cannot be read, `TOPOLOGY_TOO_LARGE`
 *   above 64 MiB before or after gunzip, and what `parseTopology` throws.
 */
export function readTopologyFile(path: string): Underlay {
  const name = path === '-' ? 'stdin' : path;
  const bytes = inflated(path === '-' ? readBounded(0, name) : readFile(path), name);
  const { text, note } = decodeText(bytes, name);
  const underlay = parseTopology(text, name);
  return note === undefined ? underlay : { ...underlay, notes: [note, ...underlay.notes] };
}

function readFile(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new OverlayError('UNREADABLE_FILE', `${path}: is a directory, expected a file.`);
    if (stat.size > FILE_BYTES_MAX) tooManyBytes(path, `${stat.size} bytes`);
    return readBounded(file, path);
  } catch (error) {
    throw error instanceof OverlayError ? error : new OverlayError('UNREADABLE_FILE', `${path}: ${reasonOf(error)}.`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const CHUNK_BYTES = 1 << 20;

/** Reads to the end, but no further than the limit: a pipe or a device has no size to ask for. */
function readBounded(file: number, name: string): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = readChunk(file, chunk, name);
    if (length === 0) return Buffer.concat(chunks, total);
    chunks.push(chunk.subarray(0, length));
    total += length;
    if (total > FILE_BYTES_MAX) tooManyBytes(name, `more than ${FILE_BYTES_MAX} bytes`);
  }
}

/** Reads some bytes, 0 at the end; waits where the other end of a pipe has written none yet. */
function readChunk(file: number, chunk: Buffer, name: string): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw new OverlayError('UNREADABLE_FILE', `${name}: ${reasonOf(error)}.`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
    }
  }
}

/** Between two looks at an empty pipe that does not block. A guess. */
const PIPE_WAIT_MS = 10;

/** Unpacks gzip, which is told by its first two bytes. */
function inflated(bytes: Buffer, name: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: FILE_BYTES_MAX });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') tooManyBytes(name, `more than ${FILE_BYTES_MAX} bytes after gunzip`);
    throw new OverlayError('INVALID_TOPOLOGY', `${name}: the gzip data are damaged or cut off (${error instanceof Error ? error.message : 'unknown reason'}).`);
  }
}

function tooManyBytes(name: string, what: string): never {
  throw new OverlayError('TOPOLOGY_TOO_LARGE', `${name}: ${what}, at most ${FILE_BYTES_MAX} are read.`);
}

const REASONS = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'is a directory, expected a file'],
  ['ELOOP', 'too many symbolic links'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EMFILE', 'too many open files'],
]);

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return REASONS.get(code) ?? `cannot be read (${code === '' ? 'unknown reason' : code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
