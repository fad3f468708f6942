// Mercurius on Fastify with mqemitter-redis, as documented.
import { fastify } from 'fastify';
import mercurius from 'mercurius';
import mqemitterRedis from 'mqemitter-redis';
import { announce, redisUrl } from './announce.mjs';
import { toResolvers, typeDefs } from './schema.mjs';

const { hostname: host, port } = new URL(redisUrl);
const emitter = mqemitterRedis({ host, port: Number(port) });
const app = fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: toResolvers((topic, { pubsub }) => pubsub.subscribe(topic)),
  subscription: { emitter },
});
await app.listen({ host: '127.0.0.1', port: 0, backlog: 2_048 });
announce(app.server);
