// Publishers that come with the contenders' packages, for those whose Redis messages are in a format of their own.
import { Emitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import mqemitterRedis from 'mqemitter-redis';

/** Commands of one turn are sent together. */
const connect = (redisUrl) => new Redis(redisUrl, { enableAutoPipelining: true });

export function openSocketIoPublisher(redisUrl) {
  const redis = connect(redisUrl);
  const emitter = new Emitter(redis);
  return {
    publish: (topic, message) => void emitter.to(topic).emit('event', message),
    close: () => redis.disconnect(),
  };
}

export function openMqEmitterPublisher(redisUrl) {
  const { hostname: host, port } = new URL(redisUrl);
  const emitter = mqemitterRedis({ host, port: Number(port) });
  return {
    publish: (topic, payload) => emitter.emit({ topic, payload }, () => undefined),
    close: () => emitter.close(),
  };
}
