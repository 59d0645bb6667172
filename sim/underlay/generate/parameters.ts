import { describe, invalidOption, OverlayError } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import { closest } from '../../../lib/core/suggest.ts';
import type { GraphDraft } from './draft.ts';

/** A parameter of a generator, as a command line shows and checks it. */
export interface Parameter {
  /** In kebab case, as the option is written: `stub-nodes` for `--stub-nodes`. */
  readonly name: string;
  readonly meaning: string;
  /** `''` for a plain number. */
  readonly unit: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** Reads the value of a parameter of the generator at hand. */
export type Values = (name: string) => number;

export interface Generator {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  /** Checks how parameters relate, then draws. */
  readonly generate: (draft: GraphDraft, values: Values, random: Random) => void;
}

/** Most routers of a generated graph. Guess. */
export const GENERATED_ROUTERS_MAX = 100_000;

export function count(name: string, meaning: string, standard: number, min: number, max: number): Parameter {
  return { name, meaning, unit: '', default: standard, min, max, integer: true };
}

export function real(name: string, meaning: string, unit: string, standard: number, min: number, max: number): Parameter {
  return { name, meaning, unit, default: standard, min, max, integer: false };
}

export function routersParameter(standard: number, min: number, max = GENERATED_ROUTERS_MAX): Parameter {
  return count('routers', 'number of routers', standard, min, max);
}

/** The delay of every link of a regular shape. */
export const DELAY = real('delay-ms', 'one-way delay of each link', 'ms', 1, 0, 1e6);

/** The delays of a random graph without a plane: uniform in a range. Both defaults are guesses. */
export const DELAY_RANGE: readonly Parameter[] = [
  real('delay-min-ms', 'smallest one-way delay of a link', 'ms', 1, 0, 1e6),
  real('delay-max-ms', 'largest one-way delay of a link', 'ms', 20, 0, 1e6),
];

/** Draws delays uniformly from `DELAY_RANGE`. */
export function delayRange(generator: string, values: Values, random: Random): () => number {
  const min = values('delay-min-ms');
  const max = values('delay-max-ms');
  if (max < min) invalidOption(`${generator} --delay-max-ms`, `at least --delay-min-ms, ${min}`, max);
  const delays = random.fork('delays');
  return () => min + (max - min) * delays.float();
}

/** Checks what a caller gave against the parameters of a generator, and fills in the defaults. */
export function completeValues(generator: Generator, given: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const names = generator.parameters.map((parameter) => parameter.name);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const suggestion = closest(name, names);
    const hint = suggestion === undefined ? '' : ` Did you mean --${suggestion}?`;
    const known = names.map((each) => `--${each}`).join(', ');
    throw new OverlayError('INVALID_OPTION', `${generator.name}: expected one of ${known}, got ${describe(`--${name}`)}.${hint}`);
  }
  return new Map(generator.parameters.map((parameter) => [parameter.name, checked(generator, parameter, given[parameter.name])]));
}

function checked(generator: Generator, parameter: Parameter, value: number | undefined): number {
  if (value === undefined) return parameter.default;
  const { min, max, integer } = parameter;
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  return invalidOption(`${generator.name} --${parameter.name}`, `${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`, value);
}
