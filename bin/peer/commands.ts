import { describe } from '../../lib/core/errors.ts';
import { suggestion } from '../options.ts';

/** What can be typed at a terminal beside lines to be published. */
export const COMMANDS = [
  { name: 'help', usage: '/help', help: 'print this' },
  { name: 'peers', usage: '/peers', help: 'the neighbours in each group' },
  { name: 'join', usage: '/join NAME', help: 'join a group; lines go there from then on' },
  { name: 'leave', usage: '/leave [NAME]', help: 'leave a group; without a name the one that lines go to' },
  { name: 'quit', usage: '/quit', help: 'leave all groups and end; so does Ctrl-C' },
] as const;

/** Each command and form of input with what it does. */
export function commandLines(): readonly string[] {
  const forms = [
    ...COMMANDS.map(({ usage, help }) => [usage, help] as const),
    ['/GROUP text', 'publish in that group'] as const,
    ['/GROUP', 'lines go to that group from now on'] as const,
    ['//text', 'publish a line that begins with a slash'] as const,
  ];
  return forms.map(([usage, help]) => `${usage.padEnd(14)}${help}`);
}

/** What a line of input asks for. */
export type Input =
  | { readonly kind: 'publish'; readonly group: string; readonly text: Uint8Array }
  | { readonly kind: 'switch'; readonly group: string }
  | { readonly kind: 'join' | 'leave'; readonly name: string }
  | { readonly kind: 'help' | 'peers' | 'quit' | 'nothing' }
  | { readonly kind: 'mistake'; readonly sentence: string };

export interface InputContext {
  /** The groups joined. */
  readonly groups: readonly string[];
  /** Where lines go that name no group; `undefined` where none is joined. */
  readonly current: string | undefined;
  /** Whether a person types. */
  readonly terminal: boolean;
}

const SLASH = 0x2f;
const BLANK = 0x20;

/**
 * Reads a line of input. `/NAME text` goes to that group, `//text` publishes `/text`,
 * and at a terminal there are commands, and `/NAME` alone changes where lines go. In a
 * pipe with one group every line is published as it is, and with several each that
 * does not begin with the name of one.
 */
export function readInput(line: Uint8Array, { groups, current, terminal }: InputContext): Input {
  if (terminal && line.length === 0) return { kind: 'nothing' };
  if (line[0] !== SLASH || (!terminal && groups.length < 2)) return publish(current, line);
  if (line[1] === SLASH) return publish(current, line.subarray(1));
  const blank = line.indexOf(BLANK);
  const head = Buffer.from(line.subarray(1, blank === -1 ? line.length : blank)).toString();
  const rest = blank === -1 ? undefined : line.subarray(blank + 1);
  if (groups.includes(head)) {
    return terminal && (rest === undefined || rest.length === 0) ? { kind: 'switch', group: head } : publish(head, rest ?? new Uint8Array(0));
  }
  return terminal ? readCommand(head, Buffer.from(rest ?? []).toString().trim(), groups, current) : publish(current, line);
}

function publish(group: string | undefined, text: Uint8Array): Input {
  return group === undefined ? { kind: 'mistake', sentence: 'no group is joined: /join NAME first.' } : { kind: 'publish', group, text };
}

function readCommand(name: string, rest: string, groups: readonly string[], current: string | undefined): Input {
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const hint = suggestion(name, [...groups, ...COMMANDS.map((each) => each.name)], '/');
    return { kind: 'mistake', sentence: `/${name}: expected a command (/help) or a group that is joined.${hint} A line that begins with a slash is sent with two of them.` };
  }
  switch (command.name) {
    case 'join':
      return rest === '' ? { kind: 'mistake', sentence: '/join: expected the name of a group, got nothing.' } : { kind: 'join', name: rest };
    case 'leave': {
      const left = rest === '' ? current : rest;
      if (left !== undefined && groups.includes(left)) return { kind: 'leave', name: left };
      return { kind: 'mistake', sentence: `/leave: expected ${groups.length === 0 ? 'a group that is joined' : `one of ${groups.join(', ')}`}, got ${describe(left)}.${suggestion(rest, groups)}` };
    }
    default:
      return rest === '' ? { kind: command.name } : { kind: 'mistake', sentence: `/${name}: expected nothing after it, got ${describe(rest)}.` };
  }
}
