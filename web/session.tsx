// One person's visit: a client that speaks for them, over a network that can be switched off, and beside it a backend
// that publishes with a token of its own and is never offline.
import { createContext, useContext, useSyncExternalStore } from 'react';
import { createTidingsClient, type TidingsClient } from '../src/client/index.ts';
import { fetchDevelopmentToken } from './development-token.ts';
import { SwitchableNetwork } from './network.ts';
import { personOf, type Person } from './people.ts';

export interface Session {
  readonly person: Person;
  readonly client: TidingsClient;
  readonly backend: TidingsClient;
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
    backend: createTidingsClient({ url: '/graphql', token: fetchBackendToken }),
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

const fetchBackendToken = () =>
  fetchDevelopmentToken(
    {
      user: 'demo-shop',
      name: 'The shop',
      scope: 'orders:publish notifications:send announcements:publish inventory:publish chat:write',
    },
    (...request) => fetch(...request),
  );

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
