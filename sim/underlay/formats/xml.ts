/**
 * A small XML reader: elements, attributes, text, CDATA, comments, processing
 * instructions, the five predefined entities and character references. It knows
 * no other entity and refuses a document type with declarations, so that nothing
 * can expand; it walks the text once and does not recurse.
 */

import { describe } from '../../../lib/core/errors.ts';
import { NESTING_DEPTH_MAX, XML_ATTRIBUTES_MAX } from './limits.ts';
import { invalid, lineAt, tooLarge } from './text.ts';

/** What an XML text holds, in order. Names come without their namespace prefix. */
export interface XmlHandler {
  /** @param offset Of the `<` in the text, for `lineAt`. */
  open(name: string, attributes: ReadonlyMap<string, string>, offset: number): void;
  /** All text directly before this close tag, or since the last child, is in `text`, untrimmed. */
  close(name: string, text: string, offset: number): void;
}

/**
 * Reads a whole document.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line where it is not well-formed
 *   or declares entities; `TOPOLOGY_TOO_LARGE` when nested deeper than 64 levels.
 */
export function readXml(text: string, file: string, handler: XmlHandler): void {
  new XmlReader(text, file, handler).read();
}

/** The name of the root element without its prefix, or `undefined` where the text is not XML up to there or declares entities. */
export function xmlRoot(text: string): string | undefined {
  let at = 0;
  for (;;) {
    const next = text.indexOf('<', at);
    if (next === -1) return undefined;
    const comment = text.startsWith('<!--', next);
    if (!comment && text.charAt(next + 1) !== '!' && text.charAt(next + 1) !== '?') {
      NAME.lastIndex = next + 1;
      const name = NAME.exec(text)?.[0];
      return name === undefined || NAME.lastIndex === text.length ? undefined : local(name);
    }
    const end = text.indexOf(comment ? '-->' : '>', next);
    if (end === -1 || (!comment && text.slice(next, end).includes('['))) return undefined;
    at = end;
  }
}

const SPACE = /[ \t\r\n]*/y;
const NAME = /[^\s<>/="'&]+/y;
const ENTITIES = new Map([['lt', '<'], ['gt', '>'], ['amp', '&'], ['quot', '"'], ['apos', "'"]]);
/** The longest reference is `&#x10ffff;`. */
const REFERENCE_LENGTH_MAX = 12;

class XmlReader {
  private readonly source: string;
  private readonly file: string;
  private readonly handler: XmlHandler;
  private at = 0;
  /** Qualified names of the open elements, innermost last. */
  private readonly path: string[] = [];
  private text = '';
  private hadRoot = false;

  constructor(source: string, file: string, handler: XmlHandler) {
    this.source = source;
    this.file = file;
    this.handler = handler;
  }

  read(): void {
    while (this.at < this.source.length) {
      const next = this.source.indexOf('<', this.at);
      this.characters(next === -1 ? this.source.length : next);
      if (next !== -1) this.markup();
    }
    const innermost = this.path.at(-1);
    if (innermost !== undefined) this.fail(this.at, `the file ends inside <${innermost}> (it may be cut off)`);
    if (!this.hadRoot) this.fail(this.at, 'the file ends before the first element');
  }

  /** Text up to `end`. */
  private characters(end: number): void {
    const raw = this.source.slice(this.at, end);
    if (this.path.length > 0) this.text += this.decode(raw, this.at);
    else if (raw.trim() !== '') this.fail(this.at, 'text outside the root element');
    this.at = end;
  }

  /** Whatever starts with `<`. */
  private markup(): void {
    const start = this.at;
    if (this.source.startsWith('<!--', start)) this.at = this.endOf('-->', start + 4, 'comment');
    else if (this.source.startsWith('<![CDATA[', start)) this.cdata(start);
    else if (this.source.startsWith('<!', start)) this.documentType(start);
    else if (this.source.startsWith('<?', start)) this.at = this.endOf('?>', start + 2, 'processing instruction');
    else if (this.source.startsWith('</', start)) this.closeTag(start);
    else this.openTag(start);
  }

  private cdata(start: number): void {
    if (this.path.length === 0) this.fail(start, 'text outside the root element');
    this.at = this.endOf(']]>', start + 9, 'CDATA section');
    this.text += this.source.slice(start + 9, this.at - 3);
  }

  private documentType(start: number): void {
    if (!this.source.startsWith('<!DOCTYPE', start)) this.fail(start, 'a declaration outside a document type');
    this.at = this.endOf('>', start, 'document type');
    if (this.source.slice(start, this.at).includes('[')) {
      this.fail(start, 'the document type declares entities or elements of its own, which are not read');
    }
  }

  private openTag(start: number): void {
    if (this.path.length === 0 && this.hadRoot) this.fail(start, 'a second root element');
    if (this.path.length === NESTING_DEPTH_MAX) tooLarge(this.file, `elements nested deeper than ${NESTING_DEPTH_MAX} levels at line ${lineAt(this.source, start)}`);
    this.at = start + 1;
    const name = this.name('an element name');
    const attributes = this.attributes(name);
    this.hadRoot = true;
    this.text = '';
    this.handler.open(local(name), attributes, start);
    if (this.source.charAt(this.at) === '/') {
      this.at++;
      if (this.source.charAt(this.at) !== '>') this.fail(this.at, `expected '>' at the end of <${name}>`);
      this.handler.close(local(name), '', start);
    } else {
      this.path.push(name);
    }
    this.at++;
  }

  /** Reads attributes up to `>` or `/`. */
  private attributes(element: string): Map<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      this.skip(SPACE);
      const char = this.source.charAt(this.at);
      if (char === '>' || char === '/') return attributes;
      if (char === '') this.fail(this.at, `the file ends inside <${element}> (it may be cut off)`);
      const start = this.at;
      const name = this.name(`an attribute of <${element}>`);
      this.skip(SPACE);
      if (this.source.charAt(this.at) !== '=') this.fail(this.at, `expected '=' after the attribute ${describe(name)}`);
      this.at++;
      this.skip(SPACE);
      const quote = this.source.charAt(this.at);
      if (quote !== '"' && quote !== "'") this.fail(this.at, `expected the value of the attribute ${describe(name)} in quotes`);
      const from = this.at + 1;
      this.at = this.endOf(quote, from, 'attribute value');
      if (attributes.has(name)) this.fail(start, `<${element}> has the attribute ${describe(name)} twice`);
      attributes.set(name, this.decode(this.source.slice(from, this.at - 1), from));
      if (attributes.size > XML_ATTRIBUTES_MAX) tooLarge(this.file, `more than ${XML_ATTRIBUTES_MAX} attributes at line ${lineAt(this.source, start)}`);
    }
  }

  private closeTag(start: number): void {
    this.at = start + 2;
    const name = this.name('an element name');
    this.skip(SPACE);
    if (this.source.charAt(this.at) !== '>') this.fail(this.at, `expected '>' at the end of </${name}>`);
    this.at++;
    const expected = this.path.pop();
    if (expected !== name) this.fail(start, expected === undefined ? `</${name}> closes nothing` : `</${name}> closes <${expected}>`);
    const text = this.text;
    this.text = '';
    this.handler.close(local(name), text, start);
  }

  private name(what: string): string {
    const start = this.at;
    this.skip(NAME);
    if (this.at === start) this.fail(start, `expected ${what}${start >= this.source.length ? ', the file ends (it may be cut off)' : ''}`);
    return this.source.slice(start, this.at);
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    if (pattern.test(this.source)) this.at = pattern.lastIndex;
  }

  /** The offset behind the next `terminator`. */
  private endOf(terminator: string, from: number, what: string): number {
    const end = this.source.indexOf(terminator, from);
    if (end === -1) this.fail(this.at, `the ${what} has no end (the file may be cut off)`);
    return end + terminator.length;
  }

  /** Replaces entities and character references. */
  private decode(raw: string, offset: number): string {
    let ampersand = raw.indexOf('&');
    if (ampersand === -1) return raw;
    let decoded = '';
    let from = 0;
    while (ampersand !== -1) {
      const name = /^&([^;\s]+);/.exec(raw.slice(ampersand, ampersand + REFERENCE_LENGTH_MAX))?.[1];
      const character = name === undefined ? undefined : referenced(name);
      if (name === undefined || character === undefined) {
        this.fail(offset + ampersand, `${describe(raw.slice(ampersand, ampersand + REFERENCE_LENGTH_MAX))} is no predefined entity`);
      }
      decoded += raw.slice(from, ampersand) + character;
      from = ampersand + name.length + 2;
      ampersand = raw.indexOf('&', from);
    }
    return decoded + raw.slice(from);
  }

  private fail(offset: number, reason: string): never {
    invalid(this.file, `line ${lineAt(this.source, offset)}`, `not valid XML: ${reason}`);
  }
}

/** The character of `lt`, `#228` or `#xe4`. */
function referenced(name: string): string | undefined {
  const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (number === null) return ENTITIES.get(name);
  const code = number[1] === undefined ? Number(number[2]) : parseInt(number[1], 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
