// How many there are of each name: counted in, and counted out once each.

/** Ends the count. May be called again. */
export type Leave = () => void;

export class Tally {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  enter(name: string): Leave {
    this.#counts.set(name, this.of(name) + 1);
    return once(() => {
      const left = this.of(name) - 1;
      if (left === 0) this.#counts.delete(name);
      else this.#counts.set(name, left);
    });
  }
}

/** Not more often. */
export function once(work: () => void): Leave {
  let phase: 'waiting' | 'done' = 'waiting';
  return () => {
    if (phase === 'done') return;
    phase = 'done';
    work();
  };
}
