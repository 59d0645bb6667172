import { OverlayError } from '../../../lib/core/errors.ts';
import type { Underlay } from '../underlay.ts';
import { ASHIIP_NODE, parseAshiip } from './ashiip.ts';
import { parseBrite } from './brite.ts';
import { parseGml } from './gml.ts';
import { parseGraphml } from './graphml.ts';
import { parseJsonTopology } from './json.ts';
import { FILE_BYTES_MAX } from './limits.ts';
import { parseMatrixText } from './matrix-text.ts';
import { parseRocketfuelCch, parseRocketfuelIntra } from './rocketfuel.ts';
import { parseSndlibNative } from './sndlib.ts';
import { parseSndlibXml } from './sndlib-xml.ts';
import { invalid, lines, parseNumber, tooLarge, words } from './text.ts';
import { readXml, xmlRoot } from './xml.ts';

/** The formats that are read, for help texts and errors. */
export const KNOWN_FORMATS = 'node-link JSON, GraphML, GML, SNDlib native and XML, Rocketfuel .intra and .cch, BRITE, aShIIP, and latency matrices as CSV, TSV or JSON';

/**
 * Reads a topology of any known format. The content decides which; the end of the
 * file's name only where the content does not tell, and tells Rocketfuel weights
 * from delays.
 *
 * @param fileName Names the file in errors and, where it has no name of its own, the underlay.
 * @throws OverlayError `UNKNOWN_FORMAT`, `INVALID_TOPOLOGY` with place and reason, or `TOPOLOGY_TOO_LARGE`.
 */
export function parseTopology(text: string, fileName: string): Underlay {
  if (text.length > FILE_BYTES_MAX) tooLarge(fileName, `${text.length} characters, at most ${FILE_BYTES_MAX} are read`);
  const content = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const start = content.search(/\S/);
  if (start === -1) invalid(fileName, '', 'the file is empty');
  if (content.includes('\0')) unknown(fileName, 'it holds NUL bytes and is no text');
  const first = content.charAt(start);
  if (first === '<') return parseXmlTopology(content, fileName);
  if (first === '{' || first === '[') return parseJsonTopology(content, fileName);
  return parseTextTopology(content, fileName);
}

function parseXmlTopology(text: string, file: string): Underlay {
  const root = xmlRoot(text);
  if (root === 'graphml') return parseGraphml(text, file);
  if (root === 'network') return parseSndlibXml(text, file);
  // Without a root it is not well-formed, and the reader says why.
  if (root === undefined) readXml(text, file, { open: () => {}, close: () => {} });
  return unknown(file, 'it is XML, but its root is neither <graphml> nor an SNDlib <network>');
}

type Parser = (text: string, file: string) => Underlay;

/** What one trimmed line of a format looks like that no line of another does. */
const TELLTALES: readonly (readonly [RegExp, Parser])[] = [
  [/^\?SNDlib native format|^NODES\s*\($/, parseSndlibNative],
  [/^Topology: \(|^Nodes:\s*\(\s*\d+\s*\)/, parseBrite],
  [/^graph(?:\s*\[|$)/, parseGml],
  [ASHIIP_NODE, parseAshiip],
  [/^-?\d+\s+@|^-\d+\s+=/, parseRocketfuelCch],
];

/** Asked only when the content does not tell: then the format's own reader says what is wrong. */
const ENDINGS: readonly (readonly [RegExp, Parser])[] = [
  [/\.json$/i, parseJsonTopology],
  [/\.(?:graphml|xml)$/i, parseGraphml],
  [/\.gml$/i, parseGml],
  [/\.brite$/i, parseBrite],
  [/\.cch$/i, parseRocketfuelCch],
  [/\.(?:csv|tsv)$/i, parseMatrixText],
];

function parseTextTopology(text: string, file: string): Underlay {
  const head: string[] = [];
  for (const { text: line } of lines(text.slice(0, HEAD_LENGTH))) {
    const content = line.trim();
    const parser = TELLTALES.find(([pattern]) => pattern.test(content))?.[1];
    if (parser !== undefined) return parser(text, file);
    if (content !== '' && !content.startsWith('#')) head.push(line);
  }
  const name = file.replace(/\.gz$/i, '');
  if (isIntra(head[0] ?? '') || name.endsWith('.intra')) return parseRocketfuelIntra(text, file);
  if (isMatrix(head)) return parseMatrixText(text, file);
  const byEnding = ENDINGS.find(([pattern]) => pattern.test(name))?.[1];
  if (byEnding !== undefined) return byEnding(text, file);
  return unknown(file, 'its content is of no format that is read');
}

/** Two names and a number, as Rocketfuel has them. */
function isIntra(line: string): boolean {
  const [source, target, value, more] = words(line).map((word) => [parseNumber(word), word] as const);
  return more === undefined && source?.[0] === undefined && target?.[0] === undefined && value?.[0] !== undefined;
}

/** Most of the second line's cells are numbers; the first may be a header. */
function isMatrix(head: readonly string[]): boolean {
  const cells = (head[1] ?? '').split(/[\t,; ]/).filter((cell) => cell !== '');
  const numbers = cells.filter((cell) => parseNumber(cell) !== undefined).length;
  return numbers >= 1 && numbers * 2 >= cells.length;
}

function unknown(file: string, reason: string): never {
  throw new OverlayError('UNKNOWN_FORMAT', `${file}: unknown format: ${reason}; known are ${KNOWN_FORMATS}.`);
}

/** How much of a file is looked at to tell its format. */
const HEAD_LENGTH = 65_536;
