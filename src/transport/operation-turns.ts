// Guards the reuse of operation ids. graphql-ws keys its state by id: when a client completes an id and subscribes with
// it again before the first operation has settled, the first one's clean-up deletes the second one's entry, and the
// second outlives both its `complete` and its socket. So an operation waits until the one before it with its id has ended.
import type { Intake } from './intake.ts';

interface Message {
  readonly type: unknown;
  readonly id: unknown;
}

interface Turn {
  completed: boolean;
  settled: Promise<void>;
}

/** Of one connection. */
export class OperationTurns {
  /** Those that have not settled, by id; null until there is one. */
  #running: Map<string, Turn> | null = null;
  readonly #intake: Pick<Intake, 'entered' | 'left'>;

  /** It is told of those that wait. */
  constructor(intake: Pick<Intake, 'entered' | 'left'>) {
    this.#intake = intake;
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
    // An id in use that was not completed is the client's mistake: graphql-ws answers it.
    if (message.type !== 'subscribe' || (earlier !== undefined && !earlier.completed)) return handle(said);
    const current: Turn = { completed: false, settled: Promise.resolve() };
    this.#running ??= new Map();
    this.#running.set(id, current);
    const handled =
      earlier === undefined ? handle(said) : this.#startAfter(earlier, current, () => handle(said));
    this.#endWith(handled, id, current);
    return handled;
  }

  /** The client may have completed it while it waited. */
  async #startAfter(earlier: Turn, current: Turn, start: () => Promise<void>): Promise<void> {
    this.#intake.entered();
    await earlier.settled;
    this.#intake.left();
    if (!current.completed) await start();
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
