// Sends connections away one after the other, in random order: whoever takes them over opens them at that pace.

/** A connection that can be told to go on elsewhere. */
export interface Guest {
  /** Behind what it is owed. May be called again, and when it has gone. Must not throw. */
  sendOff(): void;
}

export interface SendOffOptions {
  readonly guests: readonly Guest[];
  /** They are spread over so long. */
  readonly overMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Resolves when each has been told. */
export async function sendOff({ guests, overMs, random }: SendOffOptions): Promise<void> {
  const startedAt = performance.now();
  const paceMs = overMs / Math.max(guests.length, 1);
  for (const [place, guest] of shuffled(guests, random).entries()) {
    // Each at a random moment of its own part of the time.
    const waitMs = startedAt + (place + random()) * paceMs - performance.now();
    // Where many leave in a millisecond they leave together.
    if (waitMs >= 1) await new Promise<void>((resume) => void setTimeout(resume, waitMs));
    guest.sendOff();
  }
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const place = Math.floor(random() * (last + 1));
    [all[place], all[last]] = [all[last] as T, all[place] as T];
  }
  return all;
}
