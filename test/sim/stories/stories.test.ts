import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../../sim/scenario/invariants.ts';
import { runScenario } from '../../../sim/scenario/run-scenario.ts';
import { runStack } from '../../../sim/stack/run-stack.ts';
import { STORIES } from './scenarios.ts';
import { STACK_STORIES } from './stack-scenarios.ts';

describe('what swarms have found', () => {
  test.each(STORIES)('$moral', ({ scenario }) => {
    expect(runScenario(scenario, { invariants: INVARIANTS }).violations).toEqual([]);
  });

  test.each(STACK_STORIES)('with the whole stack: $moral', async ({ scenario }) => {
    expect((await runStack(scenario)).violations).toEqual([]);
  });
});
