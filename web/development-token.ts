// Where tokens come from in the demo. In your application this is a request to your own backend, which knows who is signed in.

export interface TokenRequest {
  readonly user: string;
  readonly name: string;
  readonly scope?: string;
  /** In seconds; an hour unless given. */
  readonly expiresIn?: string;
}

/** Asks the development server for a token. Rejects with a sentence where it gives none. */
export async function fetchDevelopmentToken(request: TokenRequest, send: typeof fetch): Promise<string> {
  const response = await send(`/dev/token?${new URLSearchParams({ ...request }).toString()}`);
  const answer = (await response.json()) as {
    readonly token?: string;
    readonly errors?: readonly { readonly message: string }[];
  };
  if (answer.token === undefined) throw new Error(answer.errors?.[0]?.message ?? 'There is no token.');
  return answer.token;
}
