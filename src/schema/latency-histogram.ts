// How long things took, since this process began: how many took no longer than each of some bounds, and all of them together.

/** In milliseconds: powers of ten, and the halves and fifths between. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
];

export class LatencyHistogram {
  /** Of each bound, how many were within it and beyond the one before; the last is beyond all bounds. */
  readonly #counts: number[] = Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
  #sumMs = 0;

  /** So many took so long each. Between clocks that disagree it may be less than nothing, and counts as nothing then. */
  add(ms: number, count = 1): void {
    const place = latencyBoundsMs.findIndex((bound) => ms <= bound);
    const index = place < 0 ? latencyBoundsMs.length : place;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#sumMs += Math.max(0, ms) * count;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get sumMs(): number {
    return this.#sumMs;
  }
}
