import { afterEach, describe, expect, test, vi } from 'vitest';

import { readInput } from '../../../bin/peer/commands.ts';
import { Ending } from '../../../bin/peer/ending.ts';
import { readLines } from '../../../bin/peer/line-reader.ts';

/** What a line asks for, its text as a string. */
function read(line: string, terminal: boolean, groups = ['news', 'off'], current: string | undefined = groups[0]): unknown {
  const input = readInput(Buffer.from(line), { groups, current, terminal });
  return input.kind === 'publish' ? `${input.group} <- ${Buffer.from(input.text).toString()}` : input;
}

describe('a line in a pipe', () => {
  test.each([
    ['hello', 'news <- hello'],
    ['', 'news <- '],
    ['/off hello there', 'off <- hello there'],
    ['/off  two blanks', 'off <-  two blanks'],
    ['/off', 'off <- '],
    ['//off x', 'news <- /off x'],
    ['/help', 'news <- /help'],
    ['/other x', 'news <- /other x'],
  ])('%j with two groups: %j', (line, expected) => {
    expect(read(line, false)).toBe(expected);
  });

  test.each(['/news x', '//x', '/quit', ''])('%j with one group is published as it is', (line) => {
    expect(read(line, false, ['news'])).toBe(`news <- ${line}`);
  });

  test('keeps bytes that are no text', () => {
    const input = readInput(Uint8Array.of(0x2f, 0x61, 0x20, 0xff, 0xfe), { groups: ['a', 'b'], current: 'b', terminal: false });
    expect(input).toEqual({ kind: 'publish', group: 'a', text: Uint8Array.of(0xff, 0xfe) });
  });
});

describe('a line at a terminal', () => {
  test.each([
    ['hello', 'news <- hello'],
    ['', { kind: 'nothing' }],
    ['/off', { kind: 'switch', group: 'off' }],
    ['/off ', { kind: 'switch', group: 'off' }],
    ['/off hello', 'off <- hello'],
    ['//x', 'news <- /x'],
    ['/help', { kind: 'help' }],
    ['/peers ', { kind: 'peers' }],
    ['/quit', { kind: 'quit' }],
    ['/join more', { kind: 'join', name: 'more' }],
    ['/join', { kind: 'mistake', sentence: '/join: expected the name of a group, got nothing.' }],
    ['/leave', { kind: 'leave', name: 'news' }],
    ['/leave off', { kind: 'leave', name: 'off' }],
    ['/leave of', { kind: 'mistake', sentence: '/leave: expected one of news, off, got "of". Did you mean off?' }],
    ['/quit now', { kind: 'mistake', sentence: '/quit: expected nothing after it, got "now".' }],
    ['/nwes hi', { kind: 'mistake', sentence: '/nwes: expected a command (/help) or a group that is joined. Did you mean /news? A line that begins with a slash is sent with two of them.' }],
  ])('%j: %j', (line, expected) => {
    expect(read(line, true)).toEqual(expected);
  });

  test('goes nowhere when no group is joined', () => {
    expect(read('hello', true, [])).toEqual({ kind: 'mistake', sentence: 'no group is joined: /join NAME first.' });
    expect(read('/leave', true, [])).toEqual({ kind: 'mistake', sentence: '/leave: expected a group that is joined, got nothing.' });
  });
});

describe('lines of a stream', () => {
  async function linesOf(chunks: readonly string[], bytesMax: number): Promise<unknown[]> {
    async function* stream(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const lines: unknown[] = [];
    for await (const line of readLines(stream(), bytesMax)) lines.push(line.kind === 'line' ? line.text.toString() : line.bytes);
    return lines;
  }

  test.each([
    [[], []],
    [['a\nb\n'], ['a', 'b']],
    [['a\nb'], ['a', 'b']],
    [['\n\n'], ['', '']],
    [['a', 'b\r', '\nc', '\r\n'], ['ab', 'c']],
    [['a\rb\n'], ['a\rb']],
    [['ä\n'.slice(0, 1), '\n'], ['ä']],
    [['12345\n123456\n1'], ['12345', 6, '1']],
    [['12345\r\n', '1234', '56\r\n'], ['12345', 7]],
    [['1'.repeat(100), '1'.repeat(100), '\nok'], [200, 'ok']],
    [['1234567'], [7]],
  ])('%j: %j', async (chunks, lines) => {
    expect(await linesOf(chunks, 5)).toEqual(lines);
  });
});

describe('the end', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('is asked for by the first Ctrl-C, and is there with the second', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const ending = new Ending();
    ending.interrupt();
    expect([ending.asked, exit.mock.calls]).toEqual([true, []]);
    ending.interrupt();
    expect(exit.mock.calls).toEqual([[130]]);
  });

  test('ends what waits, and what waits later', async () => {
    const ending = new Ending();
    expect(await ending.within(Infinity, Promise.resolve())).toBe(true);
    expect(await ending.within(0, new Promise(() => {}))).toBe(false);
    const waiting = ending.within(Infinity, new Promise(() => {}));
    ending.ask();
    expect(await waiting).toBe(false);
    await ending.pause(Infinity);
    await expect(new Ending().within(Infinity, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
