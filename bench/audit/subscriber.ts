// A subscriber as the documentation tells everybody to write one: query a cursor, subscribe after it, and after any
// interruption subscribe again after the last cursor, on whatever node answers.
import { createClient, type Client } from 'graphql-ws';
import { AuditSocket } from './socket.ts';
import type { Ledger } from './ledger.ts';
import { isUp, type AuditNode } from './nodes.ts';
import { codeOf, completedWithoutAWord, isRetryable, resultsOf, takeSnapshot } from './operations.ts';
import type { Followed } from './sources.ts';

export interface SubscriberOptions {
  readonly id: string;
  readonly followed: Followed;
  readonly token: string;
  readonly nodes: readonly AuditNode[];
  readonly ledger: Ledger;
  /** Called where the server says that the stream can't be followed: nothing may bring that about. */
  onRefused(refusal: string): void;
}

export interface Subscriber {
  /** Resolves when it follows for the first time. */
  readonly following: Promise<void>;
  /** Its socket breaks, without a word. */
  cut(): void;
  stop(): Promise<void>;
}

const pingMs = 3_000;

class Refused extends Error {}

export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { id, followed, token, nodes, ledger, onRefused } = options;
  let stopped = false;
  let client: Client | null = null;
  let cursor: string | null = null;
  let place = Math.floor(Math.random() * nodes.length);
  let announce = (): void => undefined;
  const following = new Promise<void>((resolve) => (announce = resolve));

  const attempt = async (): Promise<void> => {
    const node = nodes[place++ % nodes.length];
    if (node === undefined || !isUp(node)) return;
    const own = connect(node.url, token);
    client = own;
    try {
      cursor ??= await takeSnapshot(own, followed, { ledger, id });
      if (cursor === null) return;
      announce();
      for await (const data of resultsOf(own, followed.subscription(cursor))) {
        const event = followed.readEvent(data);
        ({ cursor } = event);
        ledger.receive(id, event.source, event.number);
      }
      if (!stopped) throw completedWithoutAWord();
    } finally {
      await own.dispose();
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        await attempt();
      } catch (error) {
        const code = codeOf(error);
        if (code !== null && !isRetryable(code)) {
          onRefused(`${id}: ${code}`);
          throw new Refused();
        }
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 300));
    }
  };
  const running = run().catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
  });
  return {
    following,
    cut: () => client?.terminate(),
    async stop() {
      stopped = true;
      client?.terminate();
      await running;
    },
  };
}

/** One attempt; a server that does not answer a ping is left. */
function connect(url: string, token: string): Client {
  let deadline: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: AuditSocket,
    connectionParams: { token },
    retryAttempts: 0,
    lazyCloseTimeout: 1_000,
    keepAlive: pingMs,
    on: {
      ping: (received) => {
        if (!received) deadline = setTimeout(() => client.terminate(), pingMs);
      },
      pong: () => clearTimeout(deadline),
      closed: () => clearTimeout(deadline),
    },
  });
  return client;
}
