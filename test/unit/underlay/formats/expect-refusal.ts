import { expect } from 'vitest';

import type { OverlayErrorCode } from '../../../../lib/core/errors.ts';
import { parseTopology } from '../../../../sim/underlay/formats/detect.ts';
import type { MatrixUnderlay, RouterUnderlay } from '../../../../sim/underlay/underlay.ts';

/** Expects that a text is refused with exactly this code and sentence. */
export function expectRefusal(text: string, file: string, message: string, code: OverlayErrorCode = 'INVALID_TOPOLOGY'): void {
  expect(() => parseTopology(text, file)).toThrow(expect.objectContaining({ name: 'OverlayError', code, message }));
}

/** Parses a text that is a router graph. */
export function routersOf(text: string, file: string): RouterUnderlay {
  const underlay = parseTopology(text, file);
  if (underlay.kind !== 'routers') throw new Error('expected a router graph');
  return underlay;
}

/** Parses a text that is a latency matrix. */
export function matrixOf(text: string, file: string): MatrixUnderlay {
  const underlay = parseTopology(text, file);
  if (underlay.kind !== 'matrix') throw new Error('expected a matrix');
  return underlay;
}

export const NO_COUNTS = { mergedLinks: 0, selfLoops: 0, defaultDelays: 0, coordinateDelays: 0, excludedRouters: 0 };

/** The delay in ms of one degree along a great circle, as the haversine formula gives it, to 1e-12 ms. */
export const ONE_DEGREE_MS = 0.555974633223;
