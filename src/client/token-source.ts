// The token that requests and connections carry: asked for once however many need it, kept until it is about to expire,
// and asked for anew when the server has refused it.

/** null: visit without a token. A function is asked at the first need, before the token expires, and when it is refused. */
export type TokenInput = string | null | (() => string | null | Promise<string | null>);

/** A function that takes longer is given up, and asked again by whoever needs a token next. */
const answerWithinMs = 20_000;

/** A token this close to its end is not sent any more: it would expire on its way. */
const tooLateMs = 5_000;

interface Held {
  readonly token: string | null;
  /** By this machine's clock; null where that can not be told: an opaque token. */
  readonly expiresAt: number | null;
}

export class TokenSource {
  readonly #input: TokenInput | undefined;
  readonly #now: () => number;
  #held: Held | null = null;
  /** The one before, or the same: what was told of it once is not told anew. */
  #last: Held | null = null;
  #asking: Promise<string | null> | null = null;

  constructor(input: TokenInput | undefined, now: () => number = Date.now) {
    this.#input = input;
    this.#now = now;
  }

  /** Whether there may be another token than the one that was refused. */
  get canRenew(): boolean {
    return typeof this.#input === 'function';
  }

  /** When the token that is held expires, in epoch milliseconds of this machine's clock. */
  get expiresAt(): number | null {
    return this.#held?.expiresAt ?? null;
  }

  /** Rejects with whatever the application's function throws. */
  async current(): Promise<string | null> {
    const held = this.#held;
    if (held !== null && (held.expiresAt === null || held.expiresAt - this.#now() > tooLateMs))
      return held.token;
    return this.renew();
  }

  /** Asks for a token now. Whoever asks meanwhile gets the same one. */
  renew(): Promise<string | null> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** The server does not want this one: the next need asks anew. */
  refuse(token: string | null): void {
    if (this.canRenew && this.#held?.token === token) this.#held = null;
  }

  async #ask(): Promise<string | null> {
    const input = this.#input ?? null;
    const token = typeof input === 'function' ? await withinTime(async () => input()) : input;
    const last = this.#last;
    const expiresAt = last !== null && last.token === token ? last.expiresAt : this.#expiryOf(token);
    this.#held = { token, expiresAt: typeof input === 'function' ? expiresAt : null };
    this.#last = this.#held;
    return token;
  }

  /**
   * By this machine's clock, which may be wrong by hours, either way: a token that was just handed out lives no longer than it
   * says from now on, and as long as that where it seems to have expired already. Where that is wrong as well the server refuses
   * it, and says so.
   */
  #expiryOf(token: string | null): number | null {
    const { iat, exp } = claimsOf(token);
    if (exp === undefined) return null;
    const now = this.#now();
    const fromNow = iat !== undefined && exp > iat ? now + (exp - iat) * 1000 : null;
    if (exp * 1000 - now > tooLateMs) return Math.min(exp * 1000, fromNow ?? Number.POSITIVE_INFINITY);
    // Where it never lived nothing can be told of it.
    return fromNow;
  }
}

function withinTime<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new Error(`the token function has not answered within ${answerWithinMs / 1000} s`);
    const timer = setTimeout(() => reject(late), answerWithinMs);
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** What a JWT says of its time, in seconds; nothing of any other token. It is not verified: that is the server's part. */
function claimsOf(token: string | null): { readonly iat?: number; readonly exp?: number } {
  const payload = token?.split('.')[1];
  if (payload === undefined) return {};
  try {
    const { iat, exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<
      string,
      unknown
    >;
    return { ...(typeof iat === 'number' && { iat }), ...(typeof exp === 'number' && { exp }) };
  } catch {
    return {};
  }
}
