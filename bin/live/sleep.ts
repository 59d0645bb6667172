/** Resolves after `ms`, or at once when that is not positive; keeps the process alive meanwhile. */
export function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
