// How the broker hears: over one connection (subscriber-link.ts), or over one to each master of a Cluster
// (cluster-link.ts).

import type { Broker } from '../engine.ts';

export interface Listening {
  /** `connected` while every channel asked for is certainly heard, and publishing is possible. */
  readonly state: Broker['state'];
  onStateChange(listener: (state: Broker['state']) => void): () => void;
  /**
   * Resolves when Redis has confirmed it on a connection that is still the current one. Rejects at once while `away`, and
   * when that connection breaks first: then nobody listens, and nothing is remembered.
   */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** Whatever is heard, in order. There is one listener: the broker. */
  onMessage(listener: (channel: string, message: string) => void): void;
  close(): void;
}

/** Hands a message over, or rejects at once: nothing is queued for later. */
export interface Publisher {
  publish(channel: string, message: string): Promise<unknown>;
}

/** Rejects where it takes longer. */
export async function untilConnected(link: Listening, withinMs: number): Promise<void> {
  if (link.state === 'connected') return;
  await new Promise<void>((resolve, reject) => {
    const end = link.onStateChange((state) => state === 'connected' && settle(resolve));
    const timer = setTimeout(
      () => settle(() => reject(new Error('listening did not come into force'))),
      withinMs,
    );
    const settle = (answer: () => void): void => {
      end();
      clearTimeout(timer);
      answer();
    };
  });
}
