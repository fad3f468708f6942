// One connection to each node that follows well over a thousand quiet streams, each with its own cursor: with so many the
// head check works another way than with few.
import { createClient, type Client } from 'graphql-ws';
import { AuditSocket } from './socket.ts';
import type { Ledger } from './ledger.ts';
import { isUp, type AuditNode } from './nodes.ts';
import { codeOf, completedWithoutAWord, isRetryable, resultsOf, takeSnapshot } from './operations.ts';
import type { Followed } from './sources.ts';

export interface Crowd {
  /** Resolves when every stream is followed for the first time. */
  readonly following: Promise<void>;
  stop(): Promise<void>;
}

export interface CrowdOptions {
  readonly id: string;
  readonly node: AuditNode;
  /** Each of one source. */
  readonly followed: readonly Followed[];
  readonly token: string;
  readonly ledger: Ledger;
  onRefused(refusal: string): void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function startCrowd({ id, node, followed, token, ledger, onRefused }: CrowdOptions): Crowd {
  const cursors = new Map<Followed, string>();
  let stopped = false;
  let client: Client | null = null;

  const follow = async (on: Client, what: Followed): Promise<void> => {
    const cursor = cursors.get(what) ?? (await takeSnapshot(on, what, { ledger, id }));
    if (cursor === null) return;
    cursors.set(what, cursor);
    if (cursors.size === followed.length) announce();
    for await (const data of resultsOf(on, what.subscription(cursor))) {
      const event = what.readEvent(data);
      cursors.set(what, event.cursor);
      ledger.receive(id, event.source, event.number);
    }
    if (!stopped && client === on) throw completedWithoutAWord();
  };
  let announce = (): void => undefined;
  const following = new Promise<void>((resolve) => (announce = resolve));

  const attempt = async (url: string): Promise<void> => {
    const own = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: AuditSocket,
      connectionParams: { token },
      retryAttempts: 0,
    });
    client = own;
    try {
      await Promise.all(
        followed.map(async (what) => {
          try {
            await follow(own, what);
          } catch (error) {
            const code = codeOf(error);
            if (code !== null && !isRetryable(code)) onRefused(`${id}: ${code}`);
          }
          // All of them begin anew together.
          if (client === own) client = null;
          own.terminate();
        }),
      );
    } finally {
      await own.dispose();
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      if (isUp(node)) await attempt(node.url).catch(() => undefined); // the connection broke
      if (!stopped) await pause(200);
    }
  };
  const running = run();
  return {
    following,
    async stop() {
      stopped = true;
      client?.terminate();
      await running;
    },
  };
}
