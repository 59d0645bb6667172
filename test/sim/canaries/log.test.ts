import { describe, expect, test } from 'vitest';
import { LOG_CANARIES } from './log.ts';
import { SEEDS_MAX, sweep } from './sweep.ts';

describe('the swarm notices', () => {
  test.each(LOG_CANARIES)('$name', async (canary) => {
    expect(await sweep(canary, SEEDS_MAX)).toMatchObject({ canary: canary.name, invariant: expect.any(String), soundWithout: true });
  });
});
