import type { SwarmWire } from '../../../sim/swarm/swarm.ts';

/**
 * A protocol broken on purpose. The tests of the library must notice it, as miners'
 * canaries noticed gas; one that nobody notices shows what the invariants do not see.
 */
export interface Canary {
  /** What is broken, in a few words. */
  readonly name: string;
  /** Contracts whose protocols it is in; the swarm draws from these. */
  readonly contracts: readonly string[];
  /** The one form in which it shows at all; by default seeds are run as a swarm runs them. */
  readonly wire?: SwarmWire;
  /** Breaks the code, and answers what mends it again. */
  readonly hatch: () => Undo;
}

/** Takes a change back. */
export type Undo = () => void;

/** A method, told whose it is. */
export type Method<Self extends object, Args extends readonly unknown[], R> = (self: Self, ...args: Args) => R;

/**
 * Puts another method in the place of that of a class, for all of its objects, those that
 * are there already included. Private ones, too: so the types are those that the caller claims.
 */
export function replaced<Self extends object, Args extends readonly unknown[], R>(
  { prototype }: { readonly prototype: object },
  name: string,
  make: (original: Method<Self, Args, R>) => Method<Self, Args, R>,
): Undo {
  const found = Object.getOwnPropertyDescriptor(prototype, name);
  const value: unknown = found?.value;
  if (found === undefined || typeof value !== 'function') throw new Error(`${name}: expected a method of the class`);
  const broken = make((self, ...args) => Reflect.apply(value, self, args) as R);
  Object.defineProperty(prototype, name, { ...found, value: function method(this: Self, ...args: Args): R { return broken(this, ...args); } });
  return () => void Object.defineProperty(prototype, name, found);
}

/** Several changes as one. */
export function all(...undos: readonly Undo[]): Undo {
  return () => undos.forEach((undo) => undo());
}

/** In place of a method that is to do nothing. */
export function nothing(): void {}
