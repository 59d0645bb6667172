import { accessSync, closeSync, constants, lstatSync, mkdirSync, openSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { OverlayError } from '../lib/core/errors.ts';

/** Lines into a file or pipe, and into a terminal that does not tell its width. */
const WIDTH = 100;

/** A terminal narrower than this overflows. */
const WIDTH_MIN = 40;

/** The version of the package, one line. */
export function versionText(): string {
  const { version }: { readonly version: string } = createRequire(import.meta.url)('overlaycast/package.json');
  return `${version}\n`;
}

/** Characters of a line on standard output. */
export function outputWidth(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? Math.max(columns, WIDTH_MIN) : WIDTH;
}

/** Colours on a terminal, unless the environment says otherwise (no-color.org, force-color.org). */
export function wantsColor(env: NodeJS.ProcessEnv, isTTY: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return isTTY && term !== 'dumb';
}

/**
 * Finds out whether a file can be written, before a long run whose result goes
 * there: one that exists keeps its content, one that does not is made and removed.
 * A pipe or device is left alone, since its reader would take the closing for the
 * end; so is a link to nowhere.
 *
 * @throws OverlayError `UNREADABLE_FILE` when it cannot be written.
 */
export function checkOutput(path: string): void {
  if (path === '-') return;
  try {
    const found = statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      closeSync(openSync(path, 'wx'));
      unlinkSync(path);
    } else if (found.isFile() || found.isDirectory()) {
      closeSync(openSync(path, 'a'));
    }
  } catch (error) {
    cannotWrite(path, error);
  }
}

/**
 * Finds out whether a file can be written into a folder, which is made where it is not there.
 * @throws OverlayError `UNREADABLE_FILE` when it cannot.
 */
export function checkFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    cannotWrite(path, error);
  }
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A document as JSON, for people to read, too. */
export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Writes a file, or standard output for `-`.
 * @throws OverlayError `UNREADABLE_FILE` when it cannot be written.
 */
export function writeOutput(path: string, text: string): void {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    cannotWrite(path, error);
  }
}

/**
 * What becomes of an error on standard output: a reader that has seen enough
 * (`| head`) is no error, and leads to `onReaderGone`; anything else, a full disk say,
 * is told to `report`.
 */
export function watchStandardOutput(report: (sentence: string) => void, onReaderGone: () => void = () => {}): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') onReaderGone();
    else report(`standard output: cannot be written: ${reasonOf(error)}.`);
  });
  process.stderr.on('error', () => {});
}

const REASONS = new Map([
  ['ENOENT', 'no such folder'],
  ['ENOTDIR', 'no such folder'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space left'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

function cannotWrite(path: string, error: unknown): never {
  throw new OverlayError('UNREADABLE_FILE', `${path}: cannot be written: ${reasonOf(error)}.`);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return REASONS.get(code) ?? code;
}
