// The WebSocket side: graphql-ws keeps the protocol, this adapter gives it a socket of `ws` and what belongs to a connection.
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Session } from '../auth/session.ts';
import { endWithAnswer, refuseSocket, type Admission } from './admission.ts';
import { ConnectionRefused } from './connection-refused.ts';
import { Heartbeat } from './heartbeat.ts';
import { Lobby } from './lobby.ts';
import { isAllowedOrigin } from './origins.ts';
import { requestIdOf } from './request-id.ts';
import { TurnEnd, type OutboxPolicy } from './outbox.ts';
import type { Proxies } from './proxies.ts';
import { goElsewhere, type Readiness } from './readiness.ts';
import { requestUrl } from './request-url.ts';
import type { Refusal } from './transport-figures.ts';
import type { Guest } from './send-off.ts';
import type { Leave } from './tally.ts';
import { WebSocketClient } from './websocket-client.ts';
import { createProtocol, type ProtocolOptions } from './websocket-protocol.ts';

export interface WebSocketOptions extends ProtocolOptions {
  readonly http: HttpServer;
  readonly path: string;
  readonly logger: Logger;
  readonly allowedOrigins: readonly string[];
  readonly maxPayloadBytes: number;
  /** What a client may send before connection_init has been taken, that one included. */
  readonly maxInitBytes: number;
  /** A client has so long to send it. */
  readonly connectionInitMs: number;
  readonly proxies: Proxies;
  readonly admission: Admission;
  /** Whether messages are compressed where the client can (permessage-deflate). */
  readonly compress: boolean;
  /** What may wait for one connection, see Backlog. */
  readonly backlogBytes: number;
  /** A client that has stopped reading for so long is closed. */
  readonly stuckMs: number;
  /** A ping is sent so often; a client that has not answered by the next one is cut off. */
  readonly pingMs: number;
  readonly readiness: Pick<Readiness, 'isDraining'>;
}

export interface WebSocketTransport {
  /** Connections that are open. */
  readonly size: number;
  /** Of what is on its way to them, and not taken by the system yet. Looks at each of them. */
  readonly queuedBytes: number;
  /**
   * Resolves when every subscription that clients have asked for by now is open, and has been told all that there is for it. For
   * tests: it looks in each turn of the event loop, and waits for whoever does not read.
   */
  settled(): Promise<void>;
  /** Whoever is connected now. */
  guests(): readonly Guest[];
  /** Resolves when no connection is open. */
  gone(): Promise<void>;
  /** Closes all connections; resolves when they are gone. */
  close(): Promise<void>;
}

/** Shorter messages are not worth it. */
const compressFromBytes = 1_024;

/**
 * Each piece of a message costs memory beside its bytes, a hundred times them where it is a crumb: pieces of so many bytes at least,
 * or fewer than so many of them, are what networks and honest clients cut it into.
 */
const minPieceBytes = 256;
const alwaysPieces = 1_024;

export function attachWebSockets(options: WebSocketOptions): WebSocketTransport {
  const { http, path, logger, allowedOrigins, maxPayloadBytes, maxInitBytes, backlogBytes, book } = options;
  const { proxies, admission, figures, readiness } = options;
  const maxPieces = Math.max(alwaysPieces, Math.ceil(maxPayloadBytes / minPieceBytes));
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    maxFragments: maxPieces,
    maxBufferedChunks: maxPieces,
    handleProtocols,
    // Without a context that is kept between messages: it would cost each connection some hundred KiB.
    perMessageDeflate: options.compress && {
      threshold: compressFromBytes,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
  });
  const protocol = createProtocol(options);
  const outboxPolicy: OutboxPolicy = { turnEnd: new TurnEnd(), stuckMs: options.stuckMs };
  const lobby = new Lobby(options.connectionInitMs);
  const heartbeat = new Heartbeat(options.pingMs);
  const clients = new Set<WebSocketClient>();
  const waiting: (() => void)[] = [];

  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    destroyOnError(socket);
    const requestId = requestIdOf(request);
    const { pathname } = requestUrl(request);
    const noteRefusal = (reason: Refusal): void => {
      figures.refused[reason] += 1;
      logger.info({ requestId, reason }, 'a WebSocket is refused');
    };
    const refuse = (reason: Refusal, status: string, sentence: string): void => {
      noteRefusal(reason);
      endWithAnswer(socket, status, sentence, [`X-Request-Id: ${requestId}`]);
    };
    if (pathname !== path) return refuse('path', '404 Not Found', `WebSockets are served at ${path}.`);
    const { origin } = request.headers;
    if (!isAllowedOrigin({ origin, host: proxies.hostOf(request) }, allowedOrigins)) {
      return refuse(
        'origin',
        '403 Forbidden',
        'The origin of this page is not allowed: see ALLOWED_ORIGINS.',
      );
    }
    if (readiness.isDraining) {
      noteRefusal('draining');
      return refuseSocket(socket, goElsewhere());
    }
    let leaveNode: Leave;
    try {
      leaveNode = admission.enter(request);
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      noteRefusal(error.reason);
      return refuseSocket(socket, error);
    }
    // Whether or not it becomes a WebSocket.
    socket.once('close', leaveNode);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const own = { webSocket, socket, request, requestId, head, maxInitBytes };
      open(new WebSocketClient({ ...own, outboxPolicy, backlogBytes, lobby, figures, logger }));
    });
  });

  function open(client: WebSocketClient): void {
    const { requestId } = client;
    figures.opened.websocket += 1;
    logger.debug({ requestId }, 'a WebSocket is open');
    const { webSocket } = client;
    const ended = protocol.opened(client, client);
    clients.add(client);
    heartbeat.add(client);
    webSocket.on('error', (error) => logger.debug({ err: error, requestId }, 'a WebSocket broke'));
    // Told once, without the wrapper that `once` would keep.
    webSocket.on('close', (code, reason) => {
      clients.delete(client);
      figures.countClose(code);
      logger.debug({ requestId, code }, 'a WebSocket is closed');
      if (clients.size === 0) for (const resolve of waiting.splice(0)) resolve();
      heartbeat.remove(client);
      if (client.session !== null) leave(client, client.session);
      const tidied = ended(code, reason.toString('utf8'));
      client.tellClosed();
      tidied.catch((error: unknown) => {
        logger.error({ err: error, requestId }, 'a closed WebSocket could not be tidied up');
      });
    });
  }

  function leave(client: WebSocketClient, session: Session): void {
    book.countSubscriptions(session, -client.stopCountingAll());
    book.remove(session);
  }

  return {
    get size() {
      return clients.size;
    },
    get queuedBytes() {
      let bytes = 0;
      for (const { outbox } of clients) bytes += outbox.queuedBytes;
      return bytes;
    },
    async settled() {
      while ([...clients].some((client) => client.isOpen && !client.isAtRest)) {
        await new Promise<void>((resume) => void setImmediate(resume));
      }
    },
    guests: () => [...clients],
    async gone() {
      if (clients.size > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async close() {
      heartbeat.close();
      lobby.close();
      for (const client of clients) client.leaveNow();
      const deadline = setTimeout(() => clients.forEach((client) => client.end()), 2_000);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(deadline);
    },
  };
}

/** Not where the request is at hand: it would be kept for as long as the socket. */
const destroyOnError = (socket: Duplex): void => void socket.on('error', () => socket.destroy());
