// Asking the database for many at once: those who ask while an answer is under way share the next, and only so many are
// under way. Nobody is given an answer that was read before they asked.

/** Answers in the order of what was asked; undefined for whom it has none: they are asked for again. */
export type Work<Asked, Answer> = (asked: readonly Asked[]) => Promise<readonly (Answer | undefined)[]>;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** One work at a time for all who wait when it begins. */
export class SharedWork<Asked, Answer> {
  readonly #turns: Turns;
  readonly #work: Work<Asked, Answer>;
  readonly #onIdle: () => void;
  #waiting: Waiting<Asked, Answer>[] = [];
  #running = false;

  constructor(turns: Turns, work: Work<Asked, Answer>, onIdle: () => void = () => undefined) {
    this.#turns = turns;
    this.#work = work;
    this.#onIdle = onIdle;
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#turns.take(() => this.#serve());
    this.#running = false;
    this.#onIdle();
  }

  /** Never rejects: what fails is told to whoever waits. */
  async #serve(): Promise<void> {
    const served = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#work(served.map(({ asked }) => asked));
      const left = served.filter(({ resolve }, index) => {
        const answer = answers[index];
        if (answer === undefined) return true;
        resolve(answer);
        return false;
      });
      this.#waiting = [...left, ...this.#waiting];
    } catch (error) {
      for (const { reject } of served) reject(error);
    }
  }
}

/** So many at a time, in the order in which they came. */
export class Turns {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#queue.push(begin));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
