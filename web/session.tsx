// One person's visit: a client that speaks for them, over a network that can be switched off, and beside it a backend
// that publishes with a token of its own and is never offline.
import { createContext, useContext, useSyncExternalStore } from 'react';
import { createTidingsClient, type TidingsClient } from '../src/client/index.ts';
import { createPublisher, type Publisher } from '../src/publisher/index.ts';
import { fetchDevelopmentToken, TokenError } from './development-token.ts';
import { SwitchableNetwork } from './network.ts';
import { personOf, type Person } from './people.ts';
import { OrderList } from './shop/order-list.ts';

export interface Session {
  readonly person: Person;
  readonly client: TidingsClient;
  readonly orders: OrderList;
  /** What it publishes is sent again, each thing with its own key, until the server has it or half a minute is over. */
  readonly backend: Publisher;
  readonly network: SwitchableNetwork;
  goOffline(): void;
  comeBack(): void;
}

export interface SessionOptions {
  readonly userId: string;
  /** Seconds that each token lives; null: an hour. */
  readonly expiresIn: string | null;
}

/** Opens no connection yet: that is TidingsProvider's part. */
export function createSession({ userId, expiresIn }: SessionOptions): Session {
  const person = personOf(userId);
  const network = new SwitchableNetwork();
  const lifetime = expiresIn === null ? {} : { expiresIn };
  const client = createTidingsClient({
    url: '/graphql',
    fetch: network.fetch,
    // What is shown here is followed: no cache has to guess what a mutation may have changed.
    exchanges: [],
    token: () => fetchDevelopmentToken({ user: userId, name: person.name, ...lifetime }, network.fetch),
  });
  return {
    person,
    client,
    orders: new OrderList(client, userId),
    backend: createPublisher({ url: new URL('/graphql', location.href).href, token: fetchBackendToken }),
    network,
    goOffline() {
      network.switchOff();
      client.disconnect();
    },
    comeBack() {
      network.switchOn();
      client.connect();
    },
  };
}

const tokenPatienceMs = 15_000;
const tokenPauseMs = 1_000;

/** The publisher asks once: a server that is just away is waited for here. */
async function fetchBackendToken(): Promise<string> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await fetchDevelopmentToken(backendToken, (...request) => fetch(...request));
    } catch (error) {
      const isOver = performance.now() - startedAt > tokenPatienceMs;
      if (isOver || !(error instanceof TokenError && error.mayPass)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, tokenPauseMs));
  }
}

const backendToken = {
  user: 'demo-shop',
  name: 'The shop',
  scope: 'orders:publish notifications:send announcements:publish inventory:publish chat:write',
};

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('Nobody is chosen.');
  return session;
}

export function useIsOffline(): boolean {
  const { network } = useSession();
  return useSyncExternalStore(network.listen, () => network.isOffline);
}
