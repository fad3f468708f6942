// Keeps the session of one connected socket alive: before its token expires a fresh one is asked for and handed to the server in
// place (`renewSession`), so that no subscription is interrupted. Where that fails until the end, the server closes with
// 4403 and the connection comes back with a fresh token: later, and nothing is lost either.
import type { OperationResult } from './socket-session.ts';
import { codeOf, retryAfterMsOf, textOf, type ServerError } from './client-errors.ts';
import type { TokenSource } from './token-source.ts';

export interface RenewalOptions {
  readonly tokens: TokenSource;
  /** With what the socket was opened. */
  readonly token: string | null;
  /** Of that token, by `now`; null: it is not known to expire. */
  readonly expiresAt: number | null;
  /** Over this socket and no other. */
  send(payload: {
    readonly query: string;
    readonly variables: { readonly token: string };
  }): Promise<OperationResult>;
  readonly now: () => number;
  readonly log: (what: string, detail?: unknown) => void;
}

const renewSession = 'mutation RenewSession($token: String!) { renewSession(token: $token) { expiresAt } }';
const leadMs = 60_000;
const longestTimerMs = 3_600_000;
const shortestWaitMs = 1_000;

/** How long to leave a token that lives `remainingMs` more: until the last quarter of it, at most a minute before its end. */
export const toRenewalWaitMs = (remainingMs: number): number =>
  Math.max(remainingMs - Math.min(leadMs, remainingMs / 4), 0);

export class Renewal {
  readonly #options: RenewalOptions;
  /** What the session lives by: the source may hold another one by now. */
  #token: string | null;
  #expiresAt: number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#token = options.token;
    this.#expiresAt = options.expiresAt;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The expiry is looked at again at least hourly: timers run late, and no longer than 24 days. */
  #schedule(): void {
    const { tokens, now } = this.#options;
    if (this.#stopped || !tokens.canRenew || this.#expiresAt === null) return;
    const waitMs = Math.max(toRenewalWaitMs(this.#expiresAt - now()), shortestWaitMs);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => (waitMs > longestTimerMs ? this.#schedule() : void this.#renew()),
      Math.min(waitMs, longestTimerMs),
    );
  }

  async #renew(): Promise<void> {
    const { tokens, send, log } = this.#options;
    let retryAfterMs = 0;
    try {
      const token = await tokens.renew();
      const { expiresAt } = tokens;
      if (this.#stopped) return;
      if (token === null || token === this.#token)
        throw new Error('the token function returned no newer token');
      const { errors } = await send({ query: renewSession, variables: { token } });
      if (this.#stopped) return;
      if (errors !== undefined && errors.length > 0) {
        const refusals = errors as unknown as readonly ServerError[];
        retryAfterMs = retryAfterMsOf(refusals) ?? 0;
        throw new Error(
          `${codeOf(refusals) ?? 'refused'}: ${refusals.map(({ message }) => message).join(' ')}`,
        );
      }
      this.#token = token;
      this.#expiresAt = expiresAt;
      log('the session was renewed');
      this.#schedule();
    } catch (error) {
      if (this.#stopped) return;
      log('the session could not be renewed; trying again while the token lives', textOf(error));
      const leftMs = (this.#expiresAt ?? 0) - this.#options.now();
      if (leftMs <= shortestWaitMs) return;
      const waitMs = Math.max(leftMs / 2, shortestWaitMs, retryAfterMs);
      this.#timer = setTimeout(() => void this.#renew(), waitMs);
    }
  }
}
