/** Waits until `holds`, and fails with what `state` tells when that takes longer than `deadlineMs`. */
export async function until(holds: () => boolean | Promise<boolean>, deadlineMs: number, state: () => unknown = () => holds.toString()): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!await holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${JSON.stringify(await state())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the long tests, too: LONG=1 in the environment. */
export const LONG = process.env['LONG'] === '1';
