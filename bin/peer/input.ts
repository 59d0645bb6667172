import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { OverlayError } from '../../lib/core/errors.ts';
import { readInput } from './commands.ts';
import type { Ending } from './ending.ts';
import { LINE_BYTES_MAX, readLines } from './line-reader.ts';
import type { Screen } from './screen.ts';
import type { Session } from './session.ts';

export interface InputParts {
  readonly session: Session;
  readonly screen: Screen;
  readonly ending: Ending;
  /** Whether lines may be edited at a terminal: not where JSON is written to it. */
  readonly editable: boolean;
  /** What stands before a line that is typed. */
  readonly promptOf: (group: string | undefined) => string;
}

/**
 * Hands the lines of standard input to the session until it ends. A device that gives
 * nothing, such as /dev/null, is no input, and so has no end: what is started without
 * an input stays to receive.
 */
export async function readStandardInput(parts: InputParts, endsWithout: boolean): Promise<void> {
  const { stdin, stdout } = process;
  if (stdin.isTTY && stdout.isTTY && parts.editable) return readTerminal(parts);
  if (isNoInput()) return endsWithout ? undefined : new Promise(() => {});
  return readStream(parts, stdin.isTTY);
}

function isNoInput(): boolean {
  try {
    return !process.stdin.isTTY && fstatSync(0).isCharacterDevice();
  } catch {
    return true;
  }
}

async function readStream({ session, ending }: InputParts, terminal: boolean): Promise<void> {
  try {
    for await (const line of readLines(process.stdin)) {
      if (ending.asked) return;
      if (line.kind === 'tooLong') session.refuse(tooLong(line.bytes));
      else await session.take(readInput(line.text, { groups: session.groups, current: session.current, terminal }), terminal);
    }
  } catch (error) {
    if (ending.asked) return;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new OverlayError('UNREADABLE_FILE', `standard input: cannot be read: ${reason}.`);
  }
}

function readTerminal({ session, screen, ending, promptOf }: InputParts): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stdout, terminal: true, historySize: 200 });
  const prompt = (): void => {
    reader.setPrompt(promptOf(session.current));
    reader.prompt(true);
  };
  return new Promise((resolve) => {
    reader.on('line', (text) => {
      const line = Buffer.from(text);
      if (line.length > LINE_BYTES_MAX) session.refuse(tooLong(line.length));
      else void session.take(readInput(line, { groups: session.groups, current: session.current, terminal: true }), true);
      if (!ending.asked) prompt();
    });
    reader.on('SIGINT', () => ending.interrupt());
    void ending.pause(Infinity).then(() => reader.close());
    reader.on('close', () => {
      screen.setPrompt(undefined);
      process.stdout.write('\n');
      resolve();
    });
    screen.setPrompt(reader);
    prompt();
  });
}

function tooLong(bytes: number): string {
  return `a line was not published: expected at most ${LINE_BYTES_MAX} bytes, got ${bytes}.`;
}
