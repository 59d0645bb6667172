import { describe, expect, test } from 'vitest';
import { CANARIES } from './canaries.ts';
import { replaced } from './canary.ts';
import { LOG_CANARIES } from './log.ts';
import { SEEDS_MAX, sweep } from './sweep.ts';

/** Those of the log have a file of their own, beside this one. */
const OTHERS = CANARIES.filter((canary) => !LOG_CANARIES.includes(canary));

describe('the swarm notices', () => {
  test.each(OTHERS)('$name', async (canary) => {
    expect(await sweep(canary, SEEDS_MAX)).toMatchObject({ canary: canary.name, invariant: expect.any(String), soundWithout: true });
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
