// Guards the reuse of operation ids. graphql-ws keys its state by id: when a client completes an id and subscribes with
// it again before the first operation has settled, the first one's clean-up deletes the second one's entry, and the
// second outlives both its `complete` and its socket. So an operation waits until the one before it with its id has ended.

interface Message {
  readonly type: unknown;
  readonly id: unknown;
}

interface Turn {
  completed: boolean;
  settled: Promise<void>;
}

/** Answers the function that handles a message, at its turn; one per connection. */
export function createTurns(): (text: string, handle: () => Promise<void>) => Promise<void> {
  const running = new Map<string, Turn>();

  return async (text, handle) => {
    const message = peek(text);
    if (typeof message?.id !== 'string') return handle();
    const { id } = message;
    const earlier = running.get(id);
    if (message.type === 'complete') {
      if (earlier !== undefined) earlier.completed = true;
      return handle();
    }
    if (message.type !== 'subscribe') return handle();
    // An id in use that was not completed is the client's mistake: graphql-ws answers it.
    if (earlier !== undefined && !earlier.completed) return handle();
    const current: Turn = { completed: false, settled: Promise.resolve() };
    // The client may have completed it while it waited.
    const start = async () => {
      if (!current.completed) await handle();
    };
    const settled = (earlier === undefined ? handle() : earlier.settled.then(start)).finally(() => {
      if (running.get(id) === current) running.delete(id);
    });
    current.settled = settled.catch(() => undefined);
    running.set(id, current);
    return settled;
  };
}

function peek(text: string): Message | null {
  try {
    const message: unknown = JSON.parse(text);
    return message !== null && typeof message === 'object' ? (message as Message) : null;
  } catch {
    return null;
  }
}
