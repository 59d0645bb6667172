import type { Fault, Scenario } from '../scenario/scenario.ts';

/** Whether no fault works between these times, nor has done so for `afterMs` before. To leave is none: it is done by the rules. */
export function isCalm({ faults }: Scenario, fromMs: number, toMs: number, afterMs: number): boolean {
  return faults.every((fault) => fault.kind === 'leave' || fault.atMs > toMs || endOf(fault) + afterMs < fromMs);
}

/** Whether the host's machine does everything at its time, in the whole scenario: it never stands still, is not slow, and its clock is right. */
export function keepsTime({ faults }: Scenario, host: number): boolean {
  return faults.every((fault) => (fault.kind !== 'pause' && fault.kind !== 'slow' && fault.kind !== 'clockSkew') || fault.peer !== host);
}

function endOf(fault: Fault): number {
  if ('forMs' in fault) return fault.atMs + fault.forMs;
  return fault.atMs + ('restartAfterMs' in fault ? (fault.restartAfterMs ?? 0) : 0);
}
