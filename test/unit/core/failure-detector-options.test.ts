import { describe, expect, test } from 'vitest';
import { type FailureDetectorOptions, failureDetectorOptions } from '../../../lib/core/config.ts';
import { OverlayError } from '../../../lib/core/errors.ts';

describe('the options of the failure detector', () => {
  function problem(given: unknown): string {
    try {
      return JSON.stringify(failureDetectorOptions(given as Partial<FailureDetectorOptions>));
    } catch (error) {
      return error instanceof OverlayError ? `${error.code} ${error.message}` : String(error);
    }
  }

  test('have defaults, and are frozen', () => {
    const options = failureDetectorOptions({ probeIntervalMs: 2000 });
    expect(options).toEqual({
      probeIntervalMs: 2000, probeTimeoutMs: 500, indirectProbes: 3, suspicionMult: 4, suspicionMaxMult: 6, localHealthMax: 8, watchedMax: 1024, relaysMax: 256,
    });
    expect(Object.isFrozen(options)).toBe(true);
  });

  test.each<[object, string]>([
    [{ probeTimeoutMs: 1000 }, 'failureDetector.probeTimeoutMs: expected less than probeIntervalMs (1000), got 1000.'],
    [{ probeIntervalMs: 500 }, 'failureDetector.probeTimeoutMs: expected less than probeIntervalMs (500), got 500.'],
    [{ indirectProbes: 65 }, 'failureDetector.indirectProbes: expected a whole number from 0 to 64, got 65.'],
    [{ suspicionMult: 0 }, 'failureDetector.suspicionMult: expected a whole number from 1 to 20, got 0.'],
    [{ probes: 1 }, 'failureDetector: expected options probeIntervalMs, probeTimeoutMs, indirectProbes, suspicionMult, suspicionMaxMult, localHealthMax, watchedMax, relaysMax, got "probes".'],
  ])('are checked: %j', (given, message) => {
    expect(problem(given)).toBe(`INVALID_OPTION ${message}`);
  });
});
