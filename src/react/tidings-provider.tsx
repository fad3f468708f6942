import {
  createContext,
  useContext,
  useEffect,
  useInsertionEffect,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Provider } from 'urql';
import {
  createTidingsClient,
  type TidingsClient,
  type TidingsClientOptions,
} from '../client/tidings-client.ts';
import { storesOf } from './shared-stores.ts';

const TidingsContext = createContext<TidingsClient | null>(null);

export type TidingsProviderProps = { readonly children?: ReactNode } & (
  | {
      /**
       * Made with createTidingsClient, for one signed-in user: another user gets another client (and a `key`). It stays yours:
       * `disconnect()` it when nobody needs it any more.
       */
      readonly client: TidingsClient;
    }
  /**
   * A client is made from these, once, and disconnected behind the unmounting; change the `key` to have another one, for another
   * user say. `token` and `onCursorExpired` may change: the newest are asked.
   */
  | TidingsClientOptions
);

/**
 * Gives its children the client, and keeps its connection open while it is mounted: so the user is present. urql's own hooks
 * and the generated ones work below it as well.
 */
export function TidingsProvider(props: TidingsProviderProps): ReactElement {
  const { children, ...options } = props;
  const latest = useRef(options);
  // In front of all effects: those of children may ask already.
  useInsertionEffect(() => {
    latest.current = options;
  });
  const [own] = useState(() => ('client' in options ? null : createTidingsClient(reading(latest, options))));
  const client = 'client' in options ? options.client : (own as TidingsClient);
  if (client == null)
    throw new Error('<TidingsProvider> was given no `client`: give one, or `url` and `token`.');
  useEffect(() => keepConnected(client, own), [client, own]);
  const token = 'client' in options ? undefined : options.token;
  const who = typeof token === 'function' ? 'a function' : token;
  useEffect(() => comeBack(own), [own, who]);
  return (
    <TidingsContext.Provider value={client}>
      <Provider value={client}>{children}</Provider>
    </TidingsContext.Provider>
  );
}

/** What is asked later is asked of the props of then: a token function may have closed over what is not so any more. */
function reading(latest: { readonly current: object }, options: TidingsClientOptions): TidingsClientOptions {
  const now = () => latest.current as TidingsClientOptions;
  const askForToken = () => {
    const { token = null } = now();
    return typeof token === 'function' ? token() : token;
  };
  return {
    ...options,
    token: askForToken,
    onCursorExpired: (stream) => now().onCursorExpired?.(stream),
  };
}

const mounted = new WeakMap<TidingsClient, number>();

/**
 * What is unmounted and mounted again in the same moment, as StrictMode does, keeps its connection.
 * @param own the client, where nobody else has it
 */
function keepConnected(client: TidingsClient, own: TidingsClient | null): () => void {
  mounted.set(client, (mounted.get(client) ?? 0) + 1);
  client.connect();
  return () => {
    mounted.set(client, (mounted.get(client) ?? 1) - 1);
    setTimeout(() => {
      if (own === null || mounted.get(own) !== 0) return;
      // Nobody is signed in by it any more: what still waits to be sent is not sent in their name.
      storesOf(own).clear();
      own.disconnect();
    });
  };
}

/** With another token than the one that was refused. */
function comeBack(own: TidingsClient | null): void {
  const state = own?.connectionState;
  if (state?.status === 'closed' && state.reason === 'unauthenticated') own?.connect();
}

/** The client of the nearest TidingsProvider. */
export function useTidings(): TidingsClient {
  const client = useContext(TidingsContext);
  if (client === null)
    throw new Error('There is no <TidingsProvider> around this component: put one around the page.');
  return client;
}
