// A TCP proxy before Redis that can lose what a node publishes, or tell when it is about to: the moment between a commit
// and its publish.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface RedisGate extends AsyncDisposable {
  /** The address of Redis through the gate. */
  readonly url: string;
  /** While true, what is published is lost, and the publisher is told that nobody listened. */
  dropping: boolean;
  /** Called instead of the next publish, which is lost. Its connection is cut. */
  beforeNextPublish: (() => void) | null;
}

/** As ioredis writes it. HEXISTS has as many letters, as many arguments and a number for its answer. */
const publish = Buffer.from('*3\r\n$7\r\npublish\r\n');
const harmless = Buffer.from('*3\r\n$7\r\nhexists\r\n');

export async function startRedisGate(redisPort: number): Promise<RedisGate> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1');
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => undefined); // `close` follows
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        redis.destroy();
      });
    }
    redis.on('data', (bytes) => client.write(bytes));
    let held: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const kept = beginningOf(publish, all);
      held = all.subarray(all.length - kept);
      const whole = all.subarray(0, all.length - kept);
      if (gate.beforeNextPublish !== null && whole.includes(publish)) {
        const tell = gate.beforeNextPublish;
        gate.beforeNextPublish = null;
        tell();
        client.destroy();
        return;
      }
      redis.write(gate.dropping ? replaceAll(whole) : whole);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: RedisGate = {
    url: `redis://127.0.0.1:${(server.address() as { port: number }).port}`,
    dropping: false,
    beforeNextPublish: null,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return gate;
}

/** How many bytes at the end could be the beginning of the pattern. */
function beginningOf(pattern: Buffer, bytes: Buffer): number {
  for (let length = Math.min(pattern.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(pattern.subarray(0, length))) return length;
  }
  return 0;
}

function replaceAll(bytes: Buffer): Buffer {
  const replaced = Buffer.from(bytes);
  for (let at = replaced.indexOf(publish); at >= 0; at = replaced.indexOf(publish, at))
    harmless.copy(replaced, at);
  return replaced;
}
