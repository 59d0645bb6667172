import { OverlayError, describe } from '../../lib/core/errors.ts';
import { closest } from '../../lib/core/suggest.ts';

/**
 * What a part of a document must look like: answers it as it is, or says which field is
 * wrong. `path`: where it stands, as in `faults[3].p`.
 */
export type Shape<T> = (value: unknown, path: string) => T;

/** @throws {OverlayError} `INVALID_SCENARIO` naming the field, what was expected and what came. */
export function wrong(path: string, expected: string, got: unknown): never {
  throw new OverlayError('INVALID_SCENARIO', `${path === '' ? 'the document' : path}: expected ${expected}, got ${describe(got)}.`);
}

export const text: Shape<string> = (value, path) => (typeof value === 'string' ? value : wrong(path, 'a text', value));

export const flag: Shape<boolean> = (value, path) => (typeof value === 'boolean' ? value : wrong(path, 'true or false', value));

/** A finite number within bounds. */
export function number(min: number, max: number, what = `a number from ${min} to ${max}`): Shape<number> {
  return (value, path) => (typeof value === 'number' && value >= min && value <= max ? value : wrong(path, what, value));
}

/** A whole number within bounds. */
export function whole(min: number, max: number): Shape<number> {
  return (value, path) => (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : wrong(path, `a whole number from ${min} to ${max}`, value));
}

/** One of these words. */
export function word<T extends string>(...words: readonly T[]): Shape<T> {
  return (value, path) => words.find((one) => one === value) ?? wrong(path, `one of ${words.join(', ')}`, value);
}

/** At most `lengthMax` elements, of which there are at least `lengthMin`. */
export function list<T>(element: Shape<T>, lengthMax: number, lengthMin = 0): Shape<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < lengthMin || value.length > lengthMax) wrong(path, `a list of ${lengthMin} to ${lengthMax} elements`, value);
    return (value as unknown[]).map((one, index) => element(one, `${path}[${index}]`));
  };
}

/** A field that may be left out. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

/** A field that may be left out. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape };
}

type Fields = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;

type Value<F> = F extends Shape<infer T> ? T : never;

type ValueOf<F extends Fields> =
  & { readonly [K in keyof F as F[K] extends Optional<unknown> ? never : K]: Value<F[K]> }
  & { readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: F[K] extends Optional<infer T> ? T : never };

/** An object with these fields and no others. */
export function object<F extends Fields>(fields: F): Shape<ValueOf<F>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(path, 'an object', value);
    const given = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(given)) if (!Object.hasOwn(fields, name)) unknownField(path, name, Object.keys(fields));
    const read: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(fields)) {
      const at = path === '' ? name : `${path}.${name}`;
      if (typeof shape === 'function') read[name] = shape(given[name], at);
      else if (given[name] !== undefined) read[name] = shape.optional(given[name], at);
    }
    return read as ValueOf<F>;
  };
}

/** One of several objects, told apart by their `kind`. */
export function byKind<K extends string, T>(shapes: Readonly<Record<K, Shape<T>>>): Shape<T> {
  return (value, path) => {
    const kind: unknown = typeof value === 'object' && value !== null ? (value as { readonly kind?: unknown }).kind : undefined;
    const kinds = Object.keys(shapes) as K[];
    const found = kinds.find((one) => one === kind);
    if (found !== undefined) return shapes[found](value, path);
    const guess = typeof kind === 'string' ? closest(kind, kinds) : undefined;
    return wrong(`${path}.kind`, `one of ${kinds.join(', ')}${guess === undefined ? '' : ` (did you mean ${guess}?)`}`, kind);
  };
}

function unknownField(path: string, name: string, names: readonly string[]): never {
  const guess = closest(name, names);
  const hint = guess === undefined ? '' : ` (did you mean ${guess}?)`;
  throw new OverlayError('INVALID_SCENARIO', `${path === '' ? 'the document' : path}: expected fields ${names.join(', ')}, got "${name}"${hint}.`);
}
