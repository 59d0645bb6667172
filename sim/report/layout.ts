/** Text for terminals: wrapping, escapes, and what may not reach a terminal. */

/** ANSI escapes around a text, or none. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

export function style(color: boolean): Style {
  const wrapped = (code: number) => (text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: wrapped(1), dim: wrapped(2) };
}

/** Control characters out of a file would move the cursor of a terminal: they become `?`. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
}

/** Fewer characters than this are no column of text; narrower places overflow instead. */
const ROOM_MIN = 16;

/**
 * Breaks a text into lines of at most `width` characters at its blanks; a longer
 * word is cut. `lead` stands before the first line and as many blanks before the others.
 */
export function wrap(lead: string, text: string, width: number): string[] {
  const room = Math.max(width - lead.length, ROOM_MIN);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > room) {
      lines.push(line);
      line = '';
    }
    for (; rest.length > room; rest = rest.slice(room)) lines.push(rest.slice(0, room));
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line].map((each, index) => `${index === 0 ? lead : ' '.repeat(lead.length)}${each}`);
}

/** Terms and texts in two columns, each text wrapped in its own. */
export function definitions(pairs: readonly (readonly [term: string, text: string])[], width: number, indent = 0): string[] {
  const termWidth = Math.max(0, ...pairs.map(([term]) => term.length));
  return pairs.flatMap(([term, text]) => wrap(`${' '.repeat(indent)}${term.padEnd(termWidth)}  `, text, width));
}
