#!/usr/bin/env node
import { OverlayError, unreachable } from '../lib/core/errors.ts';
import { outputWidth, versionText, watchStandardOutput } from './output.ts';
import { parseArguments } from './peer/arguments.ts';
import { chat } from './peer/chat.ts';
import { Ending } from './peer/ending.ts';
import { escapeControls } from './peer/escape.ts';
import { helpText } from './peer/help.ts';
import { ping } from './peer/ping.ts';
import { watch } from './peer/watch.ts';

/** 70 is EX_SOFTWARE of sysexits.h. */
const EXIT = { done: 0, unreached: 1, unusable: 2, bug: 70 } as const;

const ending = new Ending();
watchStandardOutput((sentence) => {
  say(sentence);
  process.exitCode = EXIT.unusable;
  ending.ask();
}, () => ending.ask());
process.on('uncaughtException', failed);
process.exitCode = EXIT.done;
void run(process.argv.slice(2)).then(exit, failed);

async function run(argv: readonly string[]): Promise<number> {
  const command = parseArguments(argv);
  switch (command.kind) {
    case 'help': process.stdout.write(helpText(command.topic, Math.min(outputWidth(), 100))); return EXIT.done;
    case 'version': process.stdout.write(versionText()); return EXIT.done;
  }
  ending.watchSignals();
  switch (command.kind) {
    case 'chat': return (await chat(command, ending)) ? EXIT.done : EXIT.unreached;
    case 'ping': return (await ping(command, ending)) ? EXIT.done : EXIT.unreached;
    case 'watch': await watch(command, ending); return EXIT.done;
    default: return unreachable(command);
  }
}

/** The worst status stays. */
function exit(status: number): void {
  process.exitCode = Math.max(status, Number(process.exitCode));
}

function failed(error: unknown): void {
  if (error instanceof OverlayError) {
    // What the library calls `listen` was given as an option here.
    say(error.message.replace(/^(?=listen: )/, '--'));
    exit(error.code === 'NOT_READY' ? EXIT.unreached : EXIT.unusable);
    return;
  }
  process.stderr.write(`overlay-peer: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
  exit(EXIT.bug);
  ending.ask();
}

function say(sentence: string): void {
  process.stderr.write(`overlay-peer: ${escapeControls(sentence)}\n`);
}
