// SIGINT and SIGTERM, heard from the moment that a server is asked for: what arrives while it starts is not lost.
// Without a handler the first process of a container ignores them, and any other one ends with 143 amid its start.

export const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** Resolves at the first one from now on; none of them ends the process by itself any more. */
export function hearStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of stopSignals) process.on(signal, () => resolve());
  });
}
