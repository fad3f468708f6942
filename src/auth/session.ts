// A session: who stands behind one connection or one request, for as long as it lives. Its token may be renewed in
// place, may expire, and may be withdrawn by whoever issued it, who is asked again where that is agreed; whoever needs to
// know watches.
import { TidingsError } from '../errors.ts';
import { expiredToken, TokenError } from './token-error.ts';
import type { TokenVerifier } from './tokens.ts';
import { textOfViewer, type Reader, type Viewer } from './viewer.ts';

export interface SessionWatcher {
  /** The token was replaced, or says something else by now: roles and scopes may differ. Must not throw. */
  onRenewed?(viewer: Viewer): void;
  /**
   * The token does not count any more and was not renewed: a TokenError, or UNAVAILABLE where that could not be told for
   * too long. Must not throw.
   */
  onEnded?(error: TidingsError): void;
}

export interface SessionOptions {
  readonly transport: 'http' | 'websocket';
  /** null for a request without a token. */
  readonly viewer: Viewer | null;
  /** What the viewer was verified from, where that may be done again. */
  readonly token?: string | null;
  /** Whose public parts are shown without a token; nothing unless given. */
  readonly visitorWorkspace?: string | null;
  readonly verifier: TokenVerifier;
}

/** setTimeout takes no more than 2^31-1 ms; a token that lives longer is looked at again then. */
const longestTimerMs = 2 ** 31 - 1;
const minuteMs = 60_000;
/** A token that could not be verified again is tried again after so long, */
const retryMs = 5_000;
/** and counts no longer than that beyond its time: its issuer may have withdrawn it long ago. */
const graceMs = 300_000;

export class Session {
  readonly transport: 'http' | 'websocket';
  readonly #verifier: TokenVerifier;
  readonly #visitorWorkspace: string | null;
  #watchers: readonly SessionWatcher[] = [];
  #viewer: Viewer | null;
  #token: string | null;
  /** When the token is to be verified again, in milliseconds since the epoch. */
  #verifyAgainAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ transport, viewer, token = null, visitorWorkspace = null, verifier }: SessionOptions) {
    this.transport = transport;
    this.#viewer = viewer;
    this.#token = worthKeeping(token, viewer);
    this.#verifyAgainAt = verifyAgainAt(viewer);
    this.#visitorWorkspace = visitorWorkspace;
    this.#verifier = verifier;
  }

  get viewer(): Viewer | null {
    return this.#viewer;
  }

  /** Of the viewer, or of visitors; '' where there is neither. */
  get workspace(): string {
    return this.#viewer?.workspace ?? this.#visitorWorkspace ?? '';
  }

  requireViewer(): Viewer {
    if (this.#viewer !== null) return this.#viewer;
    throw new TidingsError(
      'UNAUTHENTICATED',
      'This needs a token: send it as `Authorization: Bearer …`, or over a WebSocket in connection_init as { "token": "…" }.',
    );
  }

  /** For what visitors may read too. Throws UNAUTHENTICATED without a token where the server allows no visitors. */
  requireReader(): Reader {
    if (this.#viewer === null && this.#visitorWorkspace !== null) {
      return { workspace: this.#visitorWorkspace, viewer: null };
    }
    const viewer = this.requireViewer();
    return { workspace: viewer.workspace, viewer };
  }

  /** Until `unwatch`. */
  watch(watcher: SessionWatcher): void {
    this.#watchers = [...this.#watchers, watcher];
    this.#arm();
  }

  /** May be called again, and for whoever does not watch. */
  unwatch(watcher: SessionWatcher): void {
    this.#watchers = this.#watchers.filter((other) => other !== watcher);
    if (this.#watchers.length === 0) clearTimeout(this.#timer);
  }

  /** Replaces the token by a newer one of the same user and workspace, without interrupting anything. */
  async renew(token: string): Promise<Viewer> {
    const current = this.requireViewer();
    if (this.transport !== 'websocket') {
      throw new TidingsError(
        'BAD_USER_INPUT',
        'renewSession renews the token of a WebSocket connection: over HTTP, send the new token with the next request.',
      );
    }
    const renewed = await this.#verifier.verify(token, current.workspace);
    // What is in use by now: another renewal may have been quicker.
    const { issuedAt } = this.requireViewer();
    if (renewed.id !== current.id || renewed.workspace !== current.workspace) {
      throw new TidingsError(
        'FORBIDDEN',
        'The new token is of another user or workspace. Open a new connection for whoever it speaks for.',
      );
    }
    if (renewed.issuedAt < issuedAt) {
      throw new TidingsError(
        'BAD_USER_INPUT',
        'The new token is older than the one in use. Get a fresh one.',
      );
    }
    this.#token = worthKeeping(token, renewed);
    this.#replace(renewed);
    return renewed;
  }

  #replace(viewer: Viewer): void {
    const before = this.#viewer;
    this.#viewer = viewer;
    this.#verifyAgainAt = verifyAgainAt(viewer);
    this.#arm();
    if (before !== null && textOfViewer(before) === textOfViewer(viewer)) return;
    for (const watcher of this.#watchers) watcher.onRenewed?.(viewer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#viewer === null || this.#watchers.length === 0) return;
    const next = Math.min(this.#viewer.expiresAt.getTime(), this.#verifyAgainAt);
    const remainingMs = Math.max(next - Date.now(), 0);
    // Whole minutes first: timers of one length share a list, those of thousands of lengths have one each.
    const wholeMs = remainingMs - (remainingMs % minuteMs);
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(wholeMs || remainingMs, longestTimerMs));
    this.#timer.unref();
  }

  #onTimer(): void {
    const [viewer, token, now] = [this.#viewer, this.#token, Date.now()];
    if (viewer === null) return;
    if (viewer.expiresAt.getTime() <= now) return this.#end(expiredToken());
    if (token === null || this.#verifyAgainAt > now) return this.#arm();
    // Until it is answered: the token may expire meanwhile.
    this.#verifyAgainAt = Infinity;
    this.#arm();
    void this.#verifyAgain(viewer, token);
  }

  /** Never rejects. */
  async #verifyAgain(viewer: Viewer, token: string): Promise<void> {
    try {
      const again = await this.#verifier.verify(token, viewer.workspace);
      if (this.#token !== token) return; // renewed meanwhile
      if (again.id !== viewer.id || again.workspace !== viewer.workspace)
        return this.#end(new TokenError('The token is of another user or workspace by now. Sign in again.'));
      this.#replace(again);
    } catch (error) {
      if (this.#token !== token) return;
      if (error instanceof TokenError) return this.#end(error);
      const until = verifyAgainAt(viewer) + graceMs;
      if (Date.now() >= until) return this.#end(notVerified(error));
      this.#verifyAgainAt = Math.min(Date.now() + retryMs, until);
      this.#arm();
    }
  }

  #end(error: TidingsError): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.onEnded?.(error);
  }
}

const verifyAgainAt = (viewer: Viewer | null): number => viewer?.verifiedUntil?.getTime() ?? Infinity;

const notVerified = (cause: unknown): TidingsError =>
  new TidingsError('UNAVAILABLE', 'The token could not be verified again for too long. Try again.', {
    cause,
    retryAfterMs: retryMs,
  });

/** A token that is never verified again is kept nowhere. */
const worthKeeping = (token: string | null, viewer: Viewer | null): string | null =>
  viewer?.verifiedUntil == null ? null : token;
