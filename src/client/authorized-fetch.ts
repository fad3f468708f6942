import type { TokenSource } from './token-source.ts';

/** `fetch` with the token of the moment. What is refused with 401 was not carried out: it is sent once more with a new token. */
export function toFetch(given: typeof fetch | undefined, tokens: TokenSource): typeof fetch {
  return async (input, init) => {
    // Looked up late: tests and polyfills put theirs in place when they like.
    const send = given ?? globalThis.fetch;
    const sendWith = (token: string | null) => {
      const headers = new Headers(init?.headers);
      if (token !== null) headers.set('authorization', `Bearer ${token}`);
      return send(input, { ...init, headers });
    };
    const token = await tokens.current();
    const response = await sendWith(token);
    if (response.status !== 401 || !tokens.canRenew) return response;
    tokens.refuse(token);
    const another = await tokens.current();
    return another === token ? response : sendWith(another);
  };
}
