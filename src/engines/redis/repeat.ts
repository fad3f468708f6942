// Work that is done again and again, never twice at the same time.

/**
 * Calls `work` now and then every `everyMs`, counted from start to start where it takes less. It must not reject.
 * The answered function ends it, and resolves when no call is running any more.
 */
export function repeat(work: () => Promise<void>, everyMs: number): () => Promise<void> {
  let phase: 'running' | 'ended' = 'running';
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  const turn = (): void => {
    const startedAt = performance.now();
    running = work().finally(() => {
      if (phase === 'running') timer = setTimeout(turn, Math.max(0, startedAt + everyMs - performance.now()));
    });
  };
  turn();

  return async () => {
    phase = 'ended';
    clearTimeout(timer);
    await running;
  };
}
