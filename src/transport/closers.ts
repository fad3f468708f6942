// What was opened, to be closed in the opposite order, by name: where something hangs, somebody wants to know what.
import type { Logger } from 'pino';

type Close = () => Promise<void>;

interface Closer {
  readonly what: string;
  readonly close: Close;
}

export class Closers {
  readonly #logger: Logger;
  #open: Closer[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  push(close: Close, what = 'something'): void {
    this.#open.push({ what, close });
  }

  /** One after the other, each whatever becomes of those before. Never rejects; may be called again. */
  async close(): Promise<void> {
    for (const closer of this.#takeAll()) await this.#close(closer);
  }

  /**
   * Like `close`, but resolves in time, with the names of those that have not ended. Of the time that is left each has a third;
   * then it goes on beside the next: a store that hangs keeps no lease from being given up.
   */
  async closeWithin(ms: number): Promise<readonly string[]> {
    const deadline = performance.now() + ms;
    const unfinished = new Map<Promise<void>, string>();
    const wait = async (closing: Promise<unknown>, patienceMs: number): Promise<void> => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.max(0, patienceMs));
      });
      await Promise.race([closing, late]);
      clearTimeout(timer);
    };
    for (const closer of this.#takeAll()) {
      const closing: Promise<void> = this.#close(closer).then(() => void unfinished.delete(closing));
      unfinished.set(closing, closer.what);
      await wait(closing, (deadline - performance.now()) / 3);
    }
    await wait(Promise.all(unfinished.keys()), deadline - performance.now());
    return [...unfinished.values()];
  }

  #takeAll(): readonly Closer[] {
    return this.#open.splice(0).reverse();
  }

  async #close({ what, close }: Closer): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#logger.error({ err: error, what }, 'something could not be closed');
    }
  }
}
