/** Calls what is the application's own. A mistake in it is reported as such, and takes nothing else along. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
