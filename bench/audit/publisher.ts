// A publisher as a backend is told to write one: retries with the same idempotency key, on whatever node answers, until
// the event is acknowledged. Only then the next one.
import type { Ledger } from './ledger.ts';
import { isUp, type AuditNode } from './nodes.ts';
import type { Operation, Source } from './sources.ts';

export interface PublisherOptions {
  readonly source: Source;
  readonly token: string;
  readonly nodes: readonly AuditNode[];
  readonly ledger: Ledger;
  /** Called where the server refuses what is right: nothing may bring that about. */
  onRefused(refusal: string): void;
}

export interface Publisher {
  /** Publishes the next event. Resolves when it is acknowledged, or when the publisher stops. */
  next(): Promise<void>;
  /** Resolves when everything that was to be published until now is acknowledged. */
  readonly acknowledged: Promise<void>;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** A node that does not answer may be frozen. */
const answerMs = 5_000;

export function createPublisher({ source, token, nodes, ledger, onRefused }: PublisherOptions): Publisher {
  let stopped = false;
  let place = Math.floor(Math.random() * nodes.length);
  let last: Promise<void> = Promise.resolve();

  const publish = async (): Promise<void> => {
    const operation = source.publish(ledger.numberOf(source.id) + 1);
    for (;;) {
      if (stopped) return;
      const node = nodes[place % nodes.length];
      const refusal = node !== undefined && isUp(node) ? await ask(node.url, token, operation) : 'away';
      if (refusal === null) return ledger.acknowledge(source.id);
      if (refusal !== 'away') return onRefused(`${source.id}: ${refusal}`);
      place += 1;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
  };
  return {
    next() {
      last = last.then(publish);
      return last;
    },
    get acknowledged() {
      return last;
    },
    async stop() {
      stopped = true;
      await last;
    },
  };
}

/** null where it was acknowledged, `away` where to try again, else why not. */
export async function ask<T = unknown>(
  url: string,
  token: string,
  operation: Operation,
  onData: (data: T) => void = () => undefined,
): Promise<string | null> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(answerMs),
    });
    const answer = (await response.json()) as {
      data: T;
      errors?: { message: string; extensions: { code: string } }[];
    };
    const [error] = answer.errors ?? [];
    if (error === undefined) onData(answer.data);
    if (error === undefined) return null;
    return error.extensions.code === 'UNAVAILABLE' ? 'away' : `${error.extensions.code} ${error.message}`;
  } catch {
    return 'away';
  }
}
