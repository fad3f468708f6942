// What all contenders have to do with the benchmark: where Redis is, and telling on which port they listen.
import process from 'node:process';

export function announce(httpServer) {
  process.send?.({ port: httpServer.address().port });
}

/** Where Redis is. */
export const redisUrl = process.env.REDIS_URL;
