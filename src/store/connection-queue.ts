// Who waits for a connection to the database, in front of the pool. A storm of requests waits for as long as the database keeps
// answering, however long the queue is; it is given up only where nothing is answered any more, or where it is longer than
// its bound. Transactions and single queries take turns: whoever publishes does not wait behind all who subscribe. Whoever only looks
// whether the database answers comes before both.
//
// Time is counted in ticks of this process's own event loop. One that was busy for seconds has answers that it has not read
// yet: they are no silence of the database.

export type Lane = 'transaction' | 'query' | 'look';

export interface ConnectionQueueOptions {
  /** Connections that there are. */
  readonly size: number;
  /** Whoever waits is given up when nothing was answered for so long. */
  readonly patienceMs: number;
  /** Of one lane; 100,000 unless given. */
  readonly maxWaiting?: number;
}

/** What `take` rejects with; pg-store.ts tells it as UNAVAILABLE. */
export class QueueGivenUp extends Error {
  readonly reason: 'silence' | 'full';
  constructor(reason: QueueGivenUp['reason']) {
    super(reason === 'silence' ? 'The database answers nothing.' : 'Too many wait for the database.');
    this.reason = reason;
  }
}

interface Waiting {
  readonly since: number;
  begin(): void;
  giveUp(error: QueueGivenUp): void;
}

/** How many make up the patience. */
const ticks = 5;

export class ConnectionQueue {
  readonly #options: Required<ConnectionQueueOptions>;
  readonly #lanes: Readonly<Record<Lane, Waiters>> = {
    transaction: new Waiters(),
    query: new Waiters(),
    look: new Waiters(),
  };
  #free: number;
  #nextLane: 'transaction' | 'query' = 'transaction';
  #tick = 0;
  #answeredAt = 0;
  #answers = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor({ maxWaiting = 100_000, ...options }: ConnectionQueueOptions) {
    this.#options = { maxWaiting, ...options };
    this.#free = options.size;
  }

  /** Resolves when there is a connection, to be given back by `give`. In the order of each lane. Rejects with QueueGivenUp. */
  take(lane: Lane): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const waiters = this.#lanes[lane];
    if (waiters.size >= this.#options.maxWaiting) return Promise.reject(new QueueGivenUp('full'));
    this.#timer ??= setInterval(() => this.#look(), this.#options.patienceMs / ticks);
    return new Promise((begin, giveUp) => waiters.add({ since: this.#tick, begin, giveUp }));
  }

  give(): void {
    const next = this.#lanes.look.next() ?? this.#nextInTurn();
    if (next === undefined) this.#free += 1;
    else next.begin();
    if (this.waiting === 0) this.#stop();
  }

  #nextInTurn(): Waiting | undefined {
    const lane = this.#nextLane;
    const other = lane === 'query' ? 'transaction' : 'query';
    this.#nextLane = other;
    return this.#lanes[lane].next() ?? this.#lanes[other].next();
  }

  /** The database has answered something, if only with an error. */
  answered(): void {
    this.#answeredAt = this.#tick;
    this.#answers += 1;
  }

  /** In all lanes. */
  get waiting(): number {
    return Object.values(this.#lanes).reduce((waiting, { size }) => waiting + size, 0);
  }

  /** How often it has. */
  get answers(): number {
    return this.#answers;
  }

  #look(): void {
    this.#tick += 1;
    if (this.#tick - this.#answeredAt < ticks) return;
    for (const waiters of Object.values(this.#lanes)) {
      // One tick more than the patience: the first may have begun just then.
      waiters.takeWhile(({ since }) => this.#tick - since > ticks).forEach(({ giveUp }) => giveUp(silence()));
    }
    if (this.waiting === 0) this.#stop();
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

const silence = (): QueueGivenUp => new QueueGivenUp('silence');

/** First in, first out; what has gone is cut off now and then, so that a long queue is not moved with each step. */
class Waiters {
  #all: Waiting[] = [];
  #gone = 0;

  get size(): number {
    return this.#all.length - this.#gone;
  }

  add(waiting: Waiting): void {
    this.#all.push(waiting);
  }

  next(): Waiting | undefined {
    const next = this.#all[this.#gone];
    if (next === undefined) return undefined;
    this.#gone += 1;
    if (this.#gone * 2 > this.#all.length) {
      this.#all = this.#all.slice(this.#gone);
      this.#gone = 0;
    }
    return next;
  }

  takeWhile(isOver: (waiting: Waiting) => boolean): readonly Waiting[] {
    const taken: Waiting[] = [];
    for (;;) {
      const first = this.#all[this.#gone];
      if (first === undefined || !isOver(first)) return taken;
      this.next();
      taken.push(first);
    }
  }
}
