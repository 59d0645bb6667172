import { describe } from '../../../lib/core/errors.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { AttributeReader } from './attributes.ts';
import type { Fail } from './attributes.ts';
import { GraphCollector } from './collector.ts';
import { NESTING_DEPTH_MAX } from './limits.ts';
import { invalid, lineAt, parseNumber, stem, tooLarge } from './text.ts';

/**
 * Reads GML (Himsolt, "GML: A portable graph file format", 1997), as networkx,
 * topohub and the Internet Topology Zoo write it: `graph [ node [ id .. ] edge [
 * source .. target .. ] ]`, lists within lists, unknown keys ignored, the first
 * of repeated keys counts.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseGml(text: string, file: string): RouterUnderlay {
  const attributes = new AttributeReader();
  const collector = new GraphCollector(file);
  const fail = (offset: number, reason: string): never => invalid(file, `line ${lineAt(text, offset)}`, reason);
  const id = (list: GmlList, key: string): string => {
    const value = list.values.get(key);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    return fail(list.offset, `expected ${key} to be an id, got ${describe(value)}`);
  };
  const graph = new GmlReader(text, file).read((list) => {
    const get = (name: string): string | number | undefined => scalar(list, name);
    const wrong: Fail = (_, reason) => fail(list.offset, reason);
    if (list.key === 'node') collector.node(attributes.node(id(list, 'id'), get, wrong), list.offset);
    else if (list.key === 'edge') collector.link(attributes.link(id(list, 'source'), id(list, 'target'), get, wrong), list.offset);
  });
  if (graph === undefined) invalid(file, '', 'there is no list `graph [ .. ]`');
  const name = graph.values.get('name');
  const notes = attributes.notes(graph.values.get('directed') === 1);
  return collector.build(typeof name === 'string' && name !== '' ? name : stem(file), notes, (offset) => lineAt(text, offset));
}

type GmlValue = string | number | GmlList;

interface GmlList {
  readonly key: string;
  /** The first value of each key. */
  readonly values: Map<string, GmlValue>;
  /** Of the key that opens the list, in the text. */
  readonly offset: number;
}

/** A value that is no list; plane coordinates may stand in a `graphics` list. */
function scalar(list: GmlList, name: string): string | number | undefined {
  const value = list.values.get(name);
  if (typeof value === 'object') return undefined;
  if (value !== undefined || (name !== 'x' && name !== 'y')) return value;
  const graphics = list.values.get('graphics');
  return typeof graphics === 'object' ? scalar(graphics, name) : undefined;
}

function keepFirst(list: GmlList | undefined, key: string, value: GmlValue): void {
  if (list !== undefined && !list.values.has(key)) list.values.set(key, value);
}

const BLANK = /[ \t\r\n]+/y;
const COMMENT = /#[^\r\n]*/y;
const KEY = /[A-Za-z_][A-Za-z0-9_]*/y;
const WORD = /[^\s[\]"#]+/y;

class GmlReader {
  private readonly text: string;
  private readonly file: string;
  private at = 0;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  /**
   * Walks the whole text.
   *
   * @param onItem Is told each list directly within `graph`, at its end; they are not kept.
   * @returns The first `graph`, or `undefined`.
   */
  read(onItem: (list: GmlList) => void): GmlList | undefined {
    const top: GmlList = { key: '', values: new Map(), offset: 0 };
    const open = [top];
    let graph: GmlList | undefined;
    for (;;) {
      this.skipBlank();
      const list = open.at(-1) ?? top;
      const start = this.at;
      if (start >= this.text.length) {
        if (open.length > 1) this.fail(list.offset, 'the list that begins here is not closed (the file may be cut off)');
        return graph;
      }
      if (this.text.charAt(start) === ']') {
        if (open.length === 1) this.fail(start, "a ']' that closes nothing");
        open.pop();
        this.at++;
        const parent = open.at(-1);
        if (open.length === 2 && parent === graph) onItem(list);
        else if (open.length > 2) keepFirst(parent, list.key, list);
        continue;
      }
      const key = this.match(KEY) ?? this.fail(start, `expected a key, got ${describe(this.text.slice(start, start + 20))}`);
      this.skipBlank();
      if (this.text.charAt(this.at) !== '[') {
        keepFirst(list, key, this.value(key));
        continue;
      }
      if (open.length > NESTING_DEPTH_MAX) tooLarge(this.file, `nested deeper than ${NESTING_DEPTH_MAX} levels at line ${lineAt(this.text, start)}`);
      this.at++;
      const child: GmlList = { key, values: new Map(), offset: start };
      if (open.length === 1 && key === 'graph') graph ??= child;
      open.push(child);
    }
  }

  /** A string in quotes, a number, or a bare word as text. */
  private value(key: string): string | number {
    if (this.text.charAt(this.at) === '"') return this.string();
    const word = this.match(WORD) ?? this.fail(this.at, `expected a value of ${describe(key)}`);
    return parseNumber(word) ?? word;
  }

  private string(): string {
    const end = this.text.indexOf('"', this.at + 1);
    if (end === -1) this.fail(this.at, 'the string that begins here is not closed (the file may be cut off)');
    const raw = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return raw.includes('&') ? raw.replace(/&(?:quot|amp|lt|gt|apos|nbsp|#[0-9]{1,7});/g, decoded) : raw;
  }

  /** Skips white space and comments. */
  private skipBlank(): void {
    while (this.match(BLANK) !== undefined || this.match(COMMENT) !== undefined);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return undefined;
    const matched = this.text.slice(this.at, pattern.lastIndex);
    this.at = pattern.lastIndex;
    return matched;
  }

  private fail(offset: number, reason: string): never {
    return invalid(this.file, `line ${lineAt(this.text, offset)}`, reason);
  }
}

const ENTITIES = new Map([['&quot;', '"'], ['&amp;', '&'], ['&lt;', '<'], ['&gt;', '>'], ['&apos;', "'"], ['&nbsp;', '\u00a0']]);

/** The character of an entity as networkx and the Zoo write them; an ampersand that begins none stands for itself. */
function decoded(entity: string): string {
  const known = ENTITIES.get(entity);
  if (known !== undefined) return known;
  const code = Number(entity.slice(2, -1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
