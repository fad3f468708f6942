import {
  createContext,
  useContext,
  useEffect,
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

const TidingsContext = createContext<TidingsClient | null>(null);

export type TidingsProviderProps = { readonly children?: ReactNode } & (
  | {
      /** Made with createTidingsClient, for one signed-in user: another user gets another client (and a `key`). */
      readonly client: TidingsClient;
    }
  /**
   * A client is made from these, once; change the `key` to have another one, for another user say. `token` and
   * `onCursorExpired` may change: the newest are asked.
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
  useEffect(() => {
    latest.current = options;
  });
  const [own] = useState(() => ('client' in options ? null : createTidingsClient(reading(latest, options))));
  const client = 'client' in options ? options.client : (own as TidingsClient);
  if (client == null)
    throw new Error('<TidingsProvider> was given no `client`: give one, or `url` and `token`.');
  useEffect(() => keepConnected(client), [client]);
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
    ...(options.token != null && { token: askForToken }),
    onCursorExpired: (stream) => now().onCursorExpired?.(stream),
  };
}

const mounted = new WeakMap<TidingsClient, number>();

/** What is unmounted and mounted again in the same moment, as StrictMode does, keeps its connection. */
function keepConnected(client: TidingsClient): () => void {
  mounted.set(client, (mounted.get(client) ?? 0) + 1);
  client.connect();
  return () => {
    mounted.set(client, (mounted.get(client) ?? 1) - 1);
    setTimeout(() => {
      if (mounted.get(client) === 0) client.disconnect();
    });
  };
}

/** The client of the nearest TidingsProvider. */
export function useTidings(): TidingsClient {
  const client = useContext(TidingsContext);
  if (client === null)
    throw new Error('There is no <TidingsProvider> around this component: put one around the page.');
  return client;
}
