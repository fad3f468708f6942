// Guards the reuse of operation ids. graphql-ws keys its state by id: when a client completes an id and subscribes with
// it again before the first operation has settled, the first one's clean-up deletes the second one's entry, and the
// second outlives both its `complete` and its socket. So an operation waits until the one before it with its id has ended.
import type { Intake } from './intake.ts';

interface Message {
  readonly type: unknown;
  readonly id: unknown;
}

interface Turn {
  /** graphql-ws knows of it. */
  started: boolean;
  completed: boolean;
  settled: Promise<void>;
}

export interface TurnsOptions {
  /** It is told of those that wait. */
  readonly intake: Pick<Intake, 'entered' | 'left'>;
  /** The id is in use by an operation that waits. */
  refuse(): void;
}

/** Of one connection. */
export class OperationTurns {
  /** Those that have not settled, by id; null until there is one. */
  #running: Map<string, Turn> | null = null;
  readonly #options: TurnsOptions;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Has a message handled at its turn: what JSON has made of the text, or the text where it is no object. */
  handle(text: string, handle: (said: object | string) => Promise<void>): Promise<void> {
    const message = parse(text);
    const said = message ?? text;
    if (typeof message?.id !== 'string') return handle(said);
    const { id } = message;
    const earlier = this.#running?.get(id);
    if (message.type === 'complete') {
      if (earlier !== undefined) earlier.completed = true;
      return handle(said);
    }
    if (message.type !== 'subscribe') return handle(said);
    // An id in use that was not completed is the client's mistake: graphql-ws answers it, of those that it knows.
    if (earlier?.completed === false) {
      if (earlier.started) return handle(said);
      this.#options.refuse();
      return Promise.resolve();
    }
    const current: Turn = { started: earlier === undefined, completed: false, settled: Promise.resolve() };
    this.#running ??= new Map();
    this.#running.set(id, current);
    const handled =
      earlier === undefined ? handle(said) : this.#startAfter(earlier, current, () => handle(said));
    this.#endWith(handled, id, current);
    return handled;
  }

  /** The client may have completed it while it waited. */
  async #startAfter(earlier: Turn, current: Turn, start: () => Promise<void>): Promise<void> {
    const { intake } = this.#options;
    intake.entered();
    await earlier.settled;
    intake.left();
    if (current.completed) return;
    current.started = true;
    await start();
  }

  /** A function of its own: what it keeps for as long as a subscription lives is no more than this. */
  #endWith(handled: Promise<void>, id: string, current: Turn): void {
    const end = (): void => {
      if (this.#running?.get(id) === current) this.#running.delete(id);
    };
    current.settled = handled.then(end, end);
  }
}

function parse(text: string): Message | null {
  try {
    const message: unknown = JSON.parse(text);
    return message !== null && typeof message === 'object' ? (message as Message) : null;
  } catch {
    return null;
  }
}
