import { OverlayError } from '../../../lib/core/errors.ts';

/** Ends the reading of a file: `file, place: reason.` with code `INVALID_TOPOLOGY`; `place` may be empty. */
export function invalid(file: string, place: string, reason: string): never {
  throw new OverlayError('INVALID_TOPOLOGY', `${file}${place === '' ? '' : `, ${place}`}: ${reason}.`);
}

/** Ends the reading of a file that exceeds one of the limits in `limits.ts`, with code `TOPOLOGY_TOO_LARGE`. */
export function tooLarge(file: string, what: string): never {
  throw new OverlayError('TOPOLOGY_TOO_LARGE', `${file}: ${what}.`);
}

/** A line without its end, and its number, counted from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** The lines of a text, which end in LF, CR LF or a lone CR; the piece after the last end only if it is not empty. */
export function* lines(text: string): Generator<Line> {
  let start = 0;
  let number = 1;
  let lineFeed = -1;
  let carriageReturn = -1;
  while (start < text.length) {
    // Each search goes on from where the last one ended, which keeps the whole linear.
    if (lineFeed < start) lineFeed = indexOrEnd(text, '\n', start);
    if (carriageReturn < start) carriageReturn = indexOrEnd(text, '\r', start);
    const end = Math.min(lineFeed, carriageReturn);
    yield { text: text.slice(start, end), number };
    start = lineFeed === end + 1 && carriageReturn === end ? end + 2 : end + 1;
    number++;
  }
}

function indexOrEnd(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from);
  return index === -1 ? text.length : index;
}

/** The number of the line that holds a character, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return place(text, offset).line;
}

/** Line and column of a character, both counted from 1. */
export function place(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = 0; i < offset && i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 10 && (code !== 13 || text.charCodeAt(i + 1) === 10)) continue;
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}

/** The words of a line, parted by blanks and tabs. */
export function words(line: string): string[] {
  const trimmed = line.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/);
}

/** Longer digits than any that a writer of doubles emits; bounds the pattern below. */
const NUMBER_LENGTH_MAX = 64;

/**
 * The number that the whole text writes, or `undefined` when it is something else
 * ("12ms", "0x10", ""). NaN and the infinities have names: `nan`, `inf`, `infinity`
 * in any case; the caller decides whether they are welcome.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.length > NUMBER_LENGTH_MAX) return undefined;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const named = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(trimmed);
  if (named === null) return undefined;
  if (named[2] !== undefined) return NaN;
  return named[1] === '-' ? -Infinity : Infinity;
}

/** The name of a file without folders and without the ends that only tell its format. */
export function stem(fileName: string): string {
  const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  return base.replace(/\.gz$/i, '').replace(/(.)\.(?:json|graphml|xml|gml|txt|csv|tsv|brite|cch|intra)$/i, '$1');
}

/** `1 link`, `2 links`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Names shown in a note before it says "and N more". */
const SHOWN_MAX = 5;

/** The first few of some names, for a note. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_MAX).join(', ');
  return names.length > SHOWN_MAX ? `${shown} and ${names.length - SHOWN_MAX} more` : shown;
}
