// All attempts of one call: again while that can help, with the same body each time, until the deadline.
import { attempt } from './attempt.ts';
import { toRetryWaitMs } from './backoff.ts';
import type { TokenSource } from '../client/token-source.ts';
import type { Attempted, Failed } from './classify.ts';
import { PublishError } from './publish-error.ts';

export interface Sending {
  readonly url: string;
  readonly tokens: TokenSource;
  readonly workspace: string | undefined;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly fetch: typeof fetch;
}

export interface Call {
  /** For messages: the operation. */
  readonly name: string;
  readonly body: string;
  /** By which the server knows a repetition; null where the call has none. */
  readonly key: { readonly name: string; readonly value: string } | null;
  /** Whether it may be sent again although it may have been carried out. */
  readonly retry: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Answers the data. Rejects with PublishError, or with the signal's reason. */
export async function send(sending: Sending, call: Call): Promise<unknown> {
  const { url, tokens, timeoutMs, deadlineMs } = sending;
  const startedAt = performance.now();
  const leftMs = (): number => deadlineMs - (performance.now() - startedAt);
  let attempts = 0;
  let tokenFailures = 0;
  let mayHaveHappened = false;
  let askedAgain = false;

  call.signal?.throwIfAborted();
  for (;;) {
    let token: string | null;
    try {
      token = await within(tokens.current(), leftMs(), call.signal);
    } catch (error) {
      call.signal?.throwIfAborted();
      tokenFailures += 1;
      const waitMs = toRetryWaitMs(tokenFailures, null, Math.random());
      if (waitMs >= leftMs()) throw toError(noToken(error, true), call, attempts, mayHaveHappened);
      // Whoever hands them out may be back in a moment, as the server may.
      await pause(waitMs, call.signal);
      continue;
    }
    attempts += 1;
    const outcome: Attempted = await attempt({
      fetch: sending.fetch,
      url,
      headers: toHeaders(sending, token, call),
      body: call.body,
      timeoutMs: Math.max(Math.min(timeoutMs, leftMs(), longestTimerMs), 1),
      signal: call.signal,
    });
    if (outcome.kind === 'done') return outcome.data;
    mayHaveHappened ||= outcome.mayHaveHappened;

    if (outcome.code === 'UNAUTHENTICATED' && !askedAgain && tokens.canRenew) {
      tokens.refuse(token);
      askedAgain = true;
      continue;
    }
    const mayRepeat = call.retry || !mayHaveHappened;
    const waitMs = toRetryWaitMs(attempts, outcome.retryAfterMs, Math.random());
    if (!outcome.retryable || !mayRepeat || waitMs >= leftMs()) {
      throw toError(outcome, call, attempts, mayHaveHappened);
    }
    await pause(waitMs, call.signal);
  }
}

function toHeaders({ workspace }: Sending, token: string | null, call: Call): Headers {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });
  // A header holds ASCII; the server decodes it.
  if (workspace !== undefined) headers.set('tidings-workspace', encodeURIComponent(workspace));
  try {
    headers.set('authorization', `Bearer ${token}`);
  } catch {
    // Its own message would hold the token.
    throw toError(noToken(new Error('it holds characters that no header can hold'), false), call, 0, false);
  }
  return headers;
}

const noToken = (error: unknown, retryable: boolean): Failed => ({
  code: 'UNAUTHENTICATED',
  message: `There is no token to send (${error instanceof Error ? error.message : String(error)}).`,
  retryable,
  mayHaveHappened: false,
  retryAfterMs: null,
  cause: error,
});

function toError(failed: Failed, call: Call, attempts: number, mayHaveHappened: boolean): PublishError {
  const { name, key } = call;
  const { code, message, retryable } = failed;
  const tried =
    attempts > 1 ? `${name} failed with ${code} after ${attempts} attempts` : `${name} failed with ${code}`;
  const advice = !mayHaveHappened
    ? ''
    : key === null
      ? ' It may have been carried out all the same.'
      : ` It may have been carried out all the same: call again with ${key.name} "${key.value}", and it happens once.`;
  return new PublishError(`${tried}: ${message}${advice}`, {
    code,
    retryable,
    outcome: mayHaveHappened ? 'unknown' : 'refused',
    attempts,
    idempotencyKey: key?.value ?? null,
    cause: failed.cause,
  });
}

/** One that is longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, longestTimerMs),
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** What takes longer is given up, though it may go on. */
async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<T> {
  const given = new AbortController();
  const stop = (): void => given.abort();
  signal?.addEventListener('abort', stop);
  const late = pause(ms, given.signal).then(() => {
    throw new Error('`token` has not answered before the deadline');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    signal?.removeEventListener('abort', stop);
    late.catch(() => undefined); // it is over
    stop();
  }
}
