// How one worker asks all of them, by way of the process that has started them: for what is told of a server as a whole, by
// whichever worker was asked.
//
//   worker ──ask──▶ first process ──question──▶ every worker ──answer──▶ first process ──answers──▶ worker
//
// What counts of those that have gone, or are silent, is kept: a sum of counters must not fall when a worker does.

interface Ask {
  readonly tidings: 'ask';
  readonly id: number;
}
interface Question {
  readonly tidings: 'question';
  readonly id: number;
}
interface Answer {
  readonly tidings: 'answer';
  readonly id: number;
  readonly answer: unknown;
}
interface Answers {
  readonly tidings: 'answers';
  readonly id: number;
  readonly answers: readonly unknown[];
}
type Message = Ask | Question | Answer | Answers;

/** What of a process or a worker is needed. */
export interface Channel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send(message: Message): unknown;
}

/** What of a worker the first process needs. */
export interface WorkerChannel extends Channel {
  isConnected(): boolean;
  once(event: 'exit', listener: () => void): unknown;
}

/** Of answers of workers that have gone, or are silent, as one: what still counts of them. */
export type Remains = (answers: readonly unknown[]) => Promise<unknown>;

/** Of one that has not answered by then its last answer counts: one that hangs keeps nobody else from being told of. */
const patienceMs = 2_000;

/** Of the first process. */
export class AnswersOfWorkers {
  readonly #remains: Remains;
  readonly #onError: (error: unknown) => void;
  /** Those that live, each with what it has answered last. */
  readonly #workers = new Map<WorkerChannel, { last: unknown }>();
  /** Of those that have gone: null while none has answered before. */
  #past: Promise<unknown> = Promise.resolve(null);
  readonly #open = new Map<number, (worker: WorkerChannel, answer: unknown) => void>();
  #lastId = 0;

  /** `onError` is told why answers could not be made one: they are left out then. */
  constructor(remains: Remains, onError: (error: unknown) => void) {
    this.#remains = remains;
    this.#onError = onError;
  }

  /** To be called with each worker that is started. */
  serve(worker: WorkerChannel): void {
    this.#workers.set(worker, { last: null });
    worker.once('exit', () => this.#bury(worker));
    worker.on('message', (message) => {
      if (isMessage(message, 'answer')) this.#open.get(message.id)?.(worker, message.answer);
      if (!isMessage(message, 'ask')) return;
      const { id } = message;
      void this.#askAll().then((answers) => {
        if (worker.isConnected()) worker.send({ tidings: 'answers', id, answers });
      });
    });
  }

  #bury(worker: WorkerChannel): void {
    const last = this.#workers.get(worker)?.last ?? null;
    this.#workers.delete(worker);
    if (last === null) return;
    const before = this.#past;
    this.#past = before.then((past) => this.#join(past === null ? [last] : [past, last], past));
  }

  async #join(answers: readonly unknown[], otherwise: unknown): Promise<unknown> {
    try {
      return await this.#remains(answers);
    } catch (error) {
      this.#onError(error);
      return otherwise;
    }
  }

  async #askAll(): Promise<readonly unknown[]> {
    const id = (this.#lastId += 1);
    const answered = new Set<WorkerChannel>();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      const asked = new Set([...this.#workers.keys()].filter((worker) => worker.isConnected()));
      this.#open.set(id, (worker, answer) => {
        const known = this.#workers.get(worker);
        if (known === undefined) return;
        known.last = answer;
        answered.add(worker);
        asked.delete(worker);
        if (asked.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
      for (const worker of asked) worker.send({ tidings: 'question', id } satisfies Question);
    });
    this.#open.delete(id);
    // Whoever has gone by now is among the past, whether or not it has answered.
    const past = this.#past;
    const living = [...this.#workers].filter(([, { last }]) => last !== null);
    const answers = living.filter(([worker]) => answered.has(worker)).map(([, { last }]) => last);
    const silent = living.filter(([worker]) => !answered.has(worker)).map(([, { last }]) => last);
    const kept = [...(silent.length === 0 ? [] : [await this.#join(silent, null)]), await past];
    return [...answers, ...kept.filter((answer) => answer !== null)];
  }
}

/** Of a worker: answers what it is asked with `answer`, and answers the function that asks all workers, this one too. */
export function joinAnswers(
  channel: Channel,
  answer: () => Promise<unknown>,
): () => Promise<readonly unknown[]> {
  const open = new Map<number, (answers: readonly unknown[]) => void>();
  let lastId = 0;
  channel.on('message', (message) => {
    if (isMessage(message, 'answers')) {
      open.get(message.id)?.(message.answers);
      open.delete(message.id);
    }
    if (!isMessage(message, 'question')) return;
    const { id } = message;
    // One that can not answer is left out.
    answer().then(
      (told) => channel.send({ tidings: 'answer', id, answer: told }),
      () => undefined,
    );
  });
  return () =>
    new Promise((resolve) => {
      const id = (lastId += 1);
      open.set(id, resolve);
      channel.send({ tidings: 'ask', id });
    });
}

/** Others use the channel too: node:cluster, and what is told of starting and draining. */
function isMessage<Kind extends Message['tidings']>(
  message: unknown,
  kind: Kind,
): message is Extract<Message, { readonly tidings: Kind }> {
  return typeof message === 'object' && message !== null && 'tidings' in message && message.tidings === kind;
}
