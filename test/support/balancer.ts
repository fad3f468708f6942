// A load balancer as there is one before every deploy of several nodes: asks each for /readyz every so often, and gives every
// new connection to the next one that was ready when it looked last. What is connected stays where it is.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Balancer extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Adds a node; takes it for ready once it has said so. Answers what takes it away again. */
  add(node: { readonly url: string }): () => void;
  /** Resolves when so many of its nodes are ready. */
  ready(count: number): Promise<void>;
}

export interface BalancerOptions {
  readonly checkMs: number;
}

interface Target {
  readonly url: string;
  isReady: boolean;
}

export async function openBalancer({ checkMs }: BalancerOptions): Promise<Balancer> {
  const targets = new Set<Target>();
  const sockets = new Set<Socket>();
  let turn = 0;
  let told: (() => void)[] = [];

  const listener = createServer((client) => {
    const ready = [...targets].filter(({ isReady }) => isReady);
    const target = ready[(turn += 1) % Math.max(ready.length, 1)];
    client.on('error', () => undefined); // `close` follows
    if (target === undefined) return void client.destroy();
    const { hostname, port } = new URL(target.url);
    const node = connect(Number(port), hostname);
    node.on('error', () => undefined);
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('close', () => {
        sockets.delete(from);
        to.destroySoon();
      });
    }
  });

  const check = async (): Promise<void> => {
    await Promise.all(
      [...targets].map(async (target) => {
        const status = await fetch(`${target.url}/readyz`, { headers: { connection: 'close' } }).then(
          (response) => response.status,
          () => null,
        );
        target.isReady = status === 200;
      }),
    );
    for (const tell of told.splice(0)) tell();
  };
  let isOpen = true;
  const checking = (async () => {
    while (isOpen) {
      await check();
      await new Promise<void>((resume) => void setTimeout(resume, checkMs));
    }
  })();

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as { port: number }).port}`,
    add({ url }) {
      const target = { url, isReady: false };
      targets.add(target);
      return () => void targets.delete(target);
    },
    async ready(count) {
      while ([...targets].filter(({ isReady }) => isReady).length < count) {
        await new Promise<void>((resolve) => (told = [...told, resolve]));
      }
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      for (const socket of sockets) socket.destroy();
      listener.close();
      await checking;
    },
  };
}
