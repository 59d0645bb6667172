/**
 * What may not reach a terminal as it is: control characters (C0 but for the tab, DEL,
 * C1), line and paragraph separators, marks that turn the direction of writing, and
 * halves of surrogate pairs.
 */
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** Text from the network as one line that can be shown: what is unsafe stands as `\n`, `\r` or `\u001b`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE_ALL, (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether there is something that `escapeControls` would change, or a tab. */
export function hasControls(text: string): boolean {
  return UNSAFE.test(text) || text.includes('\t');
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) && !text.includes('[') ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
