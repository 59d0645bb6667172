import { assert } from '../../lib/core/errors.ts';
import type { Report } from './report.ts';
import type { ReproductionReport } from './reproduction-report.ts';

/**
 * Writes a report, or several, as JSON, two blanks a level, keys in the order of the report,
 * with a newline at the end: the same report gives the same bytes. What does not
 * exist is `null`; a NaN or an infinity would be a bug of ours and stops here.
 */
export function renderJson(report: Report | ReproductionReport | readonly ReproductionReport[]): string {
  return `${JSON.stringify(report, checked, 2)}\n`;
}

function checked(key: string, value: unknown): unknown {
  if (typeof value === 'number') assert(Number.isFinite(value), `the report has a finite ${key}, not ${value}`);
  return value;
}
