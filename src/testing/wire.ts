// A person's WebSocket: the official client, and what a test has to know beside it: that an operation was sent, and that
// everything that was told before is there.
import { createClient, type Client, type SubscribePayload } from 'graphql-ws';
import { WebSocket } from 'ws';
import { ResponseError } from './response-error.ts';

export interface WireOptions {
  /** `ws://127.0.0.1:…/graphql` */
  readonly url: string;
  readonly token: string;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

type Sink = Parameters<Client['subscribe']>[1];

export interface Wire {
  /** Resolves when the WebSocket is gone. */
  readonly closed: Promise<Closed>;
  /** `sent` resolves when the server can see it, or it never will. */
  open(payload: SubscribePayload, sink: Sink): { readonly sent: Promise<void>; end(): void };
  /** Resolves when the server has everything that was sent before, and what it had written before has been read here. */
  roundTrip(): Promise<void>;
  /** Resolves when it is closed, by whomever. */
  close(): Promise<void>;
}

/** Resolves when the server has acknowledged the connection. Rejects with why it did not. */
export async function openWire({ url, token }: WireOptions): Promise<Wire> {
  let operations = 0;
  let pings = 0;
  let socket: WebSocket | undefined;
  const sent = new Map<string, () => void>();

  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    // At once, and for as long as the test has it: who is connected is present.
    lazy: false,
    // A test wants to see what is closed.
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    generateID: () => String((operations += 1)),
    on: {
      opened(opened) {
        socket = opened as WebSocket;
        noteSent(socket, (id) => sent.get(id)?.());
      },
    },
  });
  const closed = new Promise<Closed>((resolve) => {
    client.on('closed', (event) => {
      const { code, reason } = event as Closed;
      for (const tell of [...sent.values()]) tell();
      resolve({ code, reason });
    });
  });
  const isClosed = closed.then((how) => {
    throw toClosedError(how);
  });
  isClosed.catch(() => undefined); // told to whoever waits
  const connected = new Promise<void>((resolve) => {
    client.on('connected', () => resolve());
  });
  await Promise.race([connected, isClosed]);

  return {
    closed,
    open(payload, sink) {
      const end = client.subscribe(payload, sink);
      const id = String(operations);
      return {
        end,
        sent: new Promise((resolve) => {
          const tell = (): void => {
            sent.delete(id);
            resolve();
          };
          if (socket?.readyState === WebSocket.OPEN) sent.set(id, tell);
          else tell();
        }),
      };
    },
    async close() {
      // It rejects where the server was quicker.
      await Promise.allSettled([client.dispose()]);
      await closed;
    },
    roundTrip() {
      pings += 1;
      const ping = pings;
      const answered = new Promise<void>((resolve) => {
        const stop = client.on('pong', (_isReceived, payload) => {
          if (payload?.['ping'] !== ping) return;
          stop();
          resolve();
        });
      });
      // Of the protocol, not of WebSocket: it is answered behind the results that were written before.
      socket?.send(JSON.stringify({ type: 'ping', payload: { ping } }));
      return Promise.race([answered, isClosed]);
    },
  };
}

/** The client sends an operation some time after it was asked to. */
function noteSent(socket: WebSocket, onSent: (id: string) => void): void {
  const send = socket.send.bind(socket) as (text: string) => void;
  socket.send = (text: unknown) => {
    send(text as string);
    const { type, id } = JSON.parse(text as string) as { readonly type: string; readonly id?: string };
    if (type === 'subscribe' && id !== undefined) onSent(id);
  };
}

const toClosedError = ({ code, reason }: Closed): Error =>
  new Error(`The server has closed the WebSocket with ${code}: ${reason}`);

/** What the client hands to a sink. */
export function toError(thrown: unknown): Error {
  if (Array.isArray(thrown)) return new ResponseError(thrown as ResponseError['errors']);
  return thrown instanceof Error ? thrown : toClosedError(thrown as Closed);
}
