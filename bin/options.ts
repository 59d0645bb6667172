import { describe, invalidOption, OverlayError } from '../lib/core/errors.ts';
import { closest } from '../lib/core/suggest.ts';
import { definitions } from '../sim/report/layout.ts';
import { parseNumber } from '../sim/underlay/formats/text.ts';

/** An option of a command, as it is parsed and as help shows it. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in help; an option without one is a switch. */
  readonly value?: string;
  /** May be given several times; its values are then joined by commas. */
  readonly repeatable?: true;
  /** One line. */
  readonly help: string;
}

/** A command line taken apart; values are not looked at yet. */
export interface ScannedArguments {
  readonly positionals: readonly string[];
  /** Options given, by name; a switch has the value `''`. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Takes a command line apart: `--name value`, `--name=value`, `--switch`; `-` and
 * whatever follows `--` are positionals. Written by hand, since the errors of
 * `node:util` name neither the nearest option nor what was expected.
 *
 * @param takes What an error about an unknown option says where no option is near.
 * @throws OverlayError `INVALID_OPTION` for an unknown option, one given twice, a
 *   missing value or a value that a switch does not take.
 */
export function scanArguments(argv: readonly string[], options: readonly Option[], takes = ''): ScannedArguments {
  const positionals: string[] = [];
  const values = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    if (argument === '--') {
      positionals.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const given = equals === -1 ? argument : argument.slice(0, equals);
    const option = optionNamed(given, options, takes);
    const before = values.get(option.name);
    if (before !== undefined && option.repeatable !== true) refuse(`--${option.name}: given twice.`);
    if (option.value === undefined) {
      if (equals !== -1) refuse(`--${option.name}: takes no value, got ${describe(argument.slice(equals + 1))}.`);
      values.set(option.name, '');
    } else {
      const value = equals === -1 ? valueAfter(argv[++i], option) : argument.slice(equals + 1);
      values.set(option.name, before === undefined ? value : `${before},${value}`);
    }
  }
  return { positionals, values };
}

/** Whether help is asked for; it then does not matter what else is. */
export function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const before = end === -1 ? argv : argv.slice(0, end);
  return before.includes('--help') || before.includes('-h');
}

/** @throws OverlayError `INVALID_OPTION` */
export function refuse(sentence: string): never {
  throw new OverlayError('INVALID_OPTION', sentence);
}

/** ` Did you mean X?` where a candidate is near, else nothing. */
export function suggestion(given: string, candidates: readonly string[], prefix = ''): string {
  const guess = closest(given, candidates);
  return guess === undefined ? '' : ` Did you mean ${prefix}${guess}?`;
}

/** The forms of a command, as help shows them. */
export function usageLines(forms: readonly (readonly [string, string])[], width: number): string[] {
  return ['Usage:', ...definitions(forms, width, 2).map((line) => line.trimEnd())];
}

/** What most helps end with. */
export const EXIT_STATUS = 'Exit status: 0 done, 1 an invariant was violated (run, swarm), 2 unusable input or arguments, 70 a bug in overlay-sim.';

/** Options, as help shows them. */
export function optionLines(options: readonly Option[], width: number): string[] {
  return definitions(options.map(({ name, value, help }) => [value === undefined ? `--${name}` : `--${name} ${value}`, help]), width, 2);
}

/** Reads a number from `min` to `max`, both allowed. @throws OverlayError `INVALID_OPTION` */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = decimal(text);
  if (value !== undefined && Number.isInteger(value) && value >= min && value <= max) return value;
  return invalidOption(option, `a whole number from ${min} to ${max}`, text);
}

/** Reads a number for which `fits` holds. @throws OverlayError `INVALID_OPTION` saying `expected`. */
export function realNumber(option: string, text: string, expected: string, fits: (value: number) => boolean): number {
  const value = decimal(text);
  return value !== undefined && fits(value) ? value : invalidOption(option, expected, text);
}

/** A finite number in decimal notation; `Number` alone would take `''` and `0x10`. */
function decimal(text: string): number | undefined {
  const value = parseNumber(text);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function optionNamed(given: string, options: readonly Option[], takes: string): Option {
  const option = options.find((each) => given === `--${each.name}`);
  if (option !== undefined) return option;
  const guess = suggestion(given.replace(/^-+/, ''), options.map((each) => each.name), '--');
  return refuse(`unknown option ${describe(given)}${guess === '' ? takes : ''}.${guess}`);
}

/** A value may start with a dash (`-`, `-1`), but not look like an option. */
function valueAfter(next: string | undefined, option: Option): string {
  if (next !== undefined && !/^--|^-[a-z]/i.test(next)) return next;
  return refuse(`--${option.name}: expected a value, ${option.value}, got ${next === undefined ? 'nothing' : describe(next)}.`);
}
