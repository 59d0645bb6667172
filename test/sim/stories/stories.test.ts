import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../../sim/scenario/invariants.ts';
import { runScenario } from '../../../sim/scenario/run-scenario.ts';
import { STORIES } from './scenarios.ts';

describe('what swarms have found', () => {
  test.each(STORIES)('$moral', ({ scenario }) => {
    expect(runScenario(scenario, { invariants: INVARIANTS }).violations).toEqual([]);
  });
});
