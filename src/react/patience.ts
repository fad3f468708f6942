// Asking and following until it works: what passes by itself is waited for, and only what does not is told.
import type { CombinedError, TypedDocumentNode } from '@urql/core';
import { toWaitMs } from '../client/backoff.ts';
import { retryAfterMsOf, type ServerError } from '../client/client-errors.ts';
import type { Follower, TidingsClient } from '../client/tidings-client.ts';

/** null where asking again would not help. In milliseconds. */
export function retryWaitOf(error: CombinedError, failures: number): number | null {
  const wait = toWaitMs(failures, Math.random());
  if (error.networkError !== undefined) return wait;
  const retryAfterMs = retryAfterMsOf(error.graphQLErrors as readonly ServerError[]);
  return retryAfterMs === null ? null : Math.max(retryAfterMs, wait);
}

/** Rejects with a CombinedError, or where the signal aborts. */
export async function queryUntilAnswered<Data, Input extends object>(
  client: TidingsClient,
  document: TypedDocumentNode<Data, Input>,
  variables: Input,
  signal: AbortSignal,
): Promise<Data> {
  for (let failures = 1; ; failures += 1) {
    const result = await client
      .query(document, variables, {
        requestPolicy: 'network-only',
      })
      .toPromise();
    signal.throwIfAborted();
    if (result.error === undefined) return result.data as Data;
    const waitMs = retryWaitOf(result.error, failures);
    if (waitMs === null) throw result.error;
    await waitOrReconnect(client, waitMs, signal);
  }
}

/** Shorter where the connection comes back meanwhile. Rejects where the signal aborts. */
export async function waitOrReconnect(
  client: TidingsClient,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ignore();
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    const ignore = client.onConnectionState(({ status }) => {
      if (status === 'connected') done();
    });
    signal.addEventListener('abort', done, { once: true });
  });
  signal.throwIfAborted();
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
  let stop = (): void => {};
  const follow = (): void => {
    stop = client.follow(document, variables, {
      event: (data) => follower.event(data),
      resumed: () => follower.resumed?.(),
      ended: (error, code) => {
        if (error.networkError === undefined) return follower.failed(error, code);
        stop = client.onConnectionState(({ status }) => {
          if (status !== 'connected') return;
          stop();
          follower.resumed?.();
          follow();
        });
      },
    });
  };
  follow();
  return () => stop();
}
