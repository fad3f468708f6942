// Who is compared: how each is started, spoken to and published to.
import { fileURLToPath } from 'node:url';
import type { ProtocolName } from './load/protocols.ts';
import type { PublisherName } from './load/publishers.ts';
import { startMeasuredServer, type MeasuredServer } from './server-process.ts';
import { startTidings } from './tidings.ts';

export interface Contender {
  /** For CONTENDERS. */
  readonly name: string;
  /** For the report. */
  readonly title: string;
  readonly protocol: ProtocolName;
  readonly publisher: PublisherName;
  start(place: Place): Promise<RunningContender>;
}

/** Where a contender runs. */
export interface Place {
  readonly redisUrl: string;
  /** An administrator's; each start of Tidings makes a database of its own. */
  readonly postgresUrl: string;
  /** What the measured process is started with, see Cores. */
  readonly pinning: readonly string[];
}

export interface RunningContender extends AsyncDisposable {
  readonly server: MeasuredServer;
  /** Of the node that takes mutations; null where there is none. */
  readonly publishUrl: string | null;
}

type Spoken = Pick<Contender, 'protocol' | 'publisher'>;

const fromPackages = (name: string, title: string, spoken: Spoken): Contender => ({
  name,
  title,
  ...spoken,
  async start({ redisUrl, pinning }) {
    const main = fileURLToPath(new URL(`contenders/${name}.mjs`, import.meta.url));
    const server = await startMeasuredServer({ main: [main], env: { REDIS_URL: redisUrl }, pinning });
    return { server, publishUrl: null, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
});

/** See tidings.ts. */
const tidings = (name: string, title: string, env: Readonly<Record<string, string>>): Contender => ({
  name,
  title,
  protocol: 'tidings',
  publisher: 'mutations',
  start: (place) => startTidings(place, env),
});

const graphQl: Spoken = { protocol: 'graphql', publisher: 'redis' };

/** Ratios are to the first one. */
export const contenders: readonly Contender[] = [
  fromPackages('raw-ws', 'bare `ws`', { protocol: 'bare', publisher: 'redis' }),
  fromPackages('socket-io', 'Socket.IO 4 + Redis adapter', { protocol: 'socket.io', publisher: 'socket.io' }),
  fromPackages('mercurius', 'Mercurius 16 + mqemitter-redis', {
    protocol: 'graphql',
    publisher: 'mqemitter',
  }),
  fromPackages('apollo', 'Apollo Server 5 + graphql-ws + graphql-redis-subscriptions', graphQl),
  fromPackages('yoga', 'Yoga 5 + graphql-ws + graphql-redis-subscriptions', graphQl),
  tidings('tidings', 'Tidings', {}),
  tidings('tidings-unshared', 'Tidings, nothing shared', { FANOUT: 'unshared' }),
];
