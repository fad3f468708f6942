import type { TokenSource } from './token-source.ts';

/** A request without its whole answer by then is given up: a network that is gone says nothing. In milliseconds. */
const answerWithinMs = 20_000;

/** `fetch` with the token of the moment. What is refused with 401 was not carried out: it is sent once more with a new token. */
export function toFetch(given: typeof fetch | undefined, tokens: TokenSource): typeof fetch {
  return async (input, init) => {
    // Looked up late: tests and polyfills put theirs in place when they like.
    const send = given ?? globalThis.fetch;
    const sendWith = (token: string | null) => {
      const headers = new Headers(init?.headers);
      if (token !== null) headers.set('authorization', `Bearer ${token}`);
      return send(input, { ...init, headers, signal: inTime(init?.signal) });
    };
    const token = await tokens.current();
    const response = await sendWith(token);
    if (response.status !== 401 || !tokens.canRenew) return response;
    tokens.refuse(token);
    const another = await tokens.current();
    return another === token ? response : sendWith(another);
  };
}

/** Aborts when time is over, or with the other one. */
function inTime(other: AbortSignal | null | undefined): AbortSignal {
  const controller = new AbortController();
  const timer: ReturnType<typeof setTimeout> | number = setTimeout(
    () => controller.abort(new Error(`there was no answer within ${answerWithinMs / 1000} s`)),
    answerWithinMs,
  );
  // It keeps no process alive.
  if (typeof timer === 'object') timer.unref();
  if (other?.aborted === true) controller.abort(other.reason);
  other?.addEventListener('abort', () => controller.abort(other.reason), { once: true });
  return controller.signal;
}
