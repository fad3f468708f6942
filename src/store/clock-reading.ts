// How another machine's clock is asked for the time.

/** One question, in milliseconds since the epoch: `told` by the other's clock, the rest by this machine's. */
export interface ClockReading {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly told: number;
}

const readings = 5;
/** Finer than Date.now. */
const now = (): number => performance.timeOrigin + performance.now();

/** Asks a few times, one after the other: the quickest answer tells most. Rejects with what `ask` rejects with. */
export async function readClock(ask: () => Promise<number>): Promise<readonly ClockReading[]> {
  const clock: ClockReading[] = [];
  while (clock.length < readings) {
    const askedAt = now();
    const told = await ask();
    clock.push({ askedAt, answeredAt: now(), told });
  }
  return clock;
}
