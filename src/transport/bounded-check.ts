// Asks whether something answers, and how quickly: never two at a time, however many want to know, and nobody waits for longer
// than a deadline. What still hangs then is waited for by no one, and not asked again before it has settled.
import { performance } from 'node:perf_hooks';

export interface Checked<T> {
  /** What it answered; null where it did not. */
  readonly value: T | null;
  /** A sentence that says what is missing; null where nothing is. */
  readonly problem: string | null;
  /** How long it took; of one that hangs, how long it has been waited for. */
  readonly ms: number;
}

export interface BoundedCheckOptions<T> {
  /** In sentences: "The database". */
  readonly name: string;
  /** Rejects with a sentence that says what is missing. */
  ask(): Promise<T>;
  readonly deadlineMs?: number;
  /** An answer counts for so long. */
  readonly freshMs?: number;
}

const defaultDeadlineMs = 2_000;
const defaultFreshMs = 250;

export class BoundedCheck<T> {
  readonly #options: Required<BoundedCheckOptions<T>>;
  #last: { readonly at: number; readonly checked: Checked<T> } | null = null;
  /** Those who ask at once share one look. */
  #looking: Promise<Checked<T>> | null = null;
  /** What was asked and has not settled. */
  #asked: { readonly at: number; readonly answer: Promise<Checked<T>> } | null = null;

  constructor({
    deadlineMs = defaultDeadlineMs,
    freshMs = defaultFreshMs,
    ...options
  }: BoundedCheckOptions<T>) {
    this.#options = { ...options, deadlineMs, freshMs };
  }

  /** Never rejects. */
  look(): Promise<Checked<T>> {
    const last = this.#last;
    if (last !== null && performance.now() - last.at < this.#options.freshMs)
      return Promise.resolve(last.checked);
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<Checked<T>> {
    const { name, deadlineMs } = this.#options;
    const asked = this.#asked ?? this.#ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Checked<T>>((resolve) => {
      timer = setTimeout(() => {
        const ms = performance.now() - asked.at;
        resolve({ value: null, problem: `${name} did not answer within ${deadlineMs / 1_000} s.`, ms });
      }, deadlineMs).unref();
    });
    const checked = await Promise.race([asked.answer, late]);
    clearTimeout(timer);
    this.#last = { at: performance.now(), checked };
    return checked;
  }

  #ask(): { readonly at: number; readonly answer: Promise<Checked<T>> } {
    const at = performance.now();
    const answer = this.#answer(at).finally(() => (this.#asked = null));
    this.#asked = { at, answer };
    return this.#asked;
  }

  async #answer(at: number): Promise<Checked<T>> {
    try {
      const value = await this.#options.ask();
      return { value, problem: null, ms: performance.now() - at };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { value: null, problem, ms: performance.now() - at };
    }
  }
}
