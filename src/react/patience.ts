// Asking and following until it works: what passes by itself is waited for, and only what does not is told.
import type { CombinedError, OperationResult, TypedDocumentNode } from '@urql/core';
import { toWaitMs } from '../client/backoff.ts';
import { retryAfterMsOf, type ServerError } from '../client/client-errors.ts';
import { completed, type Follower, type TidingsClient } from '../client/tidings-client.ts';

/** null where asking again would not help. In milliseconds. */
export function retryWaitOf(error: CombinedError, failures: number): number | null {
  const wait = toWaitMs(failures, Math.random());
  if (error.networkError !== undefined) return isHopeless(error) ? null : wait;
  const retryAfterMs = retryAfterMsOf(error.graphQLErrors as readonly ServerError[]);
  return retryAfterMs === null ? null : Math.max(retryAfterMs, wait);
}

/** Another address, or something between that refuses: asking again is answered in the same way. */
function isHopeless({ response }: CombinedError): boolean {
  const status = (response as Partial<Response> | undefined)?.status ?? 0;
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

/** Rejects with a CombinedError, or where the signal aborts. */
export async function queryUntilAnswered<Data, Input extends object>(
  client: TidingsClient,
  document: TypedDocumentNode<Data, Input>,
  variables: Input,
  signal: AbortSignal,
): Promise<Data> {
  for (let failures = 1; ; failures += 1) {
    const result = await ask(client, document, variables, signal);
    if (result.error === undefined) return result.data as Data;
    const waitMs = retryWaitOf(result.error, failures);
    if (waitMs === null) throw result.error;
    await waitOrReconnect(client, waitMs, signal);
  }
}

/** Rejects where the signal aborts, and takes the request back: whoever asks anew is not told what was read before. */
const ask = <Data, Input extends object>(
  client: TidingsClient,
  document: TypedDocumentNode<Data, Input>,
  variables: Input,
  signal: AbortSignal,
): Promise<OperationResult<Data, Input>> =>
  until(signal, (done) => {
    const asked = client.query(document, variables, { requestPolicy: 'network-only' });
    return asked.subscribe((result) => {
      if (!result.stale && !result.hasNext) done(result);
    }).unsubscribe;
  });

/** Shorter where the connection comes back meanwhile. Rejects where the signal aborts. */
export async function waitOrReconnect(
  client: TidingsClient,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const either = new AbortController();
  const stop = (): void => either.abort();
  signal.addEventListener('abort', stop);
  try {
    await Promise.race([wait(waitMs, either.signal), reconnected(client, either.signal)]);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Rejects where the signal aborts. */
export function wait(waitMs: number, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    const timer = setTimeout(done, waitMs);
    return () => clearTimeout(timer);
  });
}

/** Resolves when a new connection is there. Rejects where the signal aborts. */
export const reconnected = (client: TidingsClient, signal: AbortSignal): Promise<void> =>
  until(signal, (done) =>
    client.onConnectionState(({ status }) => {
      if (status === 'connected') done();
    }),
  );

function until<Outcome = void>(
  signal: AbortSignal,
  begin: (done: (outcome: Outcome) => void) => () => void,
): Promise<Outcome> {
  const outcome = new Promise<Outcome>((resolve, reject) => {
    let isOver = false;
    let stop = (): void => {};
    const over = (settle: () => void): void => {
      isOver = true;
      stop();
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => over(() => reject(signal.reason as Error));
    signal.addEventListener('abort', abort);
    stop = begin((result) => over(() => resolve(result)));
    if (isOver) stop();
    else if (signal.aborted) abort();
  });
  // Whoever races it may have stopped listening.
  outcome.catch(() => {});
  return outcome;
}

/**
 * Follows for as long as it is wanted: also over the end of a connection that was closed for good and is opened again, which
 * `resumed` tells too. `failed` is told what will not pass. Returns what stops it.
 */
export function keepFollowing<Data, Input extends object>(
  client: TidingsClient,
  document: TypedDocumentNode<Data, Input>,
  variables: Input,
  follower: Pick<Follower<Data>, 'event' | 'resumed'> & {
    failed(error: CombinedError, code: string | undefined): void;
  },
): () => void {
  const life = new AbortController();
  let stop = (): void => {};
  let completions = 0;
  const again = async (waiting: Promise<void>): Promise<void> => {
    try {
      await waiting;
    } catch {
      return; // stopped meanwhile
    }
    follower.resumed?.();
    follow();
  };
  const follow = (): void => {
    stop = client.follow(document, variables, {
      event(data) {
        completions = 0;
        follower.event(data);
      },
      resumed: () => follower.resumed?.(),
      ended(error, code) {
        if (code === completed) {
          completions += 1;
          return void again(wait(toWaitMs(completions, Math.random()), life.signal));
        }
        if (error.networkError === undefined) follower.failed(error, code);
        // Too large it stays, whatever the connection.
        if (code === 'PAYLOAD_TOO_LARGE') return;
        // Whoever comes back with another token may see it.
        void again(reconnected(client, life.signal));
      },
    });
  };
  follow();
  return () => {
    life.abort();
    stop();
  };
}
