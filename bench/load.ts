// The load: publishers over keep-alive HTTP, and a listener that counts every event it is owed.
import { Agent, request } from 'node:http';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface Target {
  readonly url: string;
  readonly token: string;
}

export interface Publisher {
  /** Rejects where the response has errors. */
  send<T>(query: string, variables: object): Promise<T>;
  close(): void;
}

export function createPublisher({ url, token }: Target, connections: number): Publisher {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return {
    send: <T>(query: string, variables: object) =>
      new Promise<T>((resolve, reject) => {
        const body = JSON.stringify({ query, variables });
        const sent = request(
          {
            agent,
            hostname,
            port,
            path: '/graphql',
            method: 'POST',
            headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
                data: T;
                errors?: unknown;
              };
              if (answer.errors === undefined) resolve(answer.data);
              else reject(new Error(JSON.stringify(answer.errors)));
            });
          },
        );
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

export interface Listener {
  /** Events received so far. */
  readonly received: number;
  /** Resolves when so many have been received. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Follows with the official client; `onEvent` gets each event's data. Resolves when the first result could arrive. */
export function openListener(
  { url, token }: Target,
  {
    query,
    variables,
    onEvent,
  }: { query: string; variables: Record<string, unknown>; onEvent(data: unknown): void },
): Listener {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
  });
  let received = 0;
  let waiting: { count: number; resolve: () => void } | null = null;
  const stop = client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) throw new Error(JSON.stringify(errors));
        received += 1;
        onEvent(data);
        if (waiting !== null && received >= waiting.count) waiting.resolve();
      },
      error: (error) => {
        throw new Error(JSON.stringify(error));
      },
      complete: () => {},
    },
  );
  return {
    get received() {
      return received;
    },
    reached: (count) =>
      received >= count ? Promise.resolve() : new Promise((resolve) => (waiting = { count, resolve })),
    async close() {
      stop();
      await client.dispose();
    },
  };
}

/** Runs `work` from so many places at once until the time is over; answers how often per second it was done. */
export async function sustain(
  concurrency: number,
  durationMs: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let done = 0;
  let next = 0;
  const worker = async () => {
    while (performance.now() - started < durationMs) {
      await work(next++);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return done / ((performance.now() - started) / 1_000);
}

/** Calls `work` at a steady rate, without waiting for it; resolves when all calls have settled. */
export async function pace(
  perSecond: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  const started = performance.now();
  const calls: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = (index * 1_000) / perSecond - (performance.now() - started);
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    calls.push(work(index));
  }
  await Promise.all(calls);
}
