/**
 * TypeScript source with comments, strings, patterns and the text of templates
 * blanked out, character for character: what is left is code, on the same lines and
 * at the same columns. Enough for rules about style; it is no parser.
 */
export function codeOf(text: string): string {
  const blanked = text.split('');
  let at = 0;
  /** Depths of braces at which a `${` stands open. */
  const templates: number[] = [];
  let depth = 0;

  const blankTo = (end: number): void => {
    for (; at < end && at < text.length; at++) if (blanked[at] !== '\n') blanked[at] = ' ';
  };
  const blankTemplate = (): void => {
    let end = at;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) end += text[end] === '\\' ? 2 : 1;
    const opens = text.startsWith('${', end);
    blankTo(end + (opens ? 2 : 1));
    if (opens) templates.push(depth);
  };

  while (at < text.length) {
    const character = text[at] ?? '';
    const end = endOfBlank(text, at);
    if (end > at) blankTo(end);
    else if (character === '`') {
      blankTo(at + 1);
      blankTemplate();
    } else if (character === '}' && templates.at(-1) === depth) {
      templates.pop();
      blankTo(at + 1);
      blankTemplate();
    } else {
      if (character === '{') depth++;
      if (character === '}') depth--;
      at++;
    }
  }
  return blanked.join('');
}

/** Where the comment, string or pattern that begins at `at` ends; `at` itself when none does. */
function endOfBlank(text: string, at: number): number {
  for (const pattern of [COMMENT, STRING]) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  // A slash begins a pattern where an operand is expected.
  if (text[at] !== '/' || !/(?:[([{,;:=!&|?>]|\breturn|^)\s*$/.test(text.slice(Math.max(0, at - 40), at))) return at;
  PATTERN.lastIndex = at;
  return PATTERN.test(text) ? PATTERN.lastIndex : at;
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const PATTERN = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
