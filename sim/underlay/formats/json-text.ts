import { JSON_CONTAINERS_MAX, JSON_KEYS_MAX, NESTING_DEPTH_MAX } from './limits.ts';
import { invalid, place, tooLarge } from './text.ts';

/** A JSON object; values are read through `own`, so that a key like `__proto__` is only a key. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses JSON (RFC 8259).
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with line and column where the text is
 *   not JSON; `TOPOLOGY_TOO_LARGE` beyond 64 levels, 6 000 000 objects and arrays, or
 *   100 000 keys of an object, before `JSON.parse` sees it.
 */
export function parseJson(text: string, file: string): unknown {
  const wrong = new JsonChecker(text, file).check();
  if (wrong !== undefined) {
    const { line, column } = place(text, wrong.at);
    const got = wrong.at >= text.length ? 'the end of the file' : JSON.stringify(String.fromCodePoint(text.codePointAt(wrong.at) ?? 0));
    invalid(file, `line ${line}, column ${column}`, `not valid JSON: expected ${wrong.expected}, got ${got}`);
  }
  return JSON.parse(text) as unknown;
}

/** The value of an object's own key, or `undefined`. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Wrong {
  readonly at: number;
  readonly expected: string;
}

/** Walks JSON once without recursion. The engine's own errors do not always tell the place, and deep nesting overflows its stack. */
class JsonChecker {
  private readonly text: string;
  private readonly file: string;
  private at = 0;
  /** The closing brackets still owed, innermost last. */
  private readonly open: ('}' | ']')[] = [];
  /** Keys so far of each open object; 0 for arrays. */
  private readonly keys: number[] = [];
  private containers = 0;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  check(): Wrong | undefined {
    for (;;) {
      const value = this.value();
      if (value === 'opened') continue;
      if (value !== 'whole') return value;
      const next = this.afterValue();
      if (next === 'end') return undefined;
      if (next !== 'next') return next;
    }
  }

  /** Steps over a scalar or an empty object or array (`whole`), or into one (`opened`). */
  private value(): 'whole' | 'opened' | Wrong {
    const char = this.peek();
    if (char === '"') return this.string();
    if (char !== '{' && char !== '[') return this.scalar();
    if (this.open.length === NESTING_DEPTH_MAX) this.refuse(`nested deeper than ${NESTING_DEPTH_MAX} levels`);
    if (++this.containers > JSON_CONTAINERS_MAX) this.refuse(`more than ${JSON_CONTAINERS_MAX} objects and arrays`);
    this.at++;
    const close = char === '{' ? '}' : ']';
    if (this.peek() === close) {
      this.at++;
      return 'whole';
    }
    this.open.push(close);
    this.keys.push(0);
    return close === '}' ? (this.key("a key in double quotes or '}'") ?? 'opened') : 'opened';
  }

  /** After a value: closes what ends here and steps to the next value, if any. */
  private afterValue(): 'end' | 'next' | Wrong {
    for (;;) {
      const char = this.peek();
      const close = this.open.at(-1);
      if (close === undefined) return char === '' ? 'end' : { at: this.at, expected: 'nothing more' };
      if (char === ',') {
        this.at++;
        return close === '}' ? (this.key('a key in double quotes') ?? 'next') : 'next';
      }
      if (char !== close) return { at: this.at, expected: `',' or '${close}'` };
      this.at++;
      this.open.pop();
      this.keys.pop();
    }
  }

  private key(expected: string): Wrong | undefined {
    const count = (this.keys.pop() ?? 0) + 1;
    if (count > JSON_KEYS_MAX) this.refuse(`an object with more than ${JSON_KEYS_MAX} keys`);
    this.keys.push(count);
    if (this.peek() !== '"') return { at: this.at, expected };
    const string = this.string();
    if (string !== 'whole') return string;
    if (this.peek() !== ':') return { at: this.at, expected: "':'" };
    this.at++;
    return undefined;
  }

  private string(): 'whole' | Wrong {
    for (let at = this.at + 1; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return 'whole';
      }
      if (code < 0x20) return { at, expected: 'a string without control characters' };
      if (code !== 0x5c) continue;
      ESCAPE.lastIndex = at;
      const escape = ESCAPE.exec(this.text);
      if (escape === null) return { at, expected: 'a valid escape sequence' };
      at = ESCAPE.lastIndex - 1;
    }
    return { at: this.text.length, expected: "'\"'" };
  }

  private refuse(what: string): never {
    tooLarge(this.file, `${what} at line ${place(this.text, this.at).line}`);
  }

  private scalar(): 'whole' | Wrong {
    SCALAR.lastIndex = this.at;
    if (!SCALAR.test(this.text)) return { at: this.at, expected: 'a value' };
    this.at = SCALAR.lastIndex;
    return 'whole';
  }

  /** Skips white space and gives the next character, empty at the end. */
  private peek(): string {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    }
    return this.text.charAt(this.at);
  }
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
