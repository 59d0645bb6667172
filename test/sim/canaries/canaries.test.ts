import { describe, expect, test } from 'vitest';
import { CANARIES } from './canaries.ts';
import { replaced } from './canary.ts';
import { sweep } from './sweep.ts';

/** Seeds that a canary may live through; results/canaries.txt has how many each does. */
const SEEDS_MAX = 200;

describe('the swarm notices', () => {
  test.each(CANARIES)('$name', (canary) => {
    expect(sweep(canary, SEEDS_MAX)).toMatchObject({ canary: canary.name, invariant: expect.any(String), soundWithout: true });
  });
});

describe('canaries', () => {
  test('are at least 20, each with a name of its own', () => {
    expect(new Set(CANARIES.map(({ name }) => name)).size).toBe(CANARIES.length);
    expect(CANARIES.length).toBeGreaterThanOrEqual(20);
  });

  test('leave the code as it was', () => {
    class Greeter { greet(name: string): string { return `hello ${name}`; } }
    const greeter = new Greeter();
    const before = Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet');
    const undo = replaced<Greeter, [string], string>(Greeter, 'greet', (original) => (self, name) => `${original(self, name)}!`);
    expect(greeter.greet('you')).toBe('hello you!');
    undo();
    expect(greeter.greet('you')).toBe('hello you');
    expect(Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet')).toEqual(before);
  });

  test('break methods that are there', () => {
    expect(() => replaced(class {}, 'sing', (original) => original)).toThrow('sing: expected a method of the class');
  });
});
