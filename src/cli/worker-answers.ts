// How one worker asks all of them, by way of the process that has started them: for what is told of a server as a whole, by
// whichever worker was asked.
//
//   worker ──ask──▶ first process ──question──▶ every worker ──answer──▶ first process ──answers──▶ worker
import type { Worker } from 'node:cluster';

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

/** Whoever has not answered by then is left out: one that hangs keeps nobody else from being told of. */
const patienceMs = 2_000;

/** Of the first process. */
export class AnswersOfWorkers {
  readonly #workers: () => Iterable<Pick<Worker, 'send' | 'isConnected'>>;
  readonly #open = new Map<number, (answer: unknown) => void>();
  #lastId = 0;

  constructor(workers: () => Iterable<Pick<Worker, 'send' | 'isConnected'>>) {
    this.#workers = workers;
  }

  /** To be called with each worker that is started. */
  serve(worker: Channel): void {
    worker.on('message', (message) => {
      if (isMessage(message, 'answer')) this.#open.get(message.id)?.(message.answer);
      if (!isMessage(message, 'ask')) return;
      const { id } = message;
      void this.#askAll().then((answers) => worker.send({ tidings: 'answers', id, answers }));
    });
  }

  async #askAll(): Promise<readonly unknown[]> {
    const id = (this.#lastId += 1);
    const answers: unknown[] = [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      let expected = 0;
      this.#open.set(id, (answer) => {
        answers.push(answer);
        expected -= 1;
        if (expected > 0) return;
        clearTimeout(timer);
        resolve();
      });
      for (const worker of this.#workers()) {
        if (!worker.isConnected()) continue;
        expected += 1;
        worker.send({ tidings: 'question', id } satisfies Question);
      }
    });
    this.#open.delete(id);
    return answers;
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
