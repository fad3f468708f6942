// Somebody who uses the client kit, and what they see of it.
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { signDevelopmentToken, type DevelopmentToken } from '../../src/auth/development.ts';
import type { ConnectionState } from '../../src/client/connection-state.ts';
import {
  createTidingsClient,
  type Follower,
  type TidingsClient,
  type TidingsClientOptions,
} from '../../src/client/tidings-client.ts';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';

export interface KitClient extends AsyncDisposable {
  readonly client: TidingsClient;
  /** Every state it has told, oldest first. */
  readonly states: readonly ConnectionState[];
  /** What it does, as `debug` tells it. */
  readonly log: readonly string[];
  /** Resolves when the connection is in this state. */
  until(status: ConnectionState['status']): Promise<void>;
}

/** How quickly a test wants a dead network to be noticed. */
export const impatient = { pingAfterMs: 100, pongWithinMs: 200, openWithinMs: 1_000 };

export function openKitClient(
  server: { readonly url: string },
  options: Partial<TidingsClientOptions> = {},
): KitClient {
  const log: string[] = [];
  const client = createTidingsClient({
    url: `${server.url}/graphql`,
    token: tokenOf('alice'),
    webSocketImpl: WebSocket,
    debug: (what) => log.push(what),
    ...options,
  });
  const states: ConnectionState[] = [];
  client.onConnectionState((state) => states.push(state));
  return {
    client,
    states,
    log,
    until: (status) => expect.poll(() => client.connectionState.status, { timeout: 20_000 }).toBe(status),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}

/** A function that signs a fresh token whenever it is asked. */
export const tokenOf =
  (user: string, claims: Partial<DevelopmentToken> = {}) =>
  () =>
    signDevelopmentToken({ name: user, ...claims, user });

export interface Heard<Data> {
  readonly events: readonly Data[];
  /** How often it was told to begin anew. */
  readonly resumptions: number;
  readonly ended: { readonly code: string | undefined; readonly message: string } | null;
  stop(): void;
}

export function listen<Data, Input extends object>(
  { client }: KitClient,
  document: TypedDocumentNode<Data, Input>,
  variables: Input,
): Heard<Data> {
  const events: Data[] = [];
  const heard = { events, resumptions: 0, ended: null as Heard<Data>['ended'] };
  const follower: Follower<Data> = {
    event: (data) => events.push(data),
    resumed: () => (heard.resumptions += 1),
    ended: ({ message }, code) => (heard.ended = { code, message }),
  };
  return Object.assign(heard, { stop: client.follow(document, variables, follower) });
}
