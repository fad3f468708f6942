// Which leases are dead, from what one observer has seen on its own monotonic clock. No timers, no Redis: node-lease.ts
// owns those.

export interface DeadLease {
  readonly lease: string;
  /** The counter at which it stood still. */
  readonly counter: string;
}

/**
 * A lease is dead when its counter has stood still for `deadAfterMs` *while we were looking*. An observer that
 * could not look for half of that time (Redis away, or this process frozen: perhaps the others were as well) forgets
 * everything and begins anew, so nobody is declared dead in the first `deadAfterMs` after a start or an outage.
 */
export class LeaseWatch {
  readonly #deadAfterMs: number;
  readonly #seen = new Map<string, { counter: string; since: number }>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(deadAfterMs: number) {
    this.#deadAfterMs = deadAfterMs;
  }

  look(leases: Readonly<Record<string, string>>, nowMs: number): DeadLease[] {
    if (nowMs - this.#lookedAt > this.#deadAfterMs / 2) this.#seen.clear();
    this.#lookedAt = nowMs;

    const dead: DeadLease[] = [];
    for (const [lease, counter] of Object.entries(leases)) {
      const seen = this.#seen.get(lease);
      if (seen?.counter !== counter) this.#seen.set(lease, { counter, since: nowMs });
      else if (nowMs - seen.since >= this.#deadAfterMs) dead.push({ lease, counter });
    }
    for (const lease of this.#seen.keys()) if (!Object.hasOwn(leases, lease)) this.#seen.delete(lease);
    return dead;
  }

  forget(): void {
    this.#seen.clear();
  }
}
