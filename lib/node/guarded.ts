/**
 * Calls code of the application. What that throws is thrown again where nothing else
 * is under way, as an uncaught exception of the process: it is neither hidden nor in
 * the way of what this peer has to do.
 */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
