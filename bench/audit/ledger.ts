// The audit's books: what publishers were told against what subscribers received. Pure; the oracle is the
// acknowledgements, never the log. Each source (an order, a conversation) is published by one publisher, one event after
// the other, numbered from 1: so whoever follows it must receive the numbers without a hole.

export interface Tally {
  readonly lost: number;
  readonly repeated: number;
  readonly outOfOrder: number;
}

/** When something went wrong, in the milliseconds of the ledger's clock, to tell under which fault. */
export interface Incident {
  readonly kind: keyof Tally;
  readonly source: string;
  readonly follower: string;
  readonly number: number;
  /** When the event was acknowledged. */
  readonly at: number;
}

interface Received {
  /** The next number in order. */
  next: number;
  /** Passed over: lost unless they come after all. */
  readonly gaps: Set<number>;
  begun: boolean;
  /** Certainly seen: acknowledged before the follower looked. */
  readonly seen: number;
}

export class Ledger {
  readonly #now: () => number;
  /** When each event was acknowledged; its place is its number less one. */
  readonly #acknowledged = new Map<string, number[]>();
  readonly #followers = new Map<string, Map<string, Received>>();
  readonly incidents: Incident[] = [];
  #deliveries = 0;
  #expected = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get acknowledgements(): number {
    return [...this.#acknowledged.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Received, repetitions included. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Owed to those who follow, as far as is acknowledged. */
  get expected(): number {
    return this.#expected;
  }

  numberOf(source: string): number {
    return this.#acknowledged.get(source)?.length ?? 0;
  }

  /** The next number of a source has been acknowledged. */
  acknowledge(source: string): void {
    const moments = this.#acknowledged.get(source) ?? [];
    this.#acknowledged.set(source, moments);
    moments.push(this.#now());
    for (const followed of this.#followers.values()) if (followed.has(source)) this.#expected += 1;
  }

  /**
   * The follower has seen the source as it was after `number`: everything behind it is owed. What came between `seen`, the
   * number when it began to look, and `number` may come again: a cursor is read before what it stands for.
   */
  follow(follower: string, source: string, number: number, seen: number): void {
    const followed = this.#followers.get(follower) ?? new Map<string, Received>();
    this.#followers.set(follower, followed);
    followed.set(source, { next: number + 1, gaps: new Set(), begun: false, seen });
    this.#expected += Math.max(0, this.numberOf(source) - number);
  }

  receive(follower: string, source: string, number: number): void {
    const received = this.#followers.get(follower)?.get(source);
    if (received === undefined)
      throw new Error(`${follower} received something of ${source}, which it does not follow.`);
    this.#deliveries += 1;
    if (!received.begun && number > received.seen && number < received.next) received.next = number;
    received.begun = true;
    if (number === received.next) received.next += 1;
    else if (number > received.next) {
      for (let missing = received.next; missing < number; missing += 1) received.gaps.add(missing);
      received.next = number + 1;
    } else this.#note(received.gaps.delete(number) ? 'outOfOrder' : 'repeated', follower, source, number);
  }

  /** How far each source is acknowledged now. */
  mark(): ReadonlyMap<string, number> {
    return new Map([...this.#acknowledged].map(([source, { length }]) => [source, length]));
  }

  /** Whether everybody has received everything up to a mark, in whatever order. */
  reached(mark: ReadonlyMap<string, number>): boolean {
    for (const followed of this.#followers.values()) {
      for (const [source, { next, gaps }] of followed) {
        const due = mark.get(source) ?? 0;
        if (next <= due) return false;
        for (const gap of gaps) if (gap <= due) return false;
      }
    }
    return true;
  }

  /** What has been acknowledged and not been received. */
  *missing(): Generator<Incident> {
    for (const [follower, followed] of this.#followers) {
      for (const [source, { next, gaps }] of followed) {
        for (const number of gaps) yield this.#incident('lost', follower, source, number);
        for (let number = next; number <= this.numberOf(source); number += 1) {
          yield this.#incident('lost', follower, source, number);
        }
      }
    }
  }

  /** To be asked once, at the end: what is missing then is lost. */
  close(): readonly Incident[] {
    this.incidents.push(...this.missing());
    return this.incidents;
  }

  #note(kind: keyof Tally, follower: string, source: string, number: number): void {
    this.incidents.push(this.#incident(kind, follower, source, number));
  }

  #incident(kind: keyof Tally, follower: string, source: string, number: number): Incident {
    const at = this.#acknowledged.get(source)?.[number - 1] ?? this.#now();
    return { kind, follower, source, number, at };
  }
}

export const tally = (incidents: readonly Incident[]): Tally => {
  const count = (kind: keyof Tally): number => incidents.filter((incident) => incident.kind === kind).length;
  return { lost: count('lost'), repeated: count('repeated'), outOfOrder: count('outOfOrder') };
};
