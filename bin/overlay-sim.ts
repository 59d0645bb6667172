#!/usr/bin/env node
import { OverlayError, describe, unreachable } from '../lib/core/errors.ts';
import { suggestedReproduction } from '../sim/experiments/reproductions.ts';
import { printable } from '../sim/report/layout.ts';
import { parseArguments } from './arguments.ts';
import { runComparison } from './compare.ts';
import { helpText, versionText } from './help.ts';
import { convert, generate } from './maps.ts';
import { outputWidth, watchStandardOutput } from './output.ts';
import { reproductionLines, runReproduction } from './reproduce.ts';
import { runFile } from './run-scenario.ts';
import { runSwarm } from './swarm.ts';

/** As in DESIGN, "The command line"; 70 is EX_SOFTWARE of sysexits.h. */
const EXIT = { done: 0, violated: 1, unusable: 2, bug: 70 } as const;

watchStandardOutput(fail);
process.exitCode = EXIT.done;
try {
  await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof OverlayError) fail(error.message);
  else {
    process.stderr.write(`overlay-sim: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = EXIT.bug;
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const command = parseArguments(argv);
  switch (command.kind) {
    case 'help': process.stdout.write(helpText(command.topic, Math.min(outputWidth(), 100))); break;
    case 'version': process.stdout.write(versionText()); break;
    case 'compare': await runComparison(command, say); break;
    case 'generate': generate(command, say); break;
    case 'convert': convert(command, say); break;
    case 'reproduce': runReproduction(command); break;
    case 'reproductions': listReproductions(command.unknown); break;
    case 'run': judge(await runFile(command)); break;
    case 'swarm': judge(await runSwarm(command)); break;
    default: unreachable(command);
  }
}

/** Whether every invariant held. */
function judge(held: boolean): void {
  if (!held) process.exitCode = EXIT.violated;
}

/** To standard output when asked for; beside an error, to standard error. */
function listReproductions(unknown: string | undefined): void {
  const lines = reproductionLines(Math.min(outputWidth(), 100)).map((line) => `${line}\n`).join('');
  if (unknown === undefined) {
    process.stdout.write(`overlay-sim reproduce NAME, where NAME is one of:\n${lines}`);
    return;
  }
  const guess = suggestedReproduction(unknown);
  fail(`reproduce: expected one of these names, got ${describe(unknown)}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`);
  process.stderr.write(lines);
}

function fail(sentence: string): void {
  say(sentence);
  process.exitCode = EXIT.unusable;
}

function say(sentence: string): void {
  process.stderr.write(`overlay-sim: ${printable(sentence)}\n`);
}
