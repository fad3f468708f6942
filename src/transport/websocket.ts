// The WebSocket side: graphql-ws keeps the protocol, this adapter gives it a socket of `ws` and a session per connection.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  execute,
  subscribe,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import {
  handleProtocols,
  makeServer,
  type Context as ProtocolContext,
  type SubscribePayload,
} from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Session } from '../auth/session.ts';
import { revokedSessions, TokenError } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import { createContext, type Connection, type Context, type Runtime } from '../schema/context.ts';
import type { Authenticator } from './authenticate.ts';
import type { ClientErrors } from './client-errors.ts';
import type { ConnectionBook } from './connection-book.ts';
import { closeCodes, protocolReasons } from './close-codes.ts';
import type { Documents } from './documents.ts';
import { noteDelivery } from './note-delivery.ts';
import { untold } from './untold.ts';
import { isAllowedOrigin } from './origins.ts';
import { createTurns } from './operation-turns.ts';
import { requestUrl } from './request-url.ts';

export interface WebSocketOptions {
  readonly http: HttpServer;
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly runtime: Runtime;
  readonly authenticator: Authenticator;
  readonly clientErrors: ClientErrors;
  readonly logger: Logger;
  readonly allowedOrigins: readonly string[];
  readonly maxPayloadBytes: number;
  /** Operations, subscriptions among them, that one connection may have at a time. */
  readonly maxOperations: number;
  /** A ping is sent so often; a client that has not answered by the next one is cut off. */
  readonly pingMs: number;
  readonly book: ConnectionBook;
  /** Asked before anything is carried out or told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
  /** Called when a connection has been acknowledged. Must not throw. */
  onConnected(context: Context): void;
}

export interface WebSocketTransport {
  /** Connections that are open. */
  readonly size: number;
  /** Closes all connections; resolves when they are gone. */
  close(): Promise<void>;
}

/** What belongs to one socket. */
interface Client {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly connection: Connection;
  readonly closed: AbortSignal;
  session: Session | null;
  /** What ends the counting of each subscription, by its operation's id. */
  readonly subscriptions: Map<string, () => void>;
}

/** A client has so long to send connection_init. */
const connectionInitWaitMs = 5_000;

export function attachWebSockets(options: WebSocketOptions): WebSocketTransport {
  const { http, path, logger, allowedOrigins, maxPayloadBytes } = options;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    handleProtocols,
    perMessageDeflate: false,
  });
  const protocol = createProtocol(options);

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { pathname } = requestUrl(request);
    if (pathname !== path) return refuse(socket, '404 Not Found', `WebSockets are served at ${path}.`);
    if (!isAllowedOrigin(request.headers, allowedOrigins)) {
      return refuse(socket, '403 Forbidden', 'The origin of this page is not allowed: see ALLOWED_ORIGINS.');
    }
    server.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request));
  });

  function open(socket: WebSocket, request: IncomingMessage): void {
    const closing = new AbortController();
    const client: Client = {
      socket,
      request,
      closed: closing.signal,
      connection: { id: randomUUID(), onClosed: (listener) => listen(closing.signal, listener) },
      session: null,
      subscriptions: new Map(),
    };
    const inTurn = createTurns();
    const ended = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            // A failed send is followed by `close`, which ends everything.
            socket.send(text, () => resolve());
          }),
        close: (code, reason) => socket.close(code, protocolReasons[code ?? 0] ?? toCloseReason(reason)),
        onMessage: (handle) =>
          socket.on('message', (bytes: Buffer, isBinary) => {
            // `ws` has checked the text of text frames; of binary ones half a character would become another one.
            if (isBinary && !isUtf8(bytes))
              return socket.close(closeCodes.badRequest, 'Send messages as UTF-8 text.');
            const text = bytes.toString('utf8');
            // Whoever is told to leave, for example for an expired token, may go on sending: nothing more is done.
            const handleWhileOpen = async () => {
              if (socket.readyState === socket.OPEN) await handle(text);
            };
            inTurn(text, handleWhileOpen).catch((error: unknown) => {
              const isClientsFault = error instanceof Error && error.message.startsWith('Unexpected message');
              if (!isClientsFault) logger.error({ err: error }, 'a WebSocket message could not be handled');
              socket.close(isClientsFault ? closeCodes.badRequest : closeCodes.internalError);
            });
          }),
      },
      client,
    );
    const stopPinging = keepAlive(socket, options.pingMs);
    socket.on('error', (error) => logger.debug({ err: error }, 'a WebSocket broke'));
    socket.once('close', (code, reason) => {
      stopPinging();
      closing.abort();
      for (const stopCounting of client.subscriptions.values()) stopCounting();
      ended(code, reason.toString('utf8')).catch((error: unknown) => {
        logger.error({ err: error }, 'a closed WebSocket could not be tidied up');
      });
    });
  }

  return {
    get size() {
      return server.clients.size;
    },
    async close() {
      for (const socket of server.clients)
        socket.close(closeCodes.serviceRestart, 'The server is going away.');
      const deadline = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), 2_000);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(deadline);
    },
  };
}

function createProtocol(options: WebSocketOptions) {
  const {
    schema,
    documents,
    runtime,
    authenticator,
    clientErrors,
    logger,
    book,
    confirm,
    maxOperations,
    onConnected,
  } = options;
  type Params = Readonly<Record<string, unknown>>;

  return makeServer<Params, Client>({
    connectionInitWaitTimeout: connectionInitWaitMs,

    async onConnect({ connectionParams, extra: client }: ProtocolContext<Params, Client>) {
      try {
        const session = await authenticator.fromConnectionInit(connectionParams, client.request.headers);
        if (client.closed.aborted) return false;
        client.session = session;
        const stop = session.watch({
          onEnded: (error) => closeWith(client.socket, error, logger),
        });
        client.connection.onClosed(stop);
        const end = (error: TokenError) =>
          client.socket.close(closeCodes.unauthorized, toCloseReason(error.message));
        client.connection.onClosed(book.add({ session, end }));
        onConnected(createContext(runtime, session, client.connection));
        return true;
      } catch (error) {
        closeWith(client.socket, error, logger);
        return false;
      }
    },

    async onSubscribe(
      { extra: client, subscriptions }: ProtocolContext<Params, Client>,
      _id,
      payload: SubscribePayload,
    ): Promise<ExecutionArgs | readonly GraphQLError[]> {
      // First: those that come while this one waits are counted by themselves.
      if (Object.keys(subscriptions).length > maxOperations)
        return [clientErrors.toClientError(tooManyOperations(maxOperations))];
      try {
        await confirm();
      } catch (error) {
        return [clientErrors.toClientError(error)];
      }
      // Whoever was closed by that is told nothing more, and nothing is carried out for them.
      if (client.socket.readyState !== client.socket.OPEN)
        return [clientErrors.toClientError(revokedSessions())];
      if (client.session === null)
        throw new Error('An operation came before its connection was acknowledged.');
      const prepared = documents.prepare(payload.query);
      if (prepared.errors !== undefined) return prepared.errors;
      return {
        schema,
        document: prepared.document,
        operationName: payload.operationName ?? null,
        variableValues: payload.variables ?? null,
        contextValue: createContext(runtime, client.session, client.connection),
      };
    },
    onOperation({ extra: client }, id, _payload, _args, result) {
      if (client.session !== null && isAsyncIterable(result))
        client.subscriptions.set(id, book.addSubscription({ session: client.session }));
    },
    onComplete({ extra: client }, id) {
      client.subscriptions.get(id)?.();
      client.subscriptions.delete(id);
    },
    execute: (args) => settled(() => execute(args), clientErrors),
    subscribe: (args) => settled(() => subscribe(args), clientErrors),
    async onNext({ extra: client }, id, _payload, args, result) {
      const isSubscription = client.subscriptions.has(id);
      try {
        await confirm();
      } catch (error) {
        if (isSubscription) throw error; // it ends with that
        return formatted({ errors: [clientErrors.toClientError(untold(args, error))] });
      }
      if (isSubscription) noteDelivery(args.contextValue as Context);
      return formatted(clientErrors.toClientResult(result as ExecutionResult));
    },
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => clientErrors.toClientError(error).toJSON()),
  });
}

const tooManyOperations = (max: number) =>
  new TidingsError(
    'RATE_LIMITED',
    `This connection has ${max} operations under way, which is all that it may have: complete some of them first.`,
    { retryAfterMs: 1_000 },
  );

const isAsyncIterable = (result: object): boolean => Symbol.asyncIterator in result;

/** What graphql-js throws, and should not, is an error of this operation and not the end of the connection. */
async function settled<T>(work: () => T, clientErrors: ClientErrors): Promise<Awaited<T> | ExecutionResult> {
  try {
    return await work();
  } catch (error) {
    return { errors: [clientErrors.toClientError(error)] };
  }
}

const formatted = ({ errors, ...rest }: ReturnType<ClientErrors['toClientResult']>) => ({
  ...rest,
  ...(errors === undefined ? {} : { errors: errors.map((error) => error.toJSON()) }),
});

/** Closed here and not by the protocol, whose only answer would be 4403: standard clients retry that one for ever. */
function closeWith(socket: WebSocket, error: unknown, logger: Logger): void {
  if (error instanceof TokenError) {
    return socket.close(
      error.expired ? closeCodes.tokenExpired : closeCodes.unauthorized,
      toCloseReason(error.message),
    );
  }
  if (error instanceof TidingsError) {
    const code = error.code === 'UNAVAILABLE' ? closeCodes.tryAgainLater : closeCodes.badRequest;
    return socket.close(code, toCloseReason(error.message));
  }
  logger.error({ err: error }, 'a connection could not be authenticated');
  socket.close(closeCodes.internalError);
}

/** `ws` throws where it is longer than a close frame may hold: 123 bytes. */
const toCloseReason = (reason = ''): string =>
  Buffer.byteLength(reason) <= 123 ? reason : Buffer.from(reason).subarray(0, 120).toString('utf8');

function refuse(socket: Duplex, status: string, sentence: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(sentence)}\r\n` +
      `Connection: close\r\n\r\n${sentence}`,
  );
}

/** A connection whose other end has silently gone is noticed within two rounds. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function listen(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) queueMicrotask(listener);
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
