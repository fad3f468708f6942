// A session: who stands behind one connection or one request, for as long as it lives. Its token may be renewed in
// place and may expire; whoever needs to know watches.
import { TidingsError } from '../errors.ts';
import type { TokenVerifier } from './tokens.ts';
import type { Reader, Viewer } from './viewer.ts';

export interface SessionWatcher {
  /** The token was replaced: roles and scopes may differ now. Must not throw. */
  onRenewed?(viewer: Viewer): void;
  /** The token has expired and was not renewed. Must not throw. */
  onExpired?(): void;
}

export interface SessionOptions {
  readonly transport: 'http' | 'websocket';
  /** null for a request without a token. */
  readonly viewer: Viewer | null;
  /** Whose public parts are shown without a token; nothing unless given. */
  readonly visitorWorkspace?: string | null;
  readonly verifier: TokenVerifier;
}

/** setTimeout takes no more than 2^31-1 ms; a token that lives longer is looked at again then. */
const longestTimerMs = 2 ** 31 - 1;

export class Session {
  readonly transport: 'http' | 'websocket';
  readonly #verifier: TokenVerifier;
  readonly #visitorWorkspace: string | null;
  readonly #watchers = new Set<SessionWatcher>();
  #viewer: Viewer | null;
  #timer: NodeJS.Timeout | undefined;

  constructor({ transport, viewer, visitorWorkspace = null, verifier }: SessionOptions) {
    this.transport = transport;
    this.#viewer = viewer;
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

  /** Ends with the function it answers. */
  watch(watcher: SessionWatcher): () => void {
    this.#watchers.add(watcher);
    this.#arm();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) clearTimeout(this.#timer);
    };
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
    this.#viewer = renewed;
    this.#arm();
    for (const watcher of [...this.#watchers]) watcher.onRenewed?.(renewed);
    return renewed;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#viewer === null || this.#watchers.size === 0) return;
    const remainingMs = this.#viewer.expiresAt.getTime() - Date.now();
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(Math.max(remainingMs, 0), longestTimerMs));
    this.#timer.unref();
  }

  #onTimer(): void {
    if (this.#viewer !== null && this.#viewer.expiresAt.getTime() > Date.now()) return this.#arm();
    for (const watcher of [...this.#watchers]) watcher.onExpired?.();
  }
}
