// The way between a client and a server, as a TCP proxy that can break like one: gone, or silent.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Network extends AsyncDisposable {
  /** `http://127.0.0.1:…`: what stands for the server's address. Stays the same over its restarts. */
  readonly url: string;
  /** Where it leads: the server's address. */
  target: string;
  /** Every connection is broken, and none can be made. */
  goDown(): void;
  /** Nothing gets through any more, and nobody is told. */
  goSilent(): void;
  /** As before; connections that were silent stay so. */
  comeBack(): void;
  /** How many connections were made through it so far. */
  readonly connections: number;
}

export async function openNetwork(target: string): Promise<Network> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let phase: 'up' | 'silent' | 'down' = 'up';
  let connections = 0;
  const listener = createServer((client) => {
    client.on('error', () => undefined); // `close` follows
    if (phase === 'down') return void client.resetAndDestroy();
    connections += 1;
    const { hostname, port } = new URL(network.target);
    const server = connect(Number(port), hostname);
    server.on('error', () => undefined);
    const pair = { client, server };
    pairs.add(pair);
    let isSilent = phase === 'silent';
    silencers.set(pair, () => (isSilent = true));
    client.on('data', (bytes) => isSilent || server.write(bytes));
    server.on('data', (bytes) => isSilent || client.write(bytes));
    const over = () => {
      if (isSilent) return;
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on('close', over);
    server.on('close', over);
  });
  const silencers = new WeakMap<object, () => void>();
  const breakAll = () => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    pairs.clear();
  };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const network: Network = {
    url: `http://127.0.0.1:${(listener.address() as { port: number }).port}`,
    target,
    goDown() {
      phase = 'down';
      breakAll();
    },
    goSilent() {
      phase = 'silent';
      for (const pair of pairs) silencers.get(pair)?.();
    },
    comeBack() {
      phase = 'up';
    },
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      breakAll();
      listener.close();
      await once(listener, 'close');
    },
  };
  return network;
}
