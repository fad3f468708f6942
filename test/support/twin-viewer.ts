// Somebody who is connected to two nodes at once and subscribes to the same on both: every message is kept as it came.
import { openGreetedSocket, type RawSocket } from './raw-socket.ts';
import type { TestServer } from './server.ts';

/** Of the two nodes: one shares executions, the other is what it is compared with. */
export const places = ['shared', 'unshared'] as const;
export type Place = (typeof places)[number];
export type Twins<T> = Readonly<Record<Place, T>>;

export interface Watched {
  /** Of the schema. */
  readonly field: string;
  /** The texts of its messages. */
  readonly messages: Twins<string[]>;
}

export interface TwinViewer extends AsyncDisposable {
  readonly name: string;
  readonly watched: ReadonlyMap<string, Watched>;
  /** As the operation `id`, on both nodes. */
  watch(id: string, field: string, query: string): Watched;
  /** The last message of an operation; '' where there was none. */
  last(id: string, place: Place): string;
}

export async function openTwinViewer(
  name: string,
  servers: Twins<TestServer>,
  token: string,
): Promise<TwinViewer> {
  const [shared, unshared] = await Promise.all([
    openGreetedSocket(servers.shared, token),
    openGreetedSocket(servers.unshared, token),
  ]);
  const sockets: Twins<RawSocket> = { shared, unshared };
  const watched = new Map<string, Watched>();
  for (const place of places) {
    sockets[place].socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString('utf8');
      const { id } = JSON.parse(text) as { readonly id: string };
      watched.get(id)?.messages[place].push(text);
    });
  }
  return {
    name,
    watched,
    watch(id, field, query) {
      const one: Watched = { field, messages: { shared: [], unshared: [] } };
      watched.set(id, one);
      for (const place of places) sockets[place].send({ type: 'subscribe', id, payload: { query } });
      return one;
    },
    last: (id, place) => watched.get(id)?.messages[place].at(-1) ?? '',
    async [Symbol.asyncDispose]() {
      await Promise.all(places.map((place) => sockets[place][Symbol.asyncDispose]()));
    },
  };
}
