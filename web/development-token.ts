// Where tokens come from in the demo. In your application this is a request to your own backend, which knows who is signed in.
import { OfflineError } from './network.ts';

export interface TokenRequest {
  readonly user: string;
  readonly name: string;
  readonly scope?: string;
  /** In seconds; an hour unless given. */
  readonly expiresIn?: string;
}

/** Its message is a sentence for people. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  /** Whether there may be a token in a while. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass, cause }: { readonly mayPass: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}

/** Asks the development server for a token. Rejects with TokenError, or OfflineError, where it gives none. */
export async function fetchDevelopmentToken(request: TokenRequest, send: typeof fetch): Promise<string> {
  let response: Response;
  try {
    response = await send(`/dev/token?${new URLSearchParams({ ...request }).toString()}`);
  } catch (cause) {
    if (cause instanceof OfflineError) throw cause;
    throw new TokenError('The server can not be reached.', { mayPass: true, cause });
  }
  const { status } = response;
  if (status === 403) throw refused('The server gives tokens to this machine only: open http://localhost.');
  if (status === 400) throw refused('The server gives no token to somebody of this name.');
  if (!response.ok || !(response.headers.get('content-type') ?? '').includes('json')) {
    throw new TokenError(`The server gives no token now (${status}).`, { mayPass: true });
  }
  const { token } = (await response.json()) as { readonly token?: string };
  if (token === undefined) throw refused('The server gives no token.');
  return token;
}

const refused = (message: string): TokenError => new TokenError(message, { mayPass: false });
