// A TCP proxy before PostgreSQL that can lose the answer to a COMMIT: the server gets the statement and acts on it, the
// client only sees its connection end.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface CommitCutter extends AsyncDisposable {
  /** The database's address through the proxy. */
  readonly url: string;
  /** From now on, or until `mend`, every connection that says COMMIT is cut when the server has answered. */
  cut(): void;
  mend(): void;
}

export async function startCommitCutter(databaseUrl: string): Promise<CommitCutter> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cutting = false;

  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    let committing = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (cutting && bytes.includes('commit\0')) committing = true;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (committing) client.destroy();
      else client.write(bytes);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  const url = new URL(databaseUrl);
  url.port = String((proxy.address() as { port: number }).port);
  return {
    url: url.href,
    cut: () => void (cutting = true),
    mend: () => void (cutting = false),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
