// The client that applications use: urql's, with queries and mutations over fetch and everything live over one WebSocket that
// loses nothing. Creating it opens nothing, so it may be created anywhere, a server that renders pages included.
import {
  cacheExchange,
  CombinedError,
  createClient,
  fetchExchange,
  type Client,
  type Exchange,
  type TypedDocumentNode,
} from '@urql/core';
import { toFetch } from './authorized-fetch.ts';
import { callSafely } from './call-safely.ts';
import { codeOf, type ServerError } from './client-errors.ts';
import type { ConnectionState } from './connection-state.ts';
import { Connection } from './connection.ts';
import { liveExchange } from './live-exchange.ts';
import { LiveSubscription, type SubscriptionContext } from './live-subscription.ts';
import { sessionTimings, type SessionTimings } from './socket-session.ts';
import { cursorQueries, type CursorQueries } from './start-cursors.ts';
import type { Variables } from './stream-document.ts';
import { TokenSource, type TokenInput } from './token-source.ts';
import { pageSignals } from './wake-signals.ts';

export interface TidingsClientOptions {
  /** The GraphQL endpoint: `https://tidings.example/graphql`, or a path of the page's own host. */
  readonly url: string;
  /**
   * Who asks. A function may be async; it is called at the first need, before the token expires, and when it was refused: let it
   * return a fresh one. Where it throws, it is called again after a while. Left out or null: a visitor without a token.
   */
  readonly token?: TokenInput | undefined;
  /** Called when an event stream can not go on from its cursor; what the page shows of it has to be read again. */
  readonly onCursorExpired?: (stream: { readonly field: string }) => void;
  /** For event streams of your own modules: where each stands before its first event is heard. */
  readonly cursorQueries?: CursorQueries;
  /** true: what the connection does is told on the console (`console.debug`). A function is told instead. */
  readonly debug?: boolean | ((what: string, detail?: unknown) => void);
  /**
   * In front of the network; `[cacheExchange]`, urql's own, unless given. That one reads a query again whenever a mutation answers
   * a type that is in its result: give `[]` where what is shown is followed anyway.
   */
  readonly exchanges?: readonly Exchange[];
  /** Instead of the global ones: Node 20 has no WebSocket, `import { WebSocket } from 'ws'`. */
  readonly webSocketImpl?: unknown;
  readonly fetch?: typeof fetch;
  /** In milliseconds; the defaults suit browsers and phones. */
  readonly timings?: Partial<SessionTimings>;
}

/** An urql client: give it to urql's `Provider`, or to `TidingsProvider`, which does. */
export interface TidingsClient extends Client {
  readonly connectionState: ConnectionState;
  /** Tells every change. Returns what takes the listener away. */
  onConnectionState(listener: (state: ConnectionState) => void): () => void;
  /** Opens the connection before anything needs it, tries again at once where it waits, and after `disconnect()` goes on. */
  connect(): void;
  /** Closes the connection. Subscriptions wait, and go on where they were after `connect()`. */
  disconnect(): void;
  /**
   * A subscription without a framework, as the hooks use it: from the cursor in `variables.after`, or from where the stream
   * stands now, over every interruption, until it is stopped or ends. Returns what stops it.
   */
  follow<Data, Input extends object>(
    document: TypedDocumentNode<Data, Input>,
    variables: Input,
    follower: Follower<Data>,
  ): () => void;
}

export interface Follower<Data> {
  event(data: Data): void;
  /**
   * The connection was lost and is back: an event stream goes on where it was; live state is told anew from here on, so forget
   * what was known of it.
   */
  resumed?(): void;
  /**
   * It has ended for good: read `code` (`CURSOR_EXPIRED`: query anew; `FORBIDDEN`, `NOT_FOUND`: not yours to see; `COMPLETED`: the
   * server has nothing more to tell; undefined: the connection is closed for good, see `connectionState`).
   */
  ended?(error: CombinedError, code: string | undefined): void;
}

/** The code of a subscription that the server has ended without an error. No stream of Tidings' own does. */
export const completed = 'COMPLETED';

export function createTidingsClient(options: TidingsClientOptions): TidingsClient {
  requireSound(options);
  const url = options.url.replace(/^ws/, 'http');
  const log = toLog(options.debug);
  const tokens = new TokenSource(options.token);
  const connection = new Connection({
    url: toWebSocketUrl(url),
    tokens,
    webSocketImpl: options.webSocketImpl,
    timings: { ...sessionTimings, ...withoutUndefined(options.timings) },
    signals: pageSignals,
    now: Date.now,
    random: Math.random,
    log,
  });
  const context: SubscriptionContext & { readonly connection: Connection } = {
    connection,
    cursorQueries: { ...cursorQueries, ...options.cursorQueries },
    cursorExpired: (field) => callSafely(() => options.onCursorExpired?.({ field })),
    now: Date.now,
    random: Math.random,
    log,
  };
  const client = createClient({
    url,
    preferGetMethod: false,
    fetch: toFetch(options.fetch, tokens),
    exchanges: [...(options.exchanges ?? [cacheExchange]), liveExchange(context), fetchExchange],
  });
  followAlone(client);
  const additions: Omit<TidingsClient, keyof Client | 'connectionState'> = {
    onConnectionState: (listener) => connection.onState(listener),
    connect: () => connection.connect(),
    disconnect: () => connection.disconnect(),
    follow: (document, variables, follower) => follow(context, document, variables as Variables, follower),
  };
  return Object.defineProperty(Object.assign(client, additions), 'connectionState', {
    get: () => connection.state,
  }) as TidingsClient;
}

/** urql's own keys have 32 bits. */
let lastKey = 2 ** 32;

/**
 * urql lets all that subscribe alike share one subscription, and tells later ones nothing of what came before: no current state,
 * and no event since their cursor. So each gets one of its own; what is told to many is cheap.
 */
function followAlone(client: Client): void {
  const { executeSubscription } = client;
  client.executeSubscription = (request, context) => {
    lastKey += 1;
    return executeSubscription({ ...request, key: lastKey }, context);
  };
}

function follow<Data>(
  context: SubscriptionContext,
  document: TypedDocumentNode<Data, never>,
  variables: Variables,
  follower: Follower<Data>,
): () => void {
  const ended = (error: CombinedError) => {
    const code = codeOf(error.graphQLErrors as readonly ServerError[]);
    callSafely(() => follower.ended?.(error, code));
  };
  const subscription = new LiveSubscription(context, document, variables, {
    result: ({ data, errors }) => {
      // An event whose fields failed is a defect of the server, and the next one may be sound.
      if (data != null) callSafely(() => follower.event(data as Data));
      else context.log('an event could not be told', errors);
    },
    resumed: () => callSafely(() => follower.resumed?.()),
    error: (errors) => ended(new CombinedError({ graphQLErrors: [...errors] })),
    closed: (error) => ended(new CombinedError({ networkError: error })),
    complete: () =>
      callSafely(() => {
        const error = new CombinedError({ graphQLErrors: ['The server has ended the subscription.'] });
        follower.ended?.(error, completed);
      }),
  });
  return () => subscription.stop();
}

function toLog(debug: TidingsClientOptions['debug']): (what: string, detail?: unknown) => void {
  if (typeof debug === 'function') return (what, detail) => callSafely(() => debug(what, detail));
  if (debug !== true) return () => {};
  // oxlint-disable-next-line no-console -- it was asked for
  return (what, detail) => console.debug(`tidings: ${what}`, ...(detail === undefined ? [] : [detail]));
}

const withoutUndefined = (timings: Partial<SessionTimings> = {}): Partial<SessionTimings> =>
  Object.fromEntries(Object.entries(timings).filter(([, ms]) => ms !== undefined));

function requireSound({ url, token, webSocketImpl }: Partial<TidingsClientOptions> = {}): void {
  if (typeof url !== 'string' || url === '') {
    throw new TypeError('`url` is missing: give the GraphQL endpoint, "https://tidings.example/graphql".');
  }
  if (token != null && typeof token !== 'string' && typeof token !== 'function') {
    throw new TypeError(
      '`token` has to be a text, or a function that answers one (a Promise of one is fine).',
    );
  }
  if (webSocketImpl !== undefined && typeof webSocketImpl !== 'function') {
    throw new TypeError('`webSocketImpl` has to be a class: `import { WebSocket } from "ws"`.');
  }
}

function toWebSocketUrl(url: string): string {
  const base = (globalThis as Partial<Pick<Window, 'location'>>).location?.href;
  // A page rendered on a server has no address, and opens no connection either.
  if (base === undefined && url.startsWith('/')) return url;
  let address: URL;
  try {
    address = new URL(url, base);
  } catch {
    throw new TypeError(
      `"${url}" is no address: give the GraphQL endpoint, "https://tidings.example/graphql".`,
    );
  }
  const { href, protocol } = address;
  if (!/^https?:$/.test(protocol)) {
    throw new TypeError(`"${url}" is no address of a GraphQL endpoint: it begins with https:// or http://.`);
  }
  return href.replace(/^http/, 'ws');
}
