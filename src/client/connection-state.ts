/**
 * What a page shows of its connection.
 *
 *   idle ── first need ──> connecting ──> connected ──> reconnecting ──> connected …
 *                              └───────────────> reconnecting ──> closed (final: a new `connect()` tries again)
 */
export type ConnectionState =
  /** Nothing has needed a connection yet. */
  | { readonly status: 'idle' }
  | { readonly status: 'connecting' }
  | { readonly status: 'connected' }
  | {
      readonly status: 'reconnecting';
      /** When the next try begins; null while one is under way. */
      readonly nextTryAt: Date | null;
      /** What ended the connection or the last try, for people who look for the cause. */
      readonly reason: string;
    }
  | {
      readonly status: 'closed';
      /**
       * `disconnected`: `disconnect()` was called; subscriptions wait for `connect()` and go on from their cursors.
       * `unauthenticated`: the token is refused and no other one is to be had. `refused`: the server and this client do
       * not understand each other. After the latter two all subscriptions have ended with an error.
       */
      readonly reason: 'disconnected' | 'unauthenticated' | 'refused';
      readonly message: string;
    };

export type CloseReason = Extract<ConnectionState, { status: 'closed' }>['reason'];
